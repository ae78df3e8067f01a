"""`python diagnostics.pyz TOOL …`: run one tool, and always end with a `finished` event."""

from __future__ import annotations

import importlib
import os
import platform
import signal
import sys
import threading
import time
from typing import Callable, List, TextIO, Tuple

from diagnostics.emit import NOTE, Finding, claim_stdout, emit, emit_finding
from diagnostics.environment import find_version
from diagnostics.trials import first_line, show_traceback

Tool = Callable[[List[str], TextIO], Tuple[str, str]]
"""Takes its arguments and the event stream; returns (outcome, why)."""

TOOLS = {
    "check": "diagnostics.environment:check",
    "collectives": "diagnostics.collectives.tool:collectives",
    "memory": "diagnostics.memory:memory",
    "scaling": "diagnostics.steps.scaling:scaling",
    "steptime": "diagnostics.steps.steptime:steptime",
}
"""Module and function of each tool; only the one that is asked for is imported."""
WATCHED = "--watched"
WRONG_USAGE = 2
GRACE_S = 5.0
"""So long after SIGTERM a tool that nobody reads any more is gone."""


def main() -> None:
    """Run the tool that the command line names and exit: 0 passed or stopped, 1 failed.

    After `--watched` it ends as soon as stdin is closed: whoever reads it was killed.
    """
    words = sys.argv[1:]
    if words[:1] == [WATCHED]:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
        words = words[1:]
    if not words or words[0] not in TOOLS:
        sys.stderr.write("usage: diagnostics.pyz {} …\n".format("|".join(sorted(TOOLS))))
        sys.exit(WRONG_USAGE)
    with claim_stdout() as out:
        versions = {"python": platform.python_version(), "torch": find_version("torch")}
        emit("started", out, tool=words[0], argv=sys.argv, versions=versions)
        outcome, why = run(find_tool(words[0]), words[1:], out)
        if outcome == "stopped":
            what = f"{words[0]} was stopped before it was finished; what it measured is kept"
            emit_finding(Finding(NOTE, words[0] + ".stopped", what), out)
        emit("finished", out, outcome=outcome, why=why)
    sys.exit(1 if outcome == "failed" else 0)


def run(tool: Tool, arguments: list[str], out: TextIO) -> tuple[str, str]:
    """Return the outcome of a tool; one that breaks has failed, its traceback is on stderr."""
    try:
        return tool(arguments, out)
    except KeyboardInterrupt:
        return "stopped", "stopped by SIGINT: what was measured until then is kept"
    except Exception as error:  # noqa: BLE001 - the top of a tool: the stream must end
        show_traceback()
        return "failed", f"{type(error).__name__}: {first_line(error)}"


def find_tool(name: str) -> Tool:
    """Return a tool that is imported when it is called, so that a broken one is told as well."""

    def tool(arguments: list[str], out: TextIO) -> tuple[str, str]:
        module, _, function = TOOLS[name].partition(":")
        act: Tool = getattr(importlib.import_module(module), function)
        return act(arguments, out)

    return tool


def _end_with_stdin() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os._exit(WRONG_USAGE)


if __name__ == "__main__":
    main()
