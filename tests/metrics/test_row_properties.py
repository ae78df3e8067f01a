from __future__ import annotations

import csv
import io
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cockpit.files import LineTail
from cockpit.metrics.readers import open_reader
from cockpit.metrics.series import MetricTable

READERS = ("csv", "ultralytics-csv", "yolov7-txt")
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

cells = st.one_of(
    st.integers(-2, 12).map(str),
    st.floats(width=32).map(repr),
    st.sampled_from(
        ("", "nan", "inf", "-inf", "None", "x", " 3 ", "1e400", "0,5", '"7"', "\ufeff")
    ),
)
headers = st.lists(
    st.sampled_from(("epoch", "step", "time", "loss", "val_loss", "acc_epoch", "lr", "", '"a,b"')),
    min_size=1,
    max_size=6,
)
odd_lines = st.sampled_from(("", "\r", "\0", "1,2", "epoch,loss", "step,loss", "\ufffd" * 9, '"'))
"""Lines that stand between the rows of a table."""


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Return a table with rows of numbers that mostly rise, and damage between them."""
    names = draw(headers)
    delimiter = draw(st.sampled_from((",", ",", "\t", ";")))
    lines = [delimiter.join(names)]
    for number in range(draw(st.integers(0, 12))):
        row = [
            str(number // 2 if name == "epoch" else number)
            if name in ("epoch", "step", "time") and draw(st.booleans())
            else draw(cells)
            for name in names
        ]
        lines.append(delimiter.join(row))
        if draw(st.integers(0, 8)) == 0:
            lines.append(draw(odd_lines))
    return draw(st.sampled_from(("\n", "\r\n"))).join([*lines, ""]).encode()


@st.composite
def results_txts(draw: st.DrawFn) -> bytes:
    lines = []
    for number in range(draw(st.integers(0, 8))):
        epoch = number if draw(st.booleans()) else draw(st.integers(0, 9))
        values = draw(st.lists(st.floats(0, 9), min_size=12, max_size=13))
        row = (f"{epoch}/9", "5.2G", *(f"{value:.4g}" for value in values))
        lines.append("".join(f"{cell:>10}" for cell in row))
    return "".join(f"{line}\n" for line in lines).encode()


def whole(table: MetricTable) -> str:
    """Return all of a table as text: NaN equals NaN there."""

    def curves(series: object) -> object:
        assert isinstance(series, dict) or hasattr(series, "items")
        return [(name, tuple(one.x), tuple(one.values)) for name, one in series.items()]

    segments = [(one.start, one.end, one.rows, curves(one.replaced)) for one in table.segments]
    return repr((
        curves(table.series), table.axis, curves(table.scales), segments, table.epoch,
        table.epochs, tuple(table.epoch_ends), table.problem, table.resumed_after,
    ))  # fmt: skip


def read_at_once(reader: str, data: bytes) -> MetricTable:
    one = open_reader(reader)
    one.feed([line.decode("utf-8", "replace") for line in data.split(b"\n")[:-1]])
    return one.table()


def read_in_parts(reader: str, data: bytes, cuts: Sequence[int]) -> MetricTable:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "results")
        file.touch()
        tail, one = LineTail(file), open_reader(reader)
        ends = [*sorted(min(cut, len(data)) for cut in cuts), len(data)]
        for start, end in zip([0, *ends], ends, strict=False):
            with file.open("ab") as more:
                more.write(data[start:end])
            found = tail.read()
            assert not found.restarted
            one.feed(found.lines)
            one.table()
        return one.table()


@pytest.mark.parametrize("reader", READERS)
@QUICK
@given(data=st.data())
def test_any_split_into_reads_gives_the_same_series(reader: str, data: st.DataObject) -> None:
    content = data.draw(results_txts() if reader == "yolov7-txt" else tables())
    cuts = data.draw(st.lists(st.integers(0, len(content)), max_size=6))
    assert whole(read_in_parts(reader, content, cuts)) == whole(read_at_once(reader, content))


@pytest.mark.parametrize("reader", READERS)
@QUICK
@given(data=st.data())
def test_rows_taken_together_give_what_single_rows_give(reader: str, data: st.DataObject) -> None:
    content = data.draw(results_txts() if reader == "yolov7-txt" else tables())
    singly = open_reader(reader)
    for line in content.decode().split("\n")[:-1]:
        singly.feed([line])
    assert whole(singly.table()) == whole(read_at_once(reader, content))


@pytest.mark.parametrize("reader", READERS)
@QUICK
@given(data=st.data())
def test_any_prefix_parses_and_what_it_tells_is_sound(reader: str, data: st.DataObject) -> None:
    content = data.draw(results_txts() if reader == "yolov7-txt" else tables())
    table = read_at_once(reader, content[: data.draw(st.integers(0, len(content)))] + b"\n")
    for series in (*table.series.values(), *table.scales.values()):
        assert len(series.x) == len(series.values) > 0
        assert all(early < late for early, late in zip(series.x, series.x[1:], strict=False))
    for scale in table.scales.values():
        assert list(scale.values) == sorted(scale.values)
    assert all(one.start <= one.end and one.rows > 0 for one in table.segments)
    assert list(table.resumed_after) == sorted(table.resumed_after)
    assert len(table.resumed_after) < max(len(table.segments), 1)
    assert bool(table.segments) or not table.series


@pytest.mark.parametrize("reader", READERS)
@QUICK
@given(
    content=st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(b"epoch,a,b\n".__add__))
)
def test_random_bytes_never_raise(reader: str, content: bytes) -> None:
    table = read_at_once(reader, content)
    whole(table)
    assert all(name.isprintable() for name in table.series)


@QUICK
@given(
    names=st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5, unique=True),
    first=st.integers(0, 3),
    rows=st.lists(st.lists(st.floats(), min_size=5, max_size=5), max_size=20),
    delimiter=st.sampled_from((",", "\t", ";")),
    lead=st.sampled_from(("epoch", "step")),
)
def test_a_well_formed_table_gives_what_a_simple_parser_does(
    names: list[str], first: int, rows: list[list[float]], delimiter: str, lead: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow([lead, *names])
    for number, row in enumerate(rows, start=first):
        writer.writerow([number, *row[: len(names)]])
    table = read_at_once("csv", text.getvalue().encode())
    shift = 1 if first == 0 and lead == "epoch" else 0
    found = list(csv.DictReader(io.StringIO(text.getvalue()), delimiter=delimiter))
    assert set(table.series) == (set(names) if rows else set())
    for name, series in table.series.items():
        assert tuple(series.x) == tuple(int(row[lead]) + shift for row in found)
        for value, read in zip(series.values, found, strict=True):
            expected = float(read[name])
            assert value == expected or (math.isnan(value) and math.isnan(expected))
