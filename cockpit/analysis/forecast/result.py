"""What is expected of a training, with ranges, and what that rests on. Values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from cockpit.analysis.forecast.band import NOTHING, Band
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.rows import Quota

MARGIN: Final = 0.05
"""This share of a device stays free: blocks that nobody can use, a desktop, other small things."""


class Tier(IntEnum):
    """What an estimate rests on, best first."""

    RUNS = 1
    """Finished runs of this preset on this box."""
    TOOLS = 2
    """Results of scaling, memory and steptime here."""
    PROBE = 3
    """A few dozen real steps of this preset."""
    CATALOG = 4
    """Published figures of the GPU and the model."""
    DOCUMENTS = 5
    """A guide's own table."""

    @property
    def is_measured(self) -> bool:
        """It was measured here."""
        return self <= Tier.PROBE


@dataclass(frozen=True, slots=True)
class TimeForecast:
    """How long. All times in seconds."""

    total_s: Band
    epoch_s: Band
    start_s: Band
    tier: Tier
    evidence: str
    """In a few words, as a title: `2 runs of quickstart here`."""
    basis: tuple[str, ...]
    """What the numbers rest on, one sentence each, the evidence first."""
    narrow: tuple[str, ...] = ()
    """What narrows the range, best first: commands, or what to wait for."""
    end_s: Band | None = None
    """What follows the last epoch."""
    second_extra_s: float | None = None
    """By how much the second epoch is longer than a usual one; None where no run told it."""
    steps_per_epoch: int | None = None
    step_s: Band | None = None
    efficiency: Band | None = None
    """Of scaling to the world size, 1.0 is linear; None for one rank, and where nobody knows."""
    is_efficiency_measured: bool = False
    epoch_share_fixed: float | None = None
    """How much of an epoch no rank makes shorter, 0 to 1."""
    is_as_asked: bool = False
    """It rests on a run or a probe of exactly this work."""
    published_s: Band | None = None
    """Where it rests on the claim of a guide: what published figures give for the whole."""


@dataclass(frozen=True, slots=True)
class MemoryForecast:
    """How much of a device's memory one rank needs, in bytes."""

    need_bytes: Band
    tier: Tier
    evidence: str
    basis: tuple[str, ...]
    narrow: tuple[str, ...] = ()
    parts: Mapping[str, float] = field(default_factory=dict)
    """What it is made of, in bytes, where it was calculated: weights, gradients, …"""
    capacity_bytes: int | None = None
    largest_batch: int | None = None
    """Per rank, that fits for sure."""
    is_host: bool = False
    """Of the host's memory, since there is no GPU."""
    is_core: bool = False
    """Of one core of a TPU, not of a whole device."""
    is_tried: bool = False
    """So large a batch, or a larger one, has been trained here."""

    @property
    def fits(self) -> bool | None:
        """True: for sure; False: surely not; None: that is open, or the capacity is not known."""
        if self.capacity_bytes is None:
            return None
        if self.is_tried or self.need_bytes.high <= usable_bytes(self.capacity_bytes):
            return True
        return None if self.need_bytes.low <= self.capacity_bytes else False


def usable_bytes(capacity_bytes: int) -> float:
    """Return how much of a device may be needed by what fits for sure."""
    return capacity_bytes * (1 - MARGIN)


@dataclass(frozen=True, slots=True)
class CostForecast:
    """What one offer costs for this training."""

    offer: str
    """Key of the offer, or `own` for a price per hour that the user gave."""
    currency: str
    run: Band
    """Of the one training, over all hosts."""
    month: Band | None = None
    """None also where the runs of a month are more hours than it has."""
    basis: tuple[str, ...] = ()
    sessions: int | None = None
    """So many sessions are needed; more than 1: it does not end in one."""
    energy_kwh: Band | None = None
    """What its accelerators draw."""
    is_energy_measured: bool = False
    """By what runs recorded here, not by what boards are rated for."""
    is_spot: bool = False
    total_s: Band | None = None
    """Until the end, with what interruptions and new sessions add; infinite: it never ends."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """Of the likely price of a run: rent, subscription, electricity, purchase."""
    quota: Quota | None = None
    """Of the offer."""
    waited_s: Band = NOTHING
    """Of `total_s`: until the next weeks or months bring more of the quota."""
    runs_per_month: float | None = None
    """So many are in `month`."""
    note: str = ""
    """What is rented has a condition: `must be reserved ahead`."""

    @property
    def is_prolonged(self) -> bool:
        """Interruptions, new sessions or a quota make it longer than its training."""
        return self.is_spot or self.is_parted or self.waited_s.likely > 0

    @property
    def is_parted(self) -> bool:
        """It needs more than one session."""
        return self.sessions is not None and self.sessions > 1


@dataclass(frozen=True, slots=True)
class Forecast:
    """All that can be said before a start. What cannot is None."""

    work: Work
    time: TimeForecast | None
    memory: MemoryForecast | None
    costs: tuple[CostForecast, ...] = ()
    unpriced: tuple[str, ...] = ()
    """Why offers that were asked for have no price, a sentence for each."""
