"""When a run will end, as a person would say it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from cockpit.analysis.eta import Eta
from cockpit.tui.ink import Line, cells
from cockpit.tui.widgets.facts import Fact
from cockpit.units import duration, margin
from cockpit.views.eta_words import (
    FINISHING,
    SOON_S,
    end_clock,
    end_in_full,
    finishing,
    span,
    span_left,
)


def end_line(eta: Eta, now: float, width: int) -> Line:
    """Return `ends 21:05 ±6 min`, or `48 s left ±18 s` when that is soon; units shrink to fit.

    Where early stopping may end it before, it is `by 21:05 ±6 min`; once all is trained
    `finishing, ≈ 8 s left`, as far as there is room.
    """
    if eta.is_finishing:
        words = finishing(eta)
        said = (words, words.removesuffix(" left"))
        return ((next((form for form in said if len(form) <= width), FINISHING), "text"),)
    return _clock_line(eta, now, width)


def _clock_line(eta: Eta, now: float, width: int) -> Line:
    spread = margin(eta.margin_s)
    short = spread.replace(" min", "m").replace(" ", "")
    if eta.remaining_s < SOON_S:
        left: Line = ((duration(eta.remaining_s), "strong"), (" left", "muted"))
        forms = tuple((*left, (f" ±{one}", "muted")) for one in (spread, short))
    else:
        verb: Line = (("by " if eta.may_stop_early else "ends ", "muted"),)
        end: Line = ((end_clock(now + eta.remaining_s, now), "strong"),)
        forms = tuple((*verb, *end, (f" ±{one}", "muted")) for one in (spread, short))
        # A bare clock is an end; what early stopping may bring before it must stay said.
        forms += ((*verb, *end),) if eta.may_stop_early else ((*end, (f" ±{short}", "muted")),)
    return next((form for form in forms if cells(form) <= width), forms[-1])


def end_in_full_line(eta: Eta, now: float) -> Line:
    """Return `ends 21:05 (in 2h 10m, 20:58–21:20)`."""
    words, _, rest = end_in_full(eta, now).partition(" (")
    if eta.is_finishing:
        return ((words, "text"), *([(f" ({rest}", "muted")] if rest else []))
    verb, _, end = words.rpartition(" ") if eta.remaining_s >= SOON_S else words.partition(" in ")
    verb = verb if eta.remaining_s >= SOON_S else f"{verb} in"
    return ((f"{verb} ", "muted"), (end, "strong"), (f" ({rest}", "muted"))


def short_end_facts(eta: Eta | None) -> Iterable[Fact]:
    """Yield how long it still takes, beside a list that tells the clock time and the range."""
    if eta is not None and eta.is_finishing:
        yield Fact("ends", finishing(eta))
    elif eta is not None:
        yield Fact("ends in", duration(eta.remaining_s), note=eta.basis.partition("; ")[0])


def end_facts(eta: Eta | None, now: float) -> Iterable[Fact]:
    """Yield when it ends, between which bounds, and what that rests on."""
    if eta is None:
        return
    left = duration(eta.remaining_s)
    if eta.is_finishing:
        yield Fact("ends", finishing(eta))
    elif eta.remaining_s < SOON_S:
        yield Fact("ends in", left)
        yield Fact("between", span_left(eta))
    else:
        yield Fact("ends", f"{end_clock(now + eta.remaining_s, now)}, in {left}")
        yield Fact("between", span(eta, now))
    basis, _, early = eta.basis.partition("; ")
    yield Fact("end rests on", basis)
    if early:
        yield Fact("early stopping", early)
