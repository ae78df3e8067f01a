"""What ranks are told to measure, what they say of it, and what that comes to. Pure."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Sequence

from diagnostics.steps.laws import Point, median, spread_pct


class Plan(NamedTuple):
    """One thing to measure in one set of ranks."""

    batch: int
    """Samples that one process loads for a step."""
    workers: int
    """Of its data loader."""
    most_blocks: int = 0
    """Fewer blocks than the order's are enough; 0: as many as the order has."""


class Order(NamedTuple):
    """What a set of ranks is to measure."""

    model: str
    image_size: int
    plans: list[Plan]
    steps: int
    """Of a block."""
    blocks: int
    amp: bool
    decode_ms: float
    """CPU work made up for each sample."""
    threads: int
    """Of each rank, on a CPU."""
    replicas: int = 0
    """GPUs of DataParallel in one process; 0: a process for each."""

    def blocks_of(self, plan: Plan) -> int:
        """Return how many blocks are measured of this plan."""
        return blocks_of(plan, self.blocks)

    def text(self) -> str:
        """Return it as one word of a command line."""
        return json.dumps(self._asdict())

    @staticmethod
    def parse(text: str) -> Order:
        """Return what `text` told."""
        fields = json.loads(text)
        plans = [Plan(*plan) for plan in fields.pop("plans")]
        return Order(plans=plans, **fields)


def blocks_of(plan: Plan, blocks: int) -> int:
    """Return how many blocks are measured of a plan in an order with so many."""
    return min(plan.most_blocks or blocks, blocks)


class Phases(NamedTuple):
    """Where a step goes, in ms; None where it cannot be told."""

    data_wait: float
    host_to_device: float
    forward: float
    backward: float
    collective: float | None
    """What compute does not hide, and the wait for the slowest rank."""
    optimizer: float
    other: float

    @property
    def sum_ms(self) -> float:
        """All together; each is a median of its own, so that noise can part this from a step."""
        return sum(time_ms or 0.0 for time_ms in self)


NAMES = ("data wait", "host to device", "forward", "backward", "collective", "optimizer", "other")
"""What the phases are called, in their order."""


class Block(NamedTuple):
    """What one rank says of one block."""

    elapsed_s: float
    own_s: float
    """CPU time of this rank, without its loader's workers."""
    busy_s: float
    """CPU time of all processes of the host."""
    laps_ms: list[float]
    """Mean of data wait, host to device, forward, backward, optimizer."""
    quiet_ms: list[float] | None
    """Mean of forward and backward in steps without communication; None where there is none."""
    is_finite: bool = True
    """Of its last loss."""

    @staticmethod
    def of(fields: dict[str, Any]) -> Block:
        """Return the block in what was said."""
        return Block(**{name: fields[name] for name in Block._fields})

    @property
    def collective_ms(self) -> float | None:
        """How much longer forward and backward take with communication; noise may be below 0."""
        return None if self.quiet_ms is None else sum(self.laps_ms[2:4]) - sum(self.quiet_ms)


class Measured(NamedTuple):
    """What the blocks of all ranks come to."""

    point: Point
    phases: Phases
    others: float
    """Cores that other processes kept busy meanwhile; the loader's workers are among them."""
    is_finite: bool = True
    """No loss that was looked at was NaN or infinite."""


def merge(blocks: Sequence[Sequence[Block]], plan: Plan, steps: int) -> Measured:
    """Return the median of the blocks; `blocks` holds those of each rank, in order.

    A step is over when the slowest rank is. The phases are those of the rank that waits least in
    the collective: it is the one that the others wait for.
    """
    samples = plan.batch * len(blocks)
    rates = [samples * steps / max(one.elapsed_s for one in block) for block in zip(*blocks)]
    rate = median(rates)
    step_ms = 1000 * samples / rate
    has_quiet = blocks[0][0].quiet_ms is not None
    slowest = min(blocks, key=_waiting_ms)
    phases = _phases(slowest, step_ms, is_alone=len(blocks) == 1, has_quiet=has_quiet)
    point = Point(
        world_size=len(blocks),
        batch_per_rank=plan.batch,
        samples_per_s=rate,
        step_ms=step_ms,
        data_wait_ms=phases.data_wait,
        compute_ms=phases.forward + phases.backward + phases.optimizer,
        communication_ms=phases.collective,
        spread_pct=spread_pct(rates),
    )
    is_finite = all(block.is_finite for of_rank in blocks for block in of_rank)
    others = median([_others(block) for block in zip(*blocks)])
    return Measured(point, phases, others, is_finite)


def _others(block: Sequence[Block]) -> float:
    used_s = block[0].busy_s - sum(one.own_s for one in block)
    return max(0.0, used_s / block[0].elapsed_s)


def _waiting_ms(blocks: Sequence[Block]) -> float:
    waits = [one.collective_ms for one in blocks]
    return median([wait for wait in waits if wait is not None] or [0.0])


def _phases(blocks: Sequence[Block], step_ms: float, *, is_alone: bool, has_quiet: bool) -> Phases:
    data, device, forward, backward, optimizer = (
        median(laps) for laps in zip(*(one.laps_ms for one in blocks))
    )
    collective: float | None = 0.0 if is_alone else None
    if has_quiet:
        collective = max(0.0, _waiting_ms(blocks))
        if collective > 0:
            forward, backward = (
                median(times) for times in zip(*(one.quiet_ms or [] for one in blocks))
            )
    known = data + device + forward + backward + (collective or 0.0) + optimizer
    other = max(0.0, step_ms - known)
    return Phases(data, device, forward, backward, collective, optimizer, other)
