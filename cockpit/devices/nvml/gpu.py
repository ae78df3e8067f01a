"""One GPU by its NVML index: what it says of itself, and its readings of each tick."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pynvml

from cockpit.devices.driver import ReadProgress
from cockpit.devices.nvml.calls import (
    LOST,
    Calls,
    Unreadable,
    error_code,
    error_text,
    milli,
    number,
)
from cockpit.devices.nvml.memory import read_memory
from cockpit.devices.nvml.mig import MigDevices
from cockpit.devices.nvml.processes import Processes
from cockpit.devices.nvml.slow import SlowReadings
from cockpit.devices.nvml_fields import RECOVERY_WORDS
from cockpit.devices.sample import GpuSample

RETRY_S: Final = 5.0
"""A GPU without a handle is looked for this often."""
MIG_PROCESSES: Final = "processes are told by its MIG devices"


class NvmlGpu:
    """One GPU. Whatever fails, index, uuid and name stay the same."""

    def __init__(self, gpu_index: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = self._draft = GpuSample(gpu_index, gpu_uuid="", name="", time=time.time())
        self._fresh: dict[str, Any] = {}
        self._calls = Calls(clock)
        self._processes = Processes(self._calls)
        self._slow = SlowReadings(self._calls, self._processes)
        self._mig = MigDevices(self._calls)
        self._handle: object | None = None
        self._problem: str | None = None
        self._tick_s: float | None = None
        self._retry_s = float("-inf")

    @property
    def handle(self) -> object | None:
        """The driver's handle while the GPU can be read."""
        return self._handle

    @property
    def sample(self) -> GpuSample:
        """The last whole reading."""
        return self._last

    def identify(self) -> GpuSample:
        """Return uuid, name and limits, or why they cannot be had."""
        try:
            self._open()
        except Unreadable as error:
            self._give_up(str(error))
        return self._shown()[0]

    def read(self) -> tuple[GpuSample, ...]:
        """Return fresh values; of a GPU that is lost its last values, their time, and why."""
        try:
            if self._handle is None and self._clock() >= self._retry_s:
                self._open()
            if self._handle is not None:
                self._measure(self._handle)
        except Unreadable as error:
            self._give_up(str(error))
        return self._shown()

    def progress(self) -> ReadProgress:
        """Return how far `identify` or `read` is. Never blocks; for any thread."""
        call = self._calls.in_progress.call
        fresh = dict(self._fresh)  # before the draft: what is in neither of them would be lost
        sample = replace(self._draft, **fresh)
        return ReadProgress(sample) if call is None else ReadProgress(sample, *call)

    def _shown(self) -> tuple[GpuSample, ...]:
        if self._problem is None:
            return (self._last, *self._mig.samples)
        asks_for = RECOVERY_WORDS.get(self._slow.recovery_action)
        problem = self._problem + (f"; the driver asks for {asks_for}" if asks_for else "")
        known = (self._last, *self._mig.samples)
        return tuple(replace(sample, problem=problem) for sample in known)

    def _give_up(self, problem: str) -> None:
        self._draft, self._fresh, self._problem = self._last, {}, problem
        if problem.startswith(NO_READINGS) and self._handle is not None:
            return  # it still has a handle, and each tick may bring readings again
        self._handle = self._tick_s = None
        self._retry_s = self._clock() + RETRY_S

    def _note(self, **values: Any) -> None:
        """Take what was just read; another thread may see it at once."""
        if any(value is not None for value in values.values()):
            values["time"] = time.time()
        self._fresh.update(values)

    def _gather(self) -> None:
        """Put what was noted into the draft: once, as a copy for each value costs too much."""
        self._draft = replace(self._draft, **self._fresh)
        self._fresh = {}

    def _open(self) -> None:
        """Find the GPU and ask what does not change."""
        self._calls.failures.clear()
        try:
            handle = self._calls.make(pynvml.nvmlDeviceGetHandleByIndex, self._last.gpu_index)
        except pynvml.NVMLError as error:
            words = f"{NO_READINGS}: the driver reports {error_text(error)}"
            raise Unreadable(LOST.get(error_code(error), words)) from error
        self._identify(
            handle, self._calls.ask(pynvml.nvmlDeviceGetUUID, handle) or self._last.gpu_uuid
        )
        self._slow.forget()
        self._gather()
        self._last, self._problem = self._draft, None
        self._handle = handle

    def _identify(self, handle: object, gpu_uuid: str) -> None:
        ask = self._calls.ask
        if gpu_uuid != self._last.gpu_uuid:  # another GPU in its place has values of its own
            self._draft = GpuSample(self._last.gpu_index, gpu_uuid, "", time.time())
        self._note(name=ask(pynvml.nvmlDeviceGetName, handle) or self._draft.name)
        memory = read_memory(self._calls, handle)
        self._note(memory_total_bytes=memory.total)
        limit = ask(pynvml.nvmlDeviceGetEnforcedPowerLimit, handle)
        if limit is None:
            limit = ask(pynvml.nvmlDeviceGetPowerManagementLimit, handle)
        self._note(power_limit_w=milli(limit))
        slowdown = pynvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN
        celsius = ask(pynvml.nvmlDeviceGetTemperatureThreshold, handle, slowdown)
        self._note(temperature_slowdown_c=number(celsius))

    def _measure(self, handle: object) -> None:
        now_s = self._clock()
        interval_s = None if self._tick_s is None else now_s - self._tick_s
        self._tick_s, self._calls.made = now_s, 0
        self._calls.failures.clear()
        self._read_fast(handle)
        self._gather()
        if self._calls.failures and not self._has_fresh():
            raise Unreadable(f"{NO_READINGS}: the driver reports {self._calls.failures[0]}")
        self._draft = self._slow.take(handle, self._draft, interval_s)
        self._read_mig(handle)
        self._gather()
        self._last, self._problem = self._draft, None

    def _read_fast(self, handle: object) -> None:
        """Ask what changes each second; what matters most and never hangs first."""
        ask = self._calls.ask
        rates = ask(pynvml.nvmlDeviceGetUtilizationRates, handle)
        self._note(utilization_pct=None if rates is None else float(rates.gpu))
        memory = read_memory(self._calls, handle)
        self._note(memory_used_bytes=memory.used, memory_reserved_bytes=memory.reserved)
        if memory.total is not None:
            self._note(memory_total_bytes=memory.total)
        self._note(temperature_c=number(self._temperature(handle)))
        self._note(power_w=milli(ask(pynvml.nvmlDeviceGetPowerUsage, handle)))
        clock = ask(pynvml.nvmlDeviceGetClockInfo, handle, pynvml.NVML_CLOCK_SM)
        self._note(sm_clock_mhz=number(clock))
        self._note(throttle=self._throttle(handle))
        if self._draft.has_mig:
            self._note(processes=None, processes_problem=MIG_PROCESSES)
        else:
            processes, problem = self._processes.read(handle)
            self._note(processes=processes, processes_problem=problem)

    def _has_fresh(self) -> bool:
        """Return whether this tick brought any reading; all others were set to None by it."""
        return self._draft.has_readings or self._draft.throttle is not None

    def _temperature(self, handle: object) -> int | None:
        sensor = pynvml.NVML_TEMPERATURE_GPU
        value = self._calls.ask(pynvml.nvmlDeviceGetTemperature, handle, sensor)
        if value is None and self._calls.is_absent(pynvml.nvmlDeviceGetTemperature, sensor):
            newer = getattr(pynvml, "nvmlDeviceGetTemperatureV", None)  # since pynvml 12.570
            value = None if newer is None else self._calls.ask(newer, handle, sensor)
        return value

    def _throttle(self, handle: object) -> int | None:
        bits = self._calls.ask(pynvml.nvmlDeviceGetCurrentClocksEventReasons, handle)
        if self._calls.is_absent(pynvml.nvmlDeviceGetCurrentClocksEventReasons):
            bits = self._calls.ask(pynvml.nvmlDeviceGetCurrentClocksThrottleReasons, handle)
        return None if bits is None else int(bits)

    def _read_mig(self, handle: object) -> None:
        if self._slow.take_mig_look():
            self._draft = replace(self._draft, has_mig=bool(self._slow.has_mig))
            if self._slow.has_mig:
                self._note(processes=None, processes_problem=MIG_PROCESSES)
                self._mig.find(handle, self._last.gpu_index)
            else:
                self._mig.clear()
        if self._slow.has_mig and not self._mig.read():
            self._slow.want_mig_look()


NO_READINGS: Final = "no readings"
"""How the problem of a GPU begins that the driver knows and cannot read."""
