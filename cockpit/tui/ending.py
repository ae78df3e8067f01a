"""What stopping a run means, in the words of the one question that is asked. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cockpit.runs.phase import Phase
from cockpit.tui.file_facts import newest_checkpoint
from cockpit.tui.store import Snapshot, gpu_words
from cockpit.tui.waiting import queue_words
from cockpit.units import binary, clock, duration
from cockpit.views.eta_words import end_clock, finishing
from cockpit.views.run_view import RunView


@dataclass(frozen=True, slots=True)
class Consequence:
    """One line of the question: `you lose   82 s of epoch 42`."""

    label: str
    text: str
    tone: str = "text"


def progress_words(run: RunView) -> str:
    """Return `epoch 42 of 100, running 1h 39m, ends 21:05`."""
    parts = []
    if run.epoch is not None and run.epochs:
        parts.append(f"epoch {min(run.epoch + 1, run.epochs)} of {run.epochs}")
    waits = run.phase is Phase.QUEUED
    parts.append(
        f"queued, {queue_words(run)}" if waits else f"{run.phase} {duration(run.duration_s)}"
    )
    if run.eta is not None and run.eta.is_finishing:
        parts.append(finishing(run.eta))
    elif run.eta is not None:
        parts.append(f"ends {end_clock(run.time + run.eta.remaining_s, run.time)}")
    return ", ".join(parts)


def consequences(run: RunView, snapshot: Snapshot) -> tuple[Consequence, ...]:
    """Return processes, GPUs, what is kept and lost, and how it will be done."""
    if run.phase is Phase.QUEUED:
        return tuple(_of_waiting(run))
    return (
        Consequence("processes", _processes(run)),
        Consequence("GPUs", _gpus(run, snapshot)),
        *_checkpoints(run),
        Consequence("", ""),
        *_how(run),
    )


def _of_waiting(run: RunView) -> Iterable[Consequence]:
    """Yield what a run loses that has no process now."""
    yield Consequence("processes", "none, it waits")
    if run.queue_place is not None:
        lost = f"its place in the queue: {run.queue_place}"
    elif run.next_attempt is not None:
        lost = f"the attempt that would begin {clock(run.next_attempt, run.time)}"
    else:
        lost = "its start"
    yield Consequence("you lose", lost, "attention")
    newest = newest_checkpoint(run)
    kept = "log and results" + (f", {newest.path.name}" if newest is not None else "")
    yield Consequence("you keep", kept if run.attempt > 1 or newest is not None else "nothing yet")


def _processes(run: RunView) -> str:
    alive = [process for process in run.processes if process.is_alive]
    if not alive:
        return "none recorded yet"
    top = next((process for process in alive if process.role == "launcher"), alive[0])
    ranks = sum(process.role == "rank" for process in alive if process is not top)
    rest = f" and its {ranks} ranks" if ranks else ""
    return f"{len(alive)}: {top.role} {top.identity.pid}{rest}"


def _gpus(run: RunView, snapshot: Snapshot) -> str:
    if not run.gpus:
        return "none, it trains on the CPU"
    held = _held_bytes(run, snapshot)
    words = gpu_words(run.gpus).removeprefix("GPUs ").removeprefix("GPU ")
    if run.is_simulated:
        return f"{words}, simulated: it trains on the CPU"
    return words + (f", {binary(held)} come back" if held else "")


def _held_bytes(run: RunView, snapshot: Snapshot) -> int:
    pids = {process.identity.pid for process in run.processes if process.is_alive}
    return sum(
        process.memory_used_bytes or 0
        for gpu in snapshot.reading.gpus
        for process in gpu.processes or ()
        if process.pid in pids
    )


def _checkpoints(run: RunView) -> Iterable[Consequence]:
    newest = newest_checkpoint(run)
    if newest is None:
        yield Consequence("you keep", "log and results; there is no checkpoint yet")
        yield Consequence("you lose", "everything trained so far", "attention")
        yield Consequence("resume", "not possible without a checkpoint")
        return
    old = duration(max(0.0, run.time - newest.modified))
    names = [point.path.name for point in run.checkpoints if point is not newest]
    kept = f"{newest.path.name}, {old} old" + (f"; {', '.join(names[:3])}" if names else "")
    yield Consequence("you keep", kept)
    yield Consequence("you lose", f"the last {old} of training", "attention")
    yield Consequence("resume", f"with r, from {newest.path.name}, where its trainer can")


def _how(run: RunView) -> Iterable[Consequence]:
    if run.phase is Phase.STOPPING:
        yield Consequence("how", "it is being stopped already; this does not wait any longer:")
        yield Consequence("", "1  SIGKILL to every process of it, at once", "attention")
    else:
        yield Consequence("how", "1  SIGTERM to the job, up to 45 s to save and leave")
        yield Consequence("", "2  SIGKILL to what is left, process by process")
    last = "2" if run.phase is Phase.STOPPING else "3"
    yield Consequence("", f"{last}  check that no process and no GPU memory is left")
