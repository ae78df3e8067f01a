from __future__ import annotations

from pathlib import Path

from cockpit.files import LineTail
from cockpit.metrics.readers import open_reader
from cockpit.metrics.series import MetricTable

DATA = Path(__file__).parent.parent / "data" / "metrics"


def read_table(file: Path, reader: str) -> MetricTable:
    open_one = open_reader(reader)
    open_one.feed(LineTail(file).read().lines)
    return open_one.table()


def read_lines(reader: str, *lines: str) -> MetricTable:
    open_one = open_reader(reader)
    open_one.feed(lines)
    return open_one.table()
