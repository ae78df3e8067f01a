from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cockpit.metrics.detect import recognise, recognise_log
from cockpit.metrics.log_lines import attempt_line
from cockpit.metrics.pairs import LONGEST_NAME
from cockpit.metrics.pairs_line import LONGEST, PairsParser
from cockpit.metrics.pairs_log import MOST_SERIES, PairsLogReader
from cockpit.metrics.series import Axis, MetricTable, ended_well
from tests.metrics.paths import DATA, read_lines

CAPTURES = sorted(
    path
    for folder in ("metrics", "failures")
    for path in (DATA.parent / folder).iterdir()
    if path.is_file()
)
QUICK = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
Curves = Mapping[str, Mapping[float, float]]

ACCELERATE = ("step 0 loss 0.7352 procs 1", "step 1 loss 0.0000 procs 1")
KERAS = (
    "Epoch 3/10 - loss: 0.12 - accuracy: 0.95 - val_loss: 0.3",
    "Epoch 4/10 - loss: 0.10 - accuracy: 0.96 - val_loss: nan",
)
KERAS_BARS = (
    "Epoch 1/2",
    "\r 50/100 [=====>......] - ETA: 1s - loss: 0.9\r100/100 [==============================]"
    " - 1s 3ms/step - loss: 0.52 - accuracy: 0.81 - val_loss: 0.3",
    "Epoch 2/2",
)
MNIST = (
    "Train Epoch: 1 [640/60000 (1%)]\tLoss: 0.233105",
    "Train Epoch: 1 [30000/60000 (50%)]\tLoss: 0.131",
    "",
    "Test set: Average loss: 0.0492, Accuracy: 9837/10000 (98%)",
    "",
    "Train Epoch: 2 [15000/60000 (25%)]\tLoss: 0.11",
)
IMAGENET = (
    "Epoch: [3][ 50/391]\tTime  0.123 ( 0.130)\tData  0.001 ( 0.013)\t"
    "Loss 1.2345e+00 (1.3000e+00)\tAcc@1  50.00 ( 45.00)",
    "Test: [ 0/196]\tTime  0.1 ( 0.1)\tLoss 1.1e+00 (1.2e+00)\tAcc@1  70.00 ( 71.00)",
    " *   Acc@1 71.2 Acc@5 90.1",
)
TORCHVISION = (
    "Epoch: [0]  [ 10/100]  eta: 0:01:00  lr: 0.02  img/s: 80.1  loss: 0.63 (0.70)  "
    "acc1: 50.0 (45.0)  time: 0.1  data: 0.05  max mem: 100",
    "Epoch: [0] Total time: 0:01:00",
    "Epoch: [1]  [ 50/100]  eta: 1 day, 0:00:30  lr: 0.01  img/s: 90.1  loss: 0.53 (0.60)  "
    "acc1: 60.0 (55.0)  time: 0.1  data: 0.05  max mem: 100",
)
NANOGPT = (
    "tokens per iteration will be: 491,520",
    "step 0: train loss 4.2000, val loss 4.3000",
    "iter 0: loss 4.3312, time 12.30ms, mfu -100.00%",
    "iter 100: loss 2.3312, time 12.30ms, mfu 5.10%",
    "step 250: train loss 2.1000, val loss 2.2000",
)
MMENGINE = (
    "2026/11/21 20:05:33 - mmengine - INFO - Epoch(train)  [1][3665/7330]  lr: 1.0e-03  "
    "eta: 1 day, 2:03:04  time: 0.5  data_time: 0.05  memory: 3000  loss: 1.25  loss_cls: 0.7",
    "2026/11/21 20:06:33 - mmengine - INFO - Epoch(val)  [1][ 50/625]    eta: 0:00:10  time: 0.04"
    "  data_time: 0.01  memory: 300",
    "2026/11/21 20:06:33 - mmengine - INFO - Epoch(val) [1][625/625]    coco/bbox_mAP: 0.364  "
    "data_time: 0.02  time: 0.04",
)
TUTORIAL = (
    "Epoch [1/5], Step [100/600], Loss: 2.1",
    "Epoch [1/5], Step [600/600], Loss: 1.1",
    "Epoch [2/5], Step [150/600], Loss: 0.9",
)
TRANSFER = (
    "Epoch 0/24", "----------", "train Loss: 0.5 Acc: 0.7", "val Loss: 0.4 Acc: 0.8", "",
    "Epoch 1/24", "----------", "train Loss: 0.3 Acc: 0.8", "val Loss: 0.2 Acc: 0.9", "",
    "Training complete in 1m 5s", "Best val Acc: 0.91",
)  # fmt: skip
SECTIONS = ("Epoch 3 | Train: loss=0.5 acc=0.9 | Val: loss=0.6 acc=0.8",)
TQDM = (
    "\rEpoch 1/5:  40%|####      | 10/25 [00:58<01:27,  5.8s/it, loss=0.53, lr=1e-3, v_num=0]"
    "\rEpoch 1/5: 100%|##########| 25/25 [01:58<00:00,  5.8s/it, loss=0.43, lr=1e-4, v_num=0]",
)
TIMES = (
    "Epoch: 01 | Epoch Time: 0m 5s",
    "\tTrain Loss: 0.456 | Train Acc: 80.12%",
    "\t Val. Loss: 0.5 |  Val. Acc: 79.0%",
    "Epoch: 02 | Epoch Time: 0m 5s",
    "\tTrain Loss: 0.4",
)
BARS = (
    "Epoch 1/5: 100%|##########| 938/938 [00:10<00:00, 90.1it/s, Loss=0.1]",
    "Validation: 100%|##########| 100/100 [00:01<00:00, 90it/s, Loss=0.2]",
)
DETECTRON = tuple(
    f"[11/21 20:05:33 d2.utils.events]:  eta: 0:10:00  iter: {step}  total_loss: {loss}  "
    f"loss_cls: {loss_cls}  time: 0.2  data_time: 0.01  lr: 2e-05  max_mem: 2000M"
    for step, loss, loss_cls in ((19, 2.1, 0.5), (39, 2.0, 0.4))
)
DICT = ("epoch 3 {'loss': 0.5, 'acc': 0.9}", "epoch: 4, loss: tensor(0.25, device='cuda:0')")

SHAPES: Mapping[str, tuple[Sequence[str], Axis, Curves]] = {
    "accelerate": (
        ACCELERATE,
        Axis.STEP,
        {"loss": {0: 0.7352, 1: 0}, "procs": {0: 1, 1: 1}},
    ),
    "keras": (
        KERAS[:1],
        Axis.EPOCH,
        {"loss": {3: 0.12}, "accuracy": {3: 0.95}, "val_loss": {3: 0.3}},
    ),
    "keras bars": (
        KERAS_BARS,
        Axis.EPOCH,
        {"loss": {1: 0.52}, "accuracy": {1: 0.81}, "val_loss": {1: 0.3}},
    ),
    "mnist": (
        MNIST,
        Axis.EPOCH,
        {
            "train/Loss": {1: 0.131, 2: 0.11},
            "test/Average loss": {1: 0.0492},
            "test/Accuracy": {1: 0.9837},
        },
    ),
    "imagenet": (
        IMAGENET,
        Axis.EPOCH,
        {
            "Loss": {3: 1.3},
            "Acc@1": {3: 45},
            "data_wait": {3: 0.1},
            "test/Loss": {3: 1.2},
            "test/Acc@1": {3: 71.2},
            "test/Acc@5": {3: 90.1},
        },
    ),
    "torchvision": (
        TORCHVISION,
        Axis.EPOCH,
        {
            "lr": {1: 0.02, 2: 0.01},
            "samples_per_s": {1: 80.1, 2: 90.1},
            "loss": {1: 0.7, 2: 0.6},
            "acc1": {1: 45, 2: 55},
            "data_wait": {1: 0.5, 2: 0.5},
        },
    ),
    "nanogpt": (
        NANOGPT,
        Axis.STEP,
        {
            "train/loss": {0: 4.2, 250: 2.1},
            "val/loss": {0: 4.3, 250: 2.2},
            "loss": {0: 4.3312, 100: 2.3312},
            "mfu": {0: -100, 100: 5.1},
        },
    ),
    "mmengine": (
        MMENGINE,
        Axis.EPOCH,
        {
            "lr": {1: 0.001},
            "train/loss": {1: 1.25},
            "train/loss_cls": {1: 0.7},
            "data_wait": {1: 0.1},
            "val/coco/bbox_mAP": {1: 0.364},
        },
    ),
    "brackets": (
        ("[epoch 5] train_loss=0.51 val_loss=0.49 lr=1e-3",),
        Axis.EPOCH,
        {"train_loss": {5: 0.51}, "val_loss": {5: 0.49}, "lr": {5: 0.001}},
    ),
    "tutorial": (TUTORIAL, Axis.EPOCH, {"Loss": {1: 1.1, 2: 0.9}}),
    "transfer": (
        TRANSFER,
        Axis.EPOCH,
        {
            "train/Loss": {1: 0.5, 2: 0.3},
            "train/Acc": {1: 0.7, 2: 0.8},
            "val/Loss": {1: 0.4, 2: 0.2},
            "val/Acc": {1: 0.8, 2: 0.9},
            "Best val Acc": {2: 0.91},
        },
    ),
    "sections": (
        SECTIONS,
        Axis.EPOCH,
        {
            "train/loss": {3: 0.5},
            "train/acc": {3: 0.9},
            "val/loss": {3: 0.6},
            "val/acc": {3: 0.8},
        },
    ),
    "tqdm": (TQDM, Axis.EPOCH, {"loss": {1: 0.43}, "lr": {1: 0.0001}}),
    "bars": (BARS, Axis.EPOCH, {"Loss": {1: 0.1}, "val/Loss": {1: 0.2}}),
    "detectron": (
        DETECTRON,
        Axis.STEP,
        {
            "total_loss": {19: 2.1, 39: 2},
            "loss_cls": {19: 0.5, 39: 0.4},
            "lr": {19: 2e-5, 39: 2e-5},
            "data_wait": {19: 0.05, 39: 0.05},
        },
    ),
    "gan": (
        ("[Epoch 0/200] [Batch 469/938] [D loss: 0.6933] [G loss: 0.7102]",),
        Axis.EPOCH,
        {"D loss": {1: 0.6933}, "G loss": {1: 0.7102}},
    ),
    "times": (
        TIMES,
        Axis.EPOCH,
        {
            "train/Loss": {1: 0.456, 2: 0.4},
            "train/Acc": {1: 80.12},
            "val/Loss": {1: 0.5},
            "val/Acc": {1: 79},
        },
    ),
    "dict": (DICT, Axis.EPOCH, {"loss": {3: 0.5, 4: 0.25}, "acc": {3: 0.9}}),
}
"""What widespread scripts print, and the curves in it."""
PROSE = (
    "Resuming from epoch 5 with loss 0.5",
    "Best epoch: 3, best val acc: 0.91",
    "Early stopping at epoch 12, best loss: 0.3",
    "Epoch 00005: val_loss improved from 0.52000 to 0.48000, saving model to x.h5",
    "Epoch 3: reducing learning rate of group 0 to 1.0000e-04.",
    "In step 2 of 5 the installer copies 300 files, its error count is 7",
    "epochs: 300, lr: 0.01, max_steps=100, step_size: 3, warmup_epoch: 5, lr0=0.1",
    "epoch 3 of the plan began when nobody had seen that the loss: 5 was still too high for us all",
    "torch 2.13.0 at epoch 3 loads mapping 5 already",
    "slurmstepd: error: *** STEP 3.0 ON n1 CANCELLED AT 2026-11-21T20:05:33 ***",
    "Epoch 3 took 12.5s, memory: 300MB, eta: 0:01:00",
    "loss: 0.5, accuracy: 0.9",
)
"""Lines that name places and numbers, and tell of no training here."""


def curves(table: MetricTable) -> Curves:
    return {name: dict(zip(one.x, one.values, strict=True)) for name, one in table.series.items()}


def read(*lines: str) -> MetricTable:
    return read_lines("log", *lines)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_lines_of_widespread_scripts_are_curves(shape: str) -> None:
    lines, axis, expected = SHAPES[shape]
    table = read(*lines)
    assert table.axis is axis
    assert curves(table).keys() == expected.keys()
    for name, values in curves(table).items():
        assert values == pytest.approx(expected[name])


@pytest.mark.parametrize("shape", SHAPES)
def test_what_logging_and_launchers_write_before_a_line_changes_nothing(shape: str) -> None:
    lines, *_ = SHAPES[shape]
    plain = read(*lines)
    for prefix in (
        "INFO:__main__:", "[rank0]: ", "[default0]:", "0: ", " 0: 2026-11-21 20:05:33 INFO ",
        "2026-11-21 20:05:33,123 INFO [train.py:45] ", "2026-11-21 20:05:33,123 - train - INFO - ",
        "[11/21 20:05:33] ", "20:05:33 | INFO | ",
    ):  # fmt: skip
        assert read(*(prefix + line.lstrip("\r") for line in lines)) == plain, prefix


@pytest.mark.parametrize(
    ("lines", "epoch", "epochs", "part"),
    [
        (KERAS, 4, 10, None),
        (KERAS_BARS, 1, 2, 0.0),
        (MNIST[:2], None, None, 0.5),
        (MNIST[:4], 1, None, None),
        (MNIST, 1, None, 0.25),
        (IMAGENET[:2], None, None, 50 / 391),
        (IMAGENET, 3, None, None),
        (TORCHVISION, 1, None, 0.5),
        (MMENGINE[:2], None, None, 0.5),
        (MMENGINE, 1, None, None),
        (TUTORIAL[:2], 1, 5, None),
        (TUTORIAL, 1, 5, 0.25),
        (TRANSFER, 2, 24, None),
        (BARS, 1, 5, None),
        (TIMES, 2, None, None),
        (("Epoch 1/3", "loss: 0.5 [5/10]", "Epoch 1/3"), None, 3, 0.5),
        (("Epoch 1 loss: 0.5", "Epoch 1"), 1, None, None),
        (SHAPES["gan"][0], None, 200, 0.5),
        (("Epoch 0/1 loss: 0.5", "Epoch 1/1 loss: 0.4"), 2, 2, None),
        (("Epoch 2 lr: 0.1",), None, None, None),
        (("Epoch 2 batch 5 loss: 0.1",), None, None, None),
        (NANOGPT, None, None, None),
    ],
)
def test_how_far_a_training_is(
    lines: Sequence[str], epoch: int | None, epochs: int | None, part: float | None
) -> None:
    table = read(*lines)
    assert (table.epoch, table.epochs, table.epoch_part) == (epoch, epochs, part)


@pytest.mark.parametrize(
    ("lines", "at_end"),
    [
        (("Epoch 1/2", "loss 0.5", "Epoch 2/2", "loss 0.4"), 2),
        (("Epoch 1/2", "val_loss 0.5 acc 0.3", "Epoch 2/2", "val_loss 0.4 acc 0.4"), 2),
        (("Epoch 0/1", "loss 0.5", "Epoch 1/1", "loss 0.4"), 2),
        (("Epoch 1/1", "loss 0.5"), 1),
        (("Epoch 1/2", "loss 0.5", "best loss: 0.5", "Epoch 2/2", "loss 0.6"), 2),
        (("Epoch 1/2", "loss 0.5", "Epoch 2/2"), None),
        (("Epoch 1/2", "loss 0.5", "val_loss 0.6", "Epoch 2/2", "loss 0.4"), None),
        (("Epoch 1/2", "loss 0.5", "loss 0.4", "Epoch 2/2", "loss 0.3"), None),
        (("Epoch 1/1 [10/40] loss: 0.5",), None),
        (("Epoch 1/2 [30/40] loss: 0.5", "Epoch 2/2 [10/40] loss: 0.4"), None),
        (("Epoch 1/2 [30/40] loss: 0.5", "Epoch 2/2 [30/40] loss: 0.4"), 2),
        (("Epoch 1/2 loss: 0.5", "Epoch 2/2 loss: 0.4"), None),
    ],
)
def test_the_last_epoch_is_done_at_the_end_if_it_came_as_far_as_the_one_before(
    lines: Sequence[str], at_end: int | None
) -> None:
    table = read(*lines)
    assert table.epoch_at_end == at_end
    if at_end is not None:
        assert (table.epoch or 0) == at_end - 1  # not while it runs
        assert ended_well(table).epoch == at_end


def test_a_resumed_part_is_not_measured_by_what_came_before_it() -> None:
    lines = ("Epoch 1/2", "loss 0.6", "loss 0.5", "Epoch 2/2")
    table = read(*lines, attempt_line(2, 1, restarts_count=False), "Epoch 2/2", "loss 0.4")
    assert table.epoch_at_end == 2


def test_a_test_in_between_completes_no_epoch() -> None:
    between = ("Epoch 1 [10/40] loss: 0.5", "Val: loss: 0.6", "Epoch 1 [20/40] loss: 0.4")
    table = read(*between)
    assert (table.epoch, table.epoch_part) == (None, 0.5)


def test_a_bar_that_is_still_drawn_tells_how_far_the_epoch_is() -> None:
    reader = PairsLogReader()
    reader.feed(["Epoch 1/5:  100%|##| 25/25 [01:58<00:00, loss=0.43]"])
    table = reader.table_with("\rEpoch 2/5:  40%|####  | 10/25 [00:58<01:27, loss=0.3]\rEpoch 2/5:")
    assert (table.epoch, table.epoch_part) == (1, 0.4)
    assert curves(table) == {"loss": {1: 0.43}}
    assert reader.table().epoch_part is None
    assert reader.table_with("Epoch: 2 [640/600").epoch_part is None


@pytest.mark.parametrize("line", PROSE)
def test_prose_is_no_metric(line: str) -> None:
    assert curves(read(line, line)) == {}
    assert recognise_log([line, line]) is None


def test_an_epoch_that_is_only_talked_of_takes_nothing_back() -> None:
    lines = [f"epoch {epoch} loss {epoch}.5" for epoch in range(1, 6)]
    table = read(*lines, *(line for line in PROSE if line != PROSE[-1]))
    assert curves(table)["loss"] == {1: 1.5, 2: 2.5, 3: 3.5, 4: 4.5, 5: 5.5}
    assert (table.epoch, len(table.segments)) == (5, 1)


def test_a_sentence_around_a_metric_adds_no_other_curves() -> None:
    assert curves(read("epoch 3 loss 0.5 written to shard 7 of host 3")) == {"loss": {3: 0.5}}


def test_an_epoch_that_begins_again_is_a_segment() -> None:
    lines = [f"epoch {epoch} loss {epoch}.5" for epoch in (1, 2, 3, 2, 3, 4)]
    table = read(*lines)
    assert list(table.series["loss"].x) == [1, 2, 3, 4]
    assert [(one.start, one.end, one.rows) for one in table.segments] == [(1, 3, 3), (2, 4, 3)]
    assert list(table.segments[0].replaced["loss"].x) == [2, 3]


def test_steps_that_go_back_are_a_segment() -> None:
    lines = [f"step {step} loss {step + at}.5" for at, step in enumerate((0, 10, 20, 10, 20, 30))]
    table = read(*lines)
    assert list(table.series["loss"].x) == [0, 10, 20, 30]
    assert [(one.start, one.end) for one in table.segments] == [(0, 20), (10, 30)]


def test_an_attempt_that_continues_is_joined() -> None:
    first = [f"epoch {epoch}/9 loss {epoch}.5" for epoch in (1, 2, 3)]
    told = read(*first, attempt_line(2, 2, restarts_count=False), *first[2:])
    assert (told.epoch, told.epochs, told.resumed_after) == (3, 9, (2.0,))
    again = [f"epoch {epoch}/7 loss 0.5" for epoch in (1, 2)]
    counted = read(*first, attempt_line(2, 2, restarts_count=True), *again)
    assert list(counted.series["loss"].values) == [1.5, 2.5, 0.5, 0.5]
    assert (counted.epoch, counted.epochs) == (4, 9)
    own_count = read(*first, attempt_line(2, None, restarts_count=False, is_resumed=True), first[1])
    assert (list(own_count.series["loss"].x), own_count.resumed_after) == ([1, 2], (1.0,))
    anew = read(*first, attempt_line(2, None, restarts_count=False), first[0])
    assert (list(anew.series["loss"].x), anew.resumed_after) == ([1], ())


def test_only_the_rank_that_spoke_first_counts() -> None:
    for one, other in (
        ("[rank0]: ", "[rank1]: "),
        ("rank 0 ", "rank 1 "),
        ("[Rank 0] ", "[Rank 1] "),
        ("0: ", "1: "),
    ):
        table = read(f"{one}epoch 1 loss 0.5", f"{other}epoch 2 loss 7", f"{one}epoch 2 loss 0.4")
        assert curves(table) == {"loss": {1: 0.5, 2: 0.4}}
    assert curves(read("step 1 loss 0.5", "step 1 loss 0.7", "step 2 loss 0.4")) == {
        "loss": {1: 0.5, 2: 0.4}
    }


def test_a_log_of_anything_makes_no_flood_of_curves() -> None:
    many = " ".join(f"loss_{number}={number}" for number in range(MOST_SERIES + 20))
    table = read(f"epoch 1 {many}", "epoch 2 loss_5=3 other_loss=4")
    assert len(table.series) == MOST_SERIES
    assert "other_loss" not in table.series
    assert read(f"epoch 1 {'x' * LONGEST_NAME}_loss: 5").series == {}
    assert read(f"epoch 1 loss: 5 {' ' * LONGEST}.").series == {}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_log_is_recognised_once_two_lines_fit(shape: str) -> None:
    lines, *_ = SHAPES[shape]
    content = "\n".join((*lines, *lines)).encode()
    assert recognise(content, content) == "log"


def test_one_line_that_fits_is_not_enough() -> None:
    assert recognise(b"step 3 loss 0.5\n") is None
    assert recognise(b"step 3 loss 0.5\nstep 4 loss 0.4\n") == "log"


def test_what_is_known_better_comes_first() -> None:
    lines = ["epoch 1 loss: 0.5", "epoch 2 loss: 0.5", "Epoch 2 - Train Loss: 3"]
    assert recognise_log(lines) == "layoutmaster-log"
    assert recognise_log([*lines[:2], '{"step": 1, "loss": 2.0}']) == "jsonl"


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_what_trainers_and_launchers_really_print_is_no_absurd_curve(path: Path) -> None:
    table = read(*path.read_text("utf-8", "replace").split("\n"))
    assert table.series.keys() <= {
        "loss", "Loss", "Average Loss", "train/Loss", "val/Loss", "IoU", "grad_norm",
        "learning_rate",
    }  # fmt: skip
    assert len(table.segments) < 5


@pytest.mark.parametrize("shape", SHAPES)
@QUICK
@given(data=st.data())
def test_any_cut_of_a_line_is_read(shape: str, data: st.DataObject) -> None:
    lines, *_ = SHAPES[shape]
    line = data.draw(st.sampled_from(lines))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(line))] * 2)))
    reader = PairsLogReader()
    reader.feed([*lines, line[:start] + data.draw(st.text(max_size=5)) + line[end:]])
    reader.table_with(line[:end])
    assert all(len(name) <= LONGEST_NAME for name in reader.table().series)


WORDS = (
    "epoch ", "Epoch [", "step ", "iter(val) ", "loss: ", "f1: ", "f2=", "Acc@1 ", "lr ", "(", ")",
    "]", "/", "%|", " - ", ":", " ", "0", "1", "12", "7.5", "1e-3", "10", "nan", "test ", "Val: ",
    "rank ", "time: ", "data: ", "2026-11-20 ", "words in between ", "ms", "batch ",
)  # fmt: skip


@QUICK
@given(
    parts=st.lists(st.sampled_from(WORDS), max_size=14),
    numbers=st.lists(st.tuples(st.permutations("0123456789"), st.booleans()), max_size=4),
)
def test_a_line_says_the_same_behind_others_that_look_like_it(
    parts: list[str], numbers: list[tuple[list[str], bool]]
) -> None:
    line, parser = "".join(parts), PairsParser()
    for digits, follows in numbers:
        other = line.translate(str.maketrans("0123456789", "".join(digits)))
        said = parser.parse(other, follows=follows)
        assert repr(said) == repr(PairsParser().parse(other, follows=follows))
