"""The poller process: `python -P -m cockpit.devices.poller --spec auto --interval 1`.

It reads every GPU in a thread of its own, so that a call that hangs freezes one row only, and
writes one JSON line a tick, and one more when the driver reports an event. It ends by `os._exit`
when its parent is gone (stdin closes) or nobody reads, because a thread that hangs in the driver
cannot be joined.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Final, NoReturn

from cockpit.devices.board import Board
from cockpit.devices.driver import DeviceDriver, GpuReader, NoDriver
from cockpit.devices.gpu_processes import ProcessDetails
from cockpit.devices.sample import DeviceReading, DeviceSource, GpuSample
from cockpit.devices.spec import DeviceSpec, parse_spec, spec_from_environment
from cockpit.devices.wire import RECOUNTED, format_reading
from cockpit.errors import InputError

GATHER_S: Final = 0.25
"""Wait this long at most for the GPUs of one tick, so that one tick is one line."""
APART_S: Final = 0.002
MOST_APART_S: Final = 0.1
"""The GPUs of a tick are read so long after each other, the last so long after the first: threads
that wake together fight for the interpreter, and cost three times as much."""
FIRST_CPU_S: Final = 0.2
"""The host's CPU use needs two looks; the second comes this soon."""
FIRST_PACE_S: Final = 0.1
FIRST_TICKS: Final = 25
"""At the start there are ticks of `FIRST_PACE_S`, until every GPU has answered or is said to hang;
this many at most."""
SHORTEST_INTERVAL_S: Final = 0.1
LOOK_AGAIN_S: Final = 5.0
"""So often a driver that is missing is looked for, and the GPUs are counted again."""
EVENT_WAIT_S: Final = 1.0


def open_driver(spec_text: str) -> DeviceDriver:
    """Return what knows the GPUs, or why there are none. May hang with the driver."""
    try:
        spec = parse_spec(spec_text)
    except InputError as error:
        return NoDriver(error.problem)
    return _open_driver(spec)


def _open_driver(spec: DeviceSpec) -> DeviceDriver:
    if spec.model is not None:
        from cockpit.devices.simulated import SimulatedDriver

        return SimulatedDriver(spec, spec.model)
    if spec.kind == DeviceSource.NONE:
        return NoDriver("GPUs are not looked for (COCKPIT_DEVICES=none)")
    try:
        from cockpit.devices.nvml import open_nvml
    except ImportError as error:
        return NoDriver(
            f"the NVIDIA driver cannot be asked ({error}); try pip install nvidia-ml-py"
        )
    return open_nvml()


class Poller:
    """The threads of one poller process, and the lines they make together."""

    def __init__(self, spec_text: str, interval_s: float) -> None:
        self._spec_text = spec_text
        self._interval_s = max(interval_s, SHORTEST_INTERVAL_S)
        self._board = Board()
        self._start_s = time.monotonic()
        self._writing = threading.Lock()

    def run(self) -> NoReturn:
        """Write a line each tick until nobody listens; does not return."""
        parent_pid = os.getppid()
        threading.excepthook = end_with_error
        for work in (end_with_stdin, self._find_gpus, self._watch_host):
            _spawn(work)
        self._tell_first()
        while os.getppid() == parent_pid:
            self._sleep()
            self._tell(self._board.collect(min(GATHER_S, self._interval_s / 2)))
        os._exit(0)

    def _tell_first(self) -> None:
        """Tell what comes at the start as it comes: somebody waits for it."""
        self._tell(self._board.collect(GATHER_S))
        time.sleep(FIRST_CPU_S)
        for _ in range(FIRST_TICKS):
            reading = self._board.collect(FIRST_PACE_S)
            if reading != NOTHING_NEW:
                self._tell(reading)
            if self._board.is_settled:
                return
            time.sleep(FIRST_PACE_S)

    def _tell(self, reading: DeviceReading) -> None:
        line = format_reading(reading)
        with self._writing:
            write_line(line)

    def _find_gpus(self) -> None:
        driver = open_driver(self._spec_text)
        self._board.put_driver(driver)
        while self._may_come(driver):
            time.sleep(LOOK_AGAIN_S)
            driver = open_driver(self._spec_text)
            self._board.put_driver(driver)
        if driver.source is DeviceSource.NONE:
            return
        for gpu_index in range(driver.gpu_count):
            gpu = driver.open_gpu(gpu_index)
            self._board.put_reader(gpu_index, gpu)
            late_s = min(APART_S, MOST_APART_S / driver.gpu_count) * gpu_index
            _spawn(lambda gpu=gpu, late_s=late_s: self._watch_gpu(gpu, late_s))  # type: ignore[misc]  # bound defaults
        _spawn(lambda: self._watch_events(driver))
        end_when_recounted(driver)

    def _may_come(self, driver: DeviceDriver) -> bool:
        """Say whether a driver is missing that may be installed or loaded yet."""
        if driver.source is not DeviceSource.NONE:
            return False
        return self._spec_text.strip().lower() in ("auto", DeviceSource.NVML)

    def _watch_gpu(self, gpu: GpuReader, late_s: float) -> None:
        details: dict[int | None, ProcessDetails] = defaultdict(ProcessDetails)
        self._board.put_identity(gpu.identify())
        while True:
            samples = gpu.read()
            self._board.put_samples(
                tuple(_with_names(sample, details[sample.mig_index]) for sample in samples)
            )
            self._sleep(late_s)

    def _watch_events(self, driver: DeviceDriver) -> None:
        """Tell what the driver reports at once, not with the next tick."""
        while True:
            began = time.monotonic()
            events = driver.wait_events(EVENT_WAIT_S)
            if events:
                self._tell(replace(NOTHING_NEW, events=events))
            elif time.monotonic() - began < EVENT_WAIT_S / 2:  # it does not wait: no busy loop
                time.sleep(EVENT_WAIT_S)

    def _watch_host(self) -> None:
        from cockpit.devices.host import HostReader
        from cockpit.locations import runs_dir

        host = HostReader(runs_dir())
        self._board.put_host(host.read())
        time.sleep(FIRST_CPU_S)
        while True:
            self._board.put_host(host.read())
            self._sleep()

    def _sleep(self, late_s: float = 0.0) -> None:
        """Sleep until so long after the next tick, which is the same moment for every thread."""
        passed_s = time.monotonic() - self._start_s - late_s
        time.sleep(self._interval_s - passed_s % self._interval_s)


NOTHING_NEW: Final = DeviceReading(None, (), None)


def _with_names(sample: GpuSample, details: ProcessDetails) -> GpuSample:
    if not sample.processes:
        return sample
    return replace(sample, processes=details.named(sample.processes))


def end_with_error(error: threading.ExceptHookArgs) -> NoReturn:
    """End this process when a thread ends by a defect: the next poller reads that GPU again."""
    print(f"{error.exc_type.__name__}: {error.exc_value}", file=sys.stderr, flush=True)
    os._exit(1)


def end_when_recounted(driver: DeviceDriver) -> NoReturn:
    """End this process when the driver counts other GPUs than at its start."""
    while True:
        time.sleep(LOOK_AGAIN_S)
        if driver.count_now() not in (None, driver.gpu_count):
            os._exit(RECOUNTED)


def end_with_stdin() -> NoReturn:
    """End this process when stdin closes: whoever started it has closed it or is dead."""
    while os.read(0, 512):
        pass
    os._exit(0)


def write_line(line: str) -> None:
    """Write the whole line at once; end this process when nobody reads."""
    data = line.encode() + b"\n"
    try:
        while data:
            data = data[os.write(1, data) :]
    except OSError:
        os._exit(0)


def _spawn(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()


def _option(arguments: list[str], name: str, default: str) -> str:
    """Return the value after `name`; argparse would double the time to the first line."""
    return arguments[arguments.index(name) + 1] if name in arguments[:-1] else default


def main() -> NoReturn:
    """Run the poller with the options of the command line."""
    arguments = sys.argv[1:]
    spec_text = _option(arguments, "--spec", spec_from_environment())
    Poller(spec_text, float(_option(arguments, "--interval", "1"))).run()


if __name__ == "__main__":
    main()
