"""Starting the shipped trainers as a person would, and reading what they leave behind."""

from __future__ import annotations

import csv
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.locations import shipped_presets_dir

QUICKSTART = shipped_presets_dir() / "quickstart" / "train.py"
YOLO_SHAPES = shipped_presets_dir() / "yolo-shapes" / "train.py"


def needs(*modules: str) -> pytest.MarkDecorator:
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed here: {', '.join(missing)}")


def train(where: Path, *words: str, ranks: int | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_start(ranks), *words],
        cwd=where,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def start(where: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*_start(None), *words],
        cwd=where,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


def rows(results: Path) -> list[dict[str, str]]:
    with results.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def wait_until(condition: Callable[[], bool], timeout_s: float = 120) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "waited in vain"
        time.sleep(0.001)


def _start(ranks: int | None) -> list[str]:
    if ranks is None:
        return [sys.executable]
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)]
    return [sys.executable, *torchrun]
