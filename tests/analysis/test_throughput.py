from __future__ import annotations

import pytest

from cockpit.analysis.throughput import World, data_wait, samples_per_s
from cockpit.metrics.series import MetricSeries, MetricTable, TrainerFacts
from cockpit.metrics.speed_lines import SpeedWords

NOTHING = SpeedWords()
FOUR_RANKS = World(world_size=4, batch_per_rank=16, global_batch=128)  # two micro-steps a step


def table(**last: float) -> MetricTable:
    series = {name: MetricSeries(name, (1.0, 2.0), (0.0, value)) for name, value in last.items()}
    return MetricTable(series)


def test_the_trainers_own_figure_counts_first() -> None:
    told = table(samples_per_s=1412.0, batches_per_s=9.0)
    assert samples_per_s(told, SpeedWords(steps_per_s=4.0), FOUR_RANKS) == 1412


def test_a_name_may_stand_in_a_folder() -> None:
    series = {"train/samples_per_s": MetricSeries("train/samples_per_s", (1.0,), (7.0,))}
    assert samples_per_s(MetricTable(series), NOTHING, World()) == 7


def test_batches_of_all_ranks_are_of_one_rank_each() -> None:
    assert samples_per_s(table(batches_per_s=27.0), NOTHING, FOUR_RANKS) == 27 * 16
    assert samples_per_s(table(batches_per_s=27.0), NOTHING, World()) is None


def test_an_optimizer_step_takes_a_global_batch() -> None:
    assert samples_per_s(table(train_steps_per_second=2.0), NOTHING, FOUR_RANKS) == 2 * 128


def test_a_bar_counts_the_steps_of_each_rank() -> None:
    assert samples_per_s(table(), SpeedWords(steps_per_s=4.1), FOUR_RANKS) == pytest.approx(262.4)
    assert samples_per_s(table(), SpeedWords(steps_per_s=4.0), World(global_batch=8)) == 32


def test_an_epoch_tells_it_where_its_samples_are_known() -> None:
    told = MetricTable(
        epoch_ends=((1, 90.0), (2, 100.0), (3, 110.0)), facts=TrainerFacts(train_samples=500)
    )
    assert samples_per_s(told, NOTHING, World()) == 50


def test_nothing_is_invented() -> None:
    assert samples_per_s(table(), NOTHING, FOUR_RANKS) is None
    assert samples_per_s(table(samples_per_s=float("nan")), NOTHING, FOUR_RANKS) is None
    assert samples_per_s(MetricTable(epoch_ends=((1, 9.0), (2, 9.5))), NOTHING, World()) is None
    assert data_wait({}, NOTHING) is None


@pytest.mark.parametrize(
    ("told", "share"),
    [
        (table(data_wait=0.04), 0.04),
        (table(data_wait_pct=4.0), 0.04),
        (table(data_time=0.02, batch_time=0.5), 0.04),
        (table(data_wait_s=0.02, step_time_s=0.5), 0.04),
        (table(data_wait=4.0), None),
        (table(data_time=0.02), None),
        (table(data_time=0.02, batch_time=0.0), None),
    ],
)
def test_the_wait_for_data_is_a_share(told: MetricTable, share: float | None) -> None:
    assert data_wait(told.series, NOTHING) == share


def test_the_log_tells_the_wait_where_no_curve_does() -> None:
    assert data_wait({}, SpeedWords(data_wait=0.1)) == 0.1
    assert data_wait(table(data_wait=0.04).series, SpeedWords(data_wait=0.1)) == 0.04
