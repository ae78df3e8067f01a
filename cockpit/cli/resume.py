"""`cockpit resume RUN`: continue a run that is over, from its newest readable checkpoint."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cockpit.errors import InputError


def resume(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A prefix of the run id, or last.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a value: args.batch-size=8."),
    ] = None,
    gpus: Annotated[
        str | None, typer.Option("--gpus", help="auto, all, cpu, a count (4) or indices (0,1).")
    ] = None,
    queue: Annotated[
        bool, typer.Option("--queue", help="Wait in order until the GPUs are free.")
    ] = False,
    share: Annotated[
        bool, typer.Option("--share", help="Use GPUs that others use all the same.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Print the log until the end; exit 4 if it fails.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run as JSON.")] = False,
) -> None:
    """Continue a run that failed, was stopped or lost: same run, another attempt."""
    from cockpit import locations
    from cockpit.cli.run import follow_run, parse_settings, print_json
    from cockpit.runs.attempt import ResumeRequest
    from cockpit.runs.layout import RunPaths
    from cockpit.supervise import resuming
    from cockpit.views.registry import Registry

    if queue and share:
        raise InputError("--queue waits for free GPUs, --share does not", "one of the two")
    changes = dict(parse_settings(settings or []))
    if gpus is not None:
        changes["launch.gpus"] = gpus
    paths = RunPaths(locations.runs_dir() / Registry(locations.runs_dir()).find(run))
    done = resuming.resume(paths, ResumeRequest(changes, queues=queue, shares=share))
    for skipped in done.skipped:
        print(f"skipped: {skipped}", file=sys.stderr)
    point = done.wish.resume
    source = f" from {point.checkpoint}" if point is not None else ""
    print(f"{paths.run_id}: attempt {done.wish.number}{source}", file=sys.stderr)
    if follow:
        raise typer.Exit(follow_run(paths, as_json=as_json))
    if as_json:
        print_json(paths)
