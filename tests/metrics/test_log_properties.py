from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cockpit.files import LineTail
from cockpit.metrics.detect import recognise
from cockpit.metrics.readers import LOG_READERS, open_reader
from cockpit.metrics.series import MetricTable
from cockpit.metrics.tensorboard import EventFileReader
from cockpit.metrics.trainer_facts import FactReader
from tests.metrics.paths import DATA

QUICK = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
LINE_READERS = (*LOG_READERS, "jsonl")
CAPTURES = {
    "epri-log": "torchrun_success.stdout",
    "mshnet-log": "mshnet_cpu.stderr.raw",
    "layoutmaster-log": "layoutmaster.log.raw",
    "ultralytics-log": "ultralytics_detect_nohup.log.raw",
    "yolov7-log": "yolov7_killed_in_epoch3.log.raw",
    "hf-log": "hf_run.log.raw",
    "log": "slurm_two_node_hang.txt",
}
EVENTS = (DATA / "events.out.tfevents.hf").read_bytes()

numbers = st.one_of(
    st.integers(-3, 30), st.floats(width=32), st.sampled_from(("2.5", "nan", "x", "", None, True))
)
names = st.sampled_from(("step", "epoch", "time", "_timestamp", "loss", "val/loss", "lr", "train"))
objects = st.dictionaries(
    names, st.one_of(numbers, st.dictionaries(names, numbers, max_size=2)), max_size=5
)
words = st.sampled_from(
    (
        "", "\r", "\0", "{", "}", "{'", "[default1]:", "Epoch 2", "Epoch 0", "Average Loss: 2.5",
        "  Batch [1/2] - Loss: nan", "Time: 3s", "Epoch 1/5:  40%|##| 2/5 [", "\x1b[A",
        "Epoch 3, loss 1.5: 100%|##| 2/2 [", "INFO:__main__:Epoch 3 - Val Loss: 1e9",
        "World Size: 2", "step 3 loss 0.5", "Epoch: [0][ 5/10]\tLoss 2.5 (2.0)", " * Acc@1 71.2",
        "Epoch 1/5 - loss: nan - acc: 9/10 (90%)", "step 1, epoch 2, lr=1e-3, rank 1", "Epoch 3/5",
        "{'loss': '2.5', 'epoch': '0.5'}", "{'eval_loss': nan, 'epoch': 1.0}", "\ufeff", "é",
        "cockpit: attempt 2 continues after epoch 1", "cockpit: attempt 3 starts anew",
        "        1/2         0G      6.056      4.385      4.353         27        128: 100% 4/4",
        "                   all         16         35          0          0          0          0",
        "       0/2        0G   0.0777  0.006   0.032     0.117        56       128: 100%|#| 4/4 [",
    )
)  # fmt: skip
lines = st.one_of(words, st.lists(words, max_size=3).map("".join), objects.map(json.dumps))
logs = st.lists(lines, max_size=15).map(lambda parts: "\n".join([*parts, ""]).encode())


def plain(table: MetricTable) -> str:
    """Return all that a table says as text, in which NaN equals NaN."""
    series = {name: (list(one.x), list(one.values)) for name, one in table.series.items()}
    scales = {axis: (list(one.x), list(one.values)) for axis, one in table.scales.items()}
    rest = (table.axis, table.epoch, table.epochs, table.epoch_part, table.problem, table.facts)
    parts = [(one.start, one.end, one.rows, sorted(one.replaced)) for one in table.segments]
    return repr((series, scales, rest, parts, list(table.epoch_ends), table.resumed_after))


def read_whole(reader: str, content: bytes) -> str:
    one = open_reader(reader)
    one.feed(content.decode("utf-8", "replace").split("\n")[:-1])
    return plain(one.table())


def read_in_parts(reader: str, content: bytes, ends: list[int]) -> str:
    """Read a file that grows to each of the ends."""
    one = open_reader(reader)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "log"
        tail, written = LineTail(file), 0
        with file.open("wb", buffering=0) as growing:
            for end in sorted({*ends, len(content)}):
                growing.write(content[written:end])
                written = end
                one.feed(tail.read().lines)
                one.table()
    return plain(one.table())


@pytest.mark.parametrize("reader", LINE_READERS)
@QUICK
@given(data=st.data())
def test_any_split_into_reads_gives_the_same_curves(reader: str, data: st.DataObject) -> None:
    content = data.draw(logs)
    ends = data.draw(st.lists(st.integers(0, len(content)), max_size=6).map(sorted))
    assert read_in_parts(reader, content, ends) == read_whole(reader, content)


@pytest.mark.parametrize("reader", CAPTURES)
@QUICK
@given(data=st.data())
def test_any_split_and_prefix_of_a_real_log_is_read(reader: str, data: st.DataObject) -> None:
    content = (DATA / CAPTURES[reader]).read_bytes()
    content = content[: data.draw(st.integers(0, len(content)))]
    content = content[: content.rfind(b"\n") + 1]
    ends = data.draw(st.lists(st.integers(0, len(content)), max_size=6).map(sorted))
    assert read_in_parts(reader, content, ends) == read_whole(reader, content)


@pytest.mark.parametrize("reader", [*LINE_READERS, "hf"])
@QUICK
@given(content=st.one_of(st.binary(max_size=400), logs))
def test_random_bytes_never_raise(reader: str, content: bytes) -> None:
    one = open_reader(reader)
    one.feed(content.decode("utf-8", "replace").split("\n"))
    one.table()


@QUICK
@given(
    history=st.lists(objects, max_size=8),
    extra=st.dictionaries(st.sampled_from(("epoch", "num_train_epochs", "max_steps")), numbers),
    cut=st.integers(0, 400),
)
def test_any_state_and_any_part_of_one_is_read(
    history: list[dict[str, object]], extra: dict[str, object], cut: int
) -> None:
    text = json.dumps({"log_history": history, **extra}, indent=2)
    for part in (text, text[:cut]):
        one = open_reader("hf")
        one.feed(part.split("\n"))
        one.table()


@QUICK
@given(ends=st.lists(st.integers(0, len(EVENTS)), max_size=8).map(sorted))
def test_any_split_of_an_event_file_gives_the_same_curves(ends: list[int]) -> None:
    pytest.importorskip("tensorboard")
    whole, parts = EventFileReader(), EventFileReader()
    whole.feed_bytes("events", EVENTS)
    for start, end in zip([0, *ends], [*ends, len(EVENTS)], strict=True):
        parts.feed_bytes("events", EVENTS[start:end])
        assert parts.table().problem is None
    assert plain(parts.table()) == plain(whole.table())


@QUICK
@given(content=st.binary(max_size=300), at=st.integers(0, len(EVENTS)), flip=st.integers(1, 255))
def test_damaged_event_files_never_raise(content: bytes, at: int, flip: int) -> None:
    pytest.importorskip("tensorboard")
    damaged = bytearray(EVENTS)
    if at < len(damaged):
        damaged[at] ^= flip
    for part in (content, EVENTS[:at] + content, bytes(damaged)):
        one = EventFileReader()
        one.feed_bytes("events", part)
        one.table()


@QUICK
@given(head=st.one_of(st.binary(max_size=400), logs), end=st.binary(max_size=200))
def test_anything_is_recognised_or_not_without_raising(head: bytes, end: bytes) -> None:
    recognise(head, end)
    FactReader().feed(head.decode("utf-8", "replace").split("\n"))


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.iterdir() if path.is_file()))
def test_every_prefix_of_a_real_file_is_recognised_as_itself_or_no_more_than_a_log(
    name: str,
) -> None:
    content = (DATA / name).read_bytes()
    whole = recognise(content, content)
    for end in range(0, len(content), max(1, len(content) // 40)):
        assert recognise(content[:end]) in (whole, None, "log")
