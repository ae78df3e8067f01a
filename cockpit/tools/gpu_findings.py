"""From a reading of the GPUs to findings: what the driver says that a training would feel. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from cockpit.devices.sample import (
    DeviceReading,
    DeviceSource,
    GpuProcess,
    GpuSample,
    PcieLink,
)
from cockpit.devices.throttle import ALARMING, throttle_words
from cockpit.tool_runs.events import Finding, Level
from cockpit.units import binary

NO_MATTER: Final = ("no NVIDIA driver is installed", "GPUs are not looked for")
"""How the source says that there is none: `driver.version` tells the one, the user the other."""
BUSY_PCT: Final = 50.0
"""A GPU that works this much runs its link at full speed; an idle one saves power."""

Words = Callable[[GpuSample], str]
"""What there is to say of one GPU; empty when there is nothing."""


def judge_gpus(reading: DeviceReading, own_user: str) -> Iterator[Finding]:
    """Yield a finding for each subject of which the driver tells something; none without GPUs."""
    inventory = reading.inventory
    is_simulated = inventory is not None and inventory.source is DeviceSource.SIMULATED
    for finding in _judge(reading, own_user):
        yield replace(finding, what=f"SIMULATED: {finding.what}") if is_simulated else finding


def _judge(reading: DeviceReading, own_user: str) -> Iterator[Finding]:
    inventory = reading.inventory
    if inventory is None:
        return
    if inventory.problem and not inventory.problem.startswith(NO_MATTER):
        what, _, remedy = inventory.problem.partition("; ")
        yield Finding(Level.PROBLEM, "nvml.driver", what, remedy or "nvidia-smi, then dmesg")
    gpus = reading.gpus
    if not gpus:
        return
    yield from _judge_answers(gpus, inventory.driver)
    yield from _judge_memory(gpus)
    yield from _judge_speed(gpus)
    if inventory.source is not DeviceSource.SIMULATED:
        yield from _judge_processes(gpus, own_user)
    xids = [f"GPU {event.gpu_index}: Xid {event.code}" for event in reading.events]
    if xids:
        what = "the driver just reported " + ", ".join(dict.fromkeys(xids))
        yield Finding(Level.WARNING, "gpu.xid", what, "dmesg | grep -i xid")


def _judge_answers(gpus: Iterable[GpuSample], driver: str | None) -> Iterator[Finding]:
    gpus = tuple(gpus)
    lost = _grouped(gpus, lambda gpu: gpu.problem or "" if gpu.is_lost else "")
    if lost:
        remedy = "a cold reboot brings it back; until then train on the others; dmesg | grep -i xid"
        yield Finding(Level.PROBLEM, "gpu.lost", lost, remedy)
    silent = _grouped(gpus, lambda gpu: "" if gpu.is_lost else gpu.problem or "")
    if silent:
        remedy = "nvidia-smi; a driver that hangs needs a reset or a reboot (see dmesg)"
        yield Finding(Level.PROBLEM, "gpu.silent", silent, remedy)
    if not lost and not silent:
        count = len({gpu.gpu_index for gpu in gpus})
        version = f", driver {driver}" if driver else ""
        word = "the GPU answers" if count == 1 else f"all {count} GPUs answer"
        yield Finding(Level.OK, "nvml.driver", f"{word}{version}")


def _judge_memory(gpus: Iterable[GpuSample]) -> Iterator[Finding]:
    gpus = tuple(gpu for gpu in gpus if gpu.memory_health is not None)
    if not gpus:
        return
    code = "gpu.ecc"
    uncorrected = _grouped(gpus, lambda gpu: _counted(gpu, "ecc_uncorrected", "uncorrected"))
    corrected = _grouped(gpus, lambda gpu: _counted(gpu, "ecc_corrected", "corrected"))
    if uncorrected:
        remedy = "reset the GPU (nvidia-smi --gpu-reset) or reboot; on repeat have it replaced"
        yield Finding(Level.WARNING, code, uncorrected, remedy)
    elif corrected:
        yield Finding(Level.NOTE, code, corrected, "harmless while it does not rise quickly")
    elif any(gpu.memory_health and gpu.memory_health.ecc_uncorrected == 0 for gpu in gpus):
        yield Finding(Level.OK, code, "no memory error since the driver was loaded")
    failed = _grouped(gpus, lambda gpu: "a bad row of memory could not be replaced" * _failed(gpu))
    pending = _grouped(gpus, lambda gpu: "a bad row of memory waits for a reset" * _pending(gpu))
    if failed:
        yield Finding(Level.PROBLEM, "gpu.remap", failed, "have the GPU replaced")
    elif pending:
        remedy = "nvidia-smi --gpu-reset, or reboot, before the next long run"
        yield Finding(Level.WARNING, "gpu.remap", pending, remedy)


def _judge_speed(gpus: Iterable[GpuSample]) -> Iterator[Finding]:
    gpus = tuple(gpus)
    slowed = _grouped(gpus, _slowed_by)
    if slowed:
        remedy = "look after fans, air and power supply: nvidia-smi -q -d PERFORMANCE"
        yield Finding(Level.WARNING, "gpu.throttle", slowed, remedy)
    elif any(gpu.throttle is not None for gpu in gpus):
        yield Finding(Level.OK, "gpu.throttle", "no GPU is slowed by heat or power supply")
    narrow = _grouped(gpus, lambda gpu: _narrowed(gpu.pcie, gpu.utilization_pct))
    if narrow:
        remedy = "reseat the card, or look for the slot, the riser and the BIOS setting"
        yield Finding(Level.WARNING, "pcie.link", narrow, remedy)
    elif any(gpu.pcie and gpu.pcie.width and gpu.pcie.width_max for gpu in gpus):
        yield Finding(Level.OK, "pcie.link", "all PCIe links have the width that they can have")


def _judge_processes(gpus: Iterable[GpuSample], own_user: str) -> Iterator[Finding]:
    gpus = tuple(gpus)
    untold = _grouped(gpus, lambda gpu: gpu.processes_problem or "")
    if untold:
        what = f"who uses the GPUs is not told: {untold}"
        yield Finding(Level.NOTE, "nvml.processes", what, "ask with nvidia-smi as root")
    others = _grouped(gpus, lambda gpu: _users(gpu, lambda one: one.user != own_user))
    own = _grouped(gpus, lambda gpu: _users(gpu, lambda one: one.user == own_user))
    if others:
        remedy = "agree with them, or choose free GPUs: cockpit gpus --select free"
        yield Finding(Level.WARNING, "gpu.users", others, remedy)
    elif own:
        yield Finding(Level.NOTE, "gpu.users", own, "cockpit runs, or cockpit gpus")
    elif any(gpu.processes is not None for gpu in gpus):
        yield Finding(Level.OK, "gpu.users", "nobody uses the GPUs")


def _counted(gpu: GpuSample, name: str, word: str) -> str:
    count = getattr(gpu.memory_health, name)
    return f"{count} {word} memory error{'' if count == 1 else 's'}" if count else ""


def _failed(gpu: GpuSample) -> bool:
    return bool(gpu.memory_health and gpu.memory_health.has_remap_failed)


def _pending(gpu: GpuSample) -> bool:
    return bool(gpu.memory_health and gpu.memory_health.is_remap_pending)


def _slowed_by(gpu: GpuSample) -> str:
    reasons = (gpu.throttle or 0) & ALARMING
    return f"slowed now: {', '.join(throttle_words(reasons))}" if reasons else ""


def _narrowed(link: PcieLink | None, utilization_pct: float | None) -> str:
    if link is None:
        return ""
    if link.width and link.width_max and link.width < link.width_max:
        return f"PCIe x{link.width} of x{link.width_max}"
    is_busy = (utilization_pct or 0.0) >= BUSY_PCT
    now, most = link.generation, link.generation_max
    is_less = now is not None and most is not None and now < most
    return f"PCIe generation {now} of {most} under load" if is_busy and is_less else ""


def _users(gpu: GpuSample, is_meant: Callable[[GpuProcess], bool]) -> str:
    meant = [one for one in gpu.processes or () if is_meant(one)]
    if not meant:
        return ""
    names = dict.fromkeys(one.user or "somebody outside this container" for one in meant)
    sizes = [one.memory_used_bytes for one in meant if one.memory_used_bytes is not None]
    size = f" ({binary(sum(sizes))})" if sizes else ""
    return f"used by {', '.join(names)}{size}"


def _grouped(gpus: Iterable[GpuSample], words_of: Words) -> str:
    """Return one line for all GPUs of which the same is said."""
    labels: dict[str, list[str]] = {}
    for gpu in gpus:
        words = words_of(gpu)
        if words:
            labels.setdefault(words, []).append(gpu.label)
    return "\n".join(
        f"GPU{'' if len(of) == 1 else 's'} {', '.join(of)}: {words}" for words, of in labels.items()
    )
