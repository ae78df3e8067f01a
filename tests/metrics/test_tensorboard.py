from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.metrics.event_frames import masked_crc
from cockpit.metrics.series import Axis, MetricTable
from cockpit.metrics.tensorboard import EventFileReader
from tests.metrics.paths import DATA

pytest.importorskip("tensorboard", reason="the extra tensorboard is not installed")

HF = DATA / "events.out.tfevents.hf"
LIGHTNING = DATA / "events.out.tfevents.lightning"
YOLOV7 = sorted((DATA / "events_yolov7").iterdir())


def frame(record: bytes) -> bytes:
    length = struct.pack("<Q", len(record))
    crcs = (struct.pack("<I", masked_crc(part)) for part in (length, record))
    return length + next(crcs) + record + next(crcs)


def scalar(step: int, tag: str, value: float, wall_s: float = 1795199739.0) -> bytes:
    from tensorboard.compat.proto.event_pb2 import Event

    event = Event(step=step, wall_time=wall_s)
    event.summary.value.add(tag=tag, simple_value=value)
    return frame(event.SerializeToString())


def read(*parts: bytes, name: str = "events") -> MetricTable:
    reader = EventFileReader()
    for part in parts:
        reader.feed_bytes(name, part)
    return reader.table()


def test_a_real_file_of_the_hugging_face_trainer() -> None:
    table = read(HF.read_bytes())
    assert table.axis is Axis.STEP
    assert table.series["train/loss"].x == (5, 10, 15, 20, 25, 30, 35, 40, 45)
    assert table.series["train/loss"].values[0] == pytest.approx(8.6158, abs=1e-4)
    assert table.series["eval/loss"].x == (16, 32, 48)
    assert table.scales[Axis.EPOCH].values[:4] == (0.3125, 0.625, 0.9375, 1.0)
    assert table.scales[Axis.TIME].values[0] == pytest.approx(1795199739.05, abs=0.01)
    assert (table.epoch, table.problem, len(table.segments)) == (3, None, 1)


def test_a_real_file_of_lightning_counts_its_epochs_from_zero() -> None:
    table = read(LIGHTNING.read_bytes())
    assert table.series["val_loss"].x == (15, 31, 47)
    assert table.scales[Axis.EPOCH].values[-1] == 3
    assert table.epoch == 2


def test_the_files_of_a_resumed_training_are_read_as_one() -> None:
    reader = EventFileReader()
    for file in YOLOV7[1:]:
        reader.feed_bytes(file.name, file.read_bytes())
    table = reader.table()
    loss = table.series["train/box_loss"]
    assert loss.x == (0, 1, 2, 3)
    assert loss.values[2] == pytest.approx(0.082235, abs=1e-6)
    assert table.problem is None


def test_a_training_that_begins_again_in_the_same_folder_is_a_segment() -> None:
    reader = EventFileReader()
    for file in YOLOV7[:2]:
        reader.feed_bytes(file.name, file.read_bytes())
    first, second = reader.table().segments
    assert (first.start, first.end, second.start, second.end) == (0, 2, 0, 1)
    assert first.replaced["train/box_loss"].x == (0, 1, 2)


def test_any_split_gives_the_same_curves() -> None:
    content = HF.read_bytes()
    whole = read(content)
    pieces = [content[at : at + 7] for at in range(0, len(content), 7)]
    assert read(*pieces) == whole


def test_a_truncated_record_waits_for_its_end() -> None:
    first, second = scalar(1, "loss", 2.0), scalar(2, "loss", 1.0)
    reader = EventFileReader()
    reader.feed_bytes("events", first + second[:-3])
    assert reader.table().series["loss"].x == (1,)
    assert reader.table().problem is None
    reader.feed_bytes("events", second[-3:])
    assert reader.table().series["loss"].x == (1, 2)


def test_a_damaged_record_is_left_out_and_named() -> None:
    bad = bytearray(scalar(2, "loss", 1.0))
    bad[-6] ^= 0xFF
    table = read(scalar(1, "loss", 2.0) + bytes(bad) + scalar(3, "loss", 0.5))
    assert table.series["loss"].x == (1, 3)
    assert table.problem == "events is damaged: a record was left out"


def test_a_damaged_length_ends_the_file_with_a_sentence() -> None:
    table = read(scalar(1, "loss", 2.0) + b"\0" * 64)
    assert table.series["loss"].x == (1,)
    assert table.problem == "events is damaged: what follows cannot be read"


def test_a_long_record_is_passed_over_in_pieces() -> None:
    image = frame(b"\x12" * 300_000)
    content = scalar(1, "loss", 2.0) + image + scalar(2, "loss", 1.0)
    reader, at = EventFileReader(), 0
    while at < len(content):
        piece = content[at : at + 4096]
        at += len(piece) + reader.feed_bytes("events", piece)
    assert reader.table().series["loss"].x == (1, 2)
    assert reader.feed_bytes("other", image[:100]) == len(image) - 100


def test_scalars_that_are_written_as_tensors_are_read() -> None:
    from tensorboard.compat.proto.event_pb2 import Event

    event = Event(step=3, wall_time=1.0)
    by_content = event.summary.value.add(tag="a")
    by_content.tensor.dtype, by_content.tensor.tensor_content = 1, struct.pack("<f", 0.5)
    by_field = event.summary.value.add(tag="b")
    by_field.tensor.dtype = 2
    by_field.tensor.double_val.append(0.25)
    several = event.summary.value.add(tag="c")
    several.tensor.dtype = 1
    several.tensor.float_val.extend((1.0, 2.0))
    table = read(frame(event.SerializeToString()))
    assert {name: one.values[0] for name, one in table.series.items()} == {"a": 0.5, "b": 0.25}


def test_the_folder_of_a_file_comes_before_its_names() -> None:
    table = read(scalar(1, "loss", 2.0), name="validation/events.out")
    assert list(table.series) == ["validation/loss"]


def test_without_the_library_the_table_says_what_to_install(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['tensorboard'] = None\n"
        "from cockpit.metrics.readers import open_reader\n"
        "reader = open_reader('tensorboard'); reader.feed_bytes('e', b'x')\n"
        "print(reader.table().problem)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "pip install 'cockpit[tensorboard]'" in done.stdout, done.stderr
