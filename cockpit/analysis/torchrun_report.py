"""What torchrun says at the end: which rank failed first, and how. Pure."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.log_line import LogLine, peel

_ROOT: Final = "Root Cause (first observed failure)"
_LISTS: Final = re.compile(r"^(?:Failures|Root Cause \(first observed failure\)):")
_FIELD: Final = re.compile(
    r"^\s+(?P<name>time|host|rank|exitcode|error_file|traceback)\s*:\s*(?P<value>.*)"
)
_NUMBER: Final = re.compile(r"-?\d+")
_LINE: Final = re.compile(
    r"failed \(exitcode: (?P<code>-?\d+)\) local_rank: (?P<rank>\d+) \(pid: (?P<pid>\d+)\)"
)
_PID: Final = re.compile(r"pid: (\d+)")


@dataclass(frozen=True, slots=True)
class RankEnd:
    """How one rank ended, as torchrun saw it."""

    rank: int
    exit_code: int
    """Negative: the signal."""
    pid: int | None
    at: int
    """Index of the line that tells the exit code."""
    time: str = ""
    is_root: bool = False

    @property
    def is_victim(self) -> bool:
        """It was ended by torchrun, because another rank had failed."""
        return self.exit_code == -signal.SIGTERM

    @property
    def words(self) -> str:
        """How it ended: `was killed by SIGSEGV`."""
        return ended(self.exit_code)


def find_rank_ends(lines: Sequence[LogLine], is_interesting: Sequence[bool]) -> list[RankEnd]:
    """Return how the ranks ended: from the verdict, or else from the line that announces it."""
    found: list[RankEnd] = []
    announced: list[RankEnd] = []
    for at, line in enumerate(lines):
        if not is_interesting[at]:
            continue
        stream, text = peel(line)
        if _LISTS.match(text):
            found += _read_list(lines, at, stream, is_root=text.startswith(_ROOT))
        elif said := _LINE.search(text):
            announced.append(RankEnd(int(said["rank"]), int(said["code"]), int(said["pid"]), at))
    return found or announced[-1:]


def first_failure(ends: Sequence[RankEnd]) -> RankEnd | None:
    """Return the rank that failed first: of several nodes' verdicts the earliest; no victim."""
    roots = [one for one in ends if one.is_root and not one.is_victim]
    others = [one for one in ends if not one.is_victim]
    return min(roots or others, key=lambda one: one.time, default=None)


def _read_list(
    lines: Sequence[LogLine], start: int, stream: str, *, is_root: bool
) -> list[RankEnd]:
    """Return the ranks of one list; a new `rank :` begins a new one."""
    ends: list[RankEnd] = []
    time, rank = "", None
    for at in range(start + 1, len(lines)):
        its_stream, text = peel(lines[at])
        if its_stream != stream:
            continue
        if _LISTS.match(text) or text.startswith(("====", "----")):
            break
        field = _FIELD.match(text)
        number = _NUMBER.search(field["value"]) if field else None
        if field is None or (number is None and field["name"] != "time"):
            continue
        if field["name"] == "time":
            time = field["value"]
        elif field["name"] == "rank" and number:
            rank = int(number[0])
        elif field["name"] == "exitcode" and number and rank is not None:
            pid = _PID.search(field["value"])
            ends.append(
                RankEnd(rank, int(number[0]), int(pid[1]) if pid else None, at, time, is_root)
            )
    return ends


def ended(exit_code: int) -> str:
    """Return an exit code in words; what a shell adds to a signal's number is taken off."""
    if exit_code > 128 and _signal(exit_code - 128):
        exit_code = 128 - exit_code
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    return f"was killed by {_signal(-exit_code) or f'signal {-exit_code}'}"


def _signal(number: int) -> str | None:
    try:
        return signal.Signals(number).name
    except ValueError:
        return None
