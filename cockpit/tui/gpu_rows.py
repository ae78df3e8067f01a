"""One GPU as a line of pieces. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cockpit.devices.sample import GpuSample
from cockpit.devices.throttle import ALARMING, THERMAL
from cockpit.tui.bars import bar, history
from cockpit.tui.gpu_layout import GAP, HEAT_GROUP, OLD_AFTER_S, Form, GpuLayout, heat_groups
from cockpit.tui.ink import Line, cut, fit, pad, push_right, repaint
from cockpit.units import GIB, MISSING, age, gib

HOT_C: Final = 85.0
"""Warn from here on, or 5 degrees below the GPU's own limit where it tells."""
NONE_YET: Final = (MISSING, "faint")
SHADES: Final = "▁░▒▓█"
"""Loads by fifths where there are no colours."""
WIDE_POWER: Final = 10
"""From so many cells on the power stands beside its limit."""


def is_hot(sample: GpuSample) -> bool:
    """Tell whether a temperature calls for a look."""
    limit = sample.temperature_slowdown_c
    threshold = HOT_C if limit is None else min(HOT_C, limit - 5)
    return sample.temperature_c is not None and sample.temperature_c >= threshold


def age_s(sample: GpuSample, now: float) -> float:
    """Return how old a reading is, in seconds; a clock that went back counts as fresh."""
    return max(0.0, now - sample.time)


def gpu_line(
    sample: GpuSample, loads: Sequence[float | None], owner: str, now: float, layout: GpuLayout
) -> Line:
    """Return the whole row or cell of a GPU, as wide as its block."""
    if sample.is_lost:
        return _lost_line(sample, loads, layout)
    old = age_s(sample, now) >= OLD_AFTER_S
    parts: list[tuple[str, str]] = []
    for column in layout.columns:
        line = _field(column.field, sample, loads, owner, layout)
        if old and column.field not in ("index", "history"):
            line = repaint(line, "faint")
        if column.field == "age" or (old and _tells_age(column.field, layout)):
            line = _age(sample, now, column.width)
        parts.extend(_placed(column.field, line, column.width))
    return pad(tuple(parts), layout.block_width)


def _tells_age(field: str, layout: GpuLayout) -> bool:
    """Tell whether this field gives way to the age of an old row."""
    if layout.column("age"):
        return False
    return field == ("owner" if layout.form is Form.ROWS else "temp")


def _placed(field: str, line: Line, width: int) -> Line:
    return pad((("  ", "text"), *line), width) if field == "owner" else push_right(line, width)


def _age(sample: GpuSample, now: float, width: int) -> Line:
    seconds = age_s(sample, now)
    if seconds < OLD_AFTER_S:
        return (("now", "faint"),)
    if width >= 12:
        return ((f"▲ {age(seconds)}", "attention"),)
    return ((f"▲{seconds:.0f}s" if seconds < 99 else f"▲{seconds // 60:.0f}m", "attention"),)


def _field(
    field: str, sample: GpuSample, loads: Sequence[float | None], owner: str, layout: GpuLayout
) -> Line:
    match field:
        case "index":
            return ((sample.label, "muted"),)
        case "history":
            return history(loads, layout.history_steps)
        case "util":
            return _number(sample.utilization_pct, "%")
        case "bar":
            column = layout.column("bar")
            return bar(_memory_part(sample), column.width - 2 if column else 0)
        case "memory":
            return _memory(sample, with_total=layout.form is Form.ROWS)
        case "temp":
            return _temperature(sample, layout)
        case "power":
            return _power(sample, layout)
        case "clock":
            return _clock(sample)
        case _:
            column = layout.column("owner")
            return _owner(owner, column.width - 2 if column else 0)


def _number(value: float | None, unit: str) -> Line:
    return (NONE_YET,) if value is None else ((f"{value:.0f}{unit}", "text"),)


def _memory_part(sample: GpuSample) -> float | None:
    if sample.memory_used_bytes is None or not sample.memory_total_bytes:
        return None
    return sample.memory_used_bytes / sample.memory_total_bytes


def _memory(sample: GpuSample, *, with_total: bool) -> Line:
    total = sample.memory_total_bytes
    decimals = 0 if total is not None and total / GIB >= 99.95 else 1
    used = sample.memory_used_bytes
    figure = NONE_YET if used is None else (gib(used, decimals=decimals), "text")
    if not with_total or total is None:
        return (figure,)
    return (figure, (f"/{gib(total, decimals=decimals)}", "muted"))


def _temperature(sample: GpuSample, layout: GpuLayout) -> Line:
    if sample.temperature_c is None:
        return (NONE_YET,)
    unit = "°" if layout.form is Form.ROWS else ""
    slowed = THERMAL if layout.form is Form.ROWS else ALARMING  # a cell has no room but this
    if is_hot(sample) or (sample.throttle or 0) & slowed:
        return ((f"▲{sample.temperature_c:.0f}{unit}", "attention bold"),)
    return ((f"{sample.temperature_c:.0f}{unit}", "text"),)


def _power(sample: GpuSample, layout: GpuLayout) -> Line:
    if sample.power_w is None:
        return (NONE_YET,)
    column = layout.column("power")
    limit = sample.power_limit_w
    is_cut = bool((sample.throttle or 0) & ALARMING & ~THERMAL)
    sign, look = ("▲", "attention bold") if is_cut else ("", "text")
    figure = (f"{sign}{sample.power_w:.0f}", look)
    if column and column.width >= WIDE_POWER and limit is not None:
        return (figure, (f"/{limit:.0f}W", "muted"))
    return (figure, ("W", "muted"))


def _clock(sample: GpuSample) -> Line:
    """Return the clock; marked where heat or the power supply holds it down."""
    if sample.sm_clock_mhz is None:
        return (NONE_YET,)
    if (sample.throttle or 0) & ALARMING:
        return ((f"▲{sample.sm_clock_mhz:.0f}", "attention bold"),)
    return ((f"{sample.sm_clock_mhz:.0f}", "text"),)


def _owner(owner: str, width: int) -> Line:
    """Return run and rank; the rank is never cut away, it is what tells rows apart."""
    name, separator, rank = owner.rpartition(" · ")
    if not separator or len(owner) <= width:
        return ((fit(owner, width).rstrip(), "text"),)
    name = fit(name, max(1, width - len(rank) - 3)).rstrip()
    return ((f"{name} · {rank}", "text"),)


def _lost_line(sample: GpuSample, loads: Sequence[float | None], layout: GpuLayout) -> Line:
    """Return `✗ lost  why` across the fields, with what was seen last where there is room."""
    shown = layout.history_steps
    column = layout.column("index")
    index = sample.label.rjust(column.width if column else 2)
    head = ((f"{index} ", "muted"), *history(loads, shown), (" ", "text"))
    why = (sample.problem or "").partition(":")[2].strip()
    text = f"  {why}" if why and layout.form is Form.ROWS else ""
    seen = _last_seen(sample)
    if seen and layout.form is Form.ROWS:
        text += f" · last seen {seen}"
    line = (*head, ("✗ lost", "danger bold"), (text, "text"))
    return pad(cut(line, 0, layout.block_width), layout.block_width)


def _last_seen(sample: GpuSample) -> str:
    parts = (
        None if sample.utilization_pct is None else f"{sample.utilization_pct:.0f} %",
        None if sample.memory_used_bytes is None else f"{gib(sample.memory_used_bytes)} GiB",
        None if sample.temperature_c is None else f"{sample.temperature_c:.0f}°",
    )
    return ", ".join(part for part in parts if part)


def summary_lines(
    samples: tuple[GpuSample, ...], now: float, width: int, *, shaded: bool = False
) -> tuple[Line, ...]:
    """Return many GPUs in a few lines: how busy each is now, and the sums."""
    fresh = [one for one in samples if age_s(one, now) < OLD_AFTER_S and not one.is_lost]
    beside = HEAT_GROUP * heat_groups(len(samples), width)
    rows = (samples[at : at + beside] for at in range(0, len(samples), beside))
    digits = len(str(len(samples) - 1))
    heat = (pad(_heat_row(row, now, digits, shaded=shaded), width) for row in rows)
    return (*heat, pad(_sums(samples, fresh), width))


def _heat_row(samples: Sequence[GpuSample], now: float, digits: int, *, shaded: bool) -> Line:
    """Return groups of eight cells, each after the index of its first GPU."""
    line: list[tuple[str, str]] = []
    for number, sample in enumerate(samples):
        if number % HEAT_GROUP == 0:
            gap = " " * GAP if number else ""
            line.append((f"{gap}{sample.label:>{digits}} ", "muted"))
        line.append(_heat(sample, now, shaded=shaded))
    return tuple(line)


def _heat(sample: GpuSample, now: float, *, shaded: bool) -> tuple[str, str]:
    if sample.is_lost:
        return ("✗", "danger bold")
    if sample.utilization_pct is None or age_s(sample, now) >= OLD_AFTER_S:
        return ("·", "faint")
    fifth = max(0, min(4, int(sample.utilization_pct / 20)))
    return (SHADES[fifth] if shaded else "▆", f"load{fifth + 1}")


def _sums(samples: tuple[GpuSample, ...], fresh: list[GpuSample]) -> Line:
    """Return the mean load, memory, power and the hottest, of those that answer."""
    loads = [sample.utilization_pct for sample in fresh if sample.utilization_pct is not None]
    whole = [sample for sample in fresh if sample.mig_index is None]  # a part is in its GPU's sum
    used = sum(sample.memory_used_bytes or 0 for sample in whole)
    total = sum(sample.memory_total_bytes or 0 for sample in whole)
    power = sum(sample.power_w or 0 for sample in whole)
    mean = f"{sum(loads) / len(loads):.0f} %" if loads else MISSING
    line: list[tuple[str, str]] = [
        ("mean ", "muted"),
        (mean, "text"),
        ("   memory ", "muted"),
        (f"{used / GIB:,.0f}/{total / GIB:,.0f} GiB", "text"),
        ("   power ", "muted"),
        (f"{power / 1000:.1f} kW", "text"),
    ]
    hottest = max(fresh, key=lambda sample: sample.temperature_c or -1, default=None)
    if hottest is not None and hottest.temperature_c is not None:
        sign, look = ("▲ ", "attention") if is_hot(hottest) else ("", "text")
        line.append(("   hottest ", "muted"))
        line.append((f"{sign}GPU {hottest.label} {hottest.temperature_c:.0f}°", look))
    if len(fresh) < len(samples):
        line.append((f"   ▲ {len(samples) - len(fresh)} do not answer", "attention"))
    return tuple(line)
