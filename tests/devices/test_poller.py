from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cockpit.devices.feed import poller_argv
from cockpit.devices.poller import open_driver
from cockpit.devices.sample import DeviceSource
from cockpit.devices.wire import parse_reading
from tests.nvml_stub.stub import NvmlStub


@contextmanager
def poller(spec: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        poller_argv(spec, 0.2), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode()


def test_the_first_line_has_everything() -> None:
    with poller("simulated:4xh200") as process:
        lines = [parse_reading(first_line(process)) for _ in range(3)]
    inventories = [line.inventory for line in lines if line.inventory]
    assert len(inventories) == 1
    assert inventories[0].source is DeviceSource.SIMULATED
    assert len(inventories[0].gpus) == 4
    assert any(len(line.gpus) == 4 for line in lines)


def test_it_ends_when_stdin_closes_though_a_gpu_hangs() -> None:
    with poller("simulated:2x2080,hang=1@0") as process:
        first_line(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=20) == 0
        process.stdin = None


def test_it_ends_when_nobody_reads() -> None:
    with poller("simulated:2x2080") as process:
        first_line(process)
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(timeout=20) == 0
        process.stdout = None


def test_it_ends_when_the_driver_does_not_start(
    stub: NvmlStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "init=hang")
    with poller("auto") as process:
        assert parse_reading(first_line(process)).inventory is None
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=20) == 0
        process.stdin = None


def test_it_imports_little() -> None:
    code = "import sys, cockpit.devices.poller; print(*sys.modules)"
    command = [sys.executable, "-P", "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    heavy = {"asyncio", "argparse", "subprocess", "pynvml", "psutil", "textual", "typer", "torch"}
    assert heavy.isdisjoint(loaded)


def test_a_wrong_spec_and_none_are_reasons() -> None:
    assert "is no model" in (open_driver("simulated:2xzzz").problem or "")
    assert "COCKPIT_DEVICES=none" in (open_driver("none").problem or "")
    assert open_driver("none").source is DeviceSource.NONE
