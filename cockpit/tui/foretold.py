"""The end that was foretold of a run, until its own pace tells; and later how that fared. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cockpit.runs.phase import Phase
from cockpit.tui.ink import Line, cells
from cockpit.tui.widgets.facts import Fact
from cockpit.units import duration, short_duration
from cockpit.views.eta_words import SOON_S, end_clock
from cockpit.views.foretold import fared_words, outcome_of
from cockpit.views.run_view import RunView

FORETOLD: Final = "foretold"
TELLS: Final = (Phase.RUNNING, Phase.UNSUPERVISED)


def foretold_end_s(run: RunView) -> float | None:
    """Return when a run that says nothing yet was foretold to end, epoch seconds.

    None where its own pace tells by now, where nobody foretold it, where it was started again,
    and once that moment has passed.
    """
    is_silent = run.phase in TELLS and run.eta is None and run.attempt == 1
    if not is_silent or run.foretold is None or run.started is None:
        return None
    end_s = run.started + run.foretold.total_s
    return end_s if end_s > run.time else None


def foretold_end_line(run: RunView, width: int) -> Line:
    """Return `ends ≈ 21:05, foretold`, shorter where there is little room; nothing without one."""
    end_s = foretold_end_s(run)
    if end_s is None:
        return ()
    is_soon = end_s - run.time < SOON_S
    end = duration(end_s - run.time) if is_soon else end_clock(end_s, run.time)
    word = f"{end} left" if is_soon else end
    forms: tuple[Line, ...] = (
        (("≈ " if is_soon else "ends ≈ ", "muted"), (word, "text"), (f", {FORETOLD}", "muted")),
        (("≈ ", "muted"), (end, "text"), (f" {FORETOLD}", "muted")),
        (("≈ ", "muted"), (end, "text")),
    )
    return next((form for form in forms if cells(form) <= width), forms[-1])


def short_foretold_facts(run: RunView) -> Iterable[Fact]:
    """Yield how long it still takes, as long as only the forecast tells."""
    end_s = foretold_end_s(run)
    if end_s is not None:
        yield Fact("ends in", f"≈ {duration(end_s - run.time)}", note=FORETOLD)


def foretold_facts(run: RunView) -> Iterable[Fact]:
    """Yield what was foretold, on what that rests, and what became of it."""
    foretold = run.foretold
    if foretold is None:
        return
    end_s = foretold_end_s(run)
    if end_s is not None:
        words = f"≈ {end_clock(end_s, run.time)}, in {duration(end_s - run.time)}"
        yield Fact("ends, foretold", words)
    low, high = short_duration(foretold.low_s), short_duration(foretold.high_s)
    note = "" if low == high else f"{low} to {high}"
    yield Fact(FORETOLD, short_duration(foretold.total_s), note=note)
    outcome = outcome_of(run)
    if outcome is not None:
        yield Fact("took", short_duration(outcome.took_s), note=fared_words(outcome))
        if not outcome.is_inside:
            yield Fact("", "outside the range", "muted")
    elif foretold.basis:
        yield Fact("foretold from", foretold.basis)
