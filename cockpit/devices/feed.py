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
from typing import Final

from cockpit.devices.known import Known
from cockpit.devices.poller_lines import PollerLines
from cockpit.devices.sample import DeviceInventory, DeviceReading, DeviceSource
from cockpit.devices.wire import RECOUNTED
from cockpit.units import duration

STALE_AFTER_S: Final = 3.0
FIRST_BACKOFF_S: Final = 0.5
LONGEST_BACKOFF_S: Final = 30.0
FROZEN_AFTER_S: Final = 10.0
"""A poller that tells nothing for that long and two ticks is ended, and another one started."""
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
        self._changed = threading.Condition()
        self._starting = threading.Lock()
        self._closed = threading.Event()
        self._is_started = False
        self._process: subprocess.Popen[bytes] | None = None
        self._known = Known(max(STALE_AFTER_S, 2 * interval_s + 1))

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

        A GPU without an answer for 3 s keeps its last values and their time and has a `problem`; so
        does one that the driver lists no more.
        """
        with self._changed:
            return self._known.reading(time.monotonic())

    def wait_until(self, is_enough: Callable[[DeviceReading], bool], timeout_s: float) -> bool:
        """Block until a reading is enough for the caller; False when time ran out."""
        with self._changed:
            return self._changed.wait_for(lambda: is_enough(self._known.told()), timeout_s)

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
            end = self._poll_until_end()
            lived_s = time.monotonic() - began
            if end is None and lived_s > FIRST_BACKOFF_S:
                continue
            backoff_s = FIRST_BACKOFF_S if lived_s > GOOD_LIFE_S else backoff_s
            if end is not None:
                with self._changed:
                    self._known.death = f"the GPU poller ended ({end}); a new one starts"
                    self._changed.notify_all()
            self._closed.wait(backoff_s)
            backoff_s = min(2 * backoff_s, LONGEST_BACKOFF_S)

    def _poll_until_end(self) -> str | None:
        """Run one poller and return how it ended; None when it asks for another one itself."""
        try:
            process = self._spawn()
        except OSError as error:
            return str(error)
        if process is None or process.stdout is None:
            return "closed"
        patience_s = FROZEN_AFTER_S + 2 * self._interval_s
        lines = PollerLines(process.stdout.fileno(), patience_s, self._take)
        lines.read()
        if lines.is_frozen:
            process.kill()
        for pipe in (process.stdout, process.stdin):
            if pipe is not None:
                pipe.close()
        status = process.wait()
        if lines.is_frozen:
            return f"it told nothing for {duration(patience_s)}"
        return None if status == RECOUNTED else describe_end(status, lines.last_words)

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

    def _take(self, reading: DeviceReading) -> None:
        with self._changed:
            self._known.take(reading, time.monotonic())
            self._changed.notify_all()


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
