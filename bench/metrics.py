"""What a long results file costs, beside parsers that show nothing: `python -m bench.metrics`.

Each figure is the median of five rounds, of which each is a process of its own. A table is ready
when its curves can be drawn: their best points are known, and so are the segments.
"""

from __future__ import annotations

import csv
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROUNDS: Final = 5
ROWS: Final = 100_000
COLUMNS: Final = 20
ADDED_ROWS: Final = 100
PAGE_BYTES: Final = 4096


@dataclass(frozen=True)
class Figure:
    """One thing that is measured, by its name in what a round prints."""

    key: str
    name: str
    unit: str
    most: float | None = None
    """The target; None: it is there to compare with."""


FIGURES: Final = (
    Figure("csv_s", "floor: csv.reader and float()", "s"),
    Figure("pandas_s", "floor: pandas.read_csv, imported", "s"),
    Figure("first_s", "first table", "s", most=0.5),
    Figure("same_s", "the table again, nothing added", "s", most=0.002),
    Figure("append_s", f"{ADDED_ROWS} rows more", "s", most=0.02),
    Figure("added_mib", "memory added", "MiB", most=60),
    Figure("resumed_s", "first table, resumed 20 times", "s"),
    Figure("sparse_s", "first table, half of the cells empty, by step", "s"),
)


def main() -> int:
    """Print all figures; return how many targets are missed."""
    rounds: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        write_all(Path(folder))
        for _ in range(ROUNDS):
            figures: dict[str, float] = {}
            for what in MEASURES:
                argv = (sys.executable, "-m", "bench.metrics", what, folder)
                found = subprocess.run(argv, check=True, capture_output=True, text=True)
                figures |= json.loads(found.stdout)
            rounds.append(figures)
    print(f"\nA results file of {ROWS:,} rows and {COLUMNS} columns")
    return sum(print_figure(one, [figures.get(one.key) for figures in rounds]) for one in FIGURES)


def print_figure(figure: Figure, found: list[float | None]) -> bool:
    """Print a figure's line; return True when its target is missed."""
    values = [value for value in found if value is not None]
    if not values:
        print(f"{figure.name:<46} not installed")
        return False
    middle = statistics.median(values)
    is_missed = figure.most is not None and middle > figure.most
    target = "" if figure.most is None else f"target {figure.most:g}"
    spread = f"{min(values):.3f} to {max(values):.3f}"
    mark = "  MISSED" if is_missed else ""
    print(f"{figure.name:<46} {middle:7.3f} {figure.unit:<3}  {spread:<18} {target}{mark}")
    return is_missed


def write_all(folder: Path) -> None:
    """Write the files that the rounds read; the rows that come later in files of their own."""
    rng = random.Random(5)
    names = ",".join(["epoch", *(f"metric{number}" for number in range(1, COLUMNS))])
    rows = [
        ",".join([str(epoch), *(f"{rng.random():.6g}" for _ in range(1, COLUMNS))])
        for epoch in range(1, ROWS + ADDED_ROWS + 1)
    ]
    write_lines(folder / "plain.csv", [names, *rows[:ROWS]])
    write_lines(folder / "added.csv", rows[ROWS:])
    write_lines(folder / "resumed.csv", [names, *resumed(rows[:ROWS])])
    write_lines(folder / "sparse.csv", [f"epoch,step,{names[6:]}", *sparse(rows[:ROWS])])


def write_lines(file: Path, lines: list[str]) -> None:
    """Write lines of text."""
    file.write_text("".join(f"{line}\n" for line in lines))


def resumed(rows: list[str]) -> Iterator[str]:
    """Yield rows of which each twentieth is followed by the last ten done again."""
    part = len(rows) // 20
    for at in range(0, len(rows), part):
        yield from rows[max(at - 10, 0) : at + part]


def sparse(rows: list[str]) -> Iterator[str]:
    """Yield the same by step, training and validation in rows of their own."""
    for step, row in enumerate(rows):
        cells = row.split(",")[1:]
        shown = [cell if (at + step) % 2 else "" for at, cell in enumerate(cells)]
        yield ",".join([str(step // 1000), str(step), *shown])


def cockpits_own(folder: Path) -> Mapping[str, float]:
    """Measure the first table, the same again, and rows that come later."""
    from cockpit.files import LineTail
    from cockpit.metrics.readers import open_reader

    file, before_mib = folder / "plain.csv", resident_mib()
    tail, reader = LineTail(file), open_reader("csv")

    def read() -> float:
        began = time.perf_counter()
        has_more = True
        while has_more:
            found = tail.read()
            reader.feed(found.lines)
            has_more = found.has_more
        table = reader.table()
        assert all(one.extremes is not None for one in table.series.values())
        return time.perf_counter() - began

    figures = {"first_s": read(), "same_s": read()}
    figures["added_mib"] = resident_mib() - before_mib
    whole = file.read_text()
    try:
        with file.open("a") as more:
            more.write((folder / "added.csv").read_text())
        figures["append_s"] = read()
    finally:
        file.write_text(whole)
    if reader.table().epoch != ROWS + ADDED_ROWS:
        raise RuntimeError("not all rows were read")
    return figures


def first_table(name: str) -> Callable[[Path], Mapping[str, float]]:
    """Return a measure of the first table of one file."""

    def measure(folder: Path) -> Mapping[str, float]:
        from cockpit.files import LineTail
        from cockpit.metrics.readers import open_reader

        began = time.perf_counter()
        tail, reader = LineTail(folder / f"{name}.csv"), open_reader("csv")
        while (found := tail.read()).lines:
            reader.feed(found.lines)
        reader.table()
        return {f"{name}_s": time.perf_counter() - began}

    return measure


def with_csv(folder: Path) -> Mapping[str, float]:
    """Measure the standard library's parser, each cell a number."""
    began = time.perf_counter()
    with (folder / "plain.csv").open(newline="") as file:
        rows = csv.reader(file)
        next(rows)
        numbers = [list(map(float, row)) for row in rows]
    assert len(numbers) == ROWS
    return {"csv_s": time.perf_counter() - began}


def with_pandas(folder: Path) -> Mapping[str, float]:
    """Measure pandas, import left out; nothing where it is not installed."""
    try:
        import pandas
    except ImportError:
        return {}
    began = time.perf_counter()
    pandas.read_csv(folder / "plain.csv")
    return {"pandas_s": time.perf_counter() - began}


def resident_mib() -> float:
    """Return the memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * PAGE_BYTES / (1 << 20)


MEASURES: Final[Mapping[str, Callable[[Path], Mapping[str, float]]]] = {
    "own": cockpits_own,
    "csv": with_csv,
    "pandas": with_pandas,
    "resumed": first_table("resumed"),
    "sparse": first_table("sparse"),
}
"""Each is run in a process of its own."""


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(dict(MEASURES[sys.argv[1]](Path(sys.argv[2])))))
    else:
        sys.exit(1 if main() else 0)
