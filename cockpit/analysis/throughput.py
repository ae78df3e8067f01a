"""How many samples a second a training sees, over the whole world, and what it waits. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.pace import RECENT, lengths_of
from cockpit.metrics.series import MetricSeries, MetricTable
from cockpit.metrics.speed_lines import SpeedWords

SAMPLES: Final = (
    "samples_per_s", "samples_per_second", "train_samples_per_second", "images_per_s",
    "images_per_second", "img/s", "imgs/s", "samples/s",
)  # fmt: skip
"""Curves that tell it themselves."""
STEPS: Final = ("steps_per_s", "train_steps_per_second", "steps_per_second", "it/s")
"""Optimizer steps: each takes a global batch."""
BATCHES: Final = "batches_per_s"
"""Batches of one rank, summed over all ranks."""
WAIT_SHARES: Final = ("data_wait", "data_wait_share")
WAITS: Final = ("data_wait_s", "data_time", "data_time_s", "data_load_time")
STEP_TIMES: Final = ("step_time_s", "step_time", "batch_time", "batch_time_s", "iter_time")


@dataclass(frozen=True, slots=True)
class World:
    """What a step of all ranks together sees."""

    world_size: int = 1
    batch_per_rank: int | None = None
    global_batch: int | None = None

    @property
    def micro_batch(self) -> int | None:
        """Samples that all ranks see in one forward pass."""
        if self.batch_per_rank is None:
            return self.global_batch
        return self.batch_per_rank * self.world_size


def samples_per_s(table: MetricTable, words: SpeedWords, world: World) -> float | None:
    """Return the throughput by what tells it best; None where nothing does.

    First what the trainer itself calls so, then its steps by their batch, then its bar; last the
    samples of an epoch by how long one takes, validation included, which is a little too low.
    """
    steps, batches = last_of(table.series, STEPS), last_of(table.series, (BATCHES,))
    candidates = (
        last_of(table.series, SAMPLES),
        words.samples_per_s,
        _times(batches, world.batch_per_rank),
        _times(steps, world.global_batch),
        _times(words.steps_per_s, world.micro_batch),
        _of_epochs(table),
    )
    return next((one for one in candidates if one is not None and one > 0), None)


def _of_epochs(table: MetricTable) -> float | None:
    samples, lengths = table.facts.train_samples, lengths_of(table.epoch_ends, table.resumed_after)
    if not samples or not lengths:
        return None
    return samples / statistics.median(one.seconds for one in lengths[-RECENT:])


def data_wait(series: Mapping[str, MetricSeries], words: SpeedWords) -> float | None:
    """Return the share of its time that a training waits for data, 0 to 1; None if untold."""
    share = last_of(series, WAIT_SHARES)
    if share is None:
        percent = last_of(series, ("data_wait_pct",))
        share = None if percent is None else percent / 100
    if share is None:
        wait_s, step_s = last_of(series, WAITS), last_of(series, STEP_TIMES)
        share = wait_s / step_s if wait_s is not None and step_s else words.data_wait
    return share if share is not None and 0 <= share <= 1 else None


def last_of(series: Mapping[str, MetricSeries], names: tuple[str, ...]) -> float | None:
    """Return the newest finite value of the first of these curves that there is.

    A name may stand behind a folder: `train/samples_per_s`.
    """
    for name in names:
        for called, one in series.items():
            is_it = called.lower() == name or called.lower().endswith(f"/{name}")
            if is_it and one.last is not None and math.isfinite(one.last.value):
                return one.last.value
    return None


def _times(rate: float | None, samples: int | None) -> float | None:
    return None if rate is None or samples is None else rate * samples
