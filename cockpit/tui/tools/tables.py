"""The rows of a tool as a table: columns with their heads, numbers right-aligned. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rich.cells import cell_len

from cockpit.tool_runs.events import Cell, Row
from cockpit.tui.bars import bar
from cockpit.tui.ink import Line, fit, right, select
from cockpit.tui.tools.words import one_line
from cockpit.units import GIB, KIB, MIB, MISSING, short_duration

GAP: Final = 2
BAR_WIDTH: Final = 8
SLOW_GB_PER_S: Final = 10.0
"""Where nothing is faster, bandwidths have more decimals."""
MOST_GENERIC: Final = 9
"""So many columns of a table that nothing is known of."""
WIDEST: Final = 24

Values = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    key: str
    head: str
    width: int
    show: Callable[[Cell], str]
    look: str = "text"
    is_left: bool = False
    bar_of: bool = False
    """A bar against the greatest value stands after it."""
    is_extra: bool = False
    """It gives way where there is no room."""


def number(value: Cell) -> float | None:
    """Return a value as a number, or None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def fixed(decimals: int) -> Callable[[Cell], str]:
    """Return what writes numbers with so many decimals."""

    def show(value: Cell) -> str:
        found = number(value)
        return MISSING if found is None else f"{found:,.{decimals}f}"

    return show


def gib_words(value: Cell) -> str:
    """Return bytes in GiB: `7.1`."""
    found = number(value)
    return MISSING if found is None else f"{found / GIB:.1f}"


def size_words(value: Cell) -> str:
    """Return a message size: `256 KiB`."""
    found = number(value)
    if found is None:
        return MISSING
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if found >= unit:
            return f"{found / unit:.4g} {name}"
    return f"{found:.0f} B"


def time_words(value: Cell) -> str:
    """Return microseconds in milliseconds with three digits that matter."""
    found = number(value)
    if found is None:
        return MISSING
    found /= 1000
    return f"{found:.3f}" if found < 1 else f"{found:.2f}" if found < 10 else f"{found:,.1f}"


def seconds_words(value: Cell) -> str:
    """Return a duration: `1h 39m`, `0.3 s`."""
    found = number(value)
    return MISSING if found is None else short_duration(found)


def share(value: Cell) -> str:
    """Return a part from 0 to 1 as a percentage: `92 %`."""
    found = number(value)
    return MISSING if found is None else f"{100 * found:.0f} %"


def text(value: Cell) -> str:
    """Return a word, a number, yes or no."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return one_line(f"{value:g}" if isinstance(value, float) else str(value))


COLLECTIVE: Final = (
    Column("size_bytes", "size", 9, size_words),
    Column("time_us", "time ms", 9, time_words),
    Column("time_p99_us", "p99 ms", 8, time_words, "muted", is_extra=True),
    Column("algbw_gb_per_s", "algbw", 7, fixed(1), "muted"),
    Column("busbw_gb_per_s", "busbw", 7, fixed(1), bar_of=True),
    Column("wrong", "wrong", 6, fixed(0), "muted"),
)
MEMORY: Final = (
    Column("batch", "batch", 6, fixed(0)),
    Column("driver_used_bytes", "driver", 8, gib_words),
    Column("reserved_bytes", "reserved", 9, gib_words, "muted"),
    Column("allocated_bytes", "allocated", 10, gib_words, "muted"),
    Column("samples_per_s", "img/s", 8, fixed(0), bar_of=True),
    Column("step_time_ms", "step ms", 8, fixed(0), "muted"),
)
HOST_MEMORY: Final = (
    MEMORY[0],
    Column("peak_rss_bytes", "peak RSS", 9, size_words),
    *MEMORY[-2:],
)
SCALING: Final = (
    Column("mode", "mode", 7, text, "muted", is_left=True),
    Column("method", "method", 9, text, "muted", is_left=True, is_extra=True),
    Column("world_size", "ranks", 5, fixed(0)),
    Column("batch_per_rank", "batch", 6, fixed(0), "muted", is_extra=True),
    Column("global_batch", "global", 7, fixed(0), "muted"),
    Column("samples_per_s", "img/s", 9, fixed(0), bar_of=True),
    Column("step_time_ms", "step ms", 8, fixed(1), "muted"),
    Column("speedup", "speedup", 8, fixed(2)),
    Column("scaling_efficiency", "of ideal", 8, share),
    Column("karp_flatt", "serial", 7, fixed(3), "muted", is_extra=True),
)
STEPTIME: Final = (
    Column("phase", "phase", 18, text, is_left=True),
    Column("time_ms", "ms", 9, fixed(2)),
    Column("share_pct", "%", 7, fixed(1), bar_of=True),
)
IMAGE_SIZE: Final = Column("image_size", "px", 5, fixed(0), "muted")
BY_NAME: Final = {
    "memory": MEMORY,
    "verification": MEMORY,
    "scaling": SCALING,
    "steptime": STEPTIME,
}


def columns_of(table: str, rows: Sequence[Row]) -> tuple[Column, ...]:
    """Return the columns of a table; those of one not known here follow from its keys."""
    if table in BY_NAME:
        has_sizes = len({row.values.get("image_size") for row in rows}) > 1
        is_host = any(number(row.values.get("peak_rss_bytes")) is not None for row in rows)
        own = HOST_MEMORY if is_host else BY_NAME[table]
        return (*((IMAGE_SIZE,) if has_sizes else ()), *own)
    if rows and "busbw_gb_per_s" in rows[0].values:
        fastest = max((number(row.values.get("busbw_gb_per_s")) or 0.0 for row in rows), default=0)
        return COLLECTIVE if fastest >= SLOW_GB_PER_S else _with_decimals(COLLECTIVE)
    keys = dict.fromkeys(key for row in rows for key in row.values)
    keys = dict.fromkeys(
        key for key in keys if any(row.values.get(key) is not None for row in rows)
    )
    return tuple(_generic(key, rows) for key in list(keys)[:MOST_GENERIC])


def _with_decimals(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns with thousandths of a GB/s: between CPUs a tenth says nothing."""
    return tuple(
        replace(column, show=fixed(3)) if column.key.endswith("gb_per_s") else column
        for column in columns
    )


def _generic(key: str, rows: Sequence[Row]) -> Column:
    head, show = key.replace("_", " "), text
    if key.endswith("_bytes"):
        head, show = head.removesuffix(" bytes"), size_words
    elif key.endswith("_s") and not key.endswith("_per_s"):
        head, show = head.removesuffix(" s"), seconds_words
    elif key.endswith("_per_s"):
        head = head.removesuffix(" per s") + "/s"
    is_word = all(number(row.values.get(key)) is None for row in rows)
    widest = max((cell_len(show(row.values.get(key))) for row in rows), default=0)
    return Column(key, head, min(WIDEST, max(widest, cell_len(head))), show, is_left=is_word)


def fitting(columns: Sequence[Column], width: int) -> tuple[Column, ...]:
    """Return the columns for which there is room: the extra ones give way to bars."""
    kept = list(columns)
    while _width(kept, bars=True) > width and any(column.is_extra for column in kept):
        kept.remove([column for column in kept if column.is_extra][-1])
    while len(kept) > 1 and _width(kept, bars=False) > width:
        kept.pop()
    return tuple(kept)


def table_width(table: str, rows: Sequence[Row]) -> int:
    """Return how many cells a table takes with all of its columns, but for bars."""
    return _width(columns_of(table, rows), bars=False)


def _width(columns: Sequence[Column], *, bars: bool) -> int:
    own = sum(column.width for column in columns) + GAP * (len(columns) - 1)
    return own + sum(BAR_WIDTH + 1 for column in columns if column.bar_of and bars)


def table_lines(
    table: str, rows: Sequence[Row], width: int, chosen: Row | None = None
) -> tuple[Line, ...]:
    """Return the head and the rows; the chosen one is marked, its last number strong."""
    columns = fitting(columns_of(table, rows), width)
    has_bars = _width(columns, bars=True) <= width
    most = {
        column.key: max((number(row.values.get(column.key)) or 0.0 for row in rows), default=0.0)
        for column in columns
        if column.bar_of
    }
    out = [_head(columns, has_bars=has_bars)]
    for row in rows:
        line = _row(row, columns, most if has_bars else {}, width, is_chosen=row is chosen)
        out.append(line)
    return tuple(out)


def _head(columns: Sequence[Column], *, has_bars: bool) -> Line:
    parts = []
    for column in columns:
        word = (
            fit(column.head, column.width) if column.is_left else right(column.head, column.width)
        )
        parts.append(word + (" " * (BAR_WIDTH + 1) if column.bar_of and has_bars else ""))
    return (((" " * GAP).join(parts), "faint"),)


def _row(
    row: Row, columns: Sequence[Column], most: Mapping[str, float], width: int, *, is_chosen: bool
) -> Line:
    failed = outcome_words(row.values)
    line: Line = ()
    for at, column in enumerate(columns):
        gap = " " * GAP if at else ""
        if failed and at == 1:
            room = max(0, width - column_end(columns, 1) - GAP)
            line += ((gap, "text"), (fit(f"✗ {failed}", room), "danger"))
            break
        line += ((gap, "text"), *_cell(column, row.values, is_chosen=is_chosen))
        if column.bar_of and column.key in most:
            value = number(row.values.get(column.key))
            part = value / most[column.key] if value is not None and most[column.key] else None
            line += ((" ", "text"), *bar(part, BAR_WIDTH))
    return select(line) if is_chosen else line


def column_end(columns: Sequence[Column], count: int) -> int:
    """Return where the first so many columns end."""
    return sum(column.width for column in columns[:count]) + GAP * max(0, count - 1)


def _cell(column: Column, values: Values, *, is_chosen: bool) -> Line:
    value = values.get(column.key)
    word = column.show(value)
    look = "strong" if is_chosen and column.bar_of else column.look
    if word == MISSING:
        look = "faint"
    if column.key == "wrong" and (number(value) or 0) > 0:
        look = "danger"
    return ((fit(word, column.width) if column.is_left else right(word, column.width), look),)


def outcome_words(values: Values) -> str:
    """Return what went wrong in place of the numbers: `out of memory, needed 8.9 GiB`."""
    outcome = values.get("outcome")
    if not isinstance(outcome, str) or outcome in ("", "ok"):
        return ""
    words = one_line(outcome)
    needed = number(values.get("needed_bytes"))
    return words if needed is None else f"{words}, needs {needed / GIB:.1f} GiB"
