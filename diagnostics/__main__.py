"""`python diagnostics.pyz TOOL …`: run one tool, and always end with a `finished` event."""

from __future__ import annotations

import platform
import sys
from typing import Callable, List, TextIO, Tuple

from diagnostics import environment
from diagnostics.emit import claim_stdout, emit
from diagnostics.trials import first_line, show_traceback

Tool = Callable[[List[str], TextIO], Tuple[str, str]]
"""Takes its arguments and the event stream; returns (outcome, why)."""

TOOLS: dict[str, Tool] = {"check": environment.check}
WRONG_USAGE = 2


def main() -> None:
    """Run the tool that the command line names and exit: 0 passed or skipped, 1 failed."""
    tool = TOOLS.get(sys.argv[1]) if len(sys.argv) > 1 else None
    if tool is None:
        sys.stderr.write("usage: diagnostics.pyz {} …\n".format("|".join(sorted(TOOLS))))
        sys.exit(WRONG_USAGE)
    with claim_stdout() as out:
        versions = {"python": platform.python_version(), "torch": environment.find_version("torch")}
        emit("started", out, tool=sys.argv[1], argv=sys.argv, versions=versions)
        outcome, why = run(tool, sys.argv[2:], out)
        emit("finished", out, outcome=outcome, why=why)
    sys.exit(1 if outcome == "failed" else 0)


def run(tool: Tool, arguments: list[str], out: TextIO) -> tuple[str, str]:
    """Return the outcome of a tool; one that breaks has failed, its traceback is on stderr."""
    try:
        return tool(arguments, out)
    except Exception as error:  # noqa: BLE001 - the top of a tool: the stream must end
        show_traceback()
        return "failed", f"{type(error).__name__}: {first_line(error)}"


if __name__ == "__main__":
    main()
