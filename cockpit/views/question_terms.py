"""How an asked training is paid for, and whose price counts: for every face that is asked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from cockpit.analysis.forecast.cost.energy import power_of, ranks_per_device
from cockpit.analysis.forecast.cost.terms import CostTerms
from cockpit.analysis.forecast.work import Work
from cockpit.analysis.price import Price
from cockpit.catalog.names import find_accelerator, find_offer
from cockpit.catalog.rows import Offer
from cockpit.views.forecast import Known, own_offer, time_of
from cockpit.views.question_work import DOCUMENT_002

if TYPE_CHECKING:
    from cockpit.presets.model import Preset

MOST_OFFERS: Final = 2
"""So many are shown of those that nobody named, the cheapest ones."""


def assumed_of(*, is_of_schemes: bool, compares: bool, has_work: bool) -> Mapping[str, str]:
    """Return what counts where neither a flag nor a preset tells: a scheme has its own GPUs."""
    assumed = {"gpus": "1"} if is_of_schemes else {}
    return {**assumed, **DOCUMENT_002} if compares and not has_work else assumed


def terms_of(
    work: Work,
    preset: Preset | None,
    known: Known,
    *,
    spot: bool,
    checkpoint_epochs: int | None = None,
    runs_per_month: int | None = None,
) -> CostTerms:
    """Return how it is paid for; what nobody told is as the preset has it, or assumed."""
    terms = CostTerms(
        spot=spot,
        checkpoint_every_s=_checkpoint_every_s(work, preset, known, checkpoint_epochs),
        power=power_of(work, known.calibrations, known.catalog),
    )
    if runs_per_month is None:
        return terms
    from dataclasses import replace

    return replace(terms, runs_per_month=runs_per_month)


def offers_of(
    work: Work, known: Known, offer: str | None = None, price: float | None = None
) -> list[Offer]:
    """Return whose price counts: the given, the user's own, else those who rent such GPUs."""
    if price is not None:
        currency = known.price.currency if known.price else "USD"
        return [own_offer(Price(price, currency, "--price"), work.device)]
    if offer is not None:
        found = find_offer(known.catalog, offer)
        return [] if found is None else [found]
    accelerator = find_accelerator(known.catalog, work.device)
    if known.price is not None or work.host is not None or accelerator is None:
        return []
    offers = known.catalog.offers.values()
    rented = [one for one in offers if one.accelerator == accelerator.key and one.hour]
    devices = math.ceil(work.world_size / ranks_per_device(accelerator))
    return sorted(rented, key=lambda one: _hour_of(one, devices))[:MOST_OFFERS]


def _checkpoint_every_s(
    work: Work, preset: Preset | None, known: Known, told: int | None
) -> float | None:
    """Return how long lies between two checkpoints; None: each epoch writes one."""
    epochs = _save_period(preset) if told is None else told
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


def _hour_of(offer: Offer, devices: int) -> float:
    """Return what an hour of so many accelerators costs: whole hosts are paid."""
    return (offer.hour or 0.0) * math.ceil(devices / offer.count)
