"""What is asked of the tool `estimate`, understood, and the events that answer it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.forecast.cost.terms import CostTerms
from cockpit.analysis.forecast.memory.documents import document_rows
from cockpit.analysis.forecast.schemes.comparison import compare
from cockpit.analysis.forecast.schemes.hosts import compare_hosts
from cockpit.analysis.forecast.schemes.meeting import meet
from cockpit.analysis.forecast.time.forecast import why_unknown
from cockpit.analysis.forecast.work import Work
from cockpit.presets.model import Preset
from cockpit.presets.resolve import resolve
from cockpit.tool_runs.events import Event
from cockpit.tools.definition import Values
from cockpit.tools.estimate import amount_of, count_of
from cockpit.tools.estimate_events import forecast_events, guide_events, last_word
from cockpit.tools.scheme_events import (
    compared_word,
    comparison_events,
    hosts_events,
    hosts_word,
    meeting_events,
    met_word,
)
from cockpit.tools.start import ToolAsk
from cockpit.views.forecast import Known, forecast, read_known, with_own_price
from cockpit.views.question_amounts import parse_deadline
from cockpit.views.question_flags import FLAGS
from cockpit.views.question_seat import look_here
from cockpit.views.question_terms import assumed_of, offers_of, terms_of
from cockpit.views.question_work import work_of_question

OF_SCHEMES: Final = ("compare", "hosts", "budget", "deadline")
"""Options that hold schemes against each other."""
OF_WORK: Final = ("dataset-size", "model", "imgsz")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was understood."""

    ask: ToolAsk
    known: Known
    preset: Preset | None
    work: Work
    terms: CostTerms
    now_s: float

    @property
    def flags(self) -> Mapping[str, str | None]:
        """What tells the work, by the names of a question."""
        return flags_of(self.ask.values)


def flags_of(values: Values) -> dict[str, str | None]:
    """Return what tells the work, by the names of a question. Pure."""
    return {field: values.get(flag.removeprefix("--")) or None for field, flag in FLAGS.items()}


def understand(ask: ToolAsk, now_s: float) -> Asked:
    """Return the work that is asked about, and how it is paid for. Raises InputError."""
    known, values = read_known(), ask.values
    preset = resolve(ask.preset) if ask.preset else None
    is_of_schemes = any(values.get(name) for name in OF_SCHEMES)
    assumed = assumed_of(
        is_of_schemes=is_of_schemes and not values.get("offer"),
        compares=bool(values.get("compare")),
        has_work=preset is not None or any(values.get(name) for name in OF_WORK),
    )
    flags, here = flags_of(values), look_here()
    work = work_of_question(flags, preset, known, here, assumed, needs_time=is_of_schemes)
    terms = terms_of(
        work,
        preset,
        known,
        spot=values.get("spot") == "on",
        checkpoint_epochs=count_of(values, "checkpoint-every"),
        runs_per_month=count_of(values, "runs-per-month"),
    )
    return Asked(ask, known, preset, work, terms, now_s)


def events_of(asked: Asked) -> Iterator[Event]:
    """Yield what is expected of the work, or the schemes that were asked for.

    Raises InputError for names and moments that mean nothing.
    """
    values = asked.ask.values
    if values.get("hosts"):
        yield from _hosts(asked)
    elif values.get("compare"):
        yield from _compared(asked)
    elif values.get("budget") or values.get("deadline"):
        yield from _met(asked)
    else:
        yield from _estimate(asked)


def _estimate(asked: Asked) -> Iterator[Event]:
    work, known, values, now_s = asked.work, asked.known, asked.ask.values, asked.now_s
    offers = offers_of(work, known, values.get("offer") or None, amount_of(values, "price"))
    found = forecast(work, known, offers, asked.terms)
    yield from forecast_events(found, why_unknown(work, known.catalog), now_s)
    rows = document_rows(work, known.catalog)
    yield from guide_events([row for row in rows if row.told.accelerator == work.device], now_s)
    yield last_word(found, now_s)


def _compared(asked: Asked) -> Iterator[Event]:
    values, now_s = asked.ask.values, asked.now_s
    found = compare(
        asked.work,
        _names(values.get("compare")),
        with_own_price(asked.known, asked.work.device),
        asked.known.calibrations,
        asked.terms,
        against=values.get("against") or None,
    )
    yield from comparison_events(found, now_s)
    yield compared_word(found.rows, now_s)


def _hosts(asked: Asked) -> Iterator[Event]:
    values, now_s = asked.ask.values, asked.now_s
    found = compare_hosts(
        asked.work,
        with_own_price(asked.known, asked.work.device),
        asked.known.calibrations,
        count_of(values, "hosts") or 1,
        terms=asked.terms,
        names=_names(values.get("compare") or values.get("offer")),
    )
    yield from hosts_events(found, now_s)
    yield hosts_word(found, now_s)


def _met(asked: Asked) -> Iterator[Event]:
    values, known, now_s = asked.ask.values, asked.known, asked.now_s
    deadline = values.get("deadline")
    found = meet(
        asked.work,
        with_own_price(known, asked.work.device),
        known.calibrations,
        budget=amount_of(values, "budget"),
        deadline_s=parse_deadline(deadline, now_s) if deadline else None,
        terms=asked.terms,
        currency=known.price.currency if known.price else "USD",
    )
    yield from meeting_events(found, now_s)
    yield met_word(found, now_s)


def _names(text: str | None) -> list[str]:
    return [name for name in (text or "").split(",") if name.strip()]
