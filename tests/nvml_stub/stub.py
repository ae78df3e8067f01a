"""Builds the stand-in for libnvidia-ml.so.1 and tells it what to do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from cockpit.devices.sample import GpuSample
from cockpit.devices.wire import parse_reading

SOURCE = Path(__file__).with_name("nvml_stub.c")


class NoCompiler(Exception):
    """The stand-in cannot be built here."""


@dataclass(frozen=True)
class NvmlStub:
    folder: Path

    @property
    def control(self) -> Path:
        return self.folder / "control"

    @property
    def calls(self) -> Path:
        return self.folder / "calls"

    def environment(self, scenario: str, *, is_still: bool = True) -> dict[str, str]:
        """Return what makes cockpit read this library; values may stand still, as tests like it."""
        return {
            "LD_LIBRARY_PATH": str(self.folder),
            "NVML_STUB": f"still {scenario}" if is_still else scenario,
            "NVML_STUB_CONTROL": str(self.control),
            "NVML_STUB_CALLS": str(self.calls),
            "COCKPIT_DEVICES": "auto",
        }

    def use(self, monkeypatch: pytest.MonkeyPatch, scenario: str) -> None:
        for name, value in self.environment(scenario).items():
            monkeypatch.setenv(name, value)

    def from_now_on(self, words: str) -> None:
        draft = self.folder / "control.draft"
        draft.write_text(words)
        draft.replace(self.control)

    def count_calls(self, gpu_index: int) -> Counter[str]:
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        pairs = (line.split() for line in lines)
        return Counter(function for function, gpu in pairs if gpu == str(gpu_index))

    def calls_by_tick(self, gpu_index: int) -> list[Counter[str]]:
        """What was asked of a GPU in each tick that `ticks` made, its MIG devices included."""
        found: list[Counter[str]] = []
        for line in self.calls.read_text().splitlines():
            function, gpu = line.split()
            if function == "tick":
                found.append(Counter())
            elif found and gpu == str(gpu_index):
                found[-1][function] += 1
        return found

    def ticks(
        self,
        scenario: str,
        script: dict[int, str] | None = None,
        *,
        count: int = 1,
        interval_s: float = 1.0,
        gpu_index: int = 0,
    ) -> list[tuple[GpuSample, ...]]:
        """Read one GPU so often, on a clock of its own, in a process that loads this library.

        `script` gives the words of the control file from a tick on.
        """
        steps = json.dumps({str(tick): words for tick, words in (script or {}).items()})
        module = "tests.nvml_stub.ticks"
        lines = self._python(
            ["-m", module, str(gpu_index), str(count), str(interval_s), steps], scenario
        )
        return [parse_reading(line).gpus for line in lines]

    def run_code(self, code: str, scenario: str) -> list[str]:
        """Run Python that loads this library, and return its lines."""
        return self._python(["-c", code], scenario)

    def _python(self, arguments: list[str], scenario: str) -> list[str]:
        self.calls.unlink(missing_ok=True)
        done = subprocess.run(
            [sys.executable, *arguments],
            env=os.environ | self.environment(scenario),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


def build_stub(folder: Path, *flags: str) -> NvmlStub:
    try:
        return compile_stub(folder, *flags)
    except NoCompiler as error:
        pytest.skip(str(error))


def compile_stub(folder: Path, *flags: str) -> NvmlStub:
    (folder / "libnvidia-ml.so.1").write_bytes(_library(flags))
    return NvmlStub(folder)


@cache
def _library(flags: tuple[str, ...]) -> bytes:
    """Compile once in this process: dozens of tests have a copy of their own."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise NoCompiler("no C compiler for the stand-in NVIDIA library: apt install gcc libc6-dev")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "stub.so")
        words = ["-shared", "-fPIC", "-O1", *flags, "-o", str(library), str(SOURCE), "-lm"]
        subprocess.run([compiler, *words], check=True)
        return library.read_bytes()
