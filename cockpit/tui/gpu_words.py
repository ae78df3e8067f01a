"""What the GPU screen says in lines: the sums of all GPUs, and one GPU in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.devices.sample import GpuSample, PcieLink
from cockpit.devices.throttle import ALARMING, Throttle, throttle_words
from cockpit.tui.gpu_holders import is_free
from cockpit.tui.gpu_layout import OLD_AFTER_S
from cockpit.tui.gpu_names import gpu_names, short_name
from cockpit.tui.gpu_rows import age_s, is_hot
from cockpit.tui.ink import Line, Piece, cells, fit, pad
from cockpit.tui.needs import Need
from cockpit.units import GIB, age

TIB = 1024 * GIB
SEPARATOR: Piece = ("   ", "text")


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
        return pad(line, width) if cells(line) <= width else ((fit(_text(line), width), "strong"),)
    return (*pad(line, room), *end)


def _text(line: Line) -> str:
    return "".join(text for text, _ in line)


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
    if len(fresh) < len(whole):
        out.append(((f"▲ {len(whole) - len(fresh)} without answer", "attention"),))
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


def focus_line(sample: GpuSample, now: float, width: int) -> Line:
    """Return what the rows have no room for, of the selected GPU; the least important gives way."""
    line: Line = ((f"GPU {sample.label}", "strong"), (f" {short_name(sample.name)}", "muted"))
    for piece in _focus_parts(sample, now):
        wider = (*line, SEPARATOR, piece)
        if cells(wider) > width:
            break
        line = wider
    return line if cells(line) <= width else ((fit(_text(line), width), "text"),)


def _focus_parts(sample: GpuSample, now: float) -> list[Piece]:
    seconds = age_s(sample, now)
    parts: list[Piece | None] = [
        (sample.problem, "attention") if sample.problem else None,
        (f"▲ {age(seconds)}", "attention") if seconds >= OLD_AFTER_S else None,
        throttle_piece(sample),
        _heat_piece(sample),
        _clock_piece(sample),
        ("load not told for MIG", "muted") if sample.mig_index is not None else None,
        _memory_piece(sample),
        _pcie_piece(sample),
        (f"fan {sample.fan_pct:.0f} %", "muted") if sample.fan_pct is not None else None,
        (sample.processes_problem, "muted") if sample.processes_problem else None,
    ]
    return [part for part in parts if part]


def throttle_piece(sample: GpuSample) -> Piece | None:
    """Return what holds the clock down; nothing where nothing does, or where it is idle."""
    if not sample.throttle:
        return None
    words = throttle_words(sample.throttle & ~Throttle.IDLE)
    if not words:
        return None
    if sample.throttle & ALARMING:
        return (f"▲ {', '.join(words)}", "attention")
    return (", ".join(words), "muted")


def _heat_piece(sample: GpuSample) -> Piece | None:
    if sample.temperature_c is None or sample.temperature_slowdown_c is None:
        return None
    return heat_piece(sample.temperature_c, sample.temperature_slowdown_c, is_hot=is_hot(sample))


def heat_piece(temperature_c: float, slowdown_c: float, *, is_hot: bool) -> Piece:
    """Return `18° below slowdown`."""
    left = slowdown_c - temperature_c
    if left < 0:
        return (f"▲ {-left:.0f}° above slowdown", "attention")
    return (
        f"{'▲ ' if is_hot else ''}{left:.0f}° below slowdown",
        "attention" if is_hot else "muted",
    )


def _clock_piece(sample: GpuSample) -> Piece | None:
    if sample.sm_clock_mhz is None:
        return None
    top = f" of {sample.sm_clock_max_mhz:.0f}" if sample.sm_clock_max_mhz else ""
    return (f"{sample.sm_clock_mhz:.0f}{top} MHz", "muted")


def _memory_piece(sample: GpuSample) -> Piece | None:
    if sample.memory_used_bytes is None or not sample.memory_total_bytes:
        return None
    return (f"memory {100 * sample.memory_used_bytes / sample.memory_total_bytes:.0f} %", "muted")


def _pcie_piece(sample: GpuSample) -> Piece | None:
    if sample.pcie is None or not pcie_words(sample.pcie):
        return None
    is_narrow = is_link_narrow(sample.pcie)
    sign = " ▲" if is_narrow else ""
    return (f"PCIe {pcie_words(sample.pcie)}{sign}", "attention" if is_narrow else "muted")


def pcie_words(link: PcieLink) -> str:
    """Return `gen 3 of 4 · x8 of x16`; the maximum only where it differs."""
    parts = []
    if link.generation is not None:
        more = link.generation_max is not None and link.generation_max != link.generation
        parts.append(f"gen {link.generation}" + (f" of {link.generation_max}" if more else ""))
    if link.width is not None:
        more = link.width_max is not None and link.width_max != link.width
        parts.append(f"x{link.width}" + (f" of x{link.width_max}" if more else ""))
    return " · ".join(parts)


def is_link_narrow(link: PcieLink) -> bool:
    """Tell whether lanes are missing. The generation says nothing: it drops on an idle GPU."""
    return link.width is not None and link.width_max is not None and link.width < link.width_max


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
