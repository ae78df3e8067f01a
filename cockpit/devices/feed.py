"""Starts the poller process, keeps its newest reading, and is never held up by it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import IO, Final

from cockpit.devices.sample import (
    DeviceInventory,
    DeviceReading,
    DeviceSource,
    GpuSample,
    HostSample,
)
from cockpit.devices.wire import WireError, parse_reading
from cockpit.units import duration

STALE_AFTER_S: Final = 3.0
FIRST_BACKOFF_S: Final = 0.5
LONGEST_BACKOFF_S: Final = 30.0
GOOD_LIFE_S: Final = 60.0
"""A poller that lived this long is started again without a long wait."""
TERMINATE_S: Final = 0.2
KILL_S: Final = 0.2
RUN_MARK: Final = "COCKPIT_RUN_ID"
"""Marks the processes of a run; a poller that carried it would be swept away with the run."""
POLLER_MARK: Final = {"COCKPIT_POLLER": "1"}
"""Tells a poller from the processes of a run that its supervisor stays with."""


class DeviceFeed:
    """The readings of all GPUs and of the host, from a process of its own."""

    def __init__(self, spec: str, interval_s: float = 1.0) -> None:
        self._spec = spec
        self._interval_s = interval_s
        self._stale_after_s = max(STALE_AFTER_S, 2 * interval_s + 1)
        self._changed = threading.Condition()
        self._starting = threading.Lock()
        self._closed = threading.Event()
        self._is_started = False
        self._process: subprocess.Popen[bytes] | None = None
        self._inventory: DeviceInventory | None = None
        self._death: str | None = None
        self._samples: dict[int, GpuSample] = {}
        self._arrived: dict[int, float] = {}
        self._host: HostSample | None = None

    @property
    def poller_pid(self) -> int | None:
        """The pid of the poller process while there is one."""
        process = self._process
        return None if process is None or process.returncode is not None else process.pid

    def start(self) -> None:
        """Start the poller and return at once; a poller that dies is started again.

        A second call does nothing.
        """
        with self._starting:
            if self._is_started:
                return
            self._is_started = True
        threading.Thread(target=self._keep_polling, name="devices", daemon=True).start()

    def latest(self) -> DeviceReading:
        """Return what is known now. Never blocks.

        A GPU without an answer for 3 s keeps its last values and their time and has a `problem`.
        """
        now = time.monotonic()
        with self._changed:
            gpus = tuple(self._mark_stale(sample, now) for sample in self._known())
            return DeviceReading(self._shown_inventory(), gpus, self._host)

    def wait_until(self, is_enough: Callable[[DeviceReading], bool], timeout_s: float) -> bool:
        """Block until a reading is enough for the caller; False when time ran out."""
        with self._changed:
            return self._changed.wait_for(lambda: is_enough(self._fresh_only()), timeout_s)

    def first_reading(self, timeout_s: float, *, needs_host: bool = True) -> DeviceReading:
        """Return the first reading in which all have answered, or what came within `timeout_s`.

        `needs_host`: where there is no GPU, wait for the host's CPU use too.
        """
        is_complete = self.wait_until(_is_complete if needs_host else _has_gpus, timeout_s)
        return self.latest() if is_complete else _with_silence(self.latest(), timeout_s)

    def close(self) -> None:
        """End the poller within 0.5 s, also when it hangs in the driver; safe to call twice."""
        self._closed.set()
        with self._starting:  # no poller starts after this
            process = self._process
        if process is not None:
            _end(process)

    def _keep_polling(self) -> None:
        backoff_s = FIRST_BACKOFF_S
        while not self._closed.is_set():
            began = time.monotonic()
            last_words = self._poll_until_end()
            lived_s = time.monotonic() - began
            backoff_s = FIRST_BACKOFF_S if lived_s > GOOD_LIFE_S else backoff_s
            with self._changed:
                self._death = f"the GPU poller ended ({last_words}); a new one starts"
                self._changed.notify_all()
            self._closed.wait(backoff_s)
            backoff_s = min(2 * backoff_s, LONGEST_BACKOFF_S)

    def _poll_until_end(self) -> str:
        """Run one poller and return how it ended."""
        try:
            process = self._spawn()
        except OSError as error:
            return str(error)
        if process is None:
            return "closed"
        words = self._read_lines(process.stdout) if process.stdout else ""
        for pipe in (process.stdout, process.stdin):
            if pipe is not None:
                pipe.close()
        return describe_end(process.wait(), words)

    def _spawn(self) -> subprocess.Popen[bytes] | None:
        with self._starting:
            if self._closed.is_set():
                return None
            self._process = subprocess.Popen(
                poller_argv(self._spec, self._interval_s),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,  # its last words; a line that is no reading is no harm
                env=poller_environment(os.environ),
                start_new_session=True,  # Ctrl+C in a terminal is for us alone
            )
            return self._process

    def _read_lines(self, stream: IO[bytes]) -> str:
        """Take in lines until the stream ends; return the last one that was no reading."""
        words = ""
        for raw in stream:
            line = raw.decode("utf-8", "replace").strip()
            try:
                self._take(parse_reading(line))
            except WireError:
                words = line or words
        return words

    def _take(self, reading: DeviceReading) -> None:
        now = time.monotonic()
        with self._changed:
            if reading.inventory is not None:
                self._take_inventory(reading.inventory, now)
            for sample in reading.gpus:
                self._samples[sample.gpu_index] = sample
                self._arrived[sample.gpu_index] = now
            self._host = reading.host or self._host
            self._changed.notify_all()

    def _take_inventory(self, inventory: DeviceInventory, now: float) -> None:
        self._inventory, self._death = inventory, None
        indexes = {gpu.gpu_index for gpu in inventory.gpus}
        self._samples = {i: sample for i, sample in self._samples.items() if i in indexes}
        for gpu_index in indexes:
            self._arrived.setdefault(gpu_index, now)

    def _known(self) -> tuple[GpuSample, ...]:
        gpus = self._inventory.gpus if self._inventory else ()
        return tuple(self._samples.get(gpu.gpu_index, gpu) for gpu in gpus)

    def _fresh_only(self) -> DeviceReading:
        gpus = tuple(self._samples[gpu_index] for gpu_index in sorted(self._samples))
        return DeviceReading(self._inventory, gpus, self._host)

    def _mark_stale(self, sample: GpuSample, now: float) -> GpuSample:
        silent_s = now - self._arrived[sample.gpu_index]
        if silent_s < self._stale_after_s or sample.problem is not None:
            return sample
        return replace(sample, problem=f"no answer for {duration(silent_s)}")

    def _shown_inventory(self) -> DeviceInventory | None:
        if self._death is None:
            return self._inventory
        known = self._inventory or DeviceInventory(DeviceSource.NONE, (), None, None)
        return replace(known, problem=self._death)


def read_once(spec: str, timeout_s: float = 5.0) -> DeviceReading:
    """Return one reading of everything, or what came within `timeout_s`."""
    feed = DeviceFeed(spec)
    feed.start()
    try:
        return feed.first_reading(timeout_s)
    finally:
        feed.close()


def _has_gpus(reading: DeviceReading) -> bool:
    """Every GPU has answered, or there is none."""
    inventory = reading.inventory
    return inventory is not None and len(reading.gpus) == len(inventory.gpus)


def _is_complete(reading: DeviceReading) -> bool:
    """Every GPU has answered; without a GPU the host is the answer, its CPU use included."""
    if reading.inventory is None or reading.host is None:
        return False
    if not reading.inventory.gpus:
        return reading.host.cpu_pct is not None
    return len(reading.gpus) == len(reading.inventory.gpus)


def _with_silence(reading: DeviceReading, timeout_s: float) -> DeviceReading:
    """Say of what did not answer in time that it did not."""
    problem = f"no answer for {duration(timeout_s)}"
    gpus = tuple(
        replace(gpu, problem=problem) if gpu.problem is None and not gpu.has_readings else gpu
        for gpu in reading.gpus
    )
    silent = DeviceInventory(DeviceSource.NONE, (), None, f"the GPU driver gives {problem}")
    return replace(reading, inventory=reading.inventory or silent, gpus=gpus)


def poller_argv(spec: str, interval_s: float) -> list[str]:
    """Return the command of the poller; -P keeps the working directory off its path."""
    module = "cockpit.devices.poller"
    options = ["--spec", spec, "--interval", str(interval_s)]
    return [sys.executable, "-P", "-m", module, *options]


def poller_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the poller's environment: ours without the mark of a run, and thrifty with memory."""
    kept = {name: value for name, value in environment.items() if name != RUN_MARK}
    return {**kept, **POLLER_MARK, "MALLOC_ARENA_MAX": "1", "PYTHONUTF8": "1"}


def describe_end(returncode: int, last_words: str) -> str:
    """Return how a poller ended: by which signal or status, and what it said last."""
    if returncode >= 0:
        end = f"exit status {returncode}"
    else:
        names = {int(one): one.name for one in signal.Signals}
        end = names.get(-returncode, f"signal {-returncode}")
    return f"{end}: {last_words[:160]}" if last_words else end


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close stdin, terminate, kill; give up on one that the kernel itself cannot end."""
    if process.stdin is not None:
        process.stdin.close()
    for end, patience_s in ((process.terminate, TERMINATE_S), (process.kill, KILL_S)):
        end()
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            continue
        return
