"""`cockpit resume RUN`: continue a run that is over, from its newest readable checkpoint."""

from __future__ import annotations

import sys

import typer

from cockpit.cli import options


def resume(
    run: options.Run,
    settings: options.Settings = None,
    gpus: options.Gpus = None,
    queue: options.Queue = False,
    share: options.Share = False,
    follow: options.Follow = False,
    as_json: options.RunAsJson = False,
) -> None:
    """Continue a run that failed, was stopped or lost: same run, another attempt."""
    from cockpit import locations
    from cockpit.cli.run import follow_run, print_json
    from cockpit.runs.attempt import ResumeRequest
    from cockpit.runs.layout import RunPaths
    from cockpit.supervise import resuming
    from cockpit.views.naming import require_own

    options.require_one_way(queue=queue, share=share)
    changes = dict(options.parse_settings(settings))
    if gpus is not None:
        changes["launch.gpus"] = gpus
    paths = RunPaths(locations.runs_dir() / require_own(run, locations.runs_dir(), "resumed"))
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
