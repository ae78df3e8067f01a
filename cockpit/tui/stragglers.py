"""The ranks of one run beside each other: which one departs, and which one sets the pace. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Final

from cockpit.devices.sample import GpuSample
from cockpit.devices.throttle import ALARMING, throttle_words
from cockpit.views.gpu_history import Figure
from cockpit.views.gpu_ranks import planned_ranks, seen_ranks
from cockpit.views.run_view import RunView


class Trait(StrEnum):
    """What ranks are compared by."""

    UTILIZATION = "load"
    POWER = "power"
    TEMPERATURE = "temperature"
    CLOCK = "clock"
    LAG = "behind"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a rank may lie from its fellows and still be their equal."""

    relative: float
    """As a part of the median."""
    absolute: float
    """In the unit of the trait."""


TOLERANCES: Final = {
    Trait.UTILIZATION: Tolerance(0.0, 15.0),
    Trait.POWER: Tolerance(0.15, 5.0),
    Trait.TEMPERATURE: Tolerance(0.0, 10.0),
    Trait.CLOCK: Tolerance(0.05, 15.0),
    Trait.LAG: Tolerance(0.0, 5.0),
}
WORSE_BELOW: Final = {Trait.POWER, Trait.CLOCK}
"""Of two ranks the one with less of it may be the slow one; of all else the one with more."""
SPREAD_FACTOR: Final = 4.0
"""Where the fellows lie far apart themselves, only what is this much further out departs."""
WAITING_PCT: Final = 25.0
"""Fellows that wait draw so much less."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One trait of one rank."""

    value: float | None
    deviation: float | None = None
    """From the median of its fellows, in the unit of the trait; None without fellows."""
    usual: float | None = None
    """That median."""
    departs: bool = False

    @property
    def deviation_pct(self) -> float | None:
        """The deviation as a share of the median."""
        if self.deviation is None or not self.usual:
            return None
        return 100 * self.deviation / self.usual


@dataclass(frozen=True, slots=True)
class RankRow:
    """One rank, or one GPU of a run whose ranks nobody tells."""

    rank: int | None
    sample: GpuSample
    measures: Mapping[Trait, Measure]

    @property
    def name(self) -> str:
        """`rank 3`, or `GPU 3` where the rank is not known."""
        return f"GPU {self.sample.label}" if self.rank is None else f"rank {self.rank}"

    @property
    def is_held_back(self) -> bool:
        """True while heat, the power supply or the hardware holds its clock down."""
        return bool((self.sample.throttle or 0) & ALARMING)


Lately = Callable[[GpuSample, Figure], float | None]
"""Returns the mean of the last minute."""


def rank_rows(
    run: RunView, samples: Sequence[GpuSample], lately: Lately, behind: Mapping[int, float]
) -> tuple[RankRow, ...]:
    """Return a row for each GPU of the run, by rank; `behind` as `behind_pct` has it."""
    own = {one.gpu_index: one for one in samples if one.mig_index is None}
    mine = [own[index] for index in run.gpus if index in own]
    ranks = _ranks(run, mine)
    rows = [(ranks.get(one.gpu_uuid), one, _values(one, lately, behind, ranks)) for one in mine]
    rows.sort(key=lambda row: (row[0] is None, row[0] or 0, row[1].order))
    alive = [values for _, sample, values in rows if not sample.is_lost]
    return tuple(
        RankRow(rank, sample, _measures(values, [one for one in alive if one is not values]))
        for rank, sample, values in rows
    )


def behind_pct(progress: Mapping[int, tuple[int, float | None]]) -> dict[int, float]:
    """Return how far each rank is behind the furthest one, in percent of an epoch.

    Of ranks in one epoch of which some do not tell the part, nobody knows who is ahead.
    """
    if any(part is None for _, part in progress.values()):
        progress = {rank: (epoch, 0.0) for rank, (epoch, _) in progress.items()}
    done = {rank: epoch + (part or 0.0) for rank, (epoch, part) in progress.items()}
    furthest = max(done.values(), default=0.0)
    return {rank: 100 * (furthest - one) for rank, one in done.items()}


def _ranks(run: RunView, mine: Sequence[GpuSample]) -> dict[str, int | None]:
    planned = planned_ranks([one.gpu_uuid for one in mine], run.asked.world_size)
    by_pid = {process.identity.pid: process.rank for process in run.processes}
    return seen_ranks(planned, mine, by_pid)


def _values(
    sample: GpuSample,
    lately: Lately,
    behind: Mapping[int, float],
    ranks: Mapping[str, int | None],
) -> dict[Trait, float | None]:
    rank = ranks.get(sample.gpu_uuid)
    return {
        Trait.UTILIZATION: lately(sample, Figure.UTILIZATION),
        Trait.POWER: lately(sample, Figure.POWER),
        Trait.TEMPERATURE: lately(sample, Figure.TEMPERATURE),
        Trait.CLOCK: sample.sm_clock_mhz,
        Trait.LAG: None if rank is None else behind.get(rank),
    }


def _measures(
    values: Mapping[Trait, float | None], fellows: Sequence[Mapping[Trait, float | None]]
) -> dict[Trait, Measure]:
    return {
        trait: _measure(
            value, [one for one in (fellow[trait] for fellow in fellows) if one is not None], trait
        )
        for trait, value in values.items()
    }


def _measure(value: float | None, fellows: Sequence[float], trait: Trait) -> Measure:
    if value is None or not fellows:
        return Measure(value)
    usual = median(fellows)
    spread = median(abs(one - usual) for one in fellows)
    tolerance = TOLERANCES[trait]
    allowed = max(tolerance.relative * abs(usual), tolerance.absolute, SPREAD_FACTOR * spread)
    deviation = value - usual
    is_better = len(fellows) == 1 and (deviation > 0) == (trait in WORSE_BELOW)
    return Measure(value, deviation, usual, departs=abs(deviation) > allowed and not is_better)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the ranks beside each other say, in one sentence."""

    words: str
    tone: str = "muted"
    """Token: danger for a lost one, attention for a slow one."""
    row: RankRow | None = None


def verdict(rows: Sequence[RankRow]) -> Verdict:
    """Return which rank sets the pace and why, or that none departs."""
    if len(rows) < 2:
        return Verdict("one rank has no fellows to compare with")
    lost = next((row for row in rows if row.sample.is_lost), None)
    if lost is not None:
        words = f"{lost.name} is lost with GPU {lost.sample.label}: the others wait for it"
        return Verdict(f"✗ {words}", "danger", lost)
    slow = [row for row in rows if _slowness(row) > 0]
    if slow:
        worst = max(slow, key=_slowness)
        words = f"{worst.name} sets the pace: {', '.join(_reasons(worst))}"
        return Verdict(f"▲ {words}", "attention", worst)
    other = max(rows, key=lambda row: sum(one.departs for one in row.measures.values()))
    if reasons := _reasons(other):
        return Verdict(f"{other.name} departs from the others: {', '.join(reasons)}", "text", other)
    return Verdict("no rank departs from the others")


def _slowness(row: RankRow) -> float:
    """Return how clearly this rank is slower: who is behind counts most, then clock, then heat."""
    lag, clock = row.measures[Trait.LAG], row.measures[Trait.CLOCK]
    score = 1.0 if row.is_held_back else 0.0
    if _is_waited_for(row):
        score += 1
    if clock.departs and (clock.deviation_pct or 0) < 0:
        score += 1 + abs(clock.deviation_pct or 0)
    if lag.departs and (lag.deviation or 0) > 0:
        score += 1000 + (lag.deviation or 0)
    return score


def _is_waited_for(row: RankRow) -> bool:
    """Tell whether the others are as busy and draw far less: they spin until this one comes."""
    power, load = row.measures[Trait.POWER], row.measures[Trait.UTILIZATION]
    return power.departs and (power.deviation_pct or 0) >= WAITING_PCT and not load.departs


def _reasons(row: RankRow) -> list[str]:
    out = []
    lag = row.measures[Trait.LAG]
    if lag.departs and lag.deviation is not None and lag.deviation > 0:
        out.append(f"{lag.deviation:.0f} % of an epoch behind the others")
    for trait in (Trait.CLOCK, Trait.POWER):
        measure = row.measures[trait]
        if measure.departs and measure.deviation_pct is not None:
            waits = trait is Trait.POWER and _is_waited_for(row)
            end = ", which wait for it" if waits else ""
            out.append(f"{trait} {_beside(measure.deviation_pct, ' %')} the others{end}")
    temperature = row.measures[Trait.TEMPERATURE]
    if row.is_held_back:
        out.append(throttle_words((row.sample.throttle or 0) & ALARMING)[0].partition(",")[0])
    elif temperature.departs and temperature.deviation is not None:
        out.append(f"{_beside(temperature.deviation, '°')} the others")
    load = row.measures[Trait.UTILIZATION]
    if load.departs and load.deviation is not None:
        out.append(f"load {_beside(load.deviation, ' points')} the others")
    return out


def _beside(deviation: float, unit: str) -> str:
    return f"{abs(deviation):.0f}{unit} {'under' if deviation < 0 else 'over'}"
