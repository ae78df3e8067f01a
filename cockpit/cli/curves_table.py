"""Curves as JSON and as CSV: the contract of `cockpit metrics`. Pure."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from typing import Final

from cockpit.errors import InputError, nearest
from cockpit.metrics.series import MetricSeries, MetricTable, Point, Segment

ROWS_AT_ONCE: Final = 1000
Number = float | int | None


def chosen(table: MetricTable, keys: Sequence[str]) -> list[str]:
    """Return the names that `--keys` asks for, in the order asked; all of them without any.

    Raises InputError that names every key that fits nothing, with the nearest name.
    """
    wanted = [one.strip() for text in keys for one in text.split(",") if one.strip()]
    names = list(table.series)
    if not wanted:
        return names
    found: list[str] = []
    unknown: list[str] = []
    for key in wanted:
        fits = [key] if key in table.series else [one for one in names if fnmatchcase(one, key)]
        found += fits
        unknown += [] if fits else [f"{key}{nearest(key, names)}"]
    if unknown:
        known = ", ".join(names) or "none yet"
        raise InputError(f"--keys: no series is named {', '.join(unknown)}", f"it has: {known}")
    return list(dict.fromkeys(found))


def json_pieces(table: MetricTable, reader: str, names: Sequence[str]) -> Iterator[str]:
    """Yield the pieces of one JSON object; NaN and infinity are null, as missing values are."""
    x = union([table.series[name] for name in names])
    yield f'{{"reader": {_dump(reader)}, "axis": {_dump(str(table.axis))},\n"x": {_dump(_plain(x))}'
    yield ',\n"series": {'
    for number, name in enumerate(names):
        values = _finite(aligned(table.series[name], x))
        yield f"{',' if number else ''}\n{_dump(name)}: {_dump(values)}"
    segments = [_segment(one, names) for one in table.segments]
    best = {name: _point(table.series[name].best) for name in names if table.series[name].best}
    yield f'}},\n"segments": {_dump(segments)},\n"best": {_dump(best)}}}\n'


def csv_lines(table: MetricTable, names: Sequence[str]) -> Iterator[str]:
    """Yield rows: x and a column for each series; empty without a value, `nan` and `inf` said."""
    x = union([table.series[name] for name in names])
    columns = [aligned(table.series[name], x) for name in names]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([str(table.axis), *names])
    rows = zip(_plain(x), *columns, strict=True)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        writer.writerows(some)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def union(series: Sequence[MetricSeries]) -> Sequence[float]:
    """Return every x at which any of the series has a value, rising."""
    if not series:
        return ()
    first = series[0].x
    if all(one.x is first or (len(one.x) == len(first) and one.x == first) for one in series):
        return first
    return sorted(set().union(*(one.x for one in series)))


def aligned(series: MetricSeries, x: Sequence[float]) -> list[Number]:
    """Return the values of a series at each x; None where it has none."""
    if len(series.x) == len(x):
        return list(series.values)
    known = dict(zip(series.x, series.values, strict=True))
    return [known.get(at) for at in x]


def _segment(segment: Segment, names: Sequence[str]) -> dict[str, object]:
    kept = {name: one for name, one in segment.replaced.items() if name in set(names)}
    replaced: Mapping[str, object] | None = None
    if kept:
        x = union(list(kept.values()))
        series = {name: _finite(aligned(one, x)) for name, one in kept.items()}
        replaced = {"x": _plain(x), "series": series}
    return {
        "start": _whole(segment.start),
        "end": _whole(segment.end),
        "rows": segment.rows,
        "replaced": replaced,
    }


def _point(point: Point | None) -> dict[str, Number]:
    return {"x": _whole(point.x), "value": point.value} if point else {}


def _finite(values: list[Number]) -> list[Number]:
    if all(value is None or math.isfinite(value) for value in values):
        return values
    return [value if value is not None and math.isfinite(value) else None for value in values]


def _plain(x: Iterable[float]) -> list[Number]:
    return [_whole(at) for at in x]


def _whole(value: float) -> Number:
    return int(value) if float(value).is_integer() else value


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
