from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.files import LineTail
from cockpit.metrics.grammar_toml import shipped_grammar
from cockpit.metrics.log_grammar import LogGrammar
from cockpit.metrics.log_lines import attempt_line
from cockpit.metrics.log_reader import LogReader
from cockpit.metrics.readers import open_reader
from cockpit.metrics.series import MetricTable
from tests.metrics.paths import DATA, read_lines, read_table

LOSS_BAR = "Epoch {0}, loss 1.5: {1}|####      | {2} [00:01<00:01,  1.6it/s]"
IOU_BAR = "Epoch {0}, IoU 0.25: {1}|####      | {2} [00:01<00:01,  9.6it/s]"


def mshnet(epoch: int) -> tuple[str, ...]:
    return (
        "\r  0%|          | 0/2 [00:00<?, ?it/s]\r" + LOSS_BAR.format(epoch, "100%", "2/2"),
        "\r" + IOU_BAR.format(epoch, "100%", "4/4"),
    )


def layout(epoch: int, loss: float = 5.0) -> tuple[str, ...]:
    return (
        f"\rEpoch {epoch}/100: 100%|####| 25/25 [01:58<00:00,  5.8s/it, loss=1e8]",
        f"INFO:__main__:Epoch {epoch} - Train Loss: {loss}",
        f"INFO:__main__:Epoch {epoch} - Val Loss: {loss + 1}",
    )


def with_rank(rank: int, lines: tuple[str, ...]) -> list[str]:
    return [f"[default{rank}]:{line}" for line in lines]


def test_a_whole_run_of_mshnet() -> None:
    table = read_table(DATA / "mshnet_cpu.stderr.raw", "mshnet-log")
    assert table.series["train/loss"].x == (1, 2, 3)
    assert table.series["train/loss"].values == (0.9981, 1.9942, 1.9370)
    assert table.series["metrics/IoU"].values == (0.0, 0.0029, 0.0)
    assert (table.epoch, table.epochs, table.epoch_part) == (3, None, None)


def test_an_epoch_of_mshnet_is_complete_when_its_test_is() -> None:
    before = read_lines("mshnet-log", *mshnet(0), mshnet(1)[0])
    assert (before.epoch, before.epoch_part) == (1, 1.0)
    testing = read_lines("mshnet-log", *mshnet(0), mshnet(1)[0], IOU_BAR.format(1, " 50%", "2/4"))
    assert (testing.epoch, testing.epoch_part) == (1, 1.0)
    assert testing.series["metrics/IoU"].x == (1,)
    assert read_lines("mshnet-log", *mshnet(0), *mshnet(1)).epoch == 2


def test_a_bar_that_is_still_drawn_tells_how_far_the_epoch_is() -> None:
    reader = LogReader(shipped_grammar("mshnet-log"))
    reader.feed(mshnet(0))
    table = reader.table_with("\r" + LOSS_BAR.format(1, " 50%", "1/2") + "\rEpoch 1, lo")
    assert (table.epoch, table.epoch_part) == (1, 0.5)
    assert table.series["train/loss"].x == (1,)
    assert reader.table().epoch_part is None
    assert reader.table_with("\r" + IOU_BAR.format(1, " 25%", "1/4")).epoch_part == 1.0


def test_a_narrow_bar_has_its_percentage() -> None:
    reader = LogReader(shipped_grammar("mshnet-log"))
    assert reader.table_with("Epoch 0, loss 1.5:  40%|###").epoch_part is None
    reader.feed([mshnet(0)[0], "Epoch 1, loss 1.5:  40%|##|"])
    assert reader.table().epoch_part == 0.4


def test_a_line_of_the_metric_log_gives_its_other_figures() -> None:
    line = "2026-11-20-18-32-02 - 0001\t - IoU 0.0029\t - PD 0.5000\t - FA 1000000.0000"
    table = read_lines("mshnet-log", *mshnet(0), *mshnet(1), line)
    assert table.series["metrics/PD"].x == (2,)
    assert table.series["metrics/PD"].values == (0.5,)
    assert table.series["metrics/FA"].values == (1e6,)
    assert table.epoch == 2


def test_a_log_of_layoutmaster() -> None:
    table = read_table(DATA / "layoutmaster.log.raw", "layoutmaster-log")
    assert table.series["train/loss"].x == (1, 2, 3)
    assert table.series["train/loss"].values[0] == 177765985.44
    assert table.series["val/loss"].values[2] == 181540210.12
    assert (table.epoch, table.epochs, table.epoch_part) == (3, 100, None)


def test_an_epoch_of_layoutmaster_is_complete_with_its_validation() -> None:
    bar = "\rEpoch 2/100:  40%|####      | 10/25 [00:58<01:27,  5.8s/it]"
    table = read_lines("layoutmaster-log", *layout(1), bar)
    assert (table.epoch, table.epoch_part) == (1, 0.4)
    assert read_lines("layoutmaster-log", *layout(1), *layout(2)[:2]).epoch == 1


def test_text_that_follows_an_open_bar_is_found() -> None:
    text = "\rEpoch 2/100: 40%|####      | 10/25 [00:58<01:27]INFO:__main__:Epoch 1 - Val Loss: 3"
    table = read_lines("layoutmaster-log", *layout(1), text)
    assert table.epoch == 1


@pytest.mark.parametrize("reader", ["mshnet-log", "layoutmaster-log"])
def test_only_the_rank_that_spoke_first_counts(reader: str) -> None:
    lines = mshnet(0) if reader == "mshnet-log" else layout(1)
    table = read_lines(reader, *with_rank(0, lines))
    assert table == read_lines(reader, *lines)
    other = with_rank(1, mshnet(7) if reader == "mshnet-log" else layout(8))
    assert read_lines(reader, *with_rank(0, lines), *other) == table


def test_a_line_that_torchrun_wrote_in_two_pieces_is_whole_again() -> None:
    whole = layout(1)
    cut = [f"[default0]:{line[:20]}[default0]:{line[20:]}" for line in whole]
    assert read_lines("layoutmaster-log", *cut) == read_lines("layoutmaster-log", *whole)


def test_an_attempt_that_continues_is_joined() -> None:
    mark = attempt_line(2, 2, restarts_count=False)
    table = read_lines("layoutmaster-log", *layout(1), *layout(2), *layout(3)[:2], mark, *layout(3))
    assert table.series["train/loss"].x == (1, 2, 3)
    assert (table.epoch, table.epochs, table.resumed_after) == (3, 100, (2.0,))


def test_an_attempt_whose_trainer_counts_from_1_again_goes_on_behind_the_others() -> None:
    mark = attempt_line(2, 60, restarts_count=True)
    second = [line.replace("/100", "/40") for line in (*layout(1, 3.0), *layout(2, 2.5))]
    first = [line for epoch in range(1, 63) for line in layout(epoch)]
    table = read_lines("layoutmaster-log", *first, mark, *second)
    assert table.series["train/loss"].x == tuple(range(1, 63))
    assert table.series["train/loss"].values[-2:] == (3.0, 2.5)
    assert (table.epoch, table.epochs, table.resumed_after) == (62, 100, (60.0,))


def test_the_same_of_a_trainer_that_counts_from_0() -> None:
    mark = attempt_line(2, 1, restarts_count=True)
    table = read_lines("mshnet-log", *mshnet(0), *mshnet(1), mark, *mshnet(0))
    assert table.series["train/loss"].x == (1, 2)
    assert (table.epoch, table.resumed_after) == (2, (1.0,))


def test_what_a_further_attempt_does_again_is_taken_back_at_once() -> None:
    lines = [line for epoch in range(1, 6) for line in layout(epoch)]
    table = read_lines("layoutmaster-log", *lines, attempt_line(2, 3, restarts_count=False))
    assert (table.epoch, table.series["val/loss"].x) == (3, (1, 2, 3))
    back = (attempt_line(2, 4, restarts_count=False), attempt_line(3, 2, restarts_count=False))
    assert read_lines("layoutmaster-log", *lines, *back).resumed_after == (2.0,)


def test_where_an_attempt_continues_its_own_numbers_tell_when_nothing_else_does() -> None:
    mark = attempt_line(2, None, restarts_count=False, is_resumed=True)
    lines = [line for epoch in range(1, 6) for line in layout(epoch)]
    assert read_lines("layoutmaster-log", *lines, mark).epoch == 5
    table = read_lines("layoutmaster-log", *lines, mark, *layout(3))
    assert (table.epoch, table.resumed_after) == (3, (2.0,))


def test_an_attempt_that_starts_anew_leaves_nothing() -> None:
    mark = attempt_line(2, None, restarts_count=True)
    table = read_lines("layoutmaster-log", *layout(1), *layout(2), mark)
    assert (table.epoch, dict(table.series), table.resumed_after) == (None, {}, ())
    assert read_lines("layoutmaster-log", *layout(1), *layout(2), mark, *layout(1)).epoch == 1


def test_epochs_of_document_004_are_joined_too() -> None:
    first = ("Epoch 1", "  Average Loss: 5", "  Time: 10s")
    mark = attempt_line(2, 1, restarts_count=True)
    table = read_lines("epri-log", *first, mark, "Epoch 1", "  Average Loss: 4", "  Time: 9s")
    assert table.series["loss"].values == (5.0, 4.0)
    assert table.epoch_ends == ((1, 10.0), (2, 19.0))


@pytest.mark.parametrize(
    ("name", "reader"),
    [("mshnet_cpu.stderr.raw", "mshnet-log"), ("layoutmaster.log.raw", "layoutmaster-log")],
)
def test_a_log_cut_anywhere_gives_the_same_table(name: str, reader: str, tmp_path: Path) -> None:
    mark = attempt_line(2, 2, restarts_count=False)
    whole = (DATA / name).read_bytes()[:1800] + f"\n{mark}\n".encode()
    growing = tmp_path / "train.log"
    growing.write_bytes(whole)
    expected = read_table(growing, reader)
    assert expected.resumed_after == (2.0,)
    for cut in range(len(whole) + 1):
        growing.write_bytes(whole[:cut])
        tail, one = LineTail(growing), open_reader(reader)
        one.feed(tail.read().lines)
        one.table_with(whole[:cut].decode("utf-8", "replace"))  # type: ignore[attr-defined]  # a LogReader
        with growing.open("ab") as rest:
            rest.write(whole[cut:])
        one.feed(tail.read().lines)
        assert one.table() == expected


def test_a_grammar_without_lines_reads_nothing() -> None:
    reader = LogReader(LogGrammar(()))
    reader.feed(["Epoch 1", "loss 5"])
    assert reader.table() == MetricTable()


def test_what_is_done_again_is_kept_with_its_segment() -> None:
    table = read_lines("layoutmaster-log", *layout(1), *layout(2), *layout(3), *layout(2, 9.0))
    first, second = table.segments
    assert (first.start, first.end, first.rows) == (1, 3, 3)
    assert (second.start, second.end, second.rows) == (2, 2, 1)
    assert first.replaced["train/loss"].x == (2, 3)
    assert table.series["train/loss"].values == (5.0, 9.0)


def test_an_attempt_that_repeats_nothing_is_a_segment_too() -> None:
    mark = attempt_line(2, 2, restarts_count=False)
    table = read_lines("layoutmaster-log", *layout(1), *layout(2), mark, *layout(3))
    assert [(one.start, one.end) for one in table.segments] == [(1, 2), (3, 3)]
    assert not table.segments[0].replaced
    assert table.resumed_after == (2,)


def test_a_training_that_was_never_resumed_is_one_segment() -> None:
    (only,) = read_table(DATA / "mshnet_cpu.stderr.raw", "mshnet-log").segments
    assert (only.start, only.end, only.rows) == (1, 3, 3)
