"""What is known now: runs and readings, gathered once a second and judged. No Textual in here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from cockpit.devices.sample import LOST, DeviceReading, DeviceSource, GpuSample
from cockpit.runs.phase import Phase, glyph
from cockpit.tui.waiting import one_line, queue_words, queued_why
from cockpit.units import HOUR_S, clock, duration
from cockpit.views.run_view import RunView

STALE_AFTER_S: Final = 3.0
"""A reading older than this is marked with its age (design 3.5)."""
FAILED_NEWS_S: Final = HOUR_S
LOST_NEWS_S: Final = 24 * HOUR_S
"""Older losses are history: they stay in the list of runs, but nobody is called for them."""


class RunSource(Protocol):
    """Where runs are read: `views.registry.Registry`."""

    def read(self, now_s: float) -> tuple[RunView, ...]:
        """Return every run, newest first."""
        ...


class ReadingSource(Protocol):
    """Where readings come from: `devices.feed.DeviceFeed`."""

    def start(self) -> None:
        """Begin to read; returns at once."""
        ...

    def latest(self) -> DeviceReading:
        """Return the newest readings without waiting."""
        ...

    def close(self) -> None:
        """End the poller."""
        ...


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that needs somebody, in one line."""

    glyph: str
    subject: str
    text: str
    key: str
    """What a key does about it: `⏎ open`; empty when no key helps."""
    topic: str
    """What tells it from other needs; stays the same while its text tells a growing age."""
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the screens show, at one moment."""

    runs: tuple[RunView, ...]
    """Newest first."""
    reading: DeviceReading
    time: float
    """Epoch seconds."""
    opened: float
    """When the TUI was started, epoch seconds."""
    hidden: frozenset[str] = frozenset()
    """Topics of the needs that the user has noted."""

    def run(self, run_id: str | None) -> RunView | None:
        """Return the run of that id, or None when it is gone."""
        return next((run for run in self.runs if run.run_id == run_id), None)

    @property
    def is_simulated(self) -> bool:
        """True when the GPUs shown do not exist."""
        inventory = self.reading.inventory
        return inventory is not None and inventory.source is DeviceSource.SIMULATED


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers in the header."""

    running: int = 0
    queued: int = 0
    needs: int = 0


@dataclass
class Store:
    """Joins the registry and the device feed into snapshots."""

    runs: RunSource
    devices: ReadingSource
    opened: float
    _started: bool = field(default=False, init=False)

    def refresh(self, now_s: float) -> Snapshot:
        """Return what is known now; the first call starts the poller."""
        if not self._started:
            self._started = True
            self.devices.start()
        return Snapshot(self.runs.read(now_s), self.devices.latest(), now_s, self.opened)

    def close(self) -> None:
        """End the poller; no run is touched."""
        if self._started:
            self.devices.close()


def counts(snapshot: Snapshot) -> Counts:
    """Return how many runs run, wait and need somebody."""
    phases = Counter(run.phase for run in snapshot.runs)
    return Counts(
        running=sum(phases[phase] for phase in Phase if phase.is_live),
        queued=phases[Phase.QUEUED],
        needs=len(attention(snapshot)),
    )


def owners(snapshot: Snapshot) -> dict[str, str]:
    """Return which run holds which GPU: gpu_uuid to `run · r3`, `run`, or nothing."""
    live = [run for run in snapshot.runs if run.phase.is_live]
    by_pid = {
        process.identity.pid: (run, process.rank) for run in live for process in run.processes
    }
    labels = {}
    for sample in snapshot.reading.gpus:
        label = _owner_by_pid(sample, by_pid) or _owner_by_index(sample, live)
        if label:
            labels[sample.gpu_uuid] = label
    return labels


def _owner_by_pid(sample: GpuSample, by_pid: dict[int, tuple[RunView, int | None]]) -> str | None:
    for process in sample.processes or ():
        if process.pid in by_pid:
            run, rank = by_pid[process.pid]
            return run.name if rank is None else f"{run.name} · r{rank}"
    return None


def _owner_by_index(sample: GpuSample, live: Sequence[RunView]) -> str | None:
    return next((run.name for run in live if sample.gpu_index in run.gpus), None)


def attention(snapshot: Snapshot) -> tuple[Need, ...]:
    """Return what needs somebody, worst first, but for what was hidden; empty when nothing does."""
    needs = (need for need in _all_needs(snapshot) if need.topic not in snapshot.hidden)
    return tuple(sorted(needs, key=lambda need: need.glyph != "✗"))


def _all_needs(snapshot: Snapshot) -> list[Need]:
    runs = (need_of(run, snapshot) for run in snapshot.runs)
    return [*_gpu_needs(snapshot), *(need for need in runs if need)]


def hide(snapshot: Snapshot, topics: Iterable[str]) -> Snapshot:
    """Return the snapshot without these needs; what is needed no more is forgotten with them."""
    present = {need.topic for need in _all_needs(snapshot)}
    return replace(snapshot, hidden=frozenset(present.intersection(topics)))


def keys_that_act(needs: Iterable[Need], selected: str | None) -> tuple[Need, ...]:
    """Return the needs with a key that acts on a run only where it would act on that run."""
    return tuple(
        need if need.run_id is None or need.run_id == selected else replace(need, key="")
        for need in needs
    )


def need_of(run: RunView, snapshot: Snapshot) -> Need | None:
    """Return what a run needs somebody for, or None."""
    match run.phase:
        case Phase.FAILED if _is_news(run.ended, snapshot, FAILED_NEWS_S):
            when = clock(run.ended, snapshot.time)
            return _need(run, f"failed {when}: {run.problem or _exit_words(run)}")
        case Phase.LOST if _is_news(run.last_sign or run.started, snapshot, LOST_NEWS_S):
            lost = f"lost: {run.problem or 'nobody wrote how it ended'}{_saved(run)}"
            return _need(run, lost, key="r resume")
        case Phase.UNSUPERVISED:
            gone = run.problem or "its supervisor is gone, the training goes on"
            return _need(run, gone, key="a adopt")
        case Phase.QUEUED if run.next_attempt is None:
            return None
        case Phase.QUEUED:
            return _need(run, f"{queue_words(run)} · {queued_why(run)}", sign="▲")
        case _ if run.problem and not run.phase.is_over:
            return _need(run, run.problem, sign="▲")
    return None


def _need(run: RunView, text: str, sign: str | None = None, key: str = "⏎ open") -> Need:
    topic = f"{run.run_id} {run.attempt} {run.phase} {run.problem or ''}"
    shown = sign or glyph(run.phase)
    return Need(shown, run.name, one_line(text), key, topic, run.run_id)


def _exit_words(run: RunView) -> str:
    if run.exit_code is None:
        return "its exit code is unknown"
    if run.exit_code < 0:
        return f"killed by signal {-run.exit_code}"
    return f"exit code {run.exit_code}"


def _saved(run: RunView) -> str:
    return f", epoch {run.epoch} is the last one" if run.epoch else ""


def _is_news(moment: float | None, snapshot: Snapshot, window_s: float) -> bool:
    return moment is not None and moment >= min(snapshot.opened, snapshot.time - window_s)


def _gpu_needs(snapshot: Snapshot) -> list[Need]:
    lost = [gpu for gpu in snapshot.reading.gpus if gpu.is_lost]
    silent = [gpu for gpu in snapshot.reading.gpus if gpu not in lost and _is_stale(gpu, snapshot)]
    needs = [
        Need(
            "✗", f"GPU {gpu.gpu_index} lost", _after_colon(gpu.problem), "", f"lost {gpu.gpu_uuid}"
        )
        for gpu in lost
    ]
    if silent:
        oldest_s = snapshot.time - min(gpu.time for gpu in silent)
        text = silent[0].problem if len(silent) == 1 and silent[0].problem else None
        text = text or f"no answer from the driver, values are {duration(oldest_s)} old"
        who = gpu_words(gpu.gpu_index for gpu in silent)
        needs.append(Need("▲", who, text, "", f"silent {who}"))
    return needs


def _is_stale(gpu: GpuSample, snapshot: Snapshot) -> bool:
    return gpu.problem is not None or snapshot.time - gpu.time >= STALE_AFTER_S


def _after_colon(problem: str | None) -> str:
    return (problem or "").removeprefix(LOST).lstrip(": ") or "it fell off the bus"


def gpu_words(indices: Iterable[int]) -> str:
    """Return `GPU 3`, `GPUs 0 to 15` or `GPUs 0, 2`; `cpu` for none."""
    numbers = sorted(indices)
    if not numbers:
        return "cpu"
    if len(numbers) == 1:
        return f"GPU {numbers[0]}"
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"GPUs {numbers[0]} to {numbers[-1]}"
    return "GPUs " + ", ".join(map(str, numbers))
