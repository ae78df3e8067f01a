"""Why a run ended badly, and what can follow one that ended well, as lines. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from cockpit.tui.ink import Line, fit
from cockpit.units import binary

if TYPE_CHECKING:  # read when a run has failed, or its steps are asked for
    from cockpit.analysis.cause import Cause
    from cockpit.supervise.after import StepView
    from cockpit.views.explain import Explanation

MOST_REMEDIES: Final = 3


def sentence(cause: Cause) -> str:
    """Return what happened, and in which rank: `rank 1: GPU 2 ran out of memory`."""
    return cause.what if cause.rank is None else f"rank {cause.rank}: {cause.what}"


def why_lines(found: Explanation, width: int, height: int) -> tuple[Line, ...]:
    """Return what to try, the evidence before it and the facts, at most `height` lines.

    What to try is what gives way last.
    """
    cause = found.cause
    if cause is None:
        return ()
    tries = [line for one in cause.remedies[:MOST_REMEDIES] for line in _remedy(one, width)]
    tries = tries[: max(1, height - 1)]
    facts = [_facts(cause, width)] if cause.facts and height >= 5 else []
    room = max(0, height - len(tries) - len(facts))
    longest = max((len(str(one.line or 0)) for one in cause.evidence), default=0)
    evidence = [_evidence(one.line, one.text, longest, width) for one in cause.evidence]
    left_out = found.left_out_bytes
    if left_out and len(evidence) < room:
        facts.append(((f"  {binary(left_out)} of the log were not read", "muted"),))
    return (*evidence[len(evidence) - min(room, len(evidence)) :], *facts, *tries)


def places(found: Explanation | None) -> tuple[int, ...]:
    """Return the numbers of the log's lines that the cause was read from, the last one first."""
    cause = found.cause if found is not None else None
    numbers = [one.line for one in cause.evidence if one.line is not None] if cause else []
    return tuple(reversed(numbers))


def step_lines(steps: Sequence[StepView], width: int, height: int) -> tuple[Line, ...]:
    """Return a line for each step that can follow: its name and its exact command."""
    longest = max((len(step.name) for step in steps), default=0)
    lines = [_step(step, longest, width) for step in steps]
    if len(lines) <= height:
        return tuple(lines)
    more: Line = ((f"+{len(lines) - height + 1} more", "muted"),)
    return (*lines[: height - 1], more)


def _step(step: StepView, longest: int, width: int) -> Line:
    name: Line = ((f"{step.name.ljust(longest)}  ", "text"),)
    room = max(10, width - longest - 2)
    if step.missing is not None:
        return (*name, (fit(f"not yet: {step.missing} does not exist", room), "muted"))
    return (*name, (fit(step.command, room), "muted"))


def _evidence(number: int | None, text: str, digits: int, width: int) -> Line:
    """Return `line 12  ValueError: …`; what a rank wrote elsewhere has no number."""
    place = (f"line {number:>{digits}}" if number is not None else "a rank").ljust(5 + digits)
    return ((f"  {place}  ", "muted"), (fit(text, max(10, width - len(place) - 5)), "text"))


def _facts(cause: Cause, width: int) -> Line:
    words = " · ".join(f"{name} {_value(name, value)}" for name, value in cause.facts.items())
    return (("  ", "muted"), (fit(words, max(10, width - 2)), "muted"))


def _value(name: str, value: str | float) -> str:
    is_size = name.endswith("_bytes") and not isinstance(value, str)
    return binary(float(value)) if is_size else str(value)


def _remedy(text: str, width: int) -> list[Line]:
    first, *more = textwrap.wrap(text, max(20, width - 7)) or [""]
    return [
        (("  try: ", "muted"), (first, "text")),
        *((("       ", "muted"), (line, "text")) for line in more),
    ]
