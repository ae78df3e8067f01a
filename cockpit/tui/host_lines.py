"""The host in lines: bars beside the GPUs, or figures below its load where there is none. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cockpit.devices.sample import HostSample
from cockpit.tui.bars import bar
from cockpit.tui.ink import Line, cells, right
from cockpit.units import GIB, MISSING, binary, gib, margin

LABEL: Final = 6
NARROW_BAR, WIDE_BAR = 8, 16
TIGHT: Final = 0.9
"""A part of /dev/shm or swap from which on it calls for a look."""
SEPARATOR: Final = ("   ", "text")


def host_figures(sample: HostSample, full_in_s: float | None, width: int) -> Line:
    """Return disk, shared memory, swap, traffic and load in one line; the last give way."""
    line: Line = ()
    for piece in _pieces(sample, full_in_s):
        wider = (*line, SEPARATOR, *piece) if line else piece
        if cells(wider) <= width:
            line = wider
    return line


def _pieces(sample: HostSample, full_in_s: float | None) -> Iterator[Line]:
    yield (("disk ", "muted"), *disk_words(sample, full_in_s))
    used, total = _shm(sample)
    if used is not None:
        yield (("shm ", "muted"), *_of(used, total))
    if sample.swap_used_bytes:
        yield (("swap ", "muted"), *_of(sample.swap_used_bytes, sample.swap_total_bytes))
    if sample.load_1min is not None:
        yield (("load ", "muted"), (f"{sample.load_1min:.1f}", "text"))
    if sample.network_rx_bytes_per_s is not None or sample.network_tx_bytes_per_s is not None:
        yield (("net ", "muted"), *_traffic(sample, "net"))
    if sample.disk_read_bytes_per_s is not None or sample.disk_write_bytes_per_s is not None:
        yield (("io ", "muted"), *_traffic(sample, "io"))


def host_side(sample: HostSample | None, full_in_s: float | None, width: int) -> tuple[Line, ...]:
    """Return the host as lines of a bar and its figure, the most telling first."""
    if sample is None:
        return ((("not read yet", "muted"),),)
    bars = WIDE_BAR if width >= 48 else NARROW_BAR
    cpu = None if sample.cpu_pct is None else sample.cpu_pct / 100
    threads = f"{sample.cpu_count} thread{'' if sample.cpu_count == 1 else 's'}"
    shm_used, shm_total = _shm(sample)
    lines = (
        ("cpu", bar(cpu, bars), (*_percent(sample.cpu_pct), (f"  of {threads}", "muted"))),
        (
            "ram",
            bar(_part(sample.memory_used_bytes, sample.memory_total_bytes), bars),
            _of(sample.memory_used_bytes, sample.memory_total_bytes),
        ),
        ("shm", bar(_part(shm_used, shm_total), bars), _of(shm_used, shm_total)),
        ("disk", bar(_disk_part(sample), bars), disk_words(sample, full_in_s)),
        (
            "swap",
            bar(_part(sample.swap_used_bytes, sample.swap_total_bytes), bars),
            _of(sample.swap_used_bytes, sample.swap_total_bytes),
        ),
        ("io", (), _traffic(sample, "io")),
        ("net", (), _traffic(sample, "net")),
        ("load", (), _load(sample)),
    )
    return tuple(_row(label, drawn, words) for label, drawn, words in lines)


def _row(label: str, drawn: Line, words: Line) -> Line:
    gap = (("  ", "text"),) if drawn else ()
    return ((label.ljust(LABEL), "muted"), *drawn, *gap, *words)


def disk_words(sample: HostSample, full_in_s: float | None) -> Line:
    """Return `212 GiB left`, and about when it is full where it fills."""
    if sample.disk_free_bytes is None:
        return ((MISSING, "faint"),)
    words: Line = ((binary(sample.disk_free_bytes), "text"), (" left", "muted"))
    if full_in_s is None:
        return words
    return (*words, (f"  ▲ full in about {margin(full_in_s)}", "attention"))


def _shm(sample: HostSample) -> tuple[int | None, int | None]:
    """Return what of /dev/shm is used, and all of it."""
    free, total = sample.shm_free_bytes, sample.shm_total_bytes
    return (None if free is None or total is None else max(0, total - free), total)


def _disk_part(sample: HostSample) -> float | None:
    free, total = sample.disk_free_bytes, sample.disk_total_bytes
    return None if free is None else _part(None if total is None else total - free, total)


def _part(used: int | None, total: int | None) -> float | None:
    return None if used is None or not total else min(1.0, max(0.0, used / total))


def _percent(value: float | None) -> Line:
    if value is None:
        return ((right(MISSING, 5), "faint"),)
    return ((right(f"{value:.0f} %", 5), "text"),)


def _of(used: int | None, total: int | None) -> Line:
    """Return `115/256 GiB`; small figures with a decimal."""
    if used is None:
        return ((MISSING, "faint"),)
    if not total:
        return ((binary(used), "text"),)
    decimals = 0 if total >= 100 * GIB else 1
    is_tight = used >= TIGHT * total
    look = "attention" if is_tight else "text"
    figure = f"{'▲ ' if is_tight else ''}{gib(used, decimals=decimals)}"
    return ((figure, look), (f"/{gib(total, decimals=decimals)} GiB", "muted"))


def _traffic(sample: HostSample, kind: str) -> Line:
    """Return `read 120 MB/s  write 14 MB/s`, or what goes in and out of the network."""
    names, values = {
        "io": (("read", "write"), (sample.disk_read_bytes_per_s, sample.disk_write_bytes_per_s)),
        "net": (("in", "out"), (sample.network_rx_bytes_per_s, sample.network_tx_bytes_per_s)),
    }[kind]
    first, second = (bytes_per_s(value) for value in values)
    return (
        (f"{names[0]} ", "muted"),
        (first, "text"),
        (f"  {names[1]} ", "muted"),
        (second, "text"),
    )


def bytes_per_s(value: float | None) -> str:
    """Return `1.2 GB/s`, `14 MB/s`, `0.3 MB/s`; less than that is not worth a digit."""
    if value is None:
        return MISSING
    if value >= 1e9:
        return f"{value / 1e9:.1f} GB/s"
    return f"{value / 1e6:.0f} MB/s" if value >= 9.5e6 else f"{value / 1e6:.1f} MB/s"


def _load(sample: HostSample) -> Line:
    if sample.load_1min is None:
        return ((MISSING, "faint"),)
    return ((f"{sample.load_1min:.1f}", "text"), ("  in the last minute", "muted"))
