"""What the table of GPUs has no room for: processes that need a word, and whole problems. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from cockpit.cli.gpu_objects import Owners
from cockpit.cli.gpu_words import slowed_by
from cockpit.cli.text_width import pad_left, pad_right, plain, width
from cockpit.devices.sample import DeviceReading, DeviceSource, GpuProcess, GpuSample
from cockpit.devices.throttle import ALARMING
from cockpit.units import MIB, MISSING, binary, percent
from cockpit.views.gpu_owners import owner_of_process

UNSEEN_BYTES: Final = 500 * MIB
"""More in use on a GPU without a process to be seen is worth a word."""
HEAD: Final = ("GPU", "pid", "user", "memory", "SM", "command")
NUMBERS: Final = (0, 1, 3, 4)


def notes(
    reading: DeviceReading,
    owners: Owners,
    clipped: Iterable[GpuSample],
    *,
    has_reasons: bool,
) -> list[str]:
    """Return the lines under the table.

    `clipped`: what their rows say is cut at the right. `has_reasons`: the table tells what slows a
    GPU.
    """
    gpus = reading.gpus
    inventory = reading.inventory
    is_simulated = inventory is not None and inventory.source is DeviceSource.SIMULATED
    said = [(gpu.label, plain(gpu.problem or "")) for gpu in clipped]
    if not has_reasons:
        slowed = ((gpu.label, slowed_by(gpu, ALARMING)) for gpu in gpus)
        said += [(label, f"slowed by {words}") for label, words in slowed if words]
    said += [(gpu.label, words) for gpu in gpus for words in _unseen(gpu, is_simulated)]
    return [*_processes(gpus, owners), *grouped(said)]


def grouped(said: Iterable[tuple[str, str]]) -> list[str]:
    """Return one line for all GPUs of which the same is said."""
    labels: dict[str, list[str]] = {}
    for label, words in said:
        labels.setdefault(words, []).append(label)
    return [f"{gpu_words(of)}: {words}" for words, of in labels.items()]


def gpu_words(labels: list[str]) -> str:
    """Return `GPU 3`, `GPUs 0 to 15` or `GPUs 0, 2, 4:1`."""
    if len(labels) == 1:
        return f"GPU {labels[0]}"
    if len(labels) > 2 and all(label.isdigit() for label in labels):
        first, last = int(labels[0]), int(labels[-1])
        if last - first == len(labels) - 1:
            return f"GPUs {first} to {last}"
    return f"GPUs {', '.join(labels)}"


def _unseen(gpu: GpuSample, is_simulated: bool) -> Iterator[str]:
    """Yield what there is to say of processes that are not seen, or not told."""
    if gpu.processes_problem is not None and not is_simulated:
        yield plain(gpu.processes_problem)
    hidden = [process for process in gpu.processes or () if not process.is_visible]
    if hidden:
        sizes = [one.memory_used_bytes for one in hidden if one.memory_used_bytes is not None]
        count = "1 process" if len(hidden) == 1 else f"{len(hidden)} processes"
        size = f", {binary(sum(sizes))}" if sizes else ""
        yield f"{count}{size}, not visible in this container"
    used = gpu.memory_used_bytes or 0
    if gpu.processes == () and used > UNSEEN_BYTES and not is_simulated and not gpu.has_mig:
        yield f"{binary(used)} in use, and no process to be seen"


def _processes(gpus: Iterable[GpuSample], owners: Owners) -> list[str]:
    """Return a table of the processes; one that is alone and a run's is in the row already."""
    rows = [
        _process_row(gpu, process, owners)
        for gpu in gpus
        for process in sorted(gpu.processes or (), key=_size, reverse=True)
        if process.is_visible and not _is_told(gpu, process, owners)
    ]
    if not rows:
        return []
    table = [HEAD, *rows]
    widths = [max(width(row[place]) for row in table) for place in range(len(HEAD) - 1)]
    return [_line(row, widths) for row in table]


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    *cells, command = row
    padded = [
        pad_left(cell, room) if place in NUMBERS else pad_right(cell, room)
        for place, (cell, room) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join((*padded, command)).rstrip()


def _is_told(gpu: GpuSample, process: GpuProcess, owners: Owners) -> bool:
    is_alone = len(gpu.processes or ()) == 1
    return is_alone and owner_of_process(process, owners.by_pid) is not None


def _process_row(gpu: GpuSample, process: GpuProcess, owners: Owners) -> tuple[str, ...]:
    owner = owner_of_process(process, owners.by_pid)
    command = plain(process.command or MISSING)
    return (
        gpu.label,
        str(process.pid),
        plain(process.user or MISSING),
        binary(process.memory_used_bytes),
        percent(process.sm_pct),
        command if owner is None else f"{owner.label}: {command}",
    )


def _size(process: GpuProcess) -> int:
    return process.memory_used_bytes or 0
