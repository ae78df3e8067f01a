"""What is expected of a training, in the words that both faces say. Pure."""

from __future__ import annotations

import math
from typing import Final

from cockpit import units
from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.cost.terms import OWN
from cockpit.analysis.forecast.result import CostForecast, Forecast, MemoryForecast, TimeForecast
from cockpit.units import GIB, MIB, short_duration

TELLING_MARGIN: Final = 0.3
"""Up to this share of the number its doubt is a `±`; a wider one is told by both ends."""
SET_A_PRICE: Final = "config.toml: [cost] gpu_hour = 1.10"
NO_PRICE: Final = "no price set for this machine"
NO_PRICE_THERE: Final = "no price told for such GPUs"
"""Where they are not this machine's."""
NOTHING_KNOWN: Final = "nothing is known yet"


def duration_span(band: Band) -> str:
    """Return `4h 50m to 6h 30m`; one of them where both read the same."""
    low, high = short_duration(band.low), short_duration(band.high)
    return low if low == high else f"{low} to {high}"


def duration_words(band: Band) -> str:
    """Return `5h 40m, 4h 50m to 6h 30m`; `20 s` where there is no doubt."""
    return _with_span(short_duration(band.likely), duration_span(band))


def time_words(time: TimeForecast) -> str:
    """Return the same of the whole training."""
    return duration_words(time.total_s)


def need_words(memory: MemoryForecast) -> str:
    """Return `7.1 of 8.0 GiB a GPU, ±0.2`; a wide range is told as `5.0 to 9.8`."""
    unit, name, decimals = _unit(memory)
    likely, low, high = (
        f"{value / unit:.{decimals}f}"
        for value in (memory.need_bytes.likely, memory.need_bytes.low, memory.need_bytes.high)
    )
    capacity = memory.capacity_bytes
    of = f" of {capacity / unit:.{decimals}f}" if capacity is not None else ""
    doubt = ""
    if low != high:
        band = memory.need_bytes
        margin = max(band.high - band.likely, band.likely - band.low)
        is_narrow = margin <= TELLING_MARGIN * band.likely
        doubt = f", ±{margin / unit:.{decimals}f}" if is_narrow else f", {low} to {high}"
    return f"{likely}{of} {name} {_whose(memory)}{doubt}"


def short_need_words(memory: MemoryForecast) -> str:
    """Return `7.1 of 8.0 GiB`."""
    return need_words(memory).partition(f" {_whose(memory)}")[0]


def fit_words(memory: MemoryForecast) -> str:
    """Return whether it fits and the largest batch that does."""
    batch = memory.largest_batch
    match memory.fits:
        case True:
            return "fits" if batch is None else f"largest batch that fits: {batch}"
        case False:
            return "does not fit" if not batch else f"does not fit; batch {batch} does"
        case None if memory.capacity_bytes is None:
            return f"how much {_there_is(memory)} has is not known"
        case None:
            return "may not fit" if not batch else f"may not fit; batch {batch} does for sure"


def memory_words(memory: MemoryForecast) -> str:
    """Return need, doubt and verdict in one line."""
    return f"{need_words(memory)} · {fit_words(memory)}"


def fit_sign(memory: MemoryForecast) -> str:
    """Return `✓`, `▲` or `✗`; `·` where the capacity is not known."""
    if memory.capacity_bytes is None:
        return "·"
    return {True: "✓", None: "▲", False: "✗"}[memory.fits]


def money(amount: float) -> str:
    """Return `0.42`, `4.20` or `1,420`: cents where they matter."""
    if not math.isfinite(amount):
        return units.MISSING
    if 0 < amount < 0.005:
        return "under 0.01"
    return f"{amount:.2f}" if amount < 9.995 else f"{amount:,.0f}"


def money_span(band: Band) -> str:
    """Return `27 to 38`; one of them where both read the same."""
    low, high = money(band.low), money(band.high)
    return low if low == high else f"{low} to {high}"


def cost_words(cost: CostForecast) -> str:
    """Return `USD 32, 27 to 38`."""
    span = money_span(cost.run)
    return f"{cost.currency} {_with_span(money(cost.run.likely), span)}"


def price_words(cost: CostForecast) -> str:
    """Return `USD 32`."""
    return f"{cost.currency} {money(cost.run.likely)}"


def limits_words(budget: float | None, deadline_s: float | None, currency: str) -> str:
    """Return `within 8h 00m and USD 20`."""
    told = [] if deadline_s is None else [short_duration(deadline_s)]
    if budget is not None:
        told.append(f"{currency} {money(budget) if budget else 0}")
    return f"within {' and '.join(told)}"


def offer_words(cost: CostForecast) -> str:
    """Return whose price counts: the name of an offer, or `your price`."""
    return "your price" if cost.offer == OWN else cost.offer


def own_cost(forecast: Forecast) -> CostForecast | None:
    """Return what it costs on the user's own machines, where they told their price."""
    return next((cost for cost in forecast.costs if cost.offer == OWN), None)


def offered_cost(forecast: Forecast) -> CostForecast | None:
    """Return the cheapest of the offers that are not the user's own, in the first one's money."""
    offers = [cost for cost in forecast.costs if cost.offer != OWN]
    alike = [cost for cost in offers if cost.currency == offers[0].currency]
    return min(alike, key=lambda cost: cost.run.likely, default=None)


def _with_span(likely: str, span: str) -> str:
    return likely if span == likely else f"{likely}, {span}"


def _unit(memory: MemoryForecast) -> tuple[int, str, int]:
    largest = max(memory.need_bytes.likely, memory.capacity_bytes or 0)
    if largest < 100 * MIB:
        return MIB, "MiB", 0
    return GIB, "GiB", 0 if memory.need_bytes.likely >= 100 * GIB else 1


def _whose(memory: MemoryForecast) -> str:
    if memory.is_host:
        return "of RAM a rank"
    return "a core" if memory.is_core else "a GPU"


def _there_is(memory: MemoryForecast) -> str:
    if memory.is_host:
        return "this host"
    return "a core" if memory.is_core else "the GPU"
