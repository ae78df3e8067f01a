from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.devices.glance import Glance, glance
from cockpit.errors import InputError

INFORMATION = """\
Model: \t\t NVIDIA GeForce RTX 2080
IRQ:   \t\t 149
GPU UUID: \t GPU-5fa1d41b-7de3-3f55-8c7b-2a3e9d62c1aa
Video BIOS: \t 90.04.0b.40.79
"""


def write_gpus(folder: Path, count: int) -> Path:
    for index in range(count):
        gpu = folder / f"0000:0{index}:00.0"
        gpu.mkdir(parents=True)
        (gpu / "information").write_text(INFORMATION)
    return folder


def test_the_files_of_the_driver_name_every_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COCKPIT_DEVICES", raising=False)
    found = glance(write_gpus(tmp_path / "gpus", 2))
    assert found == Glance(("NVIDIA GeForce RTX 2080",) * 2)


def test_no_devices_are_none_whatever_the_driver_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_DEVICES", "none")
    assert glance(write_gpus(tmp_path / "gpus", 2)) == Glance()


def test_simulated_gpus_are_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_DEVICES", "simulated:3x4090")
    found = glance()
    assert found.is_simulated
    assert found.names == ("NVIDIA GeForce RTX 4090",) * 3


def test_a_wrong_word_for_devices_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_DEVICES", "simulated:3x4090ti")
    with pytest.raises(InputError, match="4090ti"):
        glance()
