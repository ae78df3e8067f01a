"""The first line of a run's screen: name, phase, progress, end, best. Pure."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len

from cockpit.runs.phase import Phase, glyph
from cockpit.tui.bars import bar
from cockpit.tui.facts import ended_words, phase_word
from cockpit.tui.foretold import foretold_end_line
from cockpit.tui.ink import Line, cells, fit
from cockpit.tui.remaining import end_in_full_line, end_line
from cockpit.tui.run_columns import NARROW_END, WIDE_END
from cockpit.tui.waiting import one_line, queue_words, queued_why
from cockpit.units import clock, duration, metric
from cockpit.views.opened_words import written_words
from cockpit.views.run_view import RunView

TONES: Final = {
    Phase.RUNNING: "accent",
    Phase.SUCCEEDED: "good",
    Phase.FAILED: "danger",
    Phase.LOST: "attention",
    Phase.UNSUPERVISED: "attention",
}
WIDEST_BAR: Final = 24
NARROW_BAR: Final = 10
NARROW: Final = 100
FORETOLD_END: Final = 28
"""Cells in which a foretold end is said in full, with the day."""
SHORTEST_NAME: Final = 8
GAP: Final = 2


def tone(phase: Phase) -> str:
    """Return the token of a phase's sign."""
    return TONES.get(phase, "muted")


def head_line(run: RunView, width: int) -> Line:
    """Return the line in `width` cells; the range of the end gives way, then the best metric."""
    before = (*_since(run), ("   ", "text"), *_progress(run, _bar_width(width)), ("   ", "text"))
    best = _best(run)
    if run.eta is not None:
        full = (*before, *end_in_full_line(run.eta, run.time))
        if cell_len(run.name) + 2 + cells(full) + GAP + cells(best) <= width:
            return _filled(run, full, best, width)
    return _filled(run, (*before, *_end(run, is_narrow=width < NARROW)), best, width)


def _bar_width(width: int) -> int:
    return NARROW_BAR if width < NARROW else WIDEST_BAR


def _filled(run: RunView, rest: Line, best: Line, width: int) -> Line:
    """Return sign, name and the rest, and the best metric at the right if it fits."""
    room = max(SHORTEST_NAME, width - cells(rest) - 2)
    name = fit(run.name, min(cell_len(run.name), room))
    left: Line = ((f"{glyph(run.phase)} ", tone(run.phase)), (name, "strong"), *rest)
    blank = width - cells(left) - cells(best)
    return (*left, (" " * blank, "text"), *best) if blank >= GAP else left


def _since(run: RunView) -> Line:
    """Return how long it runs or ran; of one that waits, for what."""
    if run.phase is Phase.QUEUED:
        return (("  queued ", "muted"), (queue_words(run), "text"))
    if run.phase is Phase.OPENED:
        return (("  opened · ", "muted"), (written_words(run) or "nothing written yet", "text"))
    again = f" · attempt {run.attempt}" if run.attempt > 1 else ""
    took = duration(run.duration_s)
    return ((f"  {phase_word(run.phase)} ", "muted"), (took, "text"), (again, "muted"))


def _progress(run: RunView, width: int) -> Line:
    if run.epoch is None and run.epochs is None:
        return (("no epoch yet", "muted"),) if run.phase.is_live else ()
    done = (run.epoch or 0) + (run.epoch_part or 0)
    total = f"/{run.epochs}" if run.epochs else ""
    line: Line = (("epoch ", "muted"), (str(run.epoch or 0), "text"), (f"{total}  ", "muted"))
    return (*line, *bar(done / run.epochs, width)) if run.epochs else line


def _end(run: RunView, *, is_narrow: bool) -> Line:
    if run.ended is not None:
        words: Line = (("ended ", "muted"), (clock(run.ended, run.time), "strong"))
        return (*words, (f", {ended_words(run.exit_code)}", "muted")) if run.exit_code else words
    if run.eta is None:
        return foretold_end_line(run, NARROW_END if is_narrow else FORETOLD_END)
    return end_line(run.eta, run.time, NARROW_END if is_narrow else WIDE_END)


def _best(run: RunView) -> Line:
    for name in run.headline:
        series = run.metrics.series.get(name)
        best = series.record if series else None
        if best is not None:
            return (
                (f"best {name.rpartition('/')[2]} ", "muted"),
                (metric(best.value), "text"),
                (f" @{best.x:g}", "muted"),
            )
    return ()


def problem_line(run: RunView, width: int) -> Line:
    """Return why the run needs somebody and what to try, or what it waits for; else nothing."""
    if not run.problem:
        return ()
    if run.phase is Phase.QUEUED:
        sign, look = ("○", "muted") if run.next_attempt is None else ("▲", "attention")
        return ((f"{sign} ", look), (fit(queued_why(run), width - 2), look))
    look = "danger" if run.phase is Phase.FAILED else "attention"
    sign = "✗" if run.phase is Phase.FAILED else "▲"
    remedy: Line = (("  try: ", "muted"), (run.remedy, "text")) if run.remedy else ()
    room = max(20, width - cells(remedy) - 2)
    problem = one_line(run.problem)
    problem = fit(problem, min(cell_len(problem), room))
    return ((f"{sign} ", look), (problem, f"{look} bold"), *remedy)
