from __future__ import annotations

import json
from pathlib import Path

import pytest

from cockpit.metrics.axis_names import X_NAMES
from cockpit.metrics.detect import recognise
from cockpit.metrics.results_csv import UTF_16
from tests.metrics.paths import DATA, read_lines, read_table

REAL = {
    "results_detect_8.0.100.csv": "ultralytics-csv",
    "results_detect_8.3.0.csv": "ultralytics-csv",
    "results_detect_8.4.190.csv": "ultralytics-csv",
    "results_segment_8.4.190.csv": "ultralytics-csv",
    "lightning_metrics.csv": "csv",
    "timm_summary.csv": "csv",
    "yolov7_results_3epochs.txt": "yolov7-txt",
    "events.out.tfevents.hf": "tensorboard",
    "events.out.tfevents.lightning": "tensorboard",
    "torchrun_success.stdout": "epri-log",
    "torchrun_logdir_tee3.stdout": "epri-log",
    "mshnet_cpu.stderr.raw": "mshnet-log",
    "mshnet_metric.log": "mshnet-log",
    "layoutmaster.log.raw": "layoutmaster-log",
    "ultralytics_detect_8.0.100.log.raw": "ultralytics-log",
    "ultralytics_detect_8.3.0.log.raw": "ultralytics-log",
    "ultralytics_detect_nohup.log.raw": "ultralytics-log",
    "yolov7_killed_in_epoch3.log.raw": "yolov7-log",
    "slurm_two_node_hang.txt": "log",
    "torchrun_rank1_raises.stderr": None,
}
"""What real trainers wrote, and the reader for it."""

DEEP = b'{"config": ' * 5000 + b"1" + b"}" * 5000 + b"\n"
"""An object that no reader follows to its end."""


@pytest.mark.parametrize("name", REAL)
def test_a_file_is_told_by_what_stands_in_it(name: str) -> None:
    content = (DATA / name).read_bytes()
    assert recognise(content, content) == REAL[name]


@pytest.mark.parametrize(
    ("content", "reader"),
    [
        (b"\xef\xbb\xbfepoch,loss\r\n1,2\r\n", "csv"),
        (b"step\tloss\n10\t2.5\n", "csv"),
        (b"epoch;loss\n1;2,5\n", "csv"),
        (b"epoch,lo", None),
        (b"loss,accuracy\n2.5,0.1\n", "csv"),
        (b"name,age\nAda,36\n", None),
        (b"1,2,3\n4,5,6\n", None),
        (b'{"step": 10, "loss": 2.5}\n', "jsonl"),
        (b'{"step": 1, "loss": NaN}\n{"step": 2, "lo', "jsonl"),
        (b'{"train": {"loss": "2.5"}, "epoch": 1}\n', "jsonl"),
        (b'{"_step": 1, "acc": 0.5}\n', "jsonl"),
        (b'{"train/epoch": 1, "acc": 0.5}\n', "jsonl"),
        (b'{"train": {"epoch": 1, "acc": 0.5}}\n', "jsonl"),
        (b"_step,acc\n1,0.5\n", "csv"),
        (b"Epochs,acc\n1,0.5\n", "csv"),
        (DEEP + b'{"step": 1, "loss": 2.5}\n', "jsonl"),
        (b'{"step": 1, "loss": 2.5}\n{"step": 2, "loss": 2.5}\n' + DEEP, "jsonl"),
        (b'{"name": "x"}\n{"step": 1, "loss": 2.5}\n', "jsonl"),
        (b'{"done": true}\n', None),
        (DEEP * 2 + b'{"step": 1, "loss": 2.5}\n', None),
        (b'{"name": "x"}\n', None),
        (b'{"width": 3}\n', None),
        (b'{\n  "a": 1\n}\n', None),
        (b"{'loss': '8.616', 'grad_norm': '5.627', 'epoch': '0.3125'}\n", "hf-log"),
        (b"[default0]:{'loss': nan, 'learning_rate': 0.1, 'epoch': 1.0}\n", "hf-log"),
        (b" 40%|####  | 4/10\r{'eval_loss': 2.5, 'epoch': 1.0}\n", "hf-log"),
        (b"{'lr': 0.1, 'momentum': 0.9}\n", None),
        (b"hello\nstep 1\n", None),
        (b'hello\n{"step": 1, "loss": 2.0}\n', "jsonl"),
        (b"a\0b,epoch\n", None),
        (b"\0" * 999 + b"step,loss\n1,2.5\n", "csv"),
        (b"\0" * 999 + b"step 3 loss 0.5\nstep 4 loss 0.4\n", "log"),
        (b"step,loss\n" + b"1,2.5\n" * 40 + b"\0" * 4096 + b"9,2.5\n", "csv"),
        (b"\0" * 999, None),
        ("epoch,loss\n1,2\n".encode("utf-16"), "csv"),
        ("epoch,loss\n1,2\n".encode("utf-16-be"), "csv"),
        ('{"step": 1, "loss": 2.5}\n'.encode("utf-16-le"), "csv"),
        ("Dear Ada\n".encode("utf-16"), None),
        (b"", None),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_a_few_lines_are_enough(content: bytes, reader: str | None) -> None:
    assert recognise(content) == reader


def test_a_trainer_state_is_no_table_of_lines() -> None:
    state = {"epoch": 1.0, "global_step": 2, "log_history": [{"loss": 1.0, "step": 1}]}
    assert recognise(json.dumps(state, indent=2).encode()) == "hf"
    assert recognise(json.dumps(state).encode()) == "hf"


def test_a_log_whose_start_is_silent_is_told_by_its_end() -> None:
    head = b"loading data\n" * 6000
    assert recognise(head) is None
    assert recognise(head, b"Epoch 3\n  Average Loss: 2.5\n") == "epri-log"


def test_objects_below_a_line_longer_than_what_is_looked_at_are_lines_of_json() -> None:
    rows = b"".join(b'{"step": %d, "loss": 2.5}\n' % step for step in range(9))
    content = b'{"config": "' + b"x" * (100 << 10) + b'"}\n' + rows
    assert recognise(content, content) == "jsonl"


@pytest.mark.parametrize("name", sorted(X_NAMES))
def test_what_a_reader_lays_results_along_is_recognised_and_the_reverse(name: str) -> None:
    rows = (json.dumps({name: 7, "acc": 0.5}), json.dumps({name: 9, "acc": 0.25}))
    table = f"{name},acc\n7,0.5\n9,0.25\n"
    assert recognise(("\n".join(rows) + "\n").encode()) == "jsonl"
    assert recognise(table.encode()) == "csv"
    for read in (read_lines("jsonl", *rows), read_lines("csv", *table.split("\n"))):
        assert set(read.series) == {"acc"}
        assert tuple(read.series["acc"].x) == (7, 9)


def test_a_log_that_was_cut_while_written_is_told_by_its_end() -> None:
    head = b"\0" * (200 << 10)
    assert recognise(head, head + b"Epoch 3\n  Average Loss: 2.5\n") == "epri-log"
    assert recognise(head, head) is None
    assert recognise(head, b"Average Loss: 2.5\n\0\1\0\2\0\3") is None


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_wide_text_leads_to_a_reader_that_says_what_to_do(codec: str, tmp_path: Path) -> None:
    file = tmp_path / "results.csv"
    file.write_bytes("epoch,loss\n1,2\n".encode(codec))
    reader = recognise(file.read_bytes())
    assert reader is not None
    assert read_table(file, reader).problem == UTF_16


@pytest.mark.parametrize(
    ("reader", "lines"),
    [
        ("csv", ("epoch,loss", "1,2.5")),
        ("jsonl", ('{"epoch": 1, "loss": 2.5}',)),
        ("log", ("Epoch 1/5 loss 2.5",)),
        ("hf-log", ("{'loss': '2.5', 'epoch': '1'}",)),
    ],
)
def test_a_file_that_begins_with_nul_is_read_behind_them(
    reader: str, lines: tuple[str, ...]
) -> None:
    table = read_lines(reader, "\0" * 9999 + lines[0], *lines[1:])
    assert tuple(table.series["loss"].values) == (2.5,)
    assert table.problem is None


def test_what_is_no_file_of_results_is_told_apart_at_any_length() -> None:
    content = (DATA / "events.out.tfevents.hf").read_bytes()
    assert recognise(content[:11]) is None
    assert recognise(content[:12]) == "tensorboard"
    assert recognise(content[1:]) is None
