"""Will it fit, how long, what does it cost: the column beside the launch form. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from rich.cells import cell_len

from cockpit.analysis.forecast.result import Forecast, MemoryForecast, Tier, TimeForecast
from cockpit.catalog.rows import Catalog
from cockpit.tui.bars import bar
from cockpit.tui.begins import NOW, Begin
from cockpit.tui.ink import Line, Piece, cells, fit
from cockpit.tui.tools.wrapping import wrap_text
from cockpit.tui.widgets.rule_title import rule_line
from cockpit.views.eta_words import BRIEF_S, end_clock
from cockpit.views.forecast_words import (
    NO_PRICE,
    NOTHING_KNOWN,
    SET_A_PRICE,
    cost_words,
    fit_sign,
    fit_words,
    need_words,
    offered_cost,
    own_cost,
    price_words,
    short_need_words,
    time_words,
)

TONES: Final = {"✓": "good", "▲": "attention", "✗": "danger", "·": "muted"}
ASK: Final = "e says what tells"
LONGEST_PROBLEM: Final = 6
"""Lines that a reason why there is no estimate may take."""
LABEL_WIDTH: Final = 7
NOT_MEASURED: Final = {Tier.CATALOG: "calculated", Tier.DOCUMENTS: "a guide's claim"}


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is expected of the form as it stands."""

    forecast: Forecast | None = None
    """None: it is still being asked, or see `problem`."""
    problem: str = ""
    """Why there is none."""
    why_no_time: str = ""
    """Why nothing is known of the time, where that is so."""
    begin: Begin = NOW
    catalog: Catalog = field(default_factory=Catalog)
    """In which its devices have their names."""
    is_simulated: bool = False
    """Its GPUs are simulated: it would train on the processor."""


ASKED: Final = Outlook()
"""As long as the answer is not there."""


def forecast_rows(outlook: Outlook, now_s: float, width: int) -> tuple[Line, ...]:
    """Return the three questions with their answers, a blank line after each."""
    if outlook.problem:
        told = wrap_text(outlook.problem, width - 2)[:LONGEST_PROBLEM]
        marked = ((("▲ " if at == 0 else "  ", "attention"), (line, "text"))
                  for at, line in enumerate(told))  # fmt: skip
        return (rule_line("", "Estimate", "", "", width), *marked, ())
    forecast = outlook.forecast
    memory = forecast.memory if forecast else None
    time = forecast.time if forecast else None
    is_asked = forecast is None
    return (
        rule_line("", "Will it fit?", "", _rests_on(memory, forecast), width),
        *_padded(_fit_lines(memory, width) if memory else _unknown(is_asked)[:1], 3, is_asked),
        (),
        rule_line("", "How long?", "", _rests_on(time, forecast), width),
        *_padded(_time_lines(time, outlook, now_s) if time else _unknown(is_asked), 2, is_asked),
        (),
        rule_line("", "What does it cost?", "", "", width),
        *_padded(_cost_lines(forecast) if forecast else (), 2, is_asked),
        (),
    )


def short_forecast_rows(outlook: Outlook, now_s: float, width: int) -> tuple[Line, ...]:
    """Return the same, one line for each answer, where there is no room for more."""
    if outlook.problem:
        return ((("▲ ", "attention"), (fit(outlook.problem, width - 2), "text")), ())
    forecast = outlook.forecast
    if forecast is None:
        return (_labelled("fits", ()), _labelled("takes", ()), _labelled("costs", ()), ())
    fits = _need_line(forecast.memory) if forecast.memory else _unknown_line()
    takes = _total_line(forecast.time) if forecast.time else _unknown_line()
    costs = next(iter(_cost_lines(forecast)), ())
    return (_labelled("fits", fits), _labelled("takes", takes), _labelled("costs", costs), ())


def forecast_line(outlook: Outlook, width: int) -> Line:
    """Return it in one line: `✓ 7.1 of 8.0 GiB a GPU, ±0.2 · takes 5h 40m (4h 50m to 6h 30m)`.

    What it costs stands last and gives way first, then whose memory it is, then the range of the
    time.
    """
    if outlook.problem:
        return (("▲ ", "attention"), (fit(outlook.problem, width - 2), "muted"))
    forecast = outlook.forecast
    if forecast is None:
        return ()
    memory, time, cost = forecast.memory, forecast.time, own_cost(forecast)
    if memory is None and time is None:
        said = f"estimate: {NOTHING_KNOWN} · {ASK}"
        return ((fit(said, min(width, cell_len(said))), "muted"),)
    unknown: Line = (("memory ", "muted"), ("–", "muted"))
    fits = _needed(memory, need_words(memory)) if memory else unknown
    brief = _needed(memory, short_need_words(memory)) if memory else unknown
    total, likely = _taken(time)
    price: Line = (("costs ", "muted"), (price_words(cost), "text")) if cost else ()
    choices = (
        (fits, total, price), (fits, total), (brief, total),
        (fits, likely), (brief, likely), (likely,), (likely[1:],),
    )  # fmt: skip
    joined = [_joined(part for part in parts if part) for parts in choices]
    return next((line for line in joined if cells(line) <= width), joined[-1])


def _needed(memory: MemoryForecast, words: str) -> Line:
    sign = fit_sign(memory)
    first, _, rest = words.partition(" ")
    label = ("needs ", "muted") if memory.capacity_bytes is None else (f"{sign} ", TONES[sign])
    return (label, (first, "strong"), (f" {rest}", "text"))


def _taken(time: TimeForecast | None) -> tuple[Line, Line]:
    """Return how long it takes with its range, and without it."""
    if time is None:
        unknown: Line = (("takes ", "muted"), ("–", "muted"))
        return unknown, unknown
    total, _, doubt = time_words(time).partition(", ")
    likely: Line = (("takes ", "muted"), (total, "strong"))
    return ((*likely, (f" ({doubt})", "text")) if doubt else likely), likely


def _joined(parts: Iterable[Line]) -> Line:
    out: list[Piece] = []
    for part in parts:
        out += [(" · ", "muted")] if out else []
        out += part
    return tuple(out)


def _labelled(label: str, line: Line) -> Line:
    return ((fit(label, LABEL_WIDTH), "muted"), *line)


def _padded(lines: Iterable[Line], height: int, is_asked: bool) -> tuple[Line, ...]:
    """Return lines that keep their height while the next answer is awaited."""
    told = tuple(lines)
    return (*told, *((),) * (height - len(told))) if is_asked else told


def _unknown(is_asked: bool) -> tuple[Line, ...]:
    return () if is_asked else (_unknown_line(), ((ASK, "muted"),))


def _unknown_line() -> Line:
    return ((NOTHING_KNOWN, "muted"),)


def _rests_on(part: MemoryForecast | TimeForecast | None, forecast: Forecast | None) -> str:
    """Return `from 3 probes`, `calculated`; the preset and this box are understood here."""
    if part is None or forecast is None:
        return ""
    if part.tier in NOT_MEASURED:
        return NOT_MEASURED[part.tier]
    told = part.evidence.removesuffix(" here").removesuffix(f" of {forecast.work.preset}")
    return f"from {told}"


def _need_line(memory: MemoryForecast) -> Line:
    sign = fit_sign(memory)
    first, _, rest = need_words(memory).partition(" ")
    return ((f"{sign} ", TONES[sign]), (first, "strong"), (f" {rest}", "text"))


def _fit_lines(memory: MemoryForecast, width: int) -> Iterable[Line]:
    yield _need_line(memory)
    if memory.capacity_bytes:
        part = min(1.0, memory.need_bytes.likely / memory.capacity_bytes)
        tone = TONES[fit_sign(memory)]
        yield bar(part, width, "load4" if tone == "good" else tone)
    head, _, batch = fit_words(memory).rpartition(": ")
    yield ((f"{head}: ", "muted"), (batch, "text")) if head else ((batch, "muted"),)


def _total_line(time: TimeForecast) -> Line:
    total, _, doubt = time_words(time).partition(", ")
    return ((total, "strong"), (f"  {doubt}".rstrip(), "text"))


def _time_lines(time: TimeForecast, outlook: Outlook, now_s: float) -> Iterable[Line]:
    yield _total_line(time)
    begin = outlook.begin
    starts: Line = (("starts ", "muted"), (begin.words, "text"))
    if begin.at_s is None or (begin == NOW and time.total_s.high < BRIEF_S):
        yield starts
    else:
        end = end_clock(max(begin.at_s, now_s) + time.total_s.likely, now_s)
        yield (*starts, (", ends ", "muted"), (end, "text"))
    if outlook.is_simulated:
        yield (("SIMULATED GPUs: times of this CPU", "attention"),)


def _cost_lines(forecast: Forecast) -> Iterable[Line]:
    own, offered = own_cost(forecast), offered_cost(forecast)
    if own is not None:
        price, _, doubt = cost_words(own).partition(", ")
        yield ((price, "strong"), (f"  {doubt}".rstrip(), "text"))
    elif forecast.work.device.startswith("cpu"):
        yield (("no GPU, no price of its hours", "muted"),)
    elif forecast.time is None:
        yield (("not before the time is known", "muted"),)
    else:
        yield ((NO_PRICE, "muted"),)
        if offered is None:
            yield ((SET_A_PRICE, "muted"),)
    if offered is not None:
        yield ((f"{offered.offer} would be ", "muted"), (price_words(offered), "text"))
