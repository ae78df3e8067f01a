"""What a supervisor records beside the run: devices, host, and how the log grew."""

from __future__ import annotations

import time
from typing import Final

from cockpit.devices.feed import DeviceFeed
from cockpit.devices.sample import DeviceReading, GpuSample, HostSample
from cockpit.runs.layout import RunPaths
from cockpit.supervise.journal import Journal

DEVICE_PERIOD_S: Final = 5.0
LOG_PERIOD_S: Final = 1.0
FIRST_READING_S: Final = 10.0


class Recorder:
    """Appends samples to the run directory, each kind at its own pace."""

    def __init__(self, paths: RunPaths, journal: Journal, devices: str) -> None:
        self._paths = paths
        self._journal = journal
        self._feed = DeviceFeed(devices, interval_s=DEVICE_PERIOD_S)
        self._log_bytes = -1
        self._next_log = 0.0
        self._next_devices = 0.0
        self._seen: dict[str, float] = {}

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

    def record(self, now: float) -> None:
        """Write what is due at `now` (monotonic seconds)."""
        if now >= self._next_log:
            self._next_log = now + LOG_PERIOD_S
            self._record_log()
        if now >= self._next_devices:
            self._next_devices = now + DEVICE_PERIOD_S
            self._record_devices(self._feed.latest())

    def close(self) -> None:
        """End the poller; never waits for a hanging driver."""
        self._feed.close()

    def _record_log(self) -> None:
        try:
            size = self._paths.log.stat().st_size
        except OSError:
            return
        if size != self._log_bytes:
            self._log_bytes = size
            line = {"t": round(time.time(), 1), "bytes": size}
            self._journal.append(self._paths.log_sizes, line)

    def _record_devices(self, reading: DeviceReading) -> None:
        fresh = [gpu for gpu in reading.gpus if self._is_new(gpu.gpu_uuid, gpu.time)]
        if fresh:
            line = {"t": round(time.time(), 1), "gpus": [gpu_line(gpu) for gpu in fresh]}
            self._journal.append(self._paths.gpu_samples, line)
        if reading.host is not None and self._is_new("host", reading.host.time):
            self._journal.append(self._paths.host_samples, host_line(reading.host))

    def _is_new(self, key: str, moment: float) -> bool:
        if self._seen.get(key) == moment:
            return False
        self._seen[key] = moment
        return True


def gpu_line(gpu: GpuSample) -> list[object]:
    """Return index, utilisation %, used bytes, °C, W, problem: short, since it is kept for days."""
    return [
        gpu.gpu_index,
        gpu.utilization_pct,
        gpu.memory_used_bytes,
        gpu.temperature_c,
        gpu.power_w,
        gpu.problem,
    ]


def host_line(host: HostSample) -> dict[str, object]:
    """Return the host's values under short names."""
    return {
        "t": round(host.time, 1),
        "cpu_pct": host.cpu_pct,
        "memory_used_bytes": host.memory_used_bytes,
        "swap_used_bytes": host.swap_used_bytes,
        "disk_free_bytes": host.disk_free_bytes,
        "shm_free_bytes": host.shm_free_bytes,
    }
