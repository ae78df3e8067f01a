"""The processes on a GPU as rows: whose they are, what they take, what they are. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len

from cockpit.devices.sample import GpuProcess, GpuSample
from cockpit.tui.gpu_holders import count_words, holds_unseen_memory
from cockpit.tui.ink import Line, fit, right
from cockpit.units import MISSING, binary

PID, USER, MEMORY, SM = 8, 11, 10, 5
GAP = 2


def process_head(width: int) -> Line:
    """Return the heads of the columns."""
    text = f"{'pid':>{PID}}  {'user':<{USER}}{'memory':>{MEMORY}}{'SM':>{SM}}  command"
    return ((fit(text, width), "faint"),)


def process_lines(sample: GpuSample, labels: Mapping[int, str], width: int) -> tuple[Line, ...]:
    """Return a row for each process seen, and a sentence for what is not seen.

    `labels` are the run and rank of a pid.
    """
    if sample.processes is None:
        why = sample.processes_problem or "the driver does not tell the processes of this GPU"
        return (((fit(why, width).rstrip(), "text"),),)
    seen = [process for process in sample.processes if process.is_visible]
    seen.sort(key=lambda process: -(process.memory_used_bytes or 0))
    lines = [_row(process, labels.get(process.pid, ""), width) for process in seen]
    lines.extend(((fit(words, width).rstrip(), "text"),) for words in _unseen(sample))
    return tuple(lines) or ((("no process", "muted"),),)


def _unseen(sample: GpuSample) -> list[str]:
    hidden = [process for process in sample.processes or () if not process.is_visible]
    words = []
    if hidden:
        known = [one.memory_used_bytes for one in hidden if one.memory_used_bytes is not None]
        size = f", {binary(sum(known))}" if known else ""
        words.append(f"{count_words(len(hidden))}{size}, not visible in this container")
    if holds_unseen_memory(sample):
        words.append(f"{binary(sample.memory_used_bytes)} are held by nobody that the driver names")
    if sample.processes_problem:
        words.append(sample.processes_problem)
    return words


def _row(process: GpuProcess, label: str, width: int) -> Line:
    sm = MISSING if process.sm_pct is None else f"{process.sm_pct:.0f}%"
    head = f"{process.pid:>{PID}}  {fit(process.user or MISSING, USER - 1)} "
    head += right(binary(process.memory_used_bytes), MEMORY) + right(sm, SM) + " " * GAP
    room = width - cell_len(head)
    if room <= 0:
        return ((fit(head, width), "text"),)
    command = " ".join((process.command or MISSING).split())
    if not label:
        return ((head, "text"), (fit(command, max(0, room)), "muted"))
    shown = fit(label, min(cell_len(label), max(8, room // 2)))
    rest = room - cell_len(shown) - GAP
    if rest < 8:
        return ((head, "text"), (fit(label, max(0, room)), "text"))
    return ((head, "text"), (fit(command, rest), "muted"), ("  ", "text"), (shown, "text"))
