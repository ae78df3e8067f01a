"""The GPUs of this machine as a table for people; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.cli.gpu_notes import notes
from cockpit.cli.gpu_objects import NOBODY, Owners
from cockpit.cli.gpu_words import (
    host_lines,
    memory,
    power,
    process_words,
    short_name,
    slowed_by,
    temperature,
)
from cockpit.cli.text_width import cut, pad_left, pad_right, plain, width
from cockpit.devices.sample import DeviceReading, DeviceSource, GpuSample
from cockpit.devices.throttle import Throttle
from cockpit.units import MISSING, age, percent

GAP: Final = "  "
STATE: Final = "read"
LEAST_STATE: Final = 12
"""So many cells the last column keeps; what is cut there is told under the table."""
ON_CPU: Final = "Trainings run on the CPU here; cockpit run quickstart is made for that"
WAITING: Final = "A driver that starts slowly is waited for by cockpit gpus --watch"
RUN: Final = "run"
SLOWED: Final = "slowed by"
WIDEST_RUN: Final = 28
NARROW_RUN: Final = 16


@dataclass(frozen=True, slots=True)
class Column:
    """One column before the last one."""

    title: str
    cell: Callable[[GpuSample], str]
    is_text: bool = False
    """Words stand at the left, numbers at the right."""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one GPU; of one without values, few cells and a long last one."""

    cells: tuple[str, ...]
    state: str


def text_lines(
    reading: DeviceReading, now_s: float, owners: Owners = NOBODY, columns: int | None = None
) -> list[str]:
    """Return the table, or why there is none, the processes that need a word, and the host.

    `columns`: as wide as the terminal is; None: as wide as it gets.
    """
    layout = fitting(reading.gpus, owners, now_s, columns)
    titles = {column.title for column in layout}
    table = _table(reading.gpus, layout, now_s)
    clipped = [
        gpu
        for gpu, line in zip(reading.gpus, table[1:], strict=False)
        if columns is not None and width(line) > columns
    ]
    lines = [
        plain(line)
        for line in (
            *_title(reading, has_names="name" in titles),
            *table,
            *notes(reading, owners, clipped, has_reasons=SLOWED in titles),
            *host_lines(reading.host, columns),
        )
    ]
    return lines if columns is None else [cut(line, columns) for line in lines]


def reason_without_gpu(reading: DeviceReading) -> str:
    """Return why there is no GPU, in one sentence."""
    problem = reading.inventory.problem if reading.inventory else None
    return problem or "no GPU was found"


def _title(reading: DeviceReading, *, has_names: bool) -> list[str]:
    inventory = reading.inventory
    if not reading.gpus:
        reason = reason_without_gpu(reading)
        is_silent = "no answer" in reason
        return [f"No GPU: {reason}", WAITING if is_silent else ON_CPU]
    lines = []
    if inventory and inventory.source is DeviceSource.SIMULATED:
        lines.append("SIMULATED  these GPUs are not in this machine (COCKPIT_DEVICES)")
    names = {short_name(gpu.name) for gpu in reading.gpus if gpu.name and gpu.mig_index is None}
    said = [] if has_names or not names else [", ".join(sorted(names))]
    if inventory and inventory.driver:
        said.append(f"driver {inventory.driver}")
    if said:
        lines.append(" · ".join(said))
    if inventory and inventory.problem:
        lines.append(f"▲ {inventory.problem}")
    return lines


def fitting(
    gpus: Sequence[GpuSample], owners: Owners, now_s: float, columns: int | None
) -> list[Column]:
    """Return the columns that a terminal of that width has room for: the right ones go first."""
    layout = all_columns(owners)
    is_one_kind = len({gpu.name for gpu in gpus if gpu.mig_index is None}) == 1
    last = ("name", RUN) if is_one_kind else (RUN, "name")  # one name can stand above the table
    narrow = Column(RUN, lambda gpu: user_of(gpu, owners, NARROW_RUN), is_text=True)
    for title, instead in (
        *(("MHz", []), (SLOWED, []), (RUN, [narrow])),
        *((title, []) for title in (*last, "power", "temp")),
    ):
        if columns is None or _least_width(gpus, layout, now_s) <= columns:
            break
        kept = ([column] if column.title != title else instead for column in layout)
        layout = [column for columns_ in kept for column in columns_]
    return layout


def all_columns(owners: Owners) -> list[Column]:
    """Return every column, in the order in which they stand."""
    return [
        Column("GPU", lambda gpu: gpu.label),
        Column("name", lambda gpu: short_name(gpu.name), is_text=True),
        Column("util", lambda gpu: percent(gpu.utilization_pct)),
        Column("memory GiB", memory),
        Column("temp", temperature),
        Column("power", power),
        Column(RUN, lambda gpu: user_of(gpu, owners, WIDEST_RUN), is_text=True),
        Column(SLOWED, _slowed, is_text=True),
        Column("MHz", lambda gpu: _whole(gpu.sm_clock_mhz)),
    ]


def user_of(gpu: GpuSample, owners: Owners, room: int) -> str:
    """Return `run · r3`, or user and command of the largest process, or nothing."""
    owner = owners.by_gpu.get(gpu.key)
    if owner is not None:
        return cut(plain(owner.label), room)
    return cut(process_words(gpu.processes), room) if gpu.processes else ""


def _slowed(gpu: GpuSample) -> str:
    """Return what holds the clock down; an idle GPU is not held down."""
    return MISSING if gpu.throttle is None else slowed_by(gpu, ~Throttle.IDLE)


def _whole(value: float | None) -> str:
    return MISSING if value is None else f"{value:.0f}"


def _table(gpus: Sequence[GpuSample], layout: Sequence[Column], now_s: float) -> list[str]:
    if not gpus:
        return []
    rows = [_row(gpu, layout, now_s) for gpu in gpus]
    widths = _widths(layout, rows)
    head = Row(tuple(column.title for column in layout), STATE)
    return [_line(row, layout, widths) for row in (head, *rows)]


def _least_width(gpus: Sequence[GpuSample], layout: Sequence[Column], now_s: float) -> int:
    rows = [_row(gpu, layout, now_s) for gpu in gpus]
    state = max((min(width(row.state), LEAST_STATE) for row in rows), default=len(STATE))
    return sum(_widths(layout, rows)) + len(GAP) * len(layout) + state


def _widths(layout: Sequence[Column], rows: Iterable[Row]) -> list[int]:
    full = [row.cells for row in rows]
    return [
        max([width(column.title), *(width(cells[place]) for cells in full if place < len(cells))])
        for place, column in enumerate(layout)
    ]


def _line(row: Row, layout: Sequence[Column], widths: Sequence[int]) -> str:
    """Join the cells; numbers go right, words and the last, open cell go left."""
    padded = [
        pad_right(cell, room) if column.is_text else pad_left(cell, room)
        for cell, column, room in zip(row.cells, layout, widths, strict=False)
    ]
    return GAP.join((*padded, row.state)).rstrip()


def _row(gpu: GpuSample, layout: Sequence[Column], now_s: float) -> Row:
    """Return a full row, or index, name and the problem of a GPU that gives no values."""
    gives_values = gpu.problem is None or (gpu.has_readings and not gpu.is_lost)
    if gives_values:
        return Row(tuple(column.cell(gpu) for column in layout), _state(gpu, now_s))
    head = tuple(column.cell(gpu) for column in layout[:2] if column.title in ("GPU", "name"))
    return Row(head, _last_seen(gpu, now_s))


def _state(gpu: GpuSample, now_s: float) -> str:
    if gpu.problem is not None:
        return f"▲ {gpu.problem}"
    shown = age(now_s - gpu.time)
    return shown if shown == "now" else f"▲ {shown}"


def _last_seen(gpu: GpuSample, now_s: float) -> str:
    sign = "✗" if gpu.is_lost else "▲"
    if not gpu.has_readings:
        return f"{sign} {gpu.problem}"
    values = f"{percent(gpu.utilization_pct)}, {memory(gpu)} GiB, {temperature(gpu)}"
    return f"{sign} {gpu.problem} · last {values}, {age(now_s - gpu.time)}"
