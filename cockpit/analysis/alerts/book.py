"""What holds now: reads the rules against each reading, and remembers what was raised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from cockpit.analysis.alerts import gpu as gpu_rules
from cockpit.analysis.alerts import host as host_rules
from cockpit.analysis.alerts.fold import GpuFinding, folded
from cockpit.analysis.alerts.limits import Limits
from cockpit.analysis.alerts.rule import GpuView, Rule, Words
from cockpit.analysis.alerts.run import RunSigns
from cockpit.analysis.alerts.window import HostPoint, Point, Window, host_point_of, point_of
from cockpit.devices.sample import DeviceReading, GpuEvent, GpuSample, HostSample
from cockpit.runs.alert import Alert, AlertLevel

V = TypeVar("V")

ORDER: Final = (
    "gpu.lost",
    "run.hang",
    "gpu.xid",
    "gpu.ecc",
    "host.disk",
    "gpu.power-brake",
    "host.memory",
    "host.shm",
    "gpu.silent",
    "run.gpu-idle",
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
"""Of equally bad ones the first goes first."""


@dataclass(slots=True)
class Standing:
    """Something that was raised and is not over."""

    since: float
    words: Words


Raised = dict[str, Standing]
"""By code."""


@dataclass(slots=True)
class GpuMemory:
    """What is remembered of one GPU."""

    window: Window[Point] = field(default_factory=Window)
    raised: Raised = field(default_factory=dict)
    events: tuple[GpuEvent, ...] = ()
    ecc_first: int | None = None
    ecc_last: int | None = None
    ecc_since: float | None = None
    """When new errors were seen last."""


class AlertBook:
    """What holds now; remembers the windows and what was raised.

    Give it every reading, about once a second or every five. It asks no clock and no file.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._gpus: dict[str, GpuMemory] = {}
        self._host_window: Window[HostPoint] = Window()
        self._host_raised: Raised = {}
        self._last_look: float | None = None

    def look(
        self, reading: DeviceReading, now_s: float, run: RunSigns | None = None
    ) -> tuple[Alert, ...]:
        """Return what holds at `now_s` (epoch seconds), worst first.

        Without `run` only what is noticed of the GPUs and of the host.
        """
        self._heed_clock(now_s)
        if reading.inventory is not None:
            present = {sample.key for sample in reading.gpus}
            self._gpus = {key: kept for key, kept in self._gpus.items() if key in present}
        findings = [
            finding
            for sample in reading.gpus
            for finding in self._look_at_gpu(sample, reading.events, now_s, run)
        ]
        alerts = [*folded(findings), *self._look_at_host(reading.host, now_s)]
        return tuple(sorted(alerts, key=_rank))

    def _look_at_gpu(
        self, sample: GpuSample, events: Sequence[GpuEvent], now_s: float, run: RunSigns | None
    ) -> list[GpuFinding]:
        kept = self._gpus.setdefault(sample.key, GpuMemory())
        _take_events(kept, sample, events, now_s, self._limits.xid_s)
        is_of_run = run is not None and sample.gpu_uuid in run.gpu_ranks
        if sample.problem is None:
            if kept.window.is_due(sample.time):
                kept.window.add(point_of(sample))
            _count_ecc(kept, sample)
        rank = run.gpu_ranks.get(sample.gpu_uuid) if run is not None else None
        view = GpuView(
            sample,
            kept.window.points,
            kept.events,
            (kept.ecc_last or 0) - (kept.ecc_first or 0),
            kept.ecc_since,
            self._limits,
            now_s,
            rank,
        )
        _apply(gpu_rules.WITHOUT_READINGS, view, kept.raised, now_s)
        if sample.problem is None:
            _apply(gpu_rules.WITH_READINGS, view, kept.raised, now_s)
            if is_of_run:
                _apply(gpu_rules.OF_A_RUN, view, kept.raised, now_s)
        elif sample.is_lost:
            kept.raised = {code: one for code, one in kept.raised.items() if code in _LOST_CODES}
        return [
            GpuFinding(code, sample, rank, standing.since, standing.words)
            for code, standing in kept.raised.items()
            if is_of_run or not code.startswith("run.")
        ]

    def _look_at_host(self, host: HostSample | None, now_s: float) -> list[Alert]:
        if host is not None:
            if self._host_window.is_due(host.time):
                self._host_window.add(host_point_of(host))
            view = host_rules.HostView(host, self._host_window.points, self._limits, now_s)
            _apply(host_rules.RULES, view, self._host_raised, now_s)
        return [
            Alert(code, one.words.level, "host", one.words.what, one.words.remedy, one.since)
            for code, one in self._host_raised.items()
        ]

    def _heed_clock(self, now_s: float) -> None:
        """After a jump back nothing began in the future."""
        if self._last_look is not None and now_s < self._last_look:
            for raised in (self._host_raised, *(kept.raised for kept in self._gpus.values())):
                for standing in raised.values():
                    standing.since = min(standing.since, now_s)
        self._last_look = now_s


_LOST_CODES: Final = frozenset(rule.code for rule in gpu_rules.WITHOUT_READINGS)


def _apply(rules: Iterable[Rule[V]], view: V, raised: Raised, now_s: float) -> None:
    """Raise and lower what the rules say, and put what stands into words."""
    for rule in rules:
        standing = raised.get(rule.code)
        if standing is None:
            since = rule.begun(view)
            if since is None:
                continue
            since = min(since, now_s)
            raised[rule.code] = Standing(since, rule.words(view, since))
        elif rule.is_over(view):
            del raised[rule.code]
        else:
            standing.words = rule.words(view, standing.since)


def _take_events(
    kept: GpuMemory, sample: GpuSample, events: Sequence[GpuEvent], now_s: float, shown_s: float
) -> None:
    """Keep what the driver reported of this GPU lately, each once."""
    if not events and not kept.events:
        return
    ours = [event for event in events if _is_of(event, sample)]
    known = dict.fromkeys((*kept.events, *ours))
    recent = (event for event in known if abs(now_s - event.time) <= shown_s)
    kept.events = tuple(sorted(recent, key=lambda event: event.time))


def _is_of(event: GpuEvent, sample: GpuSample) -> bool:
    if event.gpu_uuid and sample.gpu_uuid:
        return event.gpu_uuid == sample.gpu_uuid
    return event.gpu_index == sample.gpu_index and sample.mig_index is None


def _count_ecc(kept: GpuMemory, sample: GpuSample) -> None:
    """Note new uncorrected errors; a counter that went back begins anew."""
    health = sample.memory_health
    count = None if health is None else health.ecc_uncorrected
    if count is None:
        return
    if kept.ecc_first is None or kept.ecc_last is None or count < kept.ecc_last:
        kept.ecc_first = count
    elif count > kept.ecc_last:
        kept.ecc_since = sample.time
    kept.ecc_last = count


def _rank(alert: Alert) -> tuple[bool, int, float]:
    return (alert.level is not AlertLevel.PROBLEM, ORDER.index(alert.code), alert.since)
