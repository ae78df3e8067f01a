"""How a training is run and paid for. Values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cockpit.analysis.forecast.cost.energy import Power
from cockpit.catalog.rows import Offer

ASSUMED_RUNS_PER_MONTH: Final = 30
"""Document 002 counts a month of AWS as 30 runs: $780 is 30 times $26."""
ASSUMED_LIFETIME_MONTHS: Final = 36
"""Over which hardware is spread whose row does not tell."""
OWN: Final = "own"
"""Key of an offer that is the user's own hardware; of others it is the beginning."""


@dataclass(frozen=True, slots=True)
class CostTerms:
    """How a training is run and paid for."""

    hosts: int | None = None
    """That train together; None: as many as hold its ranks."""
    ranks_per_device: int = 1
    """The cores of a TPU, of which each holds one."""
    spot: bool = False
    """On hosts that may be taken away, where the offer has a price for them."""
    checkpoint_every_s: float | None = None
    """None: once an epoch."""
    runs_per_month: float = ASSUMED_RUNS_PER_MONTH
    interruptions_per_hour: float | None = None
    """Of one spot host; None: as the offer tells, else assumed."""
    kwh_price: float | None = None
    """In the currency of the offer; None: as the offer tells."""
    power: Power | None = None
    """Counts for work on the device that it is of."""
    lifetime_months: float = ASSUMED_LIFETIME_MONTHS
    """Of hardware whose offer does not tell."""


def is_own(offer: Offer) -> bool:
    """Say whether this is hardware that stays: bought, neither rented nor a notebook."""
    if offer.key.partition("-")[0] == OWN:
        return True
    is_rented = offer.hour is not None or offer.month is not None
    is_bought = offer.purchase is not None or offer.electricity_hour is not None
    return is_bought and not is_rented and offer.session_hours is None


def is_notebook(offer: Offer) -> bool:
    """Say whether each is a session of its own: several do not train one model together."""
    return offer.session_hours is not None or offer.month is not None
