"""`cockpit after RUN [STEP]`: what a preset does with what a run left, as runs of their own."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cockpit.cli import options


def after(
    run: options.Run,
    step: Annotated[
        str | None, typer.Argument(metavar="STEP", help="Its name or number; without: the list.")
    ] = None,
    gpus: Annotated[
        str | None, typer.Option("--gpus", help="auto (one), all, cpu, a count or indices (0,1).")
    ] = None,
    python: Annotated[
        str | None, typer.Option("--python", help="A path, or conda:NAME; else that of the run.")
    ] = None,
    follow: options.Follow = False,
    share: options.Share = False,
    dry_run: options.DryRun = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list or the run.")] = False,
) -> None:
    """List what can follow a run, or launch one such step as a run of its own."""
    from cockpit import locations
    from cockpit.views.naming import require_own

    run = require_own(run, locations.runs_dir(), "followed by a step of a preset")
    if step is None:
        print_steps(run, as_json=as_json)
        return
    from cockpit.cli.run import follow_run, launch_and_say, print_json, print_plan
    from cockpit.supervise.after import prepared_of
    from cockpit.supervise.request import RunRequest

    request = RunRequest("", gpus=gpus, python=python, shares=share, step=(run, step))
    if dry_run:
        print_plan(prepared_of(request), as_json=as_json)
        return
    paths = launch_and_say(request, quiet=as_json)
    if follow:
        raise typer.Exit(follow_run(paths, as_json=as_json))
    if as_json:
        print_json(paths)


def print_steps(run: str, *, as_json: bool) -> None:
    """Print each step with its exact command, and what it still lacks."""
    from dataclasses import asdict

    from cockpit.cli.as_json import dump
    from cockpit.supervise.after import list_steps

    run_id, steps = list_steps(run)
    if as_json:
        plain = [asdict(one) | {"missing": one.missing and str(one.missing)} for one in steps]
        print(dump({"run_id": run_id, "steps": plain}))
        return
    if not steps:
        print(f"the preset of {run_id} has no steps after a run ([[after]])", file=sys.stderr)
    for one in steps:
        print(f"{one.name}  {one.what}")
        print(f"    {one.command}")
        if one.missing is not None:
            print(f"    not yet: {one.missing} does not exist")
    if steps:
        print(f"launch one: cockpit after {run_id} {steps[0].name}", file=sys.stderr)
