"""The poller process: `python -P -m cockpit.devices.poller --spec auto --interval 1`.

It reads every GPU in a thread of its own, so that a call that hangs freezes one row only, and
writes one JSON line a tick. It ends by `os._exit` when its parent is gone (stdin closes) or nobody
reads, because a thread that hangs in the driver cannot be joined.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Final, NoReturn

from cockpit.devices.board import Board
from cockpit.devices.driver import DeviceDriver, GpuReader, NoDriver
from cockpit.devices.sample import DeviceSource
from cockpit.devices.spec import DeviceSpec, parse_spec, spec_from_environment
from cockpit.devices.wire import format_reading
from cockpit.errors import InputError

GATHER_S: Final = 0.25
"""Wait this long at most for the GPUs of one tick, so that one tick is one line."""
FIRST_CPU_S: Final = 0.2
"""The host's CPU use needs two looks; the second comes this soon."""
SHORTEST_INTERVAL_S: Final = 0.1


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
    """The threads of one poller process, and the line they make together."""

    def __init__(self, spec_text: str, interval_s: float) -> None:
        self._spec_text = spec_text
        self._interval_s = max(interval_s, SHORTEST_INTERVAL_S)
        self._board = Board()
        self._start_s = time.monotonic()

    def run(self) -> NoReturn:
        """Write a line each tick until nobody listens; does not return."""
        parent_pid = os.getppid()
        for work in (end_with_stdin, self._find_gpus, self._watch_host):
            _spawn(work)
        self._tell()
        time.sleep(FIRST_CPU_S)
        while os.getppid() == parent_pid:
            self._tell()
            self._sleep()
        os._exit(0)

    def _tell(self) -> None:
        write_line(format_reading(self._board.collect(min(GATHER_S, self._interval_s / 2))))

    def _find_gpus(self) -> None:
        driver = open_driver(self._spec_text)
        self._board.put_driver(driver)
        for gpu_index in range(driver.gpu_count):
            gpu = driver.open_gpu(gpu_index)
            _spawn(lambda gpu=gpu: self._watch_gpu(gpu))  # type: ignore[misc]  # a bound default

    def _watch_gpu(self, gpu: GpuReader) -> None:
        self._board.put_identity(gpu.identify())
        while True:
            for sample in gpu.read():
                self._board.put_sample(sample)
            self._sleep()

    def _watch_host(self) -> None:
        from cockpit.devices.host import HostReader
        from cockpit.locations import runs_dir

        host = HostReader(runs_dir())
        self._board.put_host(host.read())
        time.sleep(FIRST_CPU_S)
        while True:
            self._board.put_host(host.read())
            self._sleep()

    def _sleep(self) -> None:
        """Sleep until the next tick, which is the same moment for every thread."""
        passed_s = time.monotonic() - self._start_s
        time.sleep(self._interval_s - passed_s % self._interval_s)


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
