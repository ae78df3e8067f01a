"""Builds the stand-in for libnvidia-ml.so.1 and tells it what to do."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("nvml_stub.c")


@dataclass(frozen=True)
class NvmlStub:
    folder: Path

    @property
    def control(self) -> Path:
        return self.folder / "control"

    @property
    def calls(self) -> Path:
        return self.folder / "calls"

    def environment(self, scenario: str) -> dict[str, str]:
        return {
            "LD_LIBRARY_PATH": str(self.folder),
            "NVML_STUB": scenario,
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


def build_stub(folder: Path, *flags: str) -> NvmlStub:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler for the stand-in NVIDIA library: apt install gcc libc6-dev")
    library = folder / "libnvidia-ml.so.1"
    command = [compiler, "-shared", "-fPIC", "-O1", *flags, "-o", str(library), str(SOURCE)]
    subprocess.run(command, check=True)
    return NvmlStub(folder)
