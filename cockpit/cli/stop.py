"""`cockpit stop RUN`: stop a run, and return when nothing of it is left."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cockpit.cli import options
from cockpit.errors import CockpitError

if TYPE_CHECKING:
    from cockpit.files import LineTail
    from cockpit.runs.layout import RunPaths
    from cockpit.views.run_view import RunView

PERIOD_S: Final = 0.1
ANSWER_S: Final = 15.0
"""A supervisor that lives takes a request within a second or two."""
PATIENCE_S: Final = 150.0
"""The grace, the kills after it, and some more."""


def stop(
    run: options.Run,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Return at once.")] = False,
    as_json: options.RunAsJson = False,
) -> None:
    """Stop a run: SIGTERM, up to 45 s, then SIGKILL to what is left. Twice: SIGKILL at once."""
    from cockpit import locations
    from cockpit.cli.as_json import dump, show_object
    from cockpit.files import LineTail
    from cockpit.runs.layout import RunPaths
    from cockpit.views.naming import require_own
    from cockpit.views.registry import Registry

    registry = Registry(locations.runs_dir())
    run_id = require_own(run, locations.runs_dir(), "stopped")
    paths = RunPaths(locations.runs_dir() / run_id)
    view = registry.read_one(run_id, time.time())
    if view.phase.is_over:
        print(f"{run_id} is not running: {view.phase}", file=sys.stderr)
    else:
        events = LineTail(paths.events)
        for _ in new_events(events):
            pass  # what was before the stop
        ask(paths, view)
        if not no_wait:
            wait(paths, events)
    if as_json:
        print(dump(show_object(registry.read_one(run_id, time.time()))))


def ask(paths: RunPaths, view: RunView) -> None:
    """Ask the supervisor to stop the run; one that has none gets one first."""
    from cockpit.runs.phase import Phase
    from cockpit.supervise.start import ask_to_stop

    if view.phase is Phase.UNSUPERVISED:
        print("its supervisor is gone: starting another one", file=sys.stderr)
    ask_to_stop(paths)


def wait(paths: RunPaths, events: LineTail) -> None:
    """Return when no process is left and the state is written; say meanwhile what is done."""
    from cockpit.runs.reader import read_run

    began = time.monotonic()
    deadline = began + PATIENCE_S
    while time.monotonic() < deadline:
        state = read_run(paths)
        for what in new_events(events):
            print(f"  {what}", file=sys.stderr)
        if state is None or state.phase.is_over:
            print(f"{paths.run_id}: {state.phase if state else 'gone'}", file=sys.stderr)
            return
        if time.monotonic() - began > ANSWER_S and paths.stop_request.exists():
            raise unanswered(paths)
        time.sleep(PERIOD_S)
    raise CockpitError(
        f"{paths.run_id} is still not stopped after {PATIENCE_S:.0f} s",
        f"cockpit stop {paths.run_id} again uses SIGKILL at once; see {paths.supervisor_log}",
    )


def unanswered(paths: RunPaths) -> CockpitError:
    """Return what is wrong when nobody takes the request."""
    from cockpit.files import read_json
    from cockpit.runs.record import parse_state

    state = parse_state(read_json(paths.state))
    supervisor = state.supervisor if state is not None else None
    pid = str(supervisor.pid) if supervisor is not None else "?"
    return CockpitError(
        f"{paths.run_id}: its supervisor, pid {pid}, does not answer: it hangs",
        f"kill -9 {pid}, then cockpit stop {paths.run_id}: another one takes over",
    )


def new_events(events: LineTail) -> Iterator[str]:
    """Yield what the supervisor's events since the last call say."""
    import json

    has_more = True
    while has_more:
        read = events.read()
        has_more = read.has_more
        for line in read.lines:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                yield str(event.get("what", ""))
