"""Progress bars that a log shows in many lines, as torchrun's --tee writes them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.metrics.log_lines import clean, split_prefix

_STATE: Final = re.compile(r"(?P<percent>\b\d{1,3})%(?:\||\s{1,4}[|\[━─╸╺█▏▎▍▌▋▊▉#=>])")
_NUMBER: Final = re.compile(r"[\d.:]+")
SIGN: Final = b"%"
"""Where it does not stand there is no bar."""


@dataclass(frozen=True, slots=True)
class _State:
    kind: tuple[int | None, str]
    label: str
    percent: int


def earlier_states(lines: Sequence[str]) -> set[int]:
    """Return the places of raw lines that show an earlier state of a bar in the lines behind them.

    Only lines of bars may stand in between: those of other ranks. A bar that begins again, at
    another epoch, is another bar.
    """
    earlier: set[int] = set()
    newer: dict[tuple[int | None, str], _State] = {}
    for at in range(len(lines) - 1, -1, -1):
        state = _state(lines[at])
        if state is None:
            newer.clear()
            continue
        then = newer.get(state.kind)
        if then is not None and _goes_on(state, then):
            earlier.add(at)
        newer[state.kind] = state
    return earlier


def _goes_on(state: _State, then: _State) -> bool:
    if state.percent >= 100:  # it may be drawn once more at its end
        return then.label == state.label and then.percent == state.percent
    return then.percent >= state.percent


def _state(raw: str) -> _State | None:
    if "%" not in raw:
        return None
    rank, text = split_prefix(raw)
    found = _STATE.search(clean(text))
    if found is None:
        return None
    label = found.string[: found.start()].rstrip()
    return _State((rank, _NUMBER.sub("0", label)), label, int(found["percent"]))
