from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.files import LineTail
from cockpit.metrics.readers import open_reader
from cockpit.metrics.series import MetricTable
from tests.metrics.paths import DATA, read_lines, read_table


def epoch(number: int, loss: float, time_s: float = 10.0) -> tuple[str, ...]:
    return (
        f"Epoch {number}",
        "-" * 60,
        "  Batch [0/16] - Loss: 9.1",
        f"  Average Loss: {loss}",
        f"  Time: {time_s}s",
        "  Throughput: 27.3 batches/sec",
    )


def test_a_whole_run() -> None:
    table = read_table(DATA / "torchrun_success.stdout", "epri-log")
    assert table.series["loss"].values == (7.0298, 5.7881)
    assert table.series["batches_per_s"].values == (212.7, 274.2)
    assert table.epoch_ends == ((1, 0.1), (2, 0.2))
    assert (table.epoch, table.epoch_part, table.problem) == (2, None, None)


def test_a_restart_in_mid_epoch_goes_on_from_its_checkpoint() -> None:
    table = read_table(DATA / "torchrun_max_restarts2_recovers.stdout", "epri-log")
    assert table.series["loss"].x == (1, 2, 3)
    assert table.series["loss"].values == (7.0298, 5.7881, 3.8623)
    assert table.epoch == 3


def test_a_torchrun_prefix_is_seen_through() -> None:
    table = read_table(DATA / "torchrun_logdir_tee3.stdout", "epri-log")
    assert table.series["loss"].values == (7.0298,)
    assert table.epoch == 1
    assert table.epoch_part == 0.0


def test_an_epoch_is_complete_with_its_average_loss() -> None:
    table = read_lines("epri-log", *epoch(1, 2.5)[:3])
    assert table.epoch is None
    assert read_lines("epri-log", *epoch(1, 2.5)[:4]).epoch == 1


def test_batches_tell_how_far_the_epoch_is() -> None:
    table = read_lines("epri-log", *epoch(1, 2.5), "Epoch 2", "  Batch [617/1234] - Loss: 2")
    assert table.epoch == 1
    assert table.epoch_part == pytest.approx(0.5)


def test_only_the_rank_that_spoke_first_is_followed() -> None:
    lines = [
        f"[default{rank}]:{line}" for line in (*epoch(1, 2.5), *epoch(2, 1.5)) for rank in (0, 1)
    ]
    table = read_lines("epri-log", *lines)
    assert table.series["loss"].values == (2.5, 1.5)
    assert table.epoch_ends == ((1, 10.0), (2, 20.0))


def test_a_training_that_starts_again_takes_its_epochs_back() -> None:
    table = read_lines("epri-log", *epoch(1, 2.5), *epoch(2, 1.5), *epoch(1, 2.4, 8.0))
    assert table.series["loss"].values == (2.4,)
    assert table.epoch_ends == ((1, 8.0),)


def test_a_loss_that_is_not_a_number_is_kept() -> None:
    table = read_lines("epri-log", "Epoch 1", "  Average Loss: nan", "  Time: nans")
    assert table.series["loss"].values[0] != table.series["loss"].values[0]
    assert table.epoch_ends == ()


def test_the_number_of_epochs_is_taken_where_it_is_told() -> None:
    assert read_lines("epri-log", "Epoch 3/100").epochs == 100
    assert read_lines("epri-log", "Epoch [3/100]").epochs == 100


def test_a_progress_bar_tells_the_same() -> None:
    bar = "\rEpoch 7/100:  20%|##        | 5/25 [00:28<01:57,  5.8s/it, loss=1e8]"
    later = "\rEpoch 7/100:  40%|####      | 10/25 [00:58<01:27,  5.8s/it, loss=1e8]"
    table = read_lines("epri-log", bar + later)
    assert (table.epochs, table.epoch_part) == (100, 0.4)
    done = read_lines("epri-log", bar, "  Average Loss: 5", later)
    assert done.epoch == 7


def test_a_script_that_counts_from_zero_is_shown_from_one() -> None:
    table = read_lines("epri-log", *epoch(0, 2.5), *epoch(1, 1.5))
    assert table.series["loss"].x == (1, 2)
    assert (table.epoch, table.epoch_ends) == (2, ((1, 10.0), (2, 20.0)))


def test_other_lines_are_passed_over() -> None:
    lines = ("Average Loss: 3", "Time: 5s", "Best epoch 3 was good", "")
    assert read_lines("epri-log", *lines) == MetricTable()


def test_the_script_says_how_many_ranks_there_are() -> None:
    assert read_lines("epri-log", "World Size: 4").facts.world_size == 4


@pytest.mark.parametrize(
    "name", ["torchrun_success.stdout", "torchrun_logdir_tee3.stdout", "ultralytics_sigterm.raw"]
)
def test_a_log_cut_anywhere_gives_the_same_table(name: str, tmp_path: Path) -> None:
    whole = (DATA / name).read_bytes()[:2000]
    growing = tmp_path / "train.log"
    growing.write_bytes(whole)
    expected = read_table(growing, "epri-log")
    for cut in range(len(whole) + 1):
        growing.write_bytes(whole[:cut])
        tail, reader = LineTail(growing), open_reader("epri-log")
        reader.feed(tail.read().lines)
        with growing.open("ab") as rest:
            rest.write(whole[cut:])
        reader.feed(tail.read().lines)
        assert reader.table() == expected
