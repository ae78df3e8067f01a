"""Python's tracebacks in a log, taken apart for each rank that wrote into it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.log_line import PROGRESS, LogLine, peel

MOST_LINES: Final = 600
"""No traceback is longer; deep recursions are shortened by Python itself."""
MOST_MESSAGE: Final = 40
"""So many lines of a message are kept."""

_HEADER: Final = re.compile(r"(?:^|[^`'\"])Traceback \(most recent call last\):\s*$")
_FRAME: Final = re.compile(r'^[\s|]*File "(?P<file>[^"]+)", line (?P<line>\d+)')
_EXCEPTION: Final = re.compile(
    r"^[\s|]{0,4}(?P<kind>(?:[A-Za-z_]\w*\.)*(?:[A-Z_]\w*)?"
    r"(?:Error|Exception|Interrupt|Exit|Warning|Timeout|Failure|Failed|Empty|Full|Iteration"
    r"|Group|Killed|Signal|Abort|Expired|NotFound|Pool|OOM|[a-z]Fault))(?:: ?(?P<message>.*))?$"
)
_ANY_EXCEPTION: Final = re.compile(
    r"^(?P<kind>(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?:: ?(?P<message>.*))?$"
)
"""What ends a traceback may have any name; elsewhere it must look like one."""
_BARE: Final = ("KeyboardInterrupt", "AssertionError", "MemoryError", "EOFError")
_CHAINED: Final = re.compile(
    r"^(?:During handling of the above exception|The above exception was the direct cause)"
)
_IGNORED: Final = re.compile(r"Exception ignored in|exception ignored|--- Logging error ---")
_ASIDE: Final = re.compile(r"Exception in thread |Exception in callback ")
_NOT_USER: Final = re.compile(
    r"(?:site|dist)-packages/|/lib(?:64)?/python\d|^<|/torch/(?:distributed|utils|nn)/|\\lib\\"
)
_SPAWNED: Final = re.compile(r"-- Process (?P<rank>\d+) terminated with the following error")
_NEXT_TOPIC: Final = re.compile(
    r"^(?:[EWIF]\d{4} |\[[EWIF]\d|\[rank\d|={10,}|-{10,}|\[W |\[E |srun: |slurmstepd|wandb: )"
)


@dataclass(frozen=True, slots=True)
class Frame:
    """One place in a traceback."""

    file: str
    line: int
    at: int
    """Index of the log line that names it."""

    @property
    def is_user(self) -> bool:
        """It lies in the training's own code, not in a package."""
        return _NOT_USER.search(self.file) is None


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception that a log shows."""

    kind: str
    message: str
    """All its lines."""
    rank: int | None
    at: int
    """Index of the line with the exception."""
    end: int
    """Index of the last line that belongs to it."""
    frames: tuple[Frame, ...] = ()
    has_traceback: bool = True
    is_ignored: bool = False
    """Python itself said that it goes on."""
    is_indented: bool = False
    is_aside: bool = False
    """It ended a thread, not the process."""
    after_at: int | None = None
    """Index of the exception that it came from: it is a later link of a chain."""

    @property
    def name(self) -> str:
        """The kind without its module."""
        return self.kind.rsplit(".", 1)[-1]

    @property
    def text(self) -> str:
        """The exception as Python prints it."""
        return f"{self.kind}: {self.message}" if self.message else self.kind

    @property
    def place(self) -> Frame | None:
        """The last frame in the user's code."""
        return next((frame for frame in reversed(self.frames) if frame.is_user), None)


@dataclass(slots=True)
class _Open:
    """What one stream is in the middle of."""

    tracebacks: int = 0
    since: int = 0
    is_ignored: bool = False
    is_aside: bool = False
    chain: int | None = None
    last: int | None = None
    rank: int | None = None


def find_raised(lines: Sequence[LogLine], is_interesting: Sequence[bool]) -> list[Raised]:
    """Return the exceptions of a log, in the order in which their last lines stand there.

    `is_interesting` says which lines may start or end something; the others are only passed
    while a traceback is open.
    """
    found: list[Raised] = []
    streams: dict[str, _Open] = {}
    frames: dict[str, list[Frame]] = {}
    for at, line in enumerate(lines):
        if not is_interesting[at] and not any(one.tracebacks for one in streams.values()):
            continue
        stream, text = peel(line)
        state = streams.setdefault(stream, _Open())
        if _HEADER.search(text):
            _open(state, at)
        elif state.tracebacks and (frame := _FRAME.match(text)):
            frames.setdefault(stream, []).append(Frame(frame["file"], int(frame["line"]), at))
        elif raised := _raised(lines, at, stream, text, state, frames.get(stream, [])):
            found.append(raised)
            if raised.has_traceback:
                frames.pop(stream, None)
        else:
            _note(state, text, at)
    return found


def _open(state: _Open, at: int) -> None:
    state.tracebacks += 1
    state.since = at


def _note(state: _Open, text: str, at: int) -> None:
    """Remember what is said between tracebacks."""
    if _CHAINED.match(text):
        state.chain = state.last
    elif spawned := _SPAWNED.search(text):
        state.rank = int(spawned["rank"])
    elif _IGNORED.search(text):
        state.is_ignored = True
    elif _ASIDE.search(text):
        state.is_aside = True
    elif state.tracebacks and at - state.since > MOST_LINES:
        state.tracebacks = 0


def _raised(
    lines: Sequence[LogLine],
    at: int,
    stream: str,
    text: str,
    state: _Open,
    frames: Sequence[Frame],
) -> Raised | None:
    closes = bool(state.tracebacks and frames)
    shape = _EXCEPTION.match(text) or (_ANY_EXCEPTION.match(text) if closes else None)
    if shape is None or not (closes or _is_said(shape)):
        return None
    message, end = _message(lines, at, stream, shape["message"] or "")
    rank = lines[at].rank if lines[at].rank is not None else state.rank
    raised = Raised(
        shape["kind"],
        message,
        rank,
        at,
        end,
        tuple(frames),
        closes,
        state.is_ignored and closes,
        text[:1].isspace(),
        state.is_aside and closes,
        state.chain,
    )
    state.tracebacks = max(0, state.tracebacks - 1)
    state.chain, state.last = None, at
    if closes:
        state.is_ignored = state.is_aside = False
    return raised


def _is_said(shape: re.Match[str]) -> bool:
    """Say whether a line without its traceback is an exception, and not just a word."""
    return shape["message"] is not None or "." in shape["kind"] or shape["kind"] in _BARE


def _message(lines: Sequence[LogLine], at: int, stream: str, first: str) -> tuple[str, int]:
    """Return an exception's whole message and where it ends."""
    said, end = [first], at
    for index, text in _following(lines, at, stream):
        if not text.strip() and len(said) > MOST_MESSAGE // 2:
            break
        if len(said) > MOST_MESSAGE or _is_new_topic(text):
            break
        said.append(text)
        end = index
    while said and not said[-1].strip():
        said.pop()
    return "\n".join(said), end


def _following(lines: Sequence[LogLine], at: int, stream: str) -> Iterator[tuple[int, str]]:
    for index in range(at + 1, min(len(lines), at + 1 + MOST_MESSAGE * 4)):
        its_stream, text = peel(lines[index])
        if its_stream == stream:
            yield index, text
        elif not stream:
            return


def _is_new_topic(text: str) -> bool:
    return bool(
        _HEADER.search(text)
        or _CHAINED.match(text)
        or _EXCEPTION.match(text)
        or _NEXT_TOPIC.match(text)
        or _IGNORED.search(text)
        or _ASIDE.search(text)
        or PROGRESS.search(text)
    )
