"""The lines above and below the rows of the GPU screen: sums, span, legend, the worst. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.devices.sample import GpuSample
from cockpit.tui.gpu_board import Order, span_words
from cockpit.tui.gpu_holders import is_free
from cockpit.tui.gpu_layout import OLD_AFTER_S
from cockpit.tui.gpu_names import gpu_names
from cockpit.tui.gpu_rows import age_s, is_hot
from cockpit.tui.gpu_words import SEPARATOR
from cockpit.tui.ink import Line, cells, fit, pad, plain, push_right
from cockpit.tui.needs import Need
from cockpit.units import GIB
from cockpit.views.gpu_history import Cells

TIB = 1024 * GIB
SHORTEST_TROUBLE = 40
"""So many cells of the worst are worth more than the legend."""


def title_line(
    samples: Sequence[GpuSample], labels: dict[str, str], now: float, right: str, width: int
) -> Line:
    """Return `GPUs 64 × B200  mean 87 % …` with `right` at the end; sums give way from the end."""
    parts = [_names(samples), *_sums(samples, labels, now)]
    end = ((right, "muted"),)
    line: Line = ()
    for part in parts:
        wider = (*line, SEPARATOR, *part) if line else part
        if cells(wider) + cells(end) + 2 > width and line:
            break
        line = wider
    room = width - cells(end)
    if cells(line) + 2 > room:
        return pad(line, width) if cells(line) <= width else ((fit(plain(line), width), "strong"),)
    return (*pad(line, room), *end)


def _names(samples: Sequence[GpuSample]) -> Line:
    count = sum(sample.mig_index is None for sample in samples)
    return (("GPU" if count == 1 else "GPUs", "strong"), (f" {gpu_names(samples)}", "muted"))


def _sums(samples: Sequence[GpuSample], labels: dict[str, str], now: float) -> list[Line]:
    """Return mean load, memory, power, the hottest, the free and the silent; of those that answer.

    MIG devices are parts of their GPU and are not counted again.
    """
    whole = [sample for sample in samples if sample.mig_index is None]
    fresh = [one for one in whole if age_s(one, now) < OLD_AFTER_S and one.problem is None]
    loads = [one.utilization_pct for one in fresh if one.utilization_pct is not None]
    out: list[Line] = []
    if loads:
        out.append((("mean ", "muted"), (f"{sum(loads) / len(loads):.0f} %", "strong")))
    out.extend(_memory_sum(fresh))
    out.extend(_power_sum(fresh))
    hottest = max(fresh, key=lambda one: one.temperature_c or -1, default=None)
    if hottest is not None and hottest.temperature_c is not None:
        sign, look = ("▲ ", "attention") if is_hot(hottest) else ("", "text")
        words = f"{sign}GPU {hottest.label} {hottest.temperature_c:.0f}°"
        out.append((("hottest ", "muted"), (words, look)))
    lost = sum(one.is_lost for one in whole)
    if lost:
        out.append(((f"✗ {lost} lost", "danger"),))
    if len(fresh) + lost < len(whole):
        out.append(((f"▲ {len(whole) - len(fresh) - lost} without answer", "attention"),))
    free = sum(is_free(one, labels.get(one.key, "")) for one in fresh if not one.has_mig)
    if free:
        out.append((("free ", "muted"), (str(free), "text")))
    return out


def _memory_sum(fresh: Sequence[GpuSample]) -> list[Line]:
    told = [one for one in fresh if one.memory_used_bytes is not None and one.memory_total_bytes]
    if not told:
        return []
    used = sum(one.memory_used_bytes or 0 for one in told)
    total = sum(one.memory_total_bytes or 0 for one in told)
    unit, name = (TIB, "TiB") if total >= TIB else (GIB, "GiB")
    decimals = 1 if total / unit < 100 else 0
    text = f"{used / unit:.{decimals}f}"
    return [
        (("memory ", "muted"), (text, "text"), (f"/{total / unit:.{decimals}f} {name}", "muted"))
    ]


def _power_sum(fresh: Sequence[GpuSample]) -> list[Line]:
    told = [one for one in fresh if one.power_w is not None]
    if not told:
        return []
    used = sum(one.power_w or 0 for one in told)
    limit = sum(one.power_limit_w or 0 for one in told)
    unit, name = (1000, "kW") if max(used, limit) >= 10_000 else (1, "W")
    total = f"/{limit / unit:.0f} {name}" if all(one.power_limit_w for one in told) else f" {name}"
    return [(("power ", "muted"), (f"{used / unit:.0f}", "text"), (total, "muted"))]


def state_words(cells: Cells, span_s: float, *, is_run: bool, order: Order, words: str) -> str:
    """Return what stands at the right of the title: filter, order, span."""
    parts = [f"/{words.strip()}"] if words.strip() else []
    parts += [f"by {order}"] if order is not Order.INDEX else []
    parts.append(cell_words(cells, span_s, is_run=is_run))
    return " · ".join(parts)


def cell_words(cells: Cells, span_s: float, *, is_run: bool = False) -> str:
    """Return `last 10 min, 20 s a cell`, or `whole run, 1h 39m, 2 min a cell`."""
    span = f"{'whole run,' if is_run else 'last'} {span_words(span_s)}"
    return f"{span}, {_short(cells.cell_s)} a cell" if cells.count else span


def _short(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 3600 else f"{seconds / 3600:g} h"


def bottom_line(legend: Line, rows: str, needs: Sequence[Need], width: int) -> Line:
    """Return the legend left and the worst right; the legend gives way, then what rows are seen."""
    seen: Line = ((rows, "muted"),) if rows else ()
    both: Line = (*legend, SEPARATOR, *seen) if legend and seen else (*legend, *seen)
    worst = trouble_line(needs, width)
    wanted = min(cells(worst), SHORTEST_TROUBLE)
    for left in (both, seen, ()):
        room = width - cells(left) - (3 if left and worst else 0)
        if room >= wanted:
            return (*left, *push_right(trouble_line(needs, room), width - cells(left)))
    return worst


def trouble_line(needs: Sequence[Need], width: int) -> Line:
    """Return the worst that a GPU needs somebody for, in one line; empty when none does."""
    need = next((need for need in needs if need.subject.startswith("GPU")), None)
    if need is None or width < 20:
        return ()
    look = "danger" if need.glyph == "✗" else "attention"
    head = f"{need.glyph} {need.subject}"
    room = width - len(head) - 2
    text = fit(need.text, room).rstrip() if room >= 8 else ""
    return ((fit(head, min(len(head), width)), f"{look} bold"), (f"  {text}", "text"))
