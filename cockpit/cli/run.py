"""`cockpit run PRESET`: launch a run, detached; or only say what would be launched."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from cockpit.cli import options
from cockpit.cli.terminal import ring

if TYPE_CHECKING:
    from cockpit.runs.layout import RunPaths
    from cockpit.supervise.prepare import Prepared
    from cockpit.supervise.request import RunRequest


def run(
    preset: options.Preset,
    settings: options.Settings = None,
    gpus: options.Gpus = None,
    python: options.Python = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the run.")] = None,
    follow: options.Follow = False,
    brief: Annotated[
        bool, typer.Option("--brief", help="Follow in one line for each epoch and event.")
    ] = False,
    queue: options.Queue = False,
    share: options.Share = False,
    prepares: Annotated[
        bool, typer.Option("--prepare", help="First make what the preset needs: code, data.")
    ] = False,
    dry_run: options.DryRun = False,
    as_json: options.RunAsJson = False,
) -> None:
    """Launch a run. It goes on when this terminal closes."""
    from cockpit.supervise.request import RunRequest

    options.require_one_way(queue=queue, share=share)
    request = RunRequest(
        preset,
        options.parse_settings(settings),
        gpus,
        python,
        name,
        queues=queue,
        shares=share,
    )
    if prepares:
        from cockpit.cli.preparing import prepare_first

        if not prepare_first(request, dry_run=dry_run, as_json=as_json):
            return
    if dry_run:
        from cockpit.supervise.prepare import prepare

        print_plan(prepare(request), as_json=as_json)
        return
    paths = launch_and_say(request, quiet=as_json)
    if follow or brief:
        raise typer.Exit(follow_run(paths, as_json=as_json, brief=brief))
    if as_json:
        print_json(paths)


def launch_and_say(request: RunRequest, *, quiet: bool) -> RunPaths:
    """Launch, and say on standard error what a person can do next."""
    from cockpit.supervise.ahead import Ahead

    ahead = Ahead()
    try:
        from cockpit.supervise.start import launch

        prepared = launch(request, ahead)
    except BaseException:
        ahead.dismiss()
        raise
    paths = prepared.paths
    for note in prepared.plan.notes:
        print(f"note: {note}", file=sys.stderr)
    if not quiet:
        from cockpit.cli.words import program

        print(f"{beginning(paths)}; it goes on when you leave", file=sys.stderr)
        name = program()
        print(f"  watch: {name}   stop: {name} stop {paths.run_id}", file=sys.stderr)
    return paths


def beginning(paths: RunPaths) -> str:
    """Return `started RUN`, or that it waits and in which place."""
    from cockpit.runs.phase import Phase
    from cockpit.runs.reader import read_run

    run = read_run(paths)
    if run is None or run.state is None or run.phase is not Phase.QUEUED:
        return f"started {paths.run_id}"
    return f"queued {paths.run_id}, place {run.state.queue_place}"


def follow_run(paths: RunPaths, *, as_json: bool, brief: bool = False) -> int:
    """Print the log until the run is over; return 0 when it succeeded, else 4.

    `brief`, and always in a notebook's cell: one line for each epoch and event.
    """
    from cockpit.cli import words
    from cockpit.cli.as_json import verdict_code
    from cockpit.cli.following import brief_lines, is_notebook_cell
    from cockpit.cli.logs import is_over_of, log_lines
    from cockpit.views.registry import Registry

    is_over = is_over_of(paths)
    brief = brief or is_notebook_cell(os.environ, is_terminal=sys.stdout.isatty())
    try:
        for line in brief_lines(paths, is_over) if brief else log_lines(paths.log, is_over):
            print(line, flush=True, file=sys.stderr if as_json else sys.stdout)
    except KeyboardInterrupt:
        print(f"\nleft; the run goes on: cockpit logs -f {paths.run_id}", file=sys.stderr)
        return 130
    view = Registry(paths.root.parent).read_one(paths.run_id, time.time())
    if as_json:
        print_json(paths)
    print(words.verdict(view), file=sys.stderr if as_json else sys.stdout)
    ring(f"{view.run_id} {view.phase}")
    return verdict_code(view.phase)


def print_json(paths: RunPaths) -> None:
    """Print the run as `cockpit show --json` does."""
    from cockpit.cli.as_json import dump, show_object
    from cockpit.views.registry import Registry

    view = Registry(paths.root.parent).read_one(paths.run_id, time.time())
    print(dump(show_object(view)))


def print_plan(prepared: Prepared, *, as_json: bool) -> None:
    """Print the command that can be pasted, and on standard error what it rests on."""
    from cockpit.launch.command import file_lines, shell_lines

    plan = prepared.plan
    if as_json:
        from cockpit.cli.as_json import dump

        print(
            dump(
                {
                    "argv": list(plan.argv),
                    "env": {name: item.value for name, item in plan.env.items()},
                    "unset": list(plan.unset),
                    "cwd": str(plan.cwd),
                    "gpus": list(plan.gpus),
                    "python": str(prepared.python.path),
                    "torch": prepared.python.torch,
                }
            )
        )
        return
    print("\n".join((*file_lines(plan), *shell_lines(plan, short=False))))
    python = prepared.python
    notes = [f"python: {python.path} ({python.reason})", *plan.notes]
    notes += [f"{name}: {item.source}" for name, item in plan.env.items()]
    if plan.batch is not None:
        batch = plan.batch
        steps = f" × {batch.accumulation_steps}" if batch.accumulation_steps > 1 else ""
        product = f"{batch.batch_per_rank} × {batch.world_size} ranks{steps}"
        notes.append(f"global batch: {batch.global_batch} = {product}")
    print("\n".join(f"# {note}" for note in notes), file=sys.stderr)
