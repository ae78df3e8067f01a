"""A process for one part of a running tool: started from the tool's own package, on its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Mapping, Sequence

PROGRAM = (
    "import sys; sys.path[:] = [sys.argv.pop(1)] + [entry for entry in sys.path if entry]; "
    "from {module} import main; main(sys.argv[1:])"
)
"""The package of the running tool, zip file or folder, comes first; the current folder never."""


def own_command(module: str, words: Sequence[str]) -> list[str]:
    """Return the command that runs `main` of a module of this package."""
    where = str(Path(__file__).parent.parent)
    isolated = ["-I"] if sys.flags.isolated else []
    return [sys.executable, *isolated, "-c", PROGRAM.format(module=module), where, *words]


def start_group(
    command: Sequence[str], environ: Mapping[str, str], printed: IO[bytes], pipe: int
) -> subprocess.Popen[bytes]:
    """Start a command that leads a process group, keeps `pipe`, and ends when its stdin does."""
    return subprocess.Popen(
        list(command),
        stdin=subprocess.PIPE,
        stdout=printed,
        stderr=printed,
        env=environ,
        pass_fds=[pipe],
        preexec_fn=os.setpgrp,  # noqa: PLW1509 - a bare system call; process_group is 3.11
    )


def die_with_parent() -> None:
    """Wait until standard input is closed, then end; its own children, in its group, end too."""
    while os.read(0, 1):
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
