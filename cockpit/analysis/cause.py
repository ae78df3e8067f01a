"""Why a training ended badly, from the end of its log. Pure."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Cause:
    """The most likely reason, and what to try."""

    what: str
    """One sentence without a full stop."""
    remedy: str | None = None
    line: str | None = None
    """The line of the log that it was read from."""


_EXCEPTION: Final = re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit)): ?(.*)")
_CHAINED: Final = ("During handling of the above exception", "The above exception was the direct")
_ROOT_CODE: Final = re.compile(r"exitcode\s*:\s*(-?\d+)")
_ROOT_RANK: Final = re.compile(r"^\s*rank\s*:\s*(\d+)")
_OUT_OF_MEMORY: Final = re.compile(r"out of memory|OutOfMemoryError", re.IGNORECASE)
_VICTIM: Final = re.compile(
    r"Connection closed by peer|remote worker|SignalException|ChildFailedError"
)
_MODULE: Final = re.compile(r"No module named '?([\w.]+)'?")
_USAGE: Final = re.compile(r"^\S+\.py: error: (.*)")
_NO_FILE: Final = re.compile(r"can't open file '?([^']+)'?: \[Errno 2\]")

LogLine = tuple[int | None, str]
"""A line of the log with the rank that a prefix named, cleaned."""


def find_cause(lines: Sequence[LogLine], exit_code: int | None) -> Cause:
    """Return why the run failed; `lines` are the end of its log, oldest first.

    The first exception counts that is not an echo of another rank's death; of a chain, its last.
    """
    for at, (rank, text) in enumerate(lines):
        match = _EXCEPTION.match(text)
        if match and not _VICTIM.search(text) and not _goes_on(lines[at + 1 : at + 4]):
            return Cause(_sentence(match[1], match[2], rank), _remedy(text), text)
    return _from_words(lines) or _from_torchrun(lines) or Cause(_from_code(exit_code))


def _goes_on(following: Sequence[LogLine]) -> bool:
    return any(text.startswith(_CHAINED) for _, text in following)


def _from_words(lines: Sequence[LogLine]) -> Cause | None:
    """Read what a script says that ends before it trains."""
    for _, text in lines:
        if match := _USAGE.match(text):
            return Cause(f"the script refuses its arguments: {match[1]}", line=text)
        if match := _NO_FILE.search(text):
            return Cause(f"{match[1]} does not exist", line=text)
    return None


def _sentence(kind: str, message: str, rank: int | None) -> str:
    where = f"rank {rank}: " if rank is not None else ""
    short = kind.rsplit(".", 1)[-1]
    said = message.strip().rstrip(".")
    return f"{where}{short}: {said}"[:200] if said else f"{where}{short}"


def _remedy(text: str) -> str | None:
    if _OUT_OF_MEMORY.search(text):
        return "a smaller batch"
    module = _MODULE.search(text)
    if module:
        return f"install {module[1].split('.')[0]} in the training interpreter"
    return None


def _from_torchrun(lines: Sequence[LogLine]) -> Cause | None:
    """Read torchrun's block `Root Cause (first observed failure)`."""
    for at in range(len(lines) - 1, -1, -1):
        if "Root Cause" not in lines[at][1]:
            continue
        block = [text for _, text in lines[at : at + 12]]
        codes = [match for line in block if (match := _ROOT_CODE.search(line))]
        ranks = [match for line in block if (match := _ROOT_RANK.match(line))]
        if codes:
            rank = f"rank {ranks[0][1]} " if ranks else "a rank "
            return Cause(rank + _ended(int(codes[0][1])), line=codes[0].string.strip())
    return None


def _from_code(exit_code: int | None) -> str:
    return "ended, and nobody saw how" if exit_code is None else f"the job {_ended(exit_code)}"


def _ended(exit_code: int) -> str:
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = f"signal {-exit_code}"
    hint = ", perhaps by the kernel for lack of memory" if exit_code == -signal.SIGKILL else ""
    return f"was killed by {name}{hint}"
