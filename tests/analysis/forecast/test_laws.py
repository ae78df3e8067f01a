"""The laws, held against what is published of real machines."""

from __future__ import annotations

import pytest

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.fitting.laws import (
    Costs,
    Size,
    efficiency_band,
    karp_flatt,
    overlapped_step_s,
    scaling_efficiency,
)

COSTS = Costs(0.01, 0.02, 0.11, 0.001, 1.0)


@pytest.mark.parametrize(
    ("case", "speedups", "efficiencies_pct", "fractions"),
    [
        ("yolov5#1860", {2: 60 / 36, 4: 60 / 20, 8: 60 / 30}, (83, 75, 25), (0.20, 0.11, 0.43)),
        ("Athena ASR", {2: 1.46, 3: 1.97, 4: 2.23}, (73, 66, 56), (0.37, 0.26, 0.27)),
    ],
)
def test_serial_fractions_of_real_machines(
    case: str,
    speedups: dict[int, float],
    efficiencies_pct: tuple[int, ...],
    fractions: tuple[float, ...],
) -> None:
    found = [karp_flatt(speedup, ranks) for ranks, speedup in speedups.items()]
    assert found == pytest.approx(fractions, abs=0.006), case
    efficient = [100 * scaling_efficiency(e, n) for e, n in zip(found, speedups, strict=True)]
    assert efficient == pytest.approx(efficiencies_pct, abs=0.51), case


def test_serial_fractions_of_the_guides() -> None:
    assert karp_flatt(3.6, 4) == pytest.approx(0.037, abs=0.0005)
    assert karp_flatt(13.6, 16) == pytest.approx(0.012, abs=0.0005)


def test_the_best_real_fraction_leaves_six_fold_of_sixteen() -> None:
    assert 16 * scaling_efficiency(0.11, 16) == pytest.approx(6.0, abs=0.05)
    assert scaling_efficiency(0.11, 16) == pytest.approx(0.38, abs=0.005)


@pytest.mark.parametrize(("speedup", "ranks"), [(3.0, 4), (2.0, 8), (1.46, 2), (13.6, 16)])
def test_a_fraction_gives_the_speedup_back_that_it_was_made_of(speedup: float, ranks: int) -> None:
    assert ranks * scaling_efficiency(karp_flatt(speedup, ranks), ranks) == pytest.approx(speedup)


def test_sixteen_ranks_are_never_claimed_to_be_good() -> None:
    fraction = Band(0.037, 0.11, 0.43)
    assert efficiency_band(fraction, 16).high < 0.75
    assert efficiency_band(fraction, 1) == efficiency_band(fraction.times(5), 1)


def test_what_is_done_beside_something_longer_costs_nothing() -> None:
    assert overlapped_step_s(0.05, 0.1, 0.02, 0.03) == 0.1
    assert overlapped_step_s(0.05, 0.1, 0.08, 0.03) == pytest.approx(0.15)
    assert overlapped_step_s(0.4, 0.1, 0.08, 0.03) == 0.4


def test_a_small_data_set_has_few_steps() -> None:
    assert Size(1000, 16, 16).steps == 4
    assert Size(256, 16, 16).steps == 1
    assert Size(257, 16, 16).steps == 2
    assert Size(1, 16, 16).steps == 1


def test_an_epoch_is_its_steps_and_what_is_beside_them() -> None:
    size = Size(1000, 16, 16)
    alone_s = 16 * 0.01 + 0.02
    assert COSTS.step_s(size) == pytest.approx(alone_s * (1 + 0.11 * 15))
    assert COSTS.epoch_s(size) == pytest.approx(4 * COSTS.step_s(size) + 1000 * 0.001 + 1.0)


def test_slow_links_make_steps_long_that_would_scale_well() -> None:
    linked = Costs(0.01, 0.02, 0.11, 0.001, 1.0, gradients_s=1.0)
    assert linked.step_s(Size(1000, 16, 16)) > COSTS.step_s(Size(1000, 16, 16))
    assert linked.step_s(Size(1000, 16, 1)) == COSTS.step_s(Size(1000, 16, 1))
