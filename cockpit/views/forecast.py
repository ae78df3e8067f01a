"""What is known here for an estimate, and the estimate: time, memory and cost of one work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cockpit import locations
from cockpit.analysis.forecast.cost.energy import ranks_per_device
from cockpit.analysis.forecast.cost.forecast import CostTerms, forecast_cost, why_unpriced
from cockpit.analysis.forecast.cost.terms import OWN
from cockpit.analysis.forecast.memory.forecast import forecast_memory
from cockpit.analysis.forecast.result import Forecast, TimeForecast
from cockpit.analysis.forecast.time.forecast import forecast_time
from cockpit.analysis.forecast.work import Work
from cockpit.analysis.price import Price
from cockpit.calibrations.calibration import Calibration
from cockpit.calibrations.file import read_calibrations
from cockpit.catalog.load import read_catalog
from cockpit.catalog.names import find_accelerator
from cockpit.catalog.rows import Catalog, Offer
from cockpit.errors import InputError
from cockpit.runs.reader import hostname
from cockpit.views.price import read_price
from cockpit.views.this_device import memory_bytes


@dataclass(frozen=True, slots=True)
class Known:
    """What an estimate can rest on."""

    catalog: Catalog
    calibrations: tuple[Calibration, ...] = ()
    """Newest first."""
    price: Price | None = None
    """Of a GPU hour, as the user's config.toml says."""


def read_known() -> Known:
    """Return the catalogue, what was measured here, and the user's price.

    Raises InputError with everything that is wrong in the user's catalogue or price.
    """
    catalog = price = None
    wrong: list[InputError] = []
    try:
        catalog = read_catalog(locations.catalog_file())
    except InputError as error:
        wrong.append(error)
    try:
        price = read_price()
    except InputError as error:
        wrong.append(error)
    if wrong or catalog is None:
        remedies = "; ".join(one.remedy for one in wrong if one.remedy)
        raise InputError("\n".join(one.problem for one in wrong), remedies)
    return Known(catalog, read_calibrations(locations.calibrations_file()), price)


def forecast(
    work: Work, known: Known, offers: Sequence[Offer] = (), terms: CostTerms | None = None
) -> Forecast:
    """Return all that can be said; the cost of these offers, else at the user's own price."""
    time = time_of(work, known)
    if work.host == hostname():
        work = replace(work, host_bytes=memory_bytes())
    memory = forecast_memory(work, known.calibrations, known.catalog)
    chosen = list(offers)
    is_gpu = not work.device.startswith("cpu")
    if not chosen and known.price is not None and is_gpu:
        chosen.append(own_offer(known.price, work.device))
    cores = ranks_per_device(find_accelerator(known.catalog, work.device))
    terms = replace(terms or CostTerms(), ranks_per_device=cores)
    reasons = {one.key: why_unpriced(work, one, terms) for one in chosen}
    costs = [
        forecast_cost(work, time, one, terms)
        for one in chosen
        if time is not None and not reasons[one.key]
    ]
    return Forecast(work, time, memory, tuple(costs), tuple(filter(None, reasons.values())))


def time_of(work: Work, known: Known) -> TimeForecast | None:
    """Return how long a work takes."""
    return forecast_time(work, known.calibrations, known.catalog)


def own_offer(price: Price, device: str) -> Offer:
    """Return the user's price of a GPU hour as an offer of one GPU."""
    return Offer(
        key=OWN,
        name="your price",
        accelerator=device,
        source=price.source,
        date="",
        currency=price.currency,
        hour=price.gpu_hour,
    )


def with_own_price(known: Known, device: str) -> Catalog:
    """Return the catalogue with the user's own price of a GPU hour among the offers."""
    catalog, price = known.catalog, known.price
    if price is None or device not in catalog.accelerators:
        return catalog
    own = own_offer(price, device)
    return replace(catalog, offers={own.key: own, **catalog.offers})
