"""Whether forecasts agree with themselves: trainings whose truth is drawn from much the same laws.

That the laws are those of real trainings is no claim of these tests.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from cockpit.analysis.forecast.result import Tier, TimeForecast
from cockpit.analysis.forecast.time.forecast import forecast_time
from cockpit.calibrations.calibration import Calibration
from cockpit.catalog.load import shipped_catalog
from tests.analysis.forecast.truths import (
    Setup,
    Truth,
    probe_of,
    random_setup,
    random_truth,
    run_of,
    scaling_of,
    work_of,
)

CATALOG = shipped_catalog()
CASES = 80
Change = Callable[[Setup, random.Random], Setup]


def other_epochs(setup: Setup, dice: random.Random) -> Setup:
    return replace(setup, epochs=dice.choice([1, 3, 20, 100]))


def other_samples(setup: Setup, dice: random.Random) -> Setup:
    return replace(setup, samples=round(setup.samples * dice.uniform(0.5, 2)))


def other_batch(setup: Setup, dice: random.Random) -> Setup:
    return replace(setup, batch=dice.choice([setup.batch * 2, setup.batch // 2]))


def other_ranks(setup: Setup, dice: random.Random) -> Setup:
    return replace(setup, ranks=dice.choice([setup.ranks * 2, max(setup.ranks // 2, 1)]))


def other_size(setup: Setup, _dice: random.Random) -> Setup:
    return replace(setup, imgsz=960 - setup.imgsz)


def anything(_setup: Setup, dice: random.Random) -> Setup:
    return replace(random_setup(dice), ranks=dice.choice([1, 2, 4, 8]))


@dataclass
class Score:
    """How forecasts fared against what then happened."""

    held: list[bool] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)

    def add(self, found: TimeForecast | None, true_s: float | None) -> None:
        assert found is not None
        assert true_s is not None
        band = found.total_s
        assert 0 < band.low <= band.likely <= band.high < math.inf
        self.held.append(band.low <= true_s <= band.high)
        self.widths.append(band.width)
        self.errors.append(abs(band.likely / true_s - 1))

    @property
    def share_held(self) -> float:
        return sum(self.held) / len(self.held)

    def share_of_width(self, most: float) -> float:
        return sum(width <= most for width in self.widths) / len(self.widths)

    def share_of_error(self, most: float) -> float:
        return sum(error <= most for error in self.errors) / len(self.errors)


def score(
    change: Change, *, references: int, on_cpu: bool, seed: int, with_far: bool = True
) -> Score:
    dice, found = random.Random(seed), Score()
    for _ in range(CASES):
        truth, setup = random_truth(dice, on_cpu=on_cpu), random_setup(dice)
        seen = [run_of(truth, setup, dice, has_steps=dice.random() < 0.5)]
        for number in range(1, references):
            other = random_setup(dice) if with_far and dice.random() < 0.6 else setup
            seen.append(run_of(truth, other, dice, number=number, has_steps=dice.random() < 0.5))
        target = change(setup, dice)
        found.add(
            forecast_time(work_of(truth, target), seen, CATALOG),
            run_of(truth, target, dice).total_s,
        )
    return found


@pytest.mark.parametrize("on_cpu", [False, True], ids=["gpus", "cpu"])
@pytest.mark.parametrize("references", [1, 2, 5])
@pytest.mark.parametrize("change", [other_epochs, other_samples, other_batch, other_ranks])
def test_runs_near_a_reference_are_foretold_honestly_and_with_a_range_that_says_something(
    change: Change, references: int, on_cpu: bool
) -> None:
    found = score(change, references=references, on_cpu=on_cpu, seed=1)
    assert found.share_held >= 0.9
    # What ranks on one processor cost each other is the least known of all.
    assert found.share_of_width(2.6 if on_cpu and change is other_ranks else 2.2) >= 0.95


@pytest.mark.parametrize("on_cpu", [False, True], ids=["gpus", "cpu"])
@pytest.mark.parametrize("references", [1, 3])
def test_the_same_configuration_is_foretold_within_a_tenth(references: int, on_cpu: bool) -> None:
    found = score(other_epochs, references=references, on_cpu=on_cpu, seed=2, with_far=False)
    assert found.share_of_error(0.1) >= 0.8
    assert found.share_of_error(0.2) >= 0.97
    assert max(found.widths) <= 2.0


@pytest.mark.parametrize("references", [1, 3, 6])
@pytest.mark.parametrize("change", [other_size, anything])
def test_runs_far_from_any_reference_have_honest_ranges(change: Change, references: int) -> None:
    assert score(change, references=references, on_cpu=False, seed=3).share_held >= 0.87


def test_more_runs_alike_narrow_the_range() -> None:
    widths = []
    for references in (1, 3, 9):
        found = score(other_epochs, references=references, on_cpu=False, seed=4, with_far=False)
        widths.append(sum(found.widths) / len(found.widths))
    assert widths == sorted(widths, reverse=True)
    assert widths[2] < 0.9 * widths[0]


def score_of_tools(
    tools: Callable[[Truth, Setup, random.Random], list[Calibration]], tier: Tier
) -> Score:
    dice, found = random.Random(5), Score()
    for number in range(CASES):
        truth = random_truth(dice, on_cpu=number % 2 == 0)
        setup = replace(random_setup(dice), ranks=dice.choice([2, 4]))
        forecast = forecast_time(work_of(truth, setup), tools(truth, setup, dice), CATALOG)
        assert forecast is not None
        assert forecast.tier is tier
        found.add(forecast, run_of(truth, setup, dice).total_s)
    return found


def test_a_probe_foretells_its_own_configuration() -> None:
    found = score_of_tools(lambda truth, setup, dice: [probe_of(truth, setup, dice)], Tier.PROBE)
    assert found.share_held >= 0.9
    assert found.share_of_width(2.2) >= 0.85
    assert found.share_of_error(0.2) >= 0.7


def test_a_probe_of_the_job_is_not_spoilt_by_a_run_that_differs() -> None:
    def both(truth: Truth, setup: Setup, dice: random.Random) -> list[Calibration]:
        far = replace(setup, batch=setup.batch * 4, samples=setup.samples * 3)
        return [probe_of(truth, setup, dice), run_of(truth, far, dice)]

    found = score_of_tools(both, Tier.PROBE)
    alone = score_of_tools(lambda truth, setup, dice: [probe_of(truth, setup, dice)], Tier.PROBE)
    assert found.share_held >= 0.9
    assert sum(found.widths) == pytest.approx(sum(alone.widths), rel=0.1)


def test_a_scaling_carries_one_rank_over_to_many() -> None:
    def run_and_scaling(truth: Truth, setup: Setup, dice: random.Random) -> list[Calibration]:
        return [
            run_of(truth, replace(setup, ranks=1), dice),
            scaling_of(truth, setup, (1, 2, 4)),
        ]

    found = score_of_tools(run_and_scaling, Tier.RUNS)
    bare = score_of_tools(
        lambda truth, setup, dice: run_and_scaling(truth, setup, dice)[:1], Tier.RUNS
    )
    assert found.share_held >= 0.9
    assert sum(found.widths) < sum(bare.widths)
    assert sum(found.errors) < sum(bare.errors)


def test_a_scaling_alone_tells_the_steps_of_its_model() -> None:
    found = score_of_tools(
        lambda truth, setup, _dice: [scaling_of(truth, setup, (1, 2, 4))], Tier.TOOLS
    )
    assert found.share_held >= 0.9
