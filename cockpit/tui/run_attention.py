"""What is noticed of one run, with what to do about it. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Final

from cockpit.runs.phase import Phase
from cockpit.tui.ink import Line, cells, fit
from cockpit.tui.noticed import Noticed, noticed
from cockpit.tui.store import Snapshot
from cockpit.tui.waiting import one_line
from cockpit.views.run_view import RunView

INDENT: Final = 2
SHORTEST: Final = 20


def noticed_of(run: RunView, snapshot: Snapshot) -> tuple[Noticed, ...]:
    """Return what concerns a run: its own troubles, those of its GPUs and of the host it is on."""
    is_here = run.phase in (Phase.RUNNING, Phase.STOPPING) and not run.is_remote
    return tuple(
        one
        for one in noticed(snapshot)
        if (one.run is not None and one.run.run_id == run.run_id)
        or (is_here and one.run is None and one.alert.code.startswith("host."))
    )


def attention_lines(found: Iterable[Noticed], width: int) -> tuple[Line, ...]:
    """Return each thing and its remedy, wrapped into `width` cells."""
    lines: list[Line] = []
    for one in found:
        sign, look = _sign(one)
        room = max(SHORTEST, width - INDENT)
        what = textwrap.wrap(f"{_about(one)}{one_line(one.alert.what)}", room)
        lines.extend(
            ((sign if number == 0 else "  ", look), (text, look))
            for number, text in enumerate(what)
        )
        remedy = textwrap.wrap(one_line(one.alert.remedy), room)
        lines.extend((("  ", "muted"), (text, "muted")) for text in remedy)
        lines.append(())
    return tuple(lines)


def worst_line(found: Sequence[Noticed], width: int) -> Line:
    """Return the first of them with its remedy in one line; empty when nothing is noticed."""
    if not found:
        return ()
    sign, look = _sign(found[0])
    more = f"  +{len(found) - 1} more" if len(found) > 1 else ""
    what = f"{_about(found[0])}{one_line(found[0].alert.what)}"
    room = width - INDENT - len(more)
    head: Line = ((sign, look), (fit(what, min(len(what), room)), f"{look} bold"))
    remedy = f"  try: {one_line(found[0].alert.remedy)}" if found[0].alert.remedy else ""
    left = width - cells(head) - len(more)
    tail: Line = (
        (("  try: ", "muted"), (fit(remedy, min(len(remedy), left))[len("  try: ") :], "text"))
        if left >= SHORTEST and remedy
        else ()
    )
    return (*head, *tail, (more, "muted"))


def _sign(one: Noticed) -> tuple[str, str]:
    return ("✗ ", "danger") if one.is_problem else ("▲ ", "attention")


def _about(one: Noticed) -> str:
    return "" if one.alert.subject == "run" else f"{one.alert.subject}: "
