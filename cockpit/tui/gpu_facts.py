"""All that one GPU tells, as labels and values; what it does not tell is left out or `–`. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from cockpit.devices.sample import GpuSample, MemoryHealth
from cockpit.devices.throttle import ALARMING, Throttle, throttle_words
from cockpit.tui.facts import BLANK
from cockpit.tui.gpu_holders import UNSEEN, holder_words
from cockpit.tui.gpu_layout import OLD_AFTER_S
from cockpit.tui.gpu_rows import age_s, is_hot
from cockpit.tui.gpu_words import heat_piece, is_link_narrow, pcie_words
from cockpit.tui.widgets.facts import Fact
from cockpit.units import GIB, MISSING, age, binary

MIG_LOAD = "not told for a MIG device"
KWH_J = 3_600_000


def gpu_facts(sample: GpuSample, driver: str | None, owner: str, now: float) -> tuple[Fact, ...]:
    """Return everything of one GPU, in groups."""
    groups = (
        _identity(sample, driver, owner, now),
        _load(sample),
        _memory(sample),
        _heat(sample),
        _links(sample),
        _health(sample),
    )
    out: list[Fact] = []
    for group in groups:
        facts = tuple(group)
        out.extend((*facts, BLANK) if facts else ())
    return tuple(out[:-1])


def _identity(sample: GpuSample, driver: str | None, owner: str, now: float) -> Iterator[Fact]:
    holder = holder_words(sample, owner)
    words = "a process that is not visible here" if holder == UNSEEN else holder
    yield Fact("held by", words, "strong" if owner else "text")
    yield Fact("name", sample.name or MISSING)
    yield Fact("UUID", sample.gpu_uuid or MISSING, "muted")
    yield Fact("index", sample.label)
    yield Fact("driver", driver or MISSING)
    seconds = age_s(sample, now)
    is_old = seconds >= OLD_AFTER_S
    yield Fact("read", f"▲ {age(seconds)}" if is_old else "now", "attention" if is_old else "text")


def _load(sample: GpuSample) -> Iterator[Fact]:
    if sample.utilization_pct is not None:
        yield Fact("utilisation", f"{sample.utilization_pct:.0f} %")
    else:
        is_mig = sample.mig_index is not None or sample.has_mig
        yield Fact("utilisation", f"{MISSING} {MIG_LOAD}" if is_mig else MISSING, "muted")
    clock = _of(sample.sm_clock_mhz, sample.sm_clock_max_mhz, "MHz")
    yield Fact("clock", clock)
    yield _throttle(sample)
    yield Fact("power", _of(sample.power_w, sample.power_limit_w, "W"))
    if sample.energy_j is not None:
        yield Fact("energy since driver load", f"{sample.energy_j / KWH_J:,.1f} kWh")


def _throttle(sample: GpuSample) -> Fact:
    if sample.throttle is None:
        return Fact("held back by", MISSING, "muted")
    words = throttle_words(sample.throttle & ~Throttle.IDLE)
    if not words:
        return Fact("held back by", "nothing that is told")
    bad = bool(sample.throttle & ALARMING)
    text = f"▲ {', '.join(words)}" if bad else ", ".join(words)
    return Fact("held back by", text, "attention" if bad else "text")


def _of(value: float | None, limit: float | None, unit: str) -> str:
    if value is None:
        return MISSING
    return f"{value:.0f} {unit}" if limit is None else f"{value:.0f} of {limit:.0f} {unit}"


def _memory(sample: GpuSample) -> Iterator[Fact]:
    used, total = sample.memory_used_bytes, sample.memory_total_bytes
    if used is None:
        yield Fact("memory used", MISSING)
    else:
        share = f" · {100 * used / total:.0f} %" if total else ""
        yield Fact("memory used", f"{used / GIB:.1f} GiB{share}")
    if sample.memory_reserved_bytes is not None:
        yield Fact("reserved by the driver", binary(sample.memory_reserved_bytes))
    yield Fact("memory in all", binary(total))


def _heat(sample: GpuSample) -> Iterator[Fact]:
    temperature_c = sample.temperature_c
    if temperature_c is None:
        yield Fact("temperature", MISSING)
        return
    tone = "attention" if is_hot(sample) else "text"
    yield Fact("temperature", f"{'▲ ' if is_hot(sample) else ''}{temperature_c:.0f}°", tone)
    if sample.temperature_slowdown_c is not None:
        slowdown_c = sample.temperature_slowdown_c
        words, look = heat_piece(temperature_c, slowdown_c, is_hot=is_hot(sample))
        yield Fact("", f"{words} at {slowdown_c:.0f}°", look)
    if sample.temperature_shutdown_c is not None:
        shutdown_c = sample.temperature_shutdown_c
        left = shutdown_c - temperature_c
        yield Fact("", f"{left:.0f}° below shutdown at {shutdown_c:.0f}°", "muted")
    if sample.memory_temperature_c is not None:
        yield Fact("memory temperature", f"{sample.memory_temperature_c:.0f}°")
    if sample.fan_pct is not None:
        yield Fact("fan", f"{sample.fan_pct:.0f} %")


def _links(sample: GpuSample) -> Iterator[Fact]:
    pcie, nvlink = sample.pcie, sample.nvlink
    if pcie is not None:
        if words := pcie_words(pcie):
            is_narrow = is_link_narrow(pcie)
            sign = " ▲" if is_narrow else ""
            yield Fact("PCIe", f"{words}{sign}", "attention" if is_narrow else "text")
        if traffic := _traffic(pcie.rx_bytes_per_s, pcie.tx_bytes_per_s):
            yield Fact("PCIe in, out", traffic)
        if pcie.replay_count:
            yield Fact("PCIe replays", f"{pcie.replay_count:,}")
    if nvlink is not None and nvlink.link_count:
        active, count = nvlink.active_count, nvlink.link_count
        is_down = active is not None and active < count
        text = f"{MISSING if active is None else active} of {count} links{' ▲' if is_down else ''}"
        yield Fact("NVLink", text, "attention" if is_down else "text")
        if traffic := _traffic(nvlink.rx_bytes_per_s, nvlink.tx_bytes_per_s):
            yield Fact("NVLink in, out", traffic)
        if nvlink.error_count:
            yield Fact("NVLink errors", f"▲ {nvlink.error_count:,}", "attention")


def _traffic(rx: float | None, tx: float | None) -> str:
    """Return `2.1, 0.9 GB/s`; nothing where neither is told."""
    if rx is None and tx is None:
        return ""
    parts = (MISSING if value is None else f"{value / 1e9:.1f}" for value in (rx, tx))
    return f"{', '.join(parts)} GB/s"


def _health(sample: GpuSample) -> Iterator[Fact]:
    health = sample.memory_health
    if health is None:
        return
    if health.ecc_corrected is not None:
        yield Fact("ECC errors corrected", f"{health.ecc_corrected:,}")
    if health.ecc_uncorrected is not None:
        bad = health.ecc_uncorrected > 0
        text = f"{'▲ ' if bad else ''}{health.ecc_uncorrected:,}"
        yield Fact("ECC errors uncorrected", text, "attention" if bad else "text")
    yield from _remap(health)


def _remap(health: MemoryHealth) -> Iterator[Fact]:
    if health.remapped_rows is not None:
        yield Fact("remapped rows", str(health.remapped_rows))
    if health.has_remap_failed:
        yield Fact("", "✗ a remap failed: have the GPU replaced", "danger")
    elif health.is_remap_pending:
        yield Fact("", "▲ a remap waits for a GPU reset", "attention")
