from __future__ import annotations

import pytest

from diagnostics.steps.order import NAMES, Block, Order, Phases, Plan, blocks_of, merge
from diagnostics.steps.runs import words_left
from diagnostics.steps.steptime import judge_phases

PLAN = Plan(batch=8, workers=0)


def block(
    elapsed_s: float = 1.0,
    laps: tuple[float, ...] = (10.0, 0.0, 20.0, 60.0, 5.0),
    quiet: tuple[float, ...] | None = (20.0, 40.0),
    own_s: float = 1.0,
    busy_s: float = 2.0,
) -> Block:
    return Block(elapsed_s, own_s, busy_s, list(laps), None if quiet is None else list(quiet))


def test_an_order_survives_the_command_line() -> None:
    order = Order("synthetic", 64, [PLAN, Plan(2, 4, 3)], 8, 5, True, 1.5, 2, 4)
    assert Order.parse(order.text()) == order


@pytest.mark.parametrize(
    ("done", "told"), [(0, ""), (3, "about 12 s left"), (7, ""), (1, "about 54 s left")]
)
def test_the_time_left_is_told_from_the_blocks_that_are_over(done: int, told: str) -> None:
    assert words_left(9.0, done, 7) == told


def test_a_plan_may_have_fewer_blocks_than_the_order_and_never_more() -> None:
    assert [blocks_of(Plan(2, 0, most), 5) for most in (0, 3, 9)] == [5, 3, 5]


def test_every_phase_has_a_name() -> None:
    assert len(NAMES) == len(Phases._fields)


def test_the_median_block_counts_and_the_slowest_rank_ends_a_step() -> None:
    fast, slow = [block(1.0), block(1.0), block(9.0)], [block(1.0), block(2.0), block(9.0)]
    point = merge([fast, slow], PLAN, steps=10).point
    assert point.world_size == 2
    assert point.samples_per_s == pytest.approx(2 * 8 * 10 / 2.0)
    assert point.step_ms == pytest.approx(200.0)
    assert point.spread_pct == pytest.approx(100 * (160 - 160 / 9) / 80)


def test_the_collective_is_what_quiet_steps_do_not_take() -> None:
    phases = merge([[block(0.1)], [block(0.1)]], PLAN, steps=1).phases
    assert phases[:-1] == (10.0, 0.0, 20.0, 40.0, 20.0, 5.0)
    assert phases.other == pytest.approx(5.0)


def test_noise_makes_no_collective_below_nothing() -> None:
    ranks = [[block(0.1, quiet=(30.0, 90.0))]] * 2
    phases = merge(ranks, PLAN, steps=1).phases
    assert (phases.forward, phases.backward, phases.collective) == (20.0, 60.0, 0.0)


def test_shares_are_of_the_sum_of_the_phases_where_noise_makes_it_more_than_a_step() -> None:
    measured = merge([[block(0.05)], [block(0.05)]], PLAN, steps=1)
    assert measured.point.step_ms < measured.phases.sum_ms == pytest.approx(95.0)
    assert "backward 42%" in judge_phases(measured).what


def test_the_phases_are_those_of_the_rank_that_the_others_wait_for() -> None:
    waiting = [block(0.2, laps=(10.0, 0.0, 20.0, 150.0, 5.0))]
    late = [block(0.2, laps=(120.0, 0.0, 20.0, 50.0, 5.0))]
    measured = merge([waiting, late], PLAN, steps=1)
    assert measured.phases.data_wait == 120.0
    assert measured.point.communication_ms == pytest.approx(10.0)


def test_one_rank_communicates_with_nobody_and_dataparallel_does_not_tell() -> None:
    assert merge([[block(quiet=None)]], PLAN, steps=1).phases.collective == 0.0
    two = [[block(quiet=None)], [block(quiet=None)]]
    assert merge(two, PLAN, steps=1).phases.collective is None


def test_what_other_processes_compute_is_what_the_ranks_do_not() -> None:
    ranks = [[block(2.0, own_s=2.0, busy_s=7.0)], [block(2.0, own_s=1.0, busy_s=7.0)]]
    assert merge(ranks, PLAN, steps=1).others == pytest.approx(2.0)
