"""Results and quick tools for the Tools screen: recorded, made up, or a script as the tool."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from textual.pilot import Pilot

from cockpit import locations
from cockpit.tool_runs.events import Event, parse_event
from cockpit.tool_runs.layout import ToolPaths, make_tool_folder
from cockpit.tools.runner import ToolRequest, run_tool
from cockpit.tools.start import ToolAsk
from cockpit.tui.app import CockpitApp
from cockpit.tui.screens.tools import ToolsScreen
from cockpit.tui.tools.job import Began, Begin

from . import board
from .flight import ready, wait_until

DATA = Path(__file__).parent.parent / "data" / "tools"
MADE_UP = ("collectives", "memory", "scaling", "steptime", "estimate")

SCRIPT = """
import json, os, sys, threading, time
assert sys.argv[1] == "--watched"
def watch():
    while os.read(0, 1024):
        pass
    os._exit(3)
threading.Thread(target=watch, daemon=True).start()
def say(kind, **fields):
    print(json.dumps({"schema": 1, "kind": kind, "time": time.time(), **fields}), flush=True)
say("started", tool="memory", argv=[], versions={"host": "made-up"})
print(os.getpid(), file=open(os.path.join(os.path.dirname(sys.argv[0]), "pid"), "w"))
for batch in (1, 2, 4):
    say("progress", done=batch, total=9, what=f"measuring batch {batch}")
    say("row", table="memory", values={"batch": batch, "driver_used_bytes": batch << 30,
        "samples_per_s": 40.0 * batch, "outcome": "ok"})
"""
ENDLESS = "time.sleep(600)\n"
ENDS = 'say("finished", outcome="passed", why="batch 4 fits")\n'


def keep(
    tool: str,
    file: Path | None = None,
    at_s: float = board.NOW - 3600,
    preset: str | None = None,
) -> ToolPaths:
    """Put a recorded result where the screen looks for it."""
    paths = ToolPaths(make_tool_folder(locations.tools_dir(), tool, at_s))
    shutil.copy(file or DATA / f"{tool}-made-up.jsonl", paths.events)
    asked: dict[str, object] = {
        "tool": tool,
        "time": at_s,
        "python": "/opt/train/bin/python",
        "values": {},
    }
    asked["preset"] = preset
    paths.request.write_text(json.dumps({**asked, "values": {}}))
    return paths


def keep_all() -> None:
    """Put every made-up result there, and a recorded one."""
    for tool in MADE_UP:
        keep(tool)
    keep("check", DATA / "check-cpu.jsonl")


def scripted(folder: Path, body: str) -> Begin:
    """Return what begins a script in the place of the tool."""
    script = folder / "tool.py"
    script.write_text(SCRIPT + body)

    def begin(ask: ToolAsk, now_s: float) -> Began:
        paths = ToolPaths(make_tool_folder(locations.tools_dir(), ask.definition.name, now_s))
        asked = {"tool": ask.definition.name, "time": now_s, "python": sys.executable}
        paths.request.write_text(json.dumps({**asked, "values": dict(ask.values)}))
        request = ToolRequest(ask.definition.name, Path(sys.executable), (), 600.0, ask.is_stopped)
        return Began(paths, sys.executable, run_tool(request, script, paths, os.environ))

    return begin


async def opened(pilot: Pilot[None], keys: Sequence[str] = ()) -> tuple[CockpitApp, ToolsScreen]:
    """Go to the Tools and press some keys."""
    app = await ready(pilot)
    await pilot.press("3")
    await wait_until(pilot, lambda: isinstance(app.screen, ToolsScreen))
    screen = app.screen
    assert isinstance(screen, ToolsScreen)
    await wait_until(pilot, lambda: screen.names.has_focus and not pending(app))
    await pilot.press(*keys)
    await pilot.pause()
    return app, screen


def pending(app: CockpitApp) -> bool:
    """Say whether something is still being read."""
    return any(not worker.is_finished for worker in app.workers)


def held(tool: str, count: int) -> Begin:
    """Return what begins a tool that says its first made-up events and then waits."""
    lines = (DATA / f"{tool}-made-up.jsonl").read_text().splitlines()[:count]

    def events(ask: ToolAsk) -> Generator[Event]:
        yield from filter(None, map(parse_event, lines))
        while not ask.is_stopped():
            time.sleep(0.02)

    return lambda ask, now_s: Began(None, "", events(ask))
