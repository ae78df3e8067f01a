"""Courses of trainings, real and simulated, on which ends are foretold."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.analysis.early_stopping import earliest_end
from cockpit.analysis.eta import PLAIN, Eta, Outlook, remaining
from cockpit.metrics.readers import open_reader
from cockpit.metrics.series import MetricSeries, MetricTable
from cockpit.views.ending_settings import as_settings
from cockpit.views.trainer_settings import parse_yaml

DATA: Final = Path(__file__).parents[1] / "data"
SHARES: Final = (0.10, 0.25, 0.50)
"""At these parts of a course its end is foretold."""
SEEDS: Final = range(5)


@dataclass(frozen=True)
class Course:
    """A training from its start to its end."""

    name: str
    kind: str
    epoch_ends: Sequence[tuple[int, float]]
    planned: int
    outlook: Callable[[int], Outlook] = lambda _: PLAIN
    """What was known after so many epochs."""

    @property
    def total_s(self) -> float:
        return self.epoch_ends[-1][1]

    @property
    def planned_total_s(self) -> float:
        """Return what it would have taken without an early stop."""
        return self.total_s / self.epoch_ends[-1][0] * self.planned

    def at(self, share: float) -> int:
        """Return how many ends were seen at a share of the way, at least one."""
        return max(1, min(round(share * len(self.epoch_ends)), len(self.epoch_ends) - 1))


@dataclass(frozen=True)
class Forecast:
    """What was said of a course, and what came."""

    course: Course
    share: float
    eta: Eta
    elapsed_s: float

    @property
    def total_s(self) -> float:
        return self.elapsed_s + self.eta.remaining_s

    @property
    def error_pct(self) -> float:
        return 100 * (self.total_s / self.course.total_s - 1)

    @property
    def is_within(self) -> bool:
        true_s = self.course.total_s - self.elapsed_s
        return self.eta.low_s - 1e-6 <= true_s <= self.eta.high_s + 1e-6


def forecasts(course: Course) -> Iterator[Forecast]:
    """Yield what is said at each share of a course."""
    for count, share in {course.at(share): share for share in reversed(SHARES)}.items():
        seen = course.epoch_ends[:count]
        done = seen[-1][0]
        eta = remaining(seen, course.planned, 0.0, outlook=course.outlook(done))
        assert eta is not None
        yield Forecast(course, share, eta, seen[-1][1])


def at_part_of_first(course: Course, part: float) -> Eta:
    """Return what is said when a bar shows so much of the first epoch."""
    eta = remaining((), course.planned, part * course.epoch_ends[0][1], part=part)
    assert eta is not None
    return eta


def captured() -> tuple[Course, ...]:
    """Return the real ones; tests/data/eta/README.md says how they were made."""
    return tuple(map(_captured, CAPTURED))


CAPTURED: Final[tuple[tuple[str, int], ...]] = (
    ("eta/quickstart_20.csv", 20),
    ("eta/shapes_40.csv", 40),
    ("eta/shapes_80.csv", 80),
    ("eta/quickstart_30_hogged.csv", 30),
    ("eta/shapes_30_128px.csv", 30),
    ("eta/shapes_30_resumed.csv", 30),
    ("eta/shapes_100_stopped_early.csv", 100),
    ("eta/validated_every_5.csv", 60),
    ("eta/yolov7_3.csv", 3),
    ("eta/yolov7_4_resumed.csv", 4),
    ("eta/mshnet_3.csv", 3),
    ("eta/hf_steps_48.csv", 48),
    ("metrics/results_detect_8.4.190.csv", 3),
    ("metrics/results_segment_8.4.190.csv", 2),
    ("metrics/results_duplicate_epoch_after_kill_resume.csv", 5),
    ("metrics/torchrun_success.stdout", 2),
)
"""File and planned epochs."""


def _captured(one: tuple[str, int]) -> Course:
    name, planned = one
    reader = open_reader("epri-log" if name.endswith(".stdout") else "ultralytics-csv")
    reader.feed((DATA / name).read_text(encoding="utf-8").splitlines())
    table = reader.table()
    ends = tuple(table.epoch_ends)

    def outlook(done: int) -> Outlook:
        return Outlook(
            resumed_after=tuple(epoch for epoch in table.resumed_after if epoch < done),
            close_mosaic=10 if "shapes" in name else 0,
            earliest_epoch=earliest_end(_until(table, done), _patience(name), done),
        )

    return Course(Path(name).stem, "real", ends, planned, outlook)


def _patience(name: str) -> int | None:
    """Return what the file of settings says that was written beside some results."""
    file = DATA / name.replace(".csv", "_args.yaml")
    if not file.is_file():
        return None
    return as_settings(parse_yaml(file.read_text(encoding="utf-8"))).patience


def _until(table: MetricTable, done: int) -> dict[str, MetricSeries]:
    """Return the curves as they were after so many epochs."""
    return {
        name: MetricSeries(name, tuple(one.x[:done]), tuple(one.values[:done]))
        for name, one in table.series.items()
    }


def simulated() -> tuple[Course, ...]:
    """Return every kind of course with several seeds."""
    return tuple(
        _simulated(kind, make, seed, epochs)
        for kind, make in KINDS.items()
        for seed, epochs in zip(SEEDS, (40, 60, 100, 150, 300), strict=True)
    )


Lengths = Callable[[random.Random, int], list[float]]


def _simulated(kind: str, make: Lengths, seed: int, epochs: int) -> Course:
    lengths = make(random.Random(f"{kind} {seed}"), epochs)
    total_s, ends = 0.0, []
    for epoch, length_s in enumerate(lengths, 1):
        total_s += length_s
        ends.append((epoch, total_s))
    outlook = PLAIN
    if kind == "close_mosaic":
        outlook = Outlook(close_mosaic=10)
    elif kind == "resumed":
        outlook = Outlook(resumed_after=(float(epochs * 2 // 5),))
    return Course(f"{kind}, {epochs} epochs", kind, ends, epochs, lambda _: outlook)


def _noisy(rng: random.Random, epochs: int, noise: float = 0.05) -> list[float]:
    return [40 * rng.lognormvariate(0, noise) for _ in range(epochs)]


def _slow_first(rng: random.Random, epochs: int) -> list[float]:
    first, *others = _noisy(rng, epochs)
    return [3 * first, *others]


def _validated(rng: random.Random, epochs: int) -> list[float]:
    extra_s = rng.choice((10, 25, 80))
    lengths = _slow_first(rng, epochs)
    return [one + extra_s * (epoch % 5 == 0) for epoch, one in enumerate(lengths, 1)]


def _close_mosaic(rng: random.Random, epochs: int) -> list[float]:
    lengths, speed = _noisy(rng, epochs), rng.uniform(0.55, 0.95)
    return lengths[:-10] + [one * speed for one in lengths[-10:]]


def _throttled(rng: random.Random, epochs: int) -> list[float]:
    lengths, at = _noisy(rng, epochs, 0.03), int(epochs * rng.uniform(0.2, 0.45))
    return lengths[:at] + [one * 1.25 for one in lengths[at:]]


def _freed(rng: random.Random, epochs: int) -> list[float]:
    lengths, at = _noisy(rng, epochs, 0.03), int(epochs * rng.uniform(0.12, 0.22))
    return [one * 1.6 for one in lengths[:at]] + lengths[at:]


def _resumed(rng: random.Random, epochs: int) -> list[float]:
    lengths = _slow_first(rng, epochs)
    lengths[epochs * 2 // 5] *= 3
    return lengths


def _stalled(rng: random.Random, epochs: int) -> list[float]:
    return [one * (3 if rng.random() < 0.06 else 1) for one in _slow_first(rng, epochs)]


def _drifting(rng: random.Random, epochs: int) -> list[float]:
    lengths = _slow_first(rng, epochs)
    return [one * (1 + 0.15 * epoch / epochs) for epoch, one in enumerate(lengths)]


def _wandering(rng: random.Random, epochs: int) -> list[float]:
    level, lengths = 1.0, []
    for one in _noisy(rng, epochs):
        level = 1 + 0.95 * (level - 1) + rng.gauss(0, 0.02)
        lengths.append(one * level)
    return lengths


def _layoutmaster(rng: random.Random, epochs: int) -> list[float]:
    """Its own log of 100 epochs: median 41 s, 1.14 h in all."""
    return [41 * rng.lognormvariate(0, 0.06) for _ in range(epochs)]


KINDS: Final[dict[str, Lengths]] = {
    "noise": lambda rng, epochs: _noisy(rng, epochs, 0.12),
    "slow first epoch": _slow_first,
    "validated every 5": _validated,
    "close_mosaic": _close_mosaic,
    "throttled in mid-run": _throttled,
    "other job ends": _freed,
    "resumed": _resumed,
    "stalls": _stalled,
    "drift": _drifting,
    "wander": _wandering,
    "like LayoutMaster": _layoutmaster,
}
"""How the epochs of each kind last, in seconds."""
