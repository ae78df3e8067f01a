"""What the flags of `cockpit estimate` ask for: one estimate, schemes beside each other, a list."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import typer

from cockpit.analysis.forecast.energy import power_of
from cockpit.analysis.forecast.result import Forecast
from cockpit.analysis.forecast.terms import CostTerms
from cockpit.analysis.forecast.time import why_unknown
from cockpit.analysis.forecast.work import Work
from cockpit.analysis.price import Price
from cockpit.catalog.names import find_accelerator, find_offer
from cockpit.catalog.rows import Offer
from cockpit.cli.amounts import parse_count, parse_money
from cockpit.cli.estimate_given import Given, require_sense
from cockpit.cli.estimate_text import NARROWEST, WIDEST
from cockpit.errors import CockpitError, InputError
from cockpit.views.forecast import Known, forecast, own_offer, read_known, time_of
from cockpit.views.question_seat import look_here
from cockpit.views.question_work import DOCUMENT_002, work_of_question

if TYPE_CHECKING:
    from cockpit.presets.model import Preset

MOST_CHECKPOINT_EPOCHS: Final = 1_000_000
MOST_RUNS: Final = 100_000
MOST_OFFERS: Final = 2
"""So many are shown of those that nobody named, the cheapest ones."""
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
    assumed = {"gpus": "1"} if given.is_of_schemes and given.offer is None else {}
    if given.compare is not None and not given.has_work:
        assumed |= DOCUMENT_002
    work = work_of_question(given.question, preset, known, look_here(), assumed)
    return Asked(given, known, preset, work, _terms(given, known, preset, work), time.time())


def columns() -> int:
    """Return how wide an answer may be on this terminal."""
    return min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)


def _terms(given: Given, known: Known, preset: Preset | None, work: Work) -> CostTerms:
    terms = CostTerms(
        spot=given.spot,
        checkpoint_every_s=_checkpoint_every_s(given, known, preset, work),
        power=power_of(work, known.calibrations, known.catalog),
    )
    if given.runs_per_month is None:
        return terms
    from dataclasses import replace

    runs = parse_count(given.runs_per_month, "--runs-per-month", "runs", MOST_RUNS)
    return replace(terms, runs_per_month=runs)


def _checkpoint_every_s(
    given: Given, known: Known, preset: Preset | None, work: Work
) -> float | None:
    """Return how long lies between two checkpoints; None: each epoch writes one."""
    if given.checkpoint_every is not None:
        flag, what = "--checkpoint-every", "epochs"
        epochs = parse_count(given.checkpoint_every, flag, what, MOST_CHECKPOINT_EPOCHS)
    else:
        epochs = _save_period(preset)
    if epochs <= 1:
        return None
    found = time_of(work, known)
    return None if found is None else epochs * found.epoch_s.likely


def _save_period(preset: Preset | None) -> int:
    """Return every how many epochs the trainer keeps a checkpoint of its own, as far as it says.

    That of Ultralytics does not count: it writes last.pt after each epoch, whatever it keeps.
    """
    if preset is None or preset.resume is None:
        return 1
    from cockpit.launch.arguments import settings_of

    is_kept = "last" in preset.resume.checkpoint
    settings = settings_of(preset)
    period = settings.get("save_period", settings.get("save-period"))
    is_whole = isinstance(period, int) and not isinstance(period, bool)
    return period if is_whole and isinstance(period, int) and period > 0 and not is_kept else 1


def _estimate(asked: Asked) -> None:
    found = forecast(asked.work, asked.known, _offers(asked), asked.terms)
    why = "" if found.time is not None else why_unknown(asked.work, asked.known.catalog)
    if found.time is None and (found.memory is None or asked.work.train_samples is None):
        raise _nothing_known(asked.work, why)
    if asked.given.as_json:
        from cockpit.cli.as_json import dump
        from cockpit.cli.estimate_object import as_object

        typer.echo(dump(as_object(found)))
    else:
        typer.echo("\n".join(_text(asked, found, why)))
    if found.time is None:
        raise typer.Exit(UNKNOWN)


def _nothing_known(work: Work, why: str) -> CockpitError:
    if work.preset is None:
        return CockpitError(why, "cockpit estimate --catalog lists what is known")
    here = "and no run of it was measured here"
    way = f"cockpit estimate --preset {work.preset} --probe, or cockpit run {work.preset} first"
    if work.train_samples is None:
        what = f"nothing tells how many images preset {work.preset} trains on"
        return InputError(f"--dataset-size is missing: {what}, {here}", f"--dataset-size N; {way}")
    model = f"its model {work.model}" if work.model else "its model, which it does not name"
    return CockpitError(f"{work.preset}: no speed is published for {model}, {here}", way)


def _text(asked: Asked, found: Forecast, why: str) -> Sequence[str]:
    from cockpit.analysis.forecast.memory_documents import document_rows
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
    """Return whose price counts: the given, the user's own, else those who rent such GPUs."""
    given, known, work = asked.given, asked.known, asked.work
    if given.price is not None:
        currency = known.price.currency if known.price else "USD"
        hour = parse_money(given.price, "--price", "of a GPU hour")
        return [own_offer(Price(hour, currency), work.device)]
    if given.offer is not None:
        offer = find_offer(known.catalog, given.offer)
        return [] if offer is None else [offer]
    accelerator = find_accelerator(known.catalog, work.device)
    if known.price is not None or work.host is not None or accelerator is None:
        return []
    offers = known.catalog.offers.values()
    rented = [one for one in offers if one.accelerator == accelerator.key and one.hour]
    return sorted(rented, key=_gpu_hour)[:MOST_OFFERS]


def _gpu_hour(offer: Offer) -> float:
    return (offer.hour or 0.0) / offer.count
