"""What the flags of `cockpit estimate` ask for: one estimate, schemes beside each other, a list."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import typer

from cockpit.analysis.forecast.cost.terms import CostTerms
from cockpit.analysis.forecast.result import Forecast
from cockpit.analysis.forecast.time.forecast import why_unknown
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.rows import Offer
from cockpit.cli.estimate_given import Given, require_sense
from cockpit.cli.estimate_text import NARROWEST, WIDEST
from cockpit.errors import CockpitError, InputError
from cockpit.views.forecast import Known, forecast, read_known
from cockpit.views.question_amounts import parse_count, parse_money
from cockpit.views.question_rules import MOST_CHECKPOINT_EPOCHS, MOST_RUNS
from cockpit.views.question_seat import look_here
from cockpit.views.question_terms import assumed_of, offers_of, terms_of
from cockpit.views.question_work import work_of_question

if TYPE_CHECKING:
    from cockpit.presets.model import Preset

UNKNOWN: Final = 1
"""Exit code where nothing is known of the time that was asked for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was understood."""

    given: Given
    known: Known
    preset: Preset | None
    work: Work
    terms: CostTerms
    now_s: float

    @property
    def columns(self) -> int:
        """How wide an answer may be."""
        return columns()


def obey(given: Given) -> None:
    """Do what the flags ask for. Raises InputError with all that is wrong with them."""
    require_sense(given)
    if given.is_of_lists:
        from cockpit.cli.estimate_lists import obey_list

        obey_list(given)
        return
    asked = understand(given, read_known())
    if given.probe:
        from cockpit.cli.estimate_probe import probe_first

        probe_first(asked)
        asked = understand(given, read_known())
    if given.is_of_schemes:
        from cockpit.cli.estimate_schemes import answer

        answer(asked)
        return
    _estimate(asked)


def understand(given: Given, known: Known) -> Asked:
    """Return the work that is asked about, and how it is paid for. Raises InputError."""
    preset = None
    if given.preset is not None:
        from cockpit.cli.options import parse_settings
        from cockpit.presets.resolve import resolve

        preset = resolve(given.preset, dict(parse_settings(given.settings)))
    assumed = assumed_of(
        is_of_schemes=given.is_of_schemes and given.offer is None,
        compares=given.compare is not None,
        has_work=given.has_work,
    )
    here, needs_time = look_here(), given.is_of_schemes
    work = work_of_question(given.question, preset, known, here, assumed, needs_time=needs_time)
    return Asked(given, known, preset, work, _terms(given, known, preset, work), time.time())


def columns() -> int:
    """Return how wide an answer may be on this terminal."""
    return min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)


def _terms(given: Given, known: Known, preset: Preset | None, work: Work) -> CostTerms:
    return terms_of(
        work,
        preset,
        known,
        spot=given.spot,
        checkpoint_epochs=_count(
            given.checkpoint_every, "--checkpoint-every", "epochs", MOST_CHECKPOINT_EPOCHS
        ),
        runs_per_month=_count(given.runs_per_month, "--runs-per-month", "runs", MOST_RUNS),
    )


def _count(text: str | None, flag: str, what: str, most: int) -> int | None:
    return None if text is None else parse_count(text, flag, what, most)


def _estimate(asked: Asked) -> None:
    found = forecast(asked.work, asked.known, _offers(asked), asked.terms)
    why = "" if found.time is not None else why_unknown(asked.work, asked.known.catalog)
    asks_fit = asked.preset is None and asked.work.train_samples is None
    if found.time is None and (
        found.memory is None or (asked.work.train_samples is None and not asks_fit)
    ):
        raise _nothing_known(asked.work, why)
    if asked.given.as_json:
        from cockpit.cli.as_json import dump
        from cockpit.cli.estimate_object import as_object

        typer.echo(dump(as_object(found)))
    else:
        typer.echo("\n".join(_text(asked, found, why)))
    if found.time is None and not asks_fit:
        raise typer.Exit(UNKNOWN)


def _nothing_known(work: Work, why: str) -> CockpitError:
    if work.preset is None:
        return CockpitError(why, "cockpit estimate --catalog lists what is known")
    here = "and no run of it was measured here"
    way = f"cockpit estimate --preset {work.preset} --probe, or cockpit run {work.preset} first"
    if work.train_samples is None:
        what = f"nothing tells how many images preset {work.preset} trains on"
        return InputError(f"--dataset-size is missing: {what}, {here}", f"--dataset-size N; {way}")
    if work.host is None:
        problem, _, ways = why.partition("; ")
        return CockpitError(f"{work.preset}: {problem}", ways)
    model = f"its model {work.model}" if work.model else "its model, which it does not name"
    return CockpitError(f"{work.preset}: no speed is published for {model}, {here}", way)


def _text(asked: Asked, found: Forecast, why: str) -> Sequence[str]:
    from cockpit.analysis.forecast.memory.documents import document_rows
    from cockpit.cli import memory_rows_text
    from cockpit.cli.estimate_text import lines

    catalog, room = asked.known.catalog, asked.columns
    text = lines(found, catalog, room, asked.now_s, why_no_time=why)
    rows = [
        row
        for row in document_rows(asked.work, catalog)
        if row.told.accelerator == found.work.device
    ]
    table = memory_rows_text.lines(rows, room - 2)
    if table:
        text += ["", "what guides say of its memory:", *(f"  {line}" for line in table)]
    return text


def _offers(asked: Asked) -> list[Offer]:
    text, price = asked.given.price, None
    if text is not None:
        price = parse_money(text, "--price", "of a GPU hour")
    return offers_of(asked.work, asked.known, asked.given.offer, price)
