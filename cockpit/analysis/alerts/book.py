"""What holds now: asks every rule at each reading, and remembers what was raised."""

from __future__ import annotations

from typing import Final

from cockpit.analysis.alerts import gpu as gpu_rules
from cockpit.analysis.alerts import hang, idle
from cockpit.analysis.alerts import host as host_rules
from cockpit.analysis.alerts.fold import GpuFinding, folded
from cockpit.analysis.alerts.limits import Limits
from cockpit.analysis.alerts.memory import GpuMemory, Raised, RunMemory, apply
from cockpit.analysis.alerts.rule import GpuView, PaceView
from cockpit.analysis.alerts.run import RunGpu, RunSigns, WatchedRun
from cockpit.analysis.alerts.straggler import departures, pace_of
from cockpit.analysis.alerts.window import HostPoint, Window, host_point_of
from cockpit.devices.sample import DeviceReading, GpuSample, HostSample
from cockpit.runs.alert import Alert, AlertLevel

ORDER: Final = (
    "gpu.lost",
    "run.hang",
    "gpu.xid",
    "gpu.ecc",
    "host.disk",
    "gpu.power-brake",
    "host.memory",
    "host.shm",
    "run.gpu-idle",
    "gpu.silent",
    "gpu.hot",
    "gpu.throttled",
    "run.straggler",
    "run.checkpoint-overdue",
    "run.memory-margin",
    "run.low-utilization",
    "host.swap",
    "gpu.pcie-narrow",
    "gpu.remap-pending",
)
"""Every code; of equally bad ones the first goes first."""
EASE: Final = 0.5
"""A straggler is over when not even half of the evidence is left."""
STRAGGLER: Final = "run.straggler"
SAID_OF_LOST: Final = frozenset(rule.code for rule in gpu_rules.WITHOUT_READINGS)


class AlertBook:
    """What holds now; remembers the last minutes and what was raised.

    Give it every reading, about once a second or every five. It asks no clock and no file.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._gpus: dict[str, GpuMemory] = {}
        self._host_window: Window[HostPoint] = Window()
        self.disk_fills_in_s: float | None = None
        """When the disk is full at a steady rate; None: it is not known to fill."""
        self._host_raised: Raised = {}
        self._run: RunMemory | None = None
        self._last_look: float | None = None

    def look(
        self, reading: DeviceReading, now_s: float, run: RunSigns | None = None
    ) -> tuple[Alert, ...]:
        """Return what holds at `now_s` (epoch seconds), worst first.

        Without `run` only what is noticed of the GPUs and of the host.
        """
        self._heed_clock(now_s)
        self._take(reading, now_s)
        paces = self._paces(reading, run)
        findings = [
            finding
            for sample in reading.gpus
            for finding in self._look_at_gpu(sample, now_s, run, paces.get(sample.key))
        ]
        alerts = folded(findings)
        alerts += self._look_at_host(reading.host, now_s)
        alerts += self._look_at_run(reading, now_s, run)
        return tuple(sorted(alerts, key=_rank))

    def gpu_words(self, reading: DeviceReading, run: RunSigns) -> str | None:
        """Say what the GPUs of a silent run do, such as `8 GPUs at 0 %`; None: no telling."""
        return hang.gpu_evidence(self._run_gpus(reading, run), self._limits)

    def _take(self, reading: DeviceReading, now_s: float) -> None:
        """Take the reading into the memory; forget GPUs that are no longer there."""
        if reading.inventory is not None:
            present = {sample.key for sample in reading.gpus}
            self._gpus = {key: kept for key, kept in self._gpus.items() if key in present}
        for sample in reading.gpus:
            kept = self._gpus.setdefault(sample.key, GpuMemory())
            kept.take_events(sample, reading.events, now_s, self._limits.xid_s)
            if sample.problem is None:
                kept.take(sample)

    def _paces(self, reading: DeviceReading, run: RunSigns | None) -> dict[str, PaceView]:
        """Return how each GPU of the run does beside its fellows, by key."""
        if run is None or len(run.gpu_ranks) < 2:
            return {}
        limits = self._limits
        paces = [
            pace
            for gpu in self._run_gpus(reading, run)
            if (pace := pace_of(gpu.sample, gpu.points, limits.straggler_s)) is not None
        ]
        found = departures(paces, limits)
        is_standing = any(STRAGGLER in kept.raised for kept in self._gpus.values())
        rest = departures(paces, limits, ease=EASE) if is_standing else found
        keys = [pace.sample.key for pace in paces]
        return {key: PaceView(found.get(key), rest.get(key)) for key in keys}

    def _look_at_gpu(
        self, sample: GpuSample, now_s: float, run: RunSigns | None, pace: PaceView | None
    ) -> list[GpuFinding]:
        kept = self._gpus[sample.key]
        is_of_run = run is not None and sample.gpu_uuid in run.gpu_ranks
        view = GpuView(
            sample,
            kept.window.points,
            kept.events,
            kept.new_ecc_errors,
            kept.ecc_since,
            self._limits,
            now_s,
            pace,
        )
        apply(gpu_rules.WITHOUT_READINGS, view, kept.raised, now_s)
        if sample.problem is None:
            apply(gpu_rules.WITH_READINGS, view, kept.raised, now_s)
            if is_of_run:
                apply(gpu_rules.OF_A_RUN, view, kept.raised, now_s)
        elif sample.is_lost:
            kept.raised = {code: one for code, one in kept.raised.items() if code in SAID_OF_LOST}
        rank = run.gpu_ranks.get(sample.gpu_uuid) if run is not None else None
        return [
            GpuFinding(code, sample, rank, standing.since, standing.words)
            for code, standing in kept.raised.items()
            if is_of_run or not code.startswith("run.")
        ]

    def _look_at_host(self, host: HostSample | None, now_s: float) -> list[Alert]:
        if host is not None:
            if self._host_window.is_due(host.time):
                self._host_window.add(host_point_of(host))
                self.disk_fills_in_s = host_rules.disk_fills_in_s(self._host_window.points)
            view = host_rules.HostView(host, self._host_window.points, self._limits, now_s)
            apply(host_rules.RULES, view, self._host_raised, now_s)
        return _told("host", self._host_raised)

    def _look_at_run(
        self, reading: DeviceReading, now_s: float, run: RunSigns | None
    ) -> list[Alert]:
        if run is None:
            return []
        if self._run is None or self._run.attempt_started != run.attempt_started:
            self._begin_attempt(run)
        memory = self._run
        assert memory is not None
        kept = [self._gpus[sample.key] for sample in reading.gpus if _is_of(sample, run)]
        memory.take(run, kept, self._limits)
        gpus = self._run_gpus(reading, run)
        view = WatchedRun(run, gpus, reading.host, memory.was_busy, self._limits, now_s)
        apply((*idle.RULES, *hang.RULES), view, memory.raised, now_s)
        return _told("run", memory.raised)

    def _begin_attempt(self, run: RunSigns) -> None:
        """Forget what held for the attempt before: its batch may have been another."""
        self._run = RunMemory(run.attempt_started, run.last_progress, run.longest_silence_s)
        for kept in self._gpus.values():
            kept.powers.clear()
            kept.raised = {
                code: one for code, one in kept.raised.items() if not code.startswith("run.")
            }

    def _run_gpus(self, reading: DeviceReading, run: RunSigns) -> tuple[RunGpu, ...]:
        """Return the GPUs of the run that answer."""
        return tuple(
            RunGpu(sample, kept.window.points, kept.powers)
            for sample in reading.gpus
            if _is_of(sample, run)
            and sample.problem is None
            and (kept := self._gpus.get(sample.key)) is not None
        )

    def _heed_clock(self, now_s: float) -> None:
        """After a jump back nothing began in the future."""
        if self._last_look is not None and now_s < self._last_look:
            of_run = self._run.raised if self._run is not None else {}
            of_gpus = [kept.raised for kept in self._gpus.values()]
            for raised in (self._host_raised, of_run, *of_gpus):
                for standing in raised.values():
                    standing.since = min(standing.since, now_s)
        self._last_look = now_s


def _is_of(sample: GpuSample, run: RunSigns) -> bool:
    return sample.gpu_uuid in run.gpu_ranks


def _told(subject: str, raised: Raised) -> list[Alert]:
    return [
        Alert(code, one.words.level, subject, one.words.what, one.words.remedy, one.since)
        for code, one in raised.items()
    ]


def _rank(alert: Alert) -> tuple[bool, int, float]:
    return (alert.level is not AlertLevel.PROBLEM, ORDER.index(alert.code), alert.since)
