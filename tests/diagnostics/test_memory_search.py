from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.memory_search import (
    LARGEST_BATCH,
    MOST_PROBES,
    Bracket,
    Probed,
    bracket,
    curve,
    next_batch,
    step_down,
)
from tests.diagnostics.memory_curves import GIB, MIB, Curve

curves = st.builds(
    Curve,
    fixed_bytes=st.integers(100 * MIB, 2 * GIB),
    small_bytes=st.integers(1 * MIB, 600 * MIB),
    large_bytes=st.integers(1 * MIB, 600 * MIB),
    kink=st.integers(0, 40),
    step_bytes=st.sampled_from([1, 2 * MIB, 20 * MIB, 512 * MIB]),
)
budgets = st.sampled_from([size * GIB for size in (4, 8, 12, 24, 80, 140)])


def search(
    truth: Curve,
    budget: int,
    largest: int = LARGEST_BATCH,
    ends_at: float = 1.1,
    first: int = 1,
) -> tuple[list[Probed], Bracket]:
    """Probe as the tool does; above `ends_at` budgets a batch runs out of memory."""
    probes: list[Probed] = []
    while (batch := next_batch(probes, budget, largest, first)) is not None:
        assert 1 <= batch <= largest
        assert all(probe.batch != batch for probe in probes), "no batch is probed twice"
        used = truth.at(batch)
        has_run = used <= budget * ends_at
        probes.append(Probed(batch, used if has_run else None, has_run))
        assert len(probes) <= MOST_PROBES
    return probes, bracket(probes, budget, largest)


def answer(truth: Curve, budget: int, largest: int = LARGEST_BATCH) -> int:
    return max((one for one in range(1, largest + 1) if truth.at(one) <= budget), default=0)


@given(
    truth=curves,
    budget=budgets,
    largest=st.integers(1, LARGEST_BATCH),
    first=st.one_of(st.just(1), st.integers(1, 600)),
)
def test_whatever_the_curve_what_is_named_was_seen_to_fit(
    truth: Curve, budget: int, largest: int, first: int
) -> None:
    probes, found = search(truth, budget, largest, first=first)
    assert probes[0].batch == min(first, largest)
    assert found.fits <= answer(truth, budget, largest) < found.too_large
    assert found.fits == 0 or any(probe.batch == found.fits for probe in probes)


@given(
    fixed=st.integers(100, 2000),
    sample=st.integers(2, 600),
    bend=st.floats(0.8, 1.3),
    kink=st.integers(0, 100),
    step=st.sampled_from([1, 2 * MIB, 20 * MIB]),
    budget=budgets,
)
def test_seven_probes_come_within_two_percent_of_the_largest(
    fixed: int, sample: int, bend: float, kink: int, step: int, budget: int
) -> None:
    truth = Curve(fixed * MIB, sample * MIB, int(sample * bend * MIB), kink, step)
    _, found = search(truth, budget)
    assert found.fits >= 0.98 * answer(truth, budget) - 1


@pytest.mark.parametrize("sample", [7, 40, 120, 900])
def test_a_straight_curve_is_solved_exactly_and_sooner(sample: int) -> None:
    truth = Curve(600 * MIB, sample * MIB, sample * MIB)
    probes, found = search(truth, 8 * GIB)
    assert found.fits == answer(truth, 8 * GIB)
    assert found.is_closed
    assert len(probes) <= 6


def test_steps_of_whole_segments_cost_no_more_than_a_fifth() -> None:
    for sample in range(20, 400, 7):
        truth = Curve(GIB, sample * MIB, sample * MIB, 0, 512 * MIB)
        _, found = search(truth, 8 * GIB)
        assert found.fits >= 0.8 * answer(truth, 8 * GIB)


@pytest.mark.parametrize("ends_at", [0.3, 0.6, 0.9, 1.0])
def test_memory_that_ends_before_the_limit_is_believed(ends_at: float) -> None:
    truth = Curve(600 * MIB, 50 * MIB, 50 * MIB)
    probes, found = search(truth, 20 * GIB, ends_at=ends_at)
    real = answer(truth, int(20 * GIB * ends_at))
    assert 0.7 * real <= found.fits <= real
    assert any(not probe.has_run for probe in probes)


def test_a_first_batch_that_fails_ends_the_search() -> None:
    probes, found = search(Curve(9 * GIB, GIB, GIB), 8 * GIB)
    assert [probe.batch for probe in probes] == [1]
    assert found.fits == 0


def test_where_everything_fits_the_largest_allowed_is_reached_soon() -> None:
    probes, found = search(Curve(GIB, MIB, MIB), 80 * GIB)
    assert found == Bracket(LARGEST_BATCH, LARGEST_BATCH + 1)
    assert len(probes) <= 4
    assert [one.batch for one in search(Curve(GIB, MIB, MIB), 80 * GIB, 4)[0]] == [1, 4]
    assert [one.batch for one in search(Curve(GIB, MIB, MIB), 80 * GIB, 1)[0]] == [1]


def test_no_leap_goes_far_beyond_what_was_measured() -> None:
    truth = Curve(GIB, MIB, MIB)
    assert next_batch([Probed(1, truth.at(1), True), Probed(8, truth.at(8), True)], 80 * GIB) == 64


def test_a_probe_without_a_figure_neither_fits_nor_is_too_large() -> None:
    probes = [Probed(1, GIB, True), Probed(8, None, True)]
    assert bracket(probes, 8 * GIB) == Bracket(1, LARGEST_BATCH + 1)
    assert curve(probes) is None


@pytest.mark.parametrize(("batch", "lower"), [(1, 0), (2, 1), (12, 11), (16, 15), (160, 150)])
def test_what_does_not_hold_is_followed_by_a_smaller_one(batch: int, lower: int) -> None:
    assert step_down(batch) == lower
