"""One way to train: an accelerator and how it is come by, with what it would take. Values."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.cost.energy import ranks_per_device
from cockpit.analysis.forecast.cost.terms import is_notebook, is_own
from cockpit.analysis.forecast.result import CostForecast, MemoryForecast, Tier, TimeForecast
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.rows import Accelerator, Offer


@dataclass(frozen=True, slots=True)
class Scheme:
    """So many accelerators of one kind from one offer."""

    accelerator: Accelerator
    offer: Offer | None
    """None: the catalogue has no price for it."""
    count: int = 1
    """Accelerators over all hosts."""
    hosts: int = 1

    @property
    def name(self) -> str:
        """`TPU v2-8`, `8x V100`."""
        return f"{self.count}x {self.accelerator.name}" if self.count > 1 else self.accelerator.name

    @property
    def ranks(self) -> int:
        """One for each GPU, one for each core of a TPU, one for a CPU."""
        return self.count * self.parts

    @property
    def parts(self) -> int:
        """Ranks of one accelerator."""
        return ranks_per_device(self.accelerator)

    @property
    def memory_bytes(self) -> int | None:
        """All of its device memory."""
        one = self.accelerator.memory_bytes
        return None if one is None else one * self.count

    @property
    def is_notebook(self) -> bool:
        """Each is a session of its own: several do not train one model together."""
        return self.offer is not None and is_notebook(self.offer)

    @property
    def is_own(self) -> bool:
        """Its hardware is one's own, bought or to be bought."""
        return self.offer is not None and is_own(self.offer)


@dataclass(frozen=True, slots=True)
class Told:
    """What a guide says of a scheme, for the same model. What it does not say is None."""

    document: str
    batch: int | None = None
    """As the guide gives it."""
    epoch_s: float | None = None
    total_s: float | None = None
    relative_speed: float | None = None
    """Against the same scheme as ours."""
    run_cost: float | None = None
    month_cost: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class SchemeRow:
    """A scheme with all that can be said of it. What cannot is None."""

    scheme: Scheme
    work: Work
    """On its accelerators, with its batch."""
    time: TimeForecast | None = None
    memory: MemoryForecast | None = None
    cost: CostForecast | None = None
    relative_speed: float | None = None
    told: Told | None = None
    notes: tuple[str, ...] = ()
    needs_port: bool = False
    """Nobody has a script of this work for its runtime."""

    @property
    def total_s(self) -> Band | None:
        """From start to end, with what interruptions add."""
        if self.cost is not None and self.cost.total_s is not None:
            return self.cost.total_s
        return None if self.time is None else self.time.total_s

    @property
    def likely_s(self) -> float | None:
        """The likely end of `total_s`."""
        return None if self.total_s is None else self.total_s.likely

    @property
    def is_claim(self) -> bool:
        """Its time is what a guide claims, or is carried over from that."""
        return self.time is not None and self.time.tier is Tier.DOCUMENTS

    @property
    def run_cost(self) -> Band | None:
        """Money for the one training."""
        return None if self.cost is None else self.cost.run

    @property
    def month_cost(self) -> Band | None:
        """Money for a month."""
        return None if self.cost is None else self.cost.month

    @property
    def is_fit(self) -> bool:
        """Nothing says that its memory is too small."""
        return self.memory is None or self.memory.fits is not False

    @property
    def is_surely_fit(self) -> bool:
        """Its memory is known to suffice, or nothing is known of what it needs."""
        return self.memory is None or self.memory.fits is True

    @property
    def is_free(self) -> bool:
        """It costs nothing at all, whatever happens."""
        offer = self.scheme.offer
        return self.cost is not None and self.cost.run.high == 0 and not (offer and offer.purchase)

    @property
    def is_endless(self) -> bool:
        """No session limit ends it."""
        offer = self.scheme.offer
        return offer is not None and offer.session_hours is None

    def with_notes(self, *notes: str) -> SchemeRow:
        """Return it with more notes."""
        return replace(self, notes=(*self.notes, *notes))


@dataclass(frozen=True, slots=True)
class Choice:
    """What serves in one situation, and why."""

    situation: str
    wish: str
    """What decides, in words."""
    row: SchemeRow | None
    """None: none of the compared schemes serves."""
    why: str
    told: str
    """What the guide recommends: `A100: compatible, easy to debug`."""
    differs: str = ""
    """Why ours is not the guide's; empty where both say the same."""


@dataclass(frozen=True, slots=True)
class SchemeComparison:
    """Schemes beside each other, for one work."""

    work: Work
    rows: tuple[SchemeRow, ...]
    """In the order in which they were asked for."""
    baseline: str | None
    """Name of the scheme whose speed is 1.0; None: no time is known."""
    choices: tuple[Choice, ...] = ()
    """By situation."""
    scenarios: tuple[Choice, ...] = ()
    notes: tuple[str, ...] = ()
    document: str | None = None
    """The guide whose figures stand beside ours."""
    is_of_guide: bool = False
    """The work is of the model that the guide of the choices is about."""
