"""Runs of one configuration, taken together, and how much a speed differs from run to run. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from cockpit.analysis.forecast.fitting.fit import NINE_OF_TEN
from cockpit.analysis.forecast.means import arithmetic_mean, geometric_mean, median
from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration, Kind

RUN_TO_RUN: Final = 0.12
"""Standard deviation of the logarithm of an epoch's time between runs that are alike: clocks,
heat, what else the machine did. Assumed, until runs that are alike say better: with it one run
says its like to a third more or less, since on shared boxes runs of one configuration differed by
more than a quarter."""
RUN_TO_RUN_OF_CPU: Final = 0.13
"""The same where ranks share a processor with whatever else runs on it."""
UNREST: Final = 0.7
"""So much of what the epochs of one run differ by, its runs are assumed to differ by at least: a
machine that is disturbed within a run is so between runs."""
ASSUMED_RUNS: Final = 3
"""The assumption counts as much as so many runs beyond the first of their kind."""
EPOCH_TO_EPOCH: Final = 0.15
"""The same between the epochs of one run that did too few to tell."""

_MODELLED: Final = frozenset(
    {
        "batch", "batch_size", "bs", "batch_per_rank", "per_device_train_batch_size", "epochs",
        "num_epochs", "max_epochs", "num_train_epochs", "imgsz", "img", "img_size", "image_size",
        "model", "device", "gpus", "num_cores", "use_tpu", "nproc_per_node", "world_size",
    }
)  # fmt: skip
_HARMLESS: Final = frozenset(
    {
        "seed", "lr", "lr0", "lrf", "learning_rate", "base_lr", "momentum", "weight_decay",
        "warmup_epochs", "warmup", "cos_lr", "name", "run_name", "project", "out", "output",
        "output_dir", "out_dir", "save_dir", "log_dir", "exist_ok", "plots", "verbose", "patience",
        "resume", "checkpoint", "save_period", "tags", "mode", "box", "cls", "dfl", "port",
        "pretrained",
    }
)  # fmt: skip
"""They change what is learnt or where it is written, not how long it takes."""
_DATA: Final = frozenset({"data", "dataset", "dataset_dir", "data_dir", "data_path", "fraction"})
"""Told by how many samples they hold, where that is known."""


@dataclass(frozen=True)
class Reference:
    """Calibrations of one kind and configuration, newest first."""

    calibrations: tuple[Calibration, ...]

    @property
    def newest(self) -> Calibration:
        """Return the one that speaks for all about the configuration."""
        return self.calibrations[0]

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self.calibrations)

    @cached_property
    def epoch_s(self) -> float | None:
        """Return a usual epoch."""
        return middle(one.epoch_s for one in self.calibrations)

    @cached_property
    def step_s(self) -> float | None:
        """Return one step of training."""
        return middle(one.step_s for one in self.calibrations)

    @cached_property
    def start_s(self) -> float | None:
        """Return the start, at least something."""
        return middle(_some(one.start_s) for one in self.calibrations)

    @cached_property
    def end_s(self) -> float | None:
        """Return what comes after the last epoch."""
        return middle(_some(one.end_s) for one in self.calibrations)

    @cached_property
    def deviations(self) -> tuple[float, ...]:
        """Return how far each epoch time is from the middle, as logarithms; of one run, none."""
        times = [math.log(time_s) for time_s in _there(one.epoch_s for one in self.calibrations)]
        mean = arithmetic_mean(times) if times else 0.0
        return tuple(one - mean for one in times) if len(times) > 1 else ()

    @cached_property
    def unrest(self) -> float | None:
        """Return the standard deviation of the logarithm of one epoch within a run, as seen."""
        spreads = [
            math.log(one.epoch_high_s / one.epoch_low_s) / (2 * NINE_OF_TEN)
            for one in self.calibrations
            if one.epochs_done > 2 and one.epoch_low_s and one.epoch_high_s and not one.is_bounded
        ]
        return arithmetic_mean(spreads) if spreads else None

    @property
    def epoch_to_epoch(self) -> float:
        """Return the same, assumed where too few epochs were seen."""
        return EPOCH_TO_EPOCH if self.unrest is None else self.unrest

    @cached_property
    def bound_doubt(self) -> float:
        """Return how far off the epoch may be, where nobody timed it; more runs do not help."""
        newest = self.newest
        if not (newest.is_bounded and newest.epoch_low_s and newest.epoch_high_s):
            return 0.0
        return math.log(newest.epoch_high_s / newest.epoch_low_s) / (2 * NINE_OF_TEN)

    @cached_property
    def epochs_done(self) -> int:
        """Return how many epochs were measured in all of them."""
        return sum(max(one.epochs_done, 1) for one in self.calibrations)


def references_of(calibrations: Iterable[Calibration]) -> tuple[Reference, ...]:
    """Return runs and probes by their configuration, the newest first."""
    groups: dict[object, list[Calibration]] = {}
    for one in sorted(calibrations, key=lambda one: -one.time_s):
        if one.kind in (Kind.RUN, Kind.PROBE):
            groups.setdefault(_configuration(one), []).append(one)
    return tuple(Reference(tuple(group)) for group in groups.values())


def run_to_run(references: Sequence[Reference], *, on_cpu: bool) -> float:
    """Return the standard deviation of an epoch's logarithm between runs that are alike."""
    unrests = [one.unrest for one in references if one.unrest is not None]
    unrest = UNREST * arithmetic_mean(unrests) if unrests else 0.0
    assumed = max(RUN_TO_RUN_OF_CPU if on_cpu else RUN_TO_RUN, unrest)
    deviations = [value for one in references for value in one.deviations]
    freedom = sum(max(len(one.deviations) - 1, 0) for one in references)
    squares = ASSUMED_RUNS * assumed**2 + sum(value**2 for value in deviations)
    return math.sqrt(squares / (ASSUMED_RUNS + freedom))


def middle(times: Iterable[float | None]) -> float | None:
    """Return the geometric mean of what is there; of three and more, the median."""
    there = _there(times)
    if not there:
        return None
    return median(there) if len(there) > 2 else geometric_mean(there)


def differing_arguments(one: Calibration, other: Calibration | Work) -> tuple[str, ...]:
    """Return the arguments that may change the time and that no law covers, by name."""
    if not one.args or not other.args:
        return ()
    return tuple(
        name
        for name in sorted(set(one.args) | set(other.args))
        if one.args.get(name) != other.args.get(name) and _matters(name, one, other)
    )


def _matters(name: str, one: Calibration, other: Calibration | Work) -> bool:
    """Whether an argument may change the time in a way that no law covers."""
    if not _may_matter(name, one, other):
        return False
    fields = zip(_fields(one), _fields(other), strict=True)
    texts = (one.args.get(name), other.args.get(name))
    # An argument that always says what a field says is that field, whatever it is called.
    return not any(None not in pair and texts == tuple(map(str, pair)) for pair in fields)


def _may_matter(name: str, one: Calibration, other: Calibration | Work) -> bool:
    word = _word(name)
    if word in _DATA:
        return one.train_samples is None or other.train_samples is None
    return word not in _MODELLED and word not in _HARMLESS


@lru_cache(maxsize=1024)
def _word(name: str) -> str:
    return name.rsplit(".", maxsplit=1)[-1].lower().replace("-", "_")


def _fields(one: Calibration | Work) -> tuple[object, ...]:
    batch, ranks = one.batch_per_rank, one.world_size
    together = batch * ranks if batch is not None and ranks is not None else None
    return (batch, together, ranks, one.train_samples, one.epochs, one.imgsz, one.model)


def _configuration(one: Calibration) -> object:
    said = {str(value) for value in _fields(one) if value is not None}
    settings = frozenset(
        (name, text)
        for name, text in one.args.items()
        if text not in said and _may_matter(name, one, one)
    )
    return (
        one.kind, one.host, one.device, one.is_simulated, one.preset, one.model, one.imgsz,
        one.batch_per_rank, one.world_size, one.train_samples, one.is_bounded, settings,
    )  # fmt: skip


def _there(times: Iterable[float | None]) -> list[float]:
    return [time_s for time_s in times if time_s is not None and 0 < time_s < math.inf]


def _some(time_s: float | None) -> float | None:
    return None if time_s is None else max(time_s, 0.05)
