"""Reads one GPU tick by tick on a clock of its own and prints a line for each.

`python -m tests.nvml_stub.ticks GPU COUNT INTERVAL '{"3": "lost=0"}'`
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from cockpit.devices.nvml import open_nvml
from cockpit.devices.nvml.gpu import NvmlGpu
from cockpit.devices.sample import DeviceReading
from cockpit.devices.wire import format_reading


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def main(gpu_index: int, count: int, interval_s: float, script: dict[str, str]) -> None:
    control = Path(os.environ["NVML_STUB_CONTROL"])
    clock = Clock()
    open_nvml()
    gpu = NvmlGpu(gpu_index, clock)
    for tick in range(count):
        if str(tick) in script:
            draft = control.with_suffix(".next")
            draft.write_text(script[str(tick)])
            draft.replace(control)
        if tick == 0:
            gpu.identify()
        mark()
        print(format_reading(DeviceReading(None, gpu.read(), None)))
        clock.now_s += interval_s


def mark() -> None:
    """Write into the list of calls where a tick begins."""
    with Path(os.environ["NVML_STUB_CALLS"]).open("a") as calls:
        calls.write("tick -2\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), json.loads(sys.argv[4]))
