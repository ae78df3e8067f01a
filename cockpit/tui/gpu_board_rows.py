"""One GPU as a row of the GPU screen: one line of pieces for each column. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from cockpit.devices.sample import GpuSample
from cockpit.devices.throttle import ALARMING, Throttle, throttle_words
from cockpit.tui.bars import bar
from cockpit.tui.gpu_board import Board, Column, Form
from cockpit.tui.gpu_holders import FREE, holder_words
from cockpit.tui.gpu_layout import OLD_AFTER_S
from cockpit.tui.gpu_rows import age_s, is_hot
from cockpit.tui.heat import blocks, heat, share_of, warm_share
from cockpit.tui.ink import Line, cells, fit, pad, push_right, repaint, select
from cockpit.units import GIB, MISSING, age, gib
from cockpit.views.gpu_history import Figure

NONE_YET: tuple[str, str] = (MISSING, "faint")


@dataclass(frozen=True, slots=True)
class RowView:
    """What a row is made of besides the reading itself."""

    now: float
    """Epoch seconds."""
    figure: Figure
    """What the history shows."""
    owner: str = ""
    is_selected: bool = False
    is_shaded: bool = False
    """Heat is told by shades, because there are no colours for it."""


def history_line(
    sample: GpuSample, values: Sequence[float | None], form: Form, view: RowView
) -> Line:
    """Return the history of a GPU; costs most of a row and changes only with its cells."""
    shares = [share_of(sample, view.figure, value) for value in values]
    warm = warm_share(sample, view.figure)
    if form is Form.STRIPS:
        return heat(shares, shaded=view.is_shaded, warm_from=warm)
    return blocks(shares, warm_from=warm)


def board_row(sample: GpuSample, past: Line, view: RowView, board: Board) -> tuple[Line, ...]:
    """Return the row of a GPU, one line for each column, each as wide as its column."""
    lines = _lost_row(sample, past, view, board) if sample.is_lost else None
    if lines is None:
        lines = _live_row(sample, past, view, board)
    return tuple(select(line) for line in lines) if view.is_selected else lines


def _live_row(sample: GpuSample, past: Line, view: RowView, board: Board) -> tuple[Line, ...]:
    is_old = age_s(sample, view.now) >= OLD_AFTER_S
    is_free = holder_words(sample, view.owner) == FREE
    out = []
    for column in board.columns:
        line = _field(column, sample, past, view, board)
        keeps_look = column.field in ("index", "history", "age")
        if (is_old or (is_free and not is_hot(sample))) and not keeps_look:
            line = repaint(line, "faint")
        if is_old and column.field == _place_of_age(board):
            line = _old(sample, view.now, column.width)
        out.append(_placed(line, column))
    return tuple(out)


def _place_of_age(board: Board) -> str:
    """Return the field that gives way to the age of an old row."""
    return next((field for field in ("age", "owner", "temp") if board.width(field)), "util")


def _placed(line: Line, column: Column) -> Line:
    return pad(line, column.width) if column.is_left else push_right(line, column.width)


def _field(column: Column, sample: GpuSample, past: Line, view: RowView, board: Board) -> Line:
    match column.field:
        case "index":
            return _index(sample, view, column.width)
        case "history":
            return ((" ", "text"), *past)
        case "util":
            return _number(sample.utilization_pct, "%")
        case "bar":
            used, total = sample.memory_used_bytes, sample.memory_total_bytes
            part = used / total if used is not None and total else None
            return (("  ", "text"), *bar(part, column.width - 2))
        case "memory":
            return _memory(sample, with_total=column.width >= 8)
        case "temp":
            return _temperature(sample, with_limit=board.has_limits)
        case "power":
            return _power(sample, with_limit=board.has_limits)
        case "clock":
            return _number(sample.sm_clock_mhz, "")
        case "throttle":
            return _throttle(sample, column.width - 2)
        case "fan":
            return _number(sample.fan_pct, "%")
        case "age":
            return _age(sample, view.now)
        case _:
            return _owner(holder_words(sample, view.owner), column.width - 2)


def _index(sample: GpuSample, view: RowView, width: int) -> Line:
    mark = ("▌", "accent") if view.is_selected else (" ", "text")
    look = "strong" if view.is_selected else "muted"
    return (mark, (sample.label.rjust(width - 1), look))


def _number(value: float | None, unit: str) -> Line:
    return (NONE_YET,) if value is None else ((f"{value:.0f}{unit}", "text"),)


def _memory(sample: GpuSample, *, with_total: bool) -> Line:
    total = sample.memory_total_bytes
    decimals = 0 if total is not None and total / GIB >= 99.95 else 1
    used = sample.memory_used_bytes
    if used is not None and not with_total and used < 10 * GIB:
        decimals = 1
    figure = NONE_YET if used is None else (gib(used, decimals=decimals), "text")
    if not with_total or total is None:
        return (figure,)
    return (figure, (f"/{gib(total, decimals=decimals)}", "muted"))


def _temperature(sample: GpuSample, *, with_limit: bool) -> Line:
    if sample.temperature_c is None:
        return (NONE_YET,)
    limit = sample.temperature_slowdown_c
    sign, look = ("▲", "attention bold") if is_hot(sample) else ("", "text")
    if with_limit and limit is not None:
        return ((f"{sign}{sample.temperature_c:.0f}", look), (f"/{limit:.0f}°", "muted"))
    return ((f"{sign}{sample.temperature_c:.0f}°", look),)


def _power(sample: GpuSample, *, with_limit: bool) -> Line:
    if sample.power_w is None:
        return (NONE_YET,)
    limit = sample.power_limit_w
    sign, look = ("▲", "attention") if _is_braked(sample) else ("", "text")
    figure = (f"{sign}{sample.power_w:.0f}", look)
    return (figure, (f"/{limit:.0f}", "muted")) if with_limit and limit is not None else (figure,)


def _is_braked(sample: GpuSample) -> bool:
    return bool((sample.throttle or 0) & Throttle.POWER_BRAKE)


def _throttle(sample: GpuSample, width: int) -> Line:
    blank: Line = (("  ", "text"),)
    if sample.throttle is None:
        return (*blank, NONE_YET)
    words = throttle_words(sample.throttle)
    if not words:
        return blank
    if sample.throttle & ALARMING:
        return (*blank, (fit(f"▲ {_brief(words[0])}", width).rstrip(), "attention"))
    return (*blank, (fit(_brief(words[0]), width).rstrip(), "muted"))


def _brief(words: str) -> str:
    """Return `too hot` of `too hot, driver slowdown`: the detail tells the rest."""
    return words.partition(",")[0]


def _age(sample: GpuSample, now: float) -> Line:
    seconds = age_s(sample, now)
    if seconds < OLD_AFTER_S:
        return (("now", "faint"),)
    return ((f"▲ {age(seconds)}", "attention"),)


def _old(sample: GpuSample, now: float, width: int) -> Line:
    line = _age(sample, now)
    if cells(line) <= width - 1:
        return ((" " * min(2, width - cells(line)), "text"), *line)
    seconds = age_s(sample, now)
    return ((f"▲{seconds:.0f}s" if seconds < 99 else f"▲{seconds // 60:.0f}m", "attention"),)


def _owner(words: str, width: int) -> Line:
    """Return run and rank; the rank is never cut away, it is what tells rows apart."""
    name, separator, rank = words.rpartition(" · ")
    look = "faint" if words in (FREE, MISSING) else "muted" if not separator else "text"
    if not separator or cell_len(words) <= width:
        return (("  ", "text"), (fit(words, width).rstrip(), look))
    name = fit(name, max(1, width - cell_len(rank) - 3)).rstrip()
    return (("  ", "text"), (f"{name} · {rank}", look))


def _lost_row(sample: GpuSample, past: Line, view: RowView, board: Board) -> tuple[Line, ...]:
    """Return `✗ lost  why` across the figures, after the index and what was seen before."""
    own = [column for column in board.columns if column.field in ("index", "history")]
    rest = [column.width for column in board.columns if column.field not in ("index", "history")]
    head = [_placed(_field(column, sample, past, view, board), column) for column in own]
    line: Line = ((" ✗ lost", "danger bold"), (f"  {lost_words(sample, view)}", "text"))
    return (*head, *split(line, rest))


def lost_words(sample: GpuSample, view: RowView) -> str:
    """Return why it is lost, what was seen last, and who held it."""
    why = (sample.problem or "").partition(":")[2].strip() or "it fell off the bus"
    parts = (
        None if sample.utilization_pct is None else f"{sample.utilization_pct:.0f} %",
        None if sample.memory_used_bytes is None else f"{gib(sample.memory_used_bytes)} GiB",
        None if sample.temperature_c is None else f"{sample.temperature_c:.0f}°",
    )
    seen = ", ".join(part for part in parts if part)
    return " · ".join(text for text in (why, view.owner, seen and f"last seen {seen}") if text)


def split(line: Line, widths: Sequence[int]) -> tuple[Line, ...]:
    """Return a line cut into columns; what is wider than all of them ends with `…`."""
    room = sum(widths)
    text = fit("".join(part for part, _ in line), room)
    looks = [look for part, look in line for _ in part]
    out: list[list[tuple[str, str]]] = [[] for _ in widths]
    at = column = 0
    for number, sign in enumerate(text):
        look = looks[min(number, len(looks) - 1)]
        size = cell_len(sign)
        while column < len(widths) - 1 and at >= sum(widths[: column + 1]):
            column += 1
        end = sum(widths[: column + 1])
        if at + size > end:  # a wide character on the border
            out[column].append((" " * (end - at), look))
        else:
            out[column].append((sign, look))
        at += size
    return tuple(pad(_together(pieces), width) for pieces, width in zip(out, widths, strict=True))


def _together(pieces: Sequence[tuple[str, str]]) -> Line:
    out: list[tuple[str, str]] = []
    for text, look in pieces:
        if out and out[-1][1] == look:
            out[-1] = (out[-1][0] + text, look)
        else:
            out.append((text, look))
    return tuple(out)
