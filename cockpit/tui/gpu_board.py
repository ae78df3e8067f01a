"""The rows of the GPU screen: long histories for a few GPUs, heat strips for many. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cockpit.devices.sample import GpuSample
from cockpit.tui.gpu_layout import memory_digits
from cockpit.units import duration
from cockpit.views.gpu_history import Cells, Figure, choose_cells

MOST_LONG_ROWS: Final = 16
"""More GPUs than this are shown as heat strips."""
TWO_BLOCKS_FROM: Final = 132
GAP: Final = 2
STRIP_STEP_S: Final = 20
"""A heat strip moves no faster: with 64 GPUs each step is a screen."""
LONGEST_HISTORY: Final = 120
NARROWEST_HISTORY: Final = 8
SHORTEST_OWNER: Final = 10
WIDEST_OWNER: Final = 34
WIDEST_BAR: Final = 24
GIVE_WAY: Final = (
    "bar", "age", "fan", "throttle", "clock", "power", "owner", "temp", "memory",
)  # fmt: skip
"""What a row does without, first to last; index and load stay."""


class Form(StrEnum):
    """The ways to show the GPUs."""

    LONG = "long"
    STRIPS = "strips"


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a row; the blanks before it belong to it."""

    field: str
    width: int
    head: str
    is_left: bool = False
    """Its text begins at the left; numbers end at the right."""

    @property
    def group(self) -> int:
        """What is painted together: what stands still, the history, the figures, the words."""
        return {"index": 0, "history": 1, "owner": 3, "age": 3}.get(self.field, 2)


@dataclass(frozen=True, slots=True)
class Board:
    """Where the fields of a row stand, and which time its history covers."""

    form: Form
    blocks: int
    """Columns of GPUs beside each other."""
    columns: tuple[Column, ...]
    cells: Cells
    has_limits: bool
    """Temperature and power stand with their limits, memory with its total."""

    def width(self, field: str) -> int:
        """Return the cells of a field, 0 where there is no room for it."""
        return next((column.width for column in self.columns if column.field == field), 0)


def choose_board(
    samples: Sequence[GpuSample],
    width: int,
    figure: Figure,
    span_s: float,
    now: float,
    *,
    fills: bool = False,
) -> Board:
    """Return the layout for so many cells, by how many GPUs there are."""
    form = Form.LONG if len(samples) <= MOST_LONG_ROWS else Form.STRIPS
    blocks = 2 if form is Form.STRIPS and width >= TWO_BLOCKS_FROM else 1
    room = (width - GAP * (blocks - 1)) // blocks
    has_limits = room >= 96
    widths = _widths(samples, room, form, has_limits=has_limits)
    least_s = STRIP_STEP_S if form is Form.STRIPS else 5
    free = room - sum(widths.values()) - 1
    cells = choose_cells(span_s, min(LONGEST_HISTORY, free), now, least_s=least_s, fills=fills)
    if cells.count < NARROWEST_HISTORY:
        cells = Cells(cells.cell_s, 0, cells.last)
    widths["history"] = cells.count + 1 if cells.count else 0
    free = room - sum(widths.values())
    _spread(widths, free, form)
    return Board(form, blocks, _columns(widths, figure, cells), cells, has_limits)


def _widths(
    samples: Sequence[GpuSample], room: int, form: Form, *, has_limits: bool
) -> dict[str, int]:
    """Return the least width of each field that there is room for beside a history."""
    digits = memory_digits(samples)
    watts = 4 if any((sample.power_limit_w or 0) > 999 for sample in samples) else 3
    label = max((len(sample.label) for sample in samples), default=1)
    is_long = form is Form.LONG
    widths = {
        "index": 1 + max(2, label),
        "util": 5,
        "memory": GAP + 2 * digits + 1 if has_limits or is_long else GAP + digits,
        "temp": 9 if has_limits else 6,
        "power": GAP + 2 * watts + 1 if has_limits else 6,
        "owner": 2 + SHORTEST_OWNER,
        "clock": 6 if has_limits else 0,
        "age": 13 if is_long and room >= 110 else 0,
        "throttle": 15 if is_long and room >= 130 else 0,
        "fan": 5 if is_long and room >= 130 else 0,
    }
    for field in GIVE_WAY:
        if sum(widths.values()) + NARROWEST_HISTORY > room and field in widths:
            widths[field] = 0
    return widths


def _spread(widths: dict[str, int], free: int, form: Form) -> None:
    """Give what is left over to the run's name, to a bar of the memory, and to the reasons."""
    if widths["owner"]:
        more = min(free, WIDEST_OWNER - SHORTEST_OWNER, max(8, free // 2))
        widths["owner"] += more
        free -= more
    if form is Form.LONG and widths["throttle"] and free >= 4:
        more = min(free, 13)
        widths["throttle"] += more
        free -= more
    if form is Form.LONG and free >= 10:
        widths["bar"] = min(free, WIDEST_BAR + GAP)
        free -= widths["bar"]
    if widths["owner"]:
        widths["owner"] += free


def _columns(widths: dict[str, int], figure: Figure, cells: Cells) -> tuple[Column, ...]:
    heads = {
        "index": "",
        "history": history_head(figure, cells),
        "util": "util",
        "bar": "  memory",
        "memory": "GiB",
        "temp": "temp",
        "power": "W",
        "clock": "MHz",
        "throttle": "  held back by",
        "fan": "fan",
        "owner": "  run · rank",
        "age": "read",
    }
    left = {"history", "bar", "throttle", "owner"}
    return tuple(
        Column(field, widths[field], head, is_left=field in left)
        for field, head in heads.items()
        if widths.get(field)
    )


def span_words(seconds: float) -> str:
    """Return a span as people say it: `10 min`, `1 h`, `2h 05m`."""
    if seconds < 3600 and seconds % 60 == 0:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds % 3600 == 0 else duration(seconds)


def history_head(figure: Figure, cells: Cells) -> str:
    """Return the head of the history: `util, last 10 min`; a narrow one the quantity alone."""
    name = {Figure.UTILIZATION: "util", Figure.TEMPERATURE: "temp"}.get(figure, str(figure))
    words = f" {name}, last {span_words(cells.span_s)}"
    return words if len(words) <= cells.count + 1 else f" {name}"


class Order(StrEnum):
    """What the rows are sorted by."""

    INDEX = "index"
    UTILIZATION = "utilisation, least first"
    TEMPERATURE = "temperature, hottest first"
    MEMORY = "memory, fullest first"
    RUN = "run"


def ordered(
    samples: Iterable[GpuSample], order: Order, labels: dict[str, str]
) -> tuple[GpuSample, ...]:
    """Return the samples in that order; what was not read stands last, equals by their index."""
    by_index = sorted(samples, key=lambda sample: sample.order)
    if order is Order.RUN:
        return tuple(sorted(by_index, key=lambda one: _natural(labels.get(one.key, ""))))
    return tuple(sorted(by_index, key=lambda sample: _last_if_none(_rank(sample, order))))


def _rank(sample: GpuSample, order: Order) -> float | None:
    match order:
        case Order.UTILIZATION:
            return sample.utilization_pct
        case Order.TEMPERATURE:
            return _less(sample.temperature_c)
        case Order.MEMORY:
            return _less(sample.memory_used_bytes)
        case _:
            return 0.0


def _less(value: float | None) -> float | None:
    return None if value is None else -value


def _last_if_none(value: float | None) -> tuple[bool, float]:
    return (value is None, 0.0 if value is None else value)


def _natural(owner: str) -> tuple[bool, str, int]:
    """Return what sorts `r2` before `r10`, and no owner last."""
    name, _, rank = owner.rpartition(" · r")
    return (not owner, name, int(rank)) if name and rank.isdigit() else (not owner, owner, -1)


def is_wanted(sample: GpuSample, words: str, holder: str) -> bool:
    """Tell whether a row matches every word: a GPU's number or a span of them, else any text."""
    text = f"{holder} {sample.name}".casefold()
    return all(_matches(word, sample, text) for word in words.casefold().split())


def _matches(word: str, sample: GpuSample, text: str) -> bool:
    low, dash, high = word.partition("-")
    if low.isdigit() and (high.isdigit() if dash else not high):
        return int(low) <= sample.gpu_index <= int(high or low)
    return word in text or word == sample.label
