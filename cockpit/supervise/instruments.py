"""What the instruments of a supervisor make of one attempt: usage, figures, alerts, Xids."""

from __future__ import annotations

import time
from dataclasses import replace

from cockpit.analysis.alerts.book import AlertBook
from cockpit.analysis.alerts.limits import Limits
from cockpit.analysis.alerts.run import RunSigns
from cockpit.analysis.figures import added
from cockpit.devices.sample import DeviceReading, GpuSample
from cockpit.runs.attempt import AttemptRecord
from cockpit.runs.gpu_figures import GpuFigures
from cockpit.runs.record import StateRecord
from cockpit.runs.usage import RunUsage
from cockpit.supervise.alarms import Alarms
from cockpit.supervise.journal import say
from cockpit.supervise.losses import LossWatch
from cockpit.supervise.members import Members
from cockpit.supervise.needs import Needs
from cockpit.supervise.quiet import has_limit, limit_from_environment
from cockpit.supervise.rank_memory import RankMemory
from cockpit.supervise.signs import CheckpointTimes, signs_of
from cockpit.supervise.station import Station
from cockpit.supervise.usage import UsageMeter
from cockpit.supervise.xids import Xids
from cockpit.views.gpu_ranks import planned_ranks, seen_ranks
from cockpit.views.instrument_settings import read_instrument_settings


class Instruments:
    """Asks the devices when it is time, writes the record, and keeps what is known up to date."""

    def __init__(self, at: Station, attempt: AttemptRecord, members: Members, needs: Needs) -> None:
        self._recorder = at.recorder
        self._members = members
        self._needs = needs
        self._planned = planned_ranks(attempt.gpu_uuids, attempt.world_size)
        self._usage = UsageMeter()
        is_on_gpu = bool(attempt.gpus) and not at.record.is_simulated
        self._memory = None if is_on_gpu else RankMemory()
        self._is_alone = attempt.world_size == 1
        self._before: dict[str, GpuSample] = {}
        self._checkpoints = CheckpointTimes(at.record.checkpoint)
        self._xids = Xids(at.journal)
        self._alarms = Alarms(at.journal, at.notices)
        self._losses = LossWatch(at.record, at.paths)
        self._book = AlertBook(read_limits())
        self.gpu_words: str | None = None
        """What the GPUs of the run do now, where that says something of a silence."""

    @property
    def alarms(self) -> Alarms:
        """The alerts that stand."""
        return self._alarms

    def look(self, now: float, state: StateRecord, *, is_going: bool) -> StateRecord:
        """Return the state with what was read at `now` (monotonic seconds), where that is due.

        Once the job has ended only its GPUs are still looked at.
        """
        self._recorder.record_log(now)
        reading = self._recorder.due_reading(now)
        if reading is None:
            return state
        members = self._members.records()
        usage = self._usage.measure(members)
        if self._memory is not None:
            self._memory.look(members)
        self._recorder.record(reading, usage, now)
        ours = of_gpus(reading, self._planned)
        ranks = seen_ranks(self._planned, ours.gpus, self._members.ranks())
        self._xids.take(ours.events, ranks)
        signs = self._signs(state, reading, usage, ranks) if is_going else None
        alerts = self._book.look(ours, time.time(), signs)
        if is_going:
            alerts = (*self._losses.look(), *alerts)
        self._alarms.take(alerts, state, is_quiet_told=self._needs.is_quiet_told)
        self.gpu_words = self._book.gpu_words(ours, signs) if signs is not None else None
        return replace(
            state,
            usage=usage,
            alerts=alerts,
            gpu_figures=self._count(state.gpu_figures, ours),
            rank_memory_bytes=self._memory.peak_bytes if self._memory is not None else None,
        )

    def shift(self, step_s: float) -> None:
        """Heed that somebody set the clock by `step_s`."""
        self._checkpoints.shift(step_s)

    def close(
        self, reading: DeviceReading, state: StateRecord, peak_bytes: int | None
    ) -> StateRecord:
        """Return the state with the last reading counted.

        `peak_bytes`: so much did the largest process of the job hold, which no look may have seen.
        """
        ours = of_gpus(reading, self._planned)
        memory = state.rank_memory_bytes
        if self._memory is not None and self._is_alone and peak_bytes is not None:
            memory = max(memory or 0, peak_bytes)
        return replace(
            state, gpu_figures=self._count(state.gpu_figures, ours), rank_memory_bytes=memory
        )

    def _signs(
        self,
        state: StateRecord,
        reading: DeviceReading,
        usage: RunUsage,
        ranks: dict[str, int | None],
    ) -> RunSigns:
        began = state.attempt_started or state.started or state.touched
        return signs_of(
            self._needs.quiet,
            self._checkpoints,
            began,
            ranks,
            cpu_count=reading.host.cpu_count if reading.host else 1,
            worker_count=usage.worker_count,
        )

    def _count(
        self, figures: tuple[GpuFigures, ...], ours: DeviceReading
    ) -> tuple[GpuFigures, ...]:
        """Return the figures with the newest readings; those of earlier GPUs stay as they are."""
        found = {one.gpu_uuid: one for one in figures}
        for sample in ours.gpus:
            before = self._before.get(sample.gpu_uuid)
            if sample.problem is None and (before is None or sample.time != before.time):
                found[sample.gpu_uuid] = added(found.get(sample.gpu_uuid), before, sample)
                self._before[sample.gpu_uuid] = sample
        return tuple(found.values())


def read_limits() -> Limits:
    """Return what the user set; a silence that is usual here is no hang either."""
    settings = read_instrument_settings()
    for problem in settings.problems:
        say(problem)
    if not has_limit():
        return settings.limits
    return replace(settings.limits, hang_s=limit_from_environment())


def of_gpus(reading: DeviceReading, uuids: dict[str, int | None]) -> DeviceReading:
    """Return what a reading tells of these GPUs and of the host."""
    return replace(
        reading,
        gpus=tuple(gpu for gpu in reading.gpus if gpu.gpu_uuid in uuids),
        events=tuple(event for event in reading.events if event.gpu_uuid in uuids),
    )
