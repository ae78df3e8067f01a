"""One GPU in words: what its row on the GPU screen has no room for. Pure."""

from __future__ import annotations

from cockpit.devices.sample import GpuSample, PcieLink
from cockpit.devices.throttle import ALARMING, Throttle, throttle_words
from cockpit.tui.gpu_layout import OLD_AFTER_S
from cockpit.tui.gpu_names import short_name
from cockpit.tui.gpu_rows import age_s, is_hot
from cockpit.tui.ink import Line, Piece, cells, fit, plain
from cockpit.units import age

SEPARATOR: Piece = ("   ", "text")


def focus_line(sample: GpuSample, now: float, width: int) -> Line:
    """Return what the rows have no room for, of the selected GPU; the least important gives way."""
    line: Line = ((f"GPU {sample.label}", "strong"), (f" {short_name(sample.name)}", "muted"))
    for piece in _focus_parts(sample, now):
        wider = (*line, SEPARATOR, piece)
        if cells(wider) > width:
            break
        line = wider
    return line if cells(line) <= width else ((fit(plain(line), width), "text"),)


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
