"""What a supervisor records beside the run: devices, host, and how the log grew.

`cockpit.runs.samples` says what the lines look like, and reads them.
"""

from __future__ import annotations

import time
from typing import Final

from cockpit.devices.feed import DeviceFeed
from cockpit.devices.sample import DeviceReading, GpuSample, HostSample
from cockpit.runs.layout import RunPaths
from cockpit.runs.usage import RunUsage
from cockpit.supervise.journal import Journal

DEVICE_PERIOD_S: Final = 5.0
LOG_PERIOD_S: Final = 1.0
FIRST_READING_S: Final = 10.0
UUIDS_PERIOD_S: Final = 600.0
"""The GPUs are named anew this often, so that whoever reads a part of the file soon meets them."""


class Recorder:
    """Appends samples to the run directory, each kind at its own pace."""

    def __init__(self, paths: RunPaths, journal: Journal, devices: str) -> None:
        self._paths = paths
        self._journal = journal
        self._feed = DeviceFeed(devices, interval_s=DEVICE_PERIOD_S)
        self._log_bytes = -1
        self._next_log = 0.0
        self._next_devices = 0.0
        self._next_uuids = 0.0
        self._uuids: dict[str, str] = {}
        self._seen: dict[str, tuple[float, bool]] = {}

    def start(self) -> None:
        """Start the poller process; a second call does nothing."""
        self._feed.start()

    def first_reading(self) -> DeviceReading:
        """Return a reading, after waiting for the first one where there is none yet."""
        return self._feed.first_reading(FIRST_READING_S, needs_host=False)

    @property
    def foreign_pids(self) -> tuple[int, ...]:
        """Children of ours that are no part of the run."""
        pid = self._feed.poller_pid
        return () if pid is None else (pid,)

    def latest(self) -> DeviceReading:
        """Return the newest device reading."""
        return self._feed.latest()

    def due_reading(self, now: float) -> DeviceReading | None:
        """Return the newest reading where one is due at `now` (monotonic seconds), else None.

        The poller needs a moment for its first one: until then it is asked more often.
        """
        if now < self._next_devices:
            return None
        reading = self._feed.latest()
        self._next_devices = now + (DEVICE_PERIOD_S if reading.inventory else LOG_PERIOD_S)
        return reading

    def record_log(self, now: float) -> None:
        """Write how long the log is, where that is due and it grew."""
        if now < self._next_log:
            return
        self._next_log = now + LOG_PERIOD_S
        try:
            size = self._paths.log.stat().st_size
        except OSError:
            return
        if size != self._log_bytes:
            self._log_bytes = size
            line = {"t": round(time.time(), 1), "bytes": size}
            self._journal.append(self._paths.log_sizes, line)

    def record(self, reading: DeviceReading, usage: RunUsage | None, now: float) -> None:
        """Write what is new in a reading, and what the run takes of the host."""
        fresh = [gpu for gpu in reading.gpus if self._is_new(gpu.key, gpu)]
        if fresh:
            moment = round(time.time(), 1)
            self._name_gpus(reading, moment, now)
            line = {"t": moment, "gpus": [gpu_line(gpu) for gpu in fresh]}
            self._journal.append(self._paths.gpu_samples, line)
        if reading.host is not None and self._is_new("host", reading.host):
            line = {"t": round(reading.host.time, 1), "host": host_line(reading.host, usage)}
            self._journal.append(self._paths.host_samples, line)

    def close(self) -> None:
        """End the poller; never waits for a hanging driver."""
        self._feed.close()

    def _name_gpus(self, reading: DeviceReading, moment: float, now: float) -> None:
        """Write which UUID is behind which label, at the beginning, when it changes, and again."""
        uuids = {gpu.label: gpu.gpu_uuid for gpu in reading.gpus if gpu.gpu_uuid}
        if uuids and (uuids != self._uuids or now >= self._next_uuids):
            self._uuids, self._next_uuids = uuids, now + UUIDS_PERIOD_S
            self._journal.append(self._paths.gpu_samples, {"t": moment, "uuids": uuids})

    def _is_new(self, key: str, sample: GpuSample | HostSample) -> bool:
        """Say whether a sample is to be written: a silence once, when it begins."""
        has_problem = isinstance(sample, GpuSample) and sample.problem is not None
        mark = (sample.time, has_problem)
        if self._seen.get(key) == mark:
            return False
        self._seen[key] = mark
        return True


def gpu_line(gpu: GpuSample) -> list[object]:
    """Return the row of `GPU_FIELDS`, without what is missing at its end: it is kept for days."""
    label = gpu.gpu_index if gpu.mig_index is None else gpu.label
    if gpu.problem is not None:  # what it still shows was read before
        return [label, None, None, None, None, gpu.problem]
    return _cut(
        label,
        _short(gpu.utilization_pct),
        gpu.memory_used_bytes,
        _short(gpu.temperature_c),
        _short(gpu.power_w),
        None,
        _short(gpu.sm_clock_mhz),
        gpu.throttle,
    )


def host_line(host: HostSample, usage: RunUsage | None) -> list[object]:
    """Return the row of `HOST_FIELDS`, without what is missing at its end."""
    cores = None if usage is None or usage.cpu_cores is None else round(usage.cpu_cores, 2)
    return _cut(
        _short(host.cpu_pct),
        host.memory_used_bytes,
        host.swap_used_bytes,
        host.disk_free_bytes,
        host.shm_free_bytes,
        cores,
        usage.memory_bytes if usage else None,
        usage.worker_count if usage else None,
        _whole(host.disk_read_bytes_per_s),
        _whole(host.disk_write_bytes_per_s),
        _whole(host.network_rx_bytes_per_s),
        _whole(host.network_tx_bytes_per_s),
    )


def _cut(*values: object) -> list[object]:
    row = list(values)
    while row and row[-1] is None:
        row.pop()
    return row


def _short(value: float | None) -> float | None:
    """Return a value as short as it can be said: one decimal, none where it is whole."""
    if value is None:
        return None
    return int(value) if value == int(value) else round(value, 1)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
