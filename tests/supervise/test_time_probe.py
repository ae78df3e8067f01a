"""A few real steps of a preset: what is seen of them, and that nothing of them is left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.calibrations.calibration import Calibration, Kind
from cockpit.calibrations.file import read_calibrations
from cockpit.devices.spec import checked_spec
from cockpit.errors import EnvironmentNotFit, GpusBusy, PresetError, ToolError
from cockpit.processes.lease import holder_of
from cockpit.supervise.leases import give_back, lease_folder, take_all
from cockpit.supervise.machine import read_machine
from cockpit.supervise.request import RunRequest
from cockpit.supervise.time_probe import probe_time
from tests.conftest import FAKES
from tests.waiting import wait_until

PRESET = """
schema = 1
summary = "A trainer without torch whose steps are seen"
[launch]
kind = "python"
script = "stepping.py"
python = "{python}"
cpu_ranks = 1
[args]
epochs = 100
batch-size = 16
[epochs]
argument = "epochs"
[batch]
argument = "batch-size"
scope = "rank"
[metrics]
reader = "csv"
file = "results.csv"
"""
PROBES = """
import json, sys
from cockpit.supervise.machine import read_machine
from cockpit.supervise.request import RunRequest
from cockpit.supervise.time_probe import probe_time
overrides = tuple(tuple(pair) for pair in json.loads(sys.argv[1]))
try:
    probe_time(RunRequest("stepping", overrides), say=lambda text: print(text, flush=True))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def stepping(home: Path) -> Path:
    presets = locations.config_dir() / "presets"
    shutil.copy(FAKES / "stepping.py", presets)
    text = PRESET.replace("{python}", sys.executable)
    (presets / "stepping.toml").write_text(text, encoding="utf-8")
    return home


def silent(text: str) -> None:
    """Say nothing."""


def request(**args: str | int) -> RunRequest:
    return RunRequest("stepping", settings(**args))


def settings(**args: str | int) -> tuple[tuple[str, str], ...]:
    return tuple((f"args.{name.replace('_', '-')}", str(text)) for name, text in args.items())


def left_processes() -> list[int]:
    """Return who bears the mark of a probe of this home."""
    mark = b"COCKPIT_RUN_DIR=" + os.fsencode(locations.data_dir())
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def left_folders() -> list[Path]:
    return list(locations.data_dir().glob(".time-probe-*"))


def nothing_is_left() -> bool:
    return not left_processes() and not left_folders()


def test_steps_are_timed_and_nothing_of_the_training_is_left(stepping: Path) -> None:
    said: list[str] = []
    found = probe_time(request(steps=400, child="true"), steps=30, say=said.append)
    assert nothing_is_left()
    assert found.kind is Kind.PROBE
    assert (found.preset, found.world_size, found.batch_per_rank) == ("stepping", 1, 16)
    assert found.args["steps"] == "400"
    assert found.step_s is not None
    assert found.step_s > 0
    assert found.start_s is not None
    assert found.memory is None or found.memory.is_host
    assert said[0] == "planning"
    assert read_calibrations(locations.calibrations_file()) == (found,)
    assert list(locations.runs_dir().glob("*")) == [], "it is no run"


def test_a_whole_epoch_is_seen_where_epochs_are_short(stepping: Path) -> None:
    found = probe_time(request(steps=20), steps=5, say=silent)
    assert found.epochs_done >= 1
    assert found.epoch_s is not None
    assert found.step_s is not None
    assert found.epoch_s > found.step_s
    assert found.total_s is None, "it was ended long before its end"


def test_of_a_trainer_that_shows_no_steps_two_epochs_are_timed(stepping: Path) -> None:
    found = probe_time(request(silent="true", steps=10), steps=5, say=silent)
    assert found.epochs_done == 2
    assert found.step_s is None, "nobody showed one"
    assert found.epoch_s is not None
    assert found.epoch_s > 0


def test_a_training_that_is_over_before_is_timed_as_a_whole(stepping: Path) -> None:
    found = probe_time(request(epochs=1, steps=20), steps=500, say=silent)
    assert found.epochs_done == 1
    assert found.total_s is not None
    assert found.epoch_s is not None
    assert found.total_s >= found.epoch_s


def test_a_training_that_fails_says_why(stepping: Path) -> None:
    with pytest.raises(ToolError, match=r"exit code 1.*upside down") as raised:
        probe_time(request(raises_at=3), say=silent)
    assert raised.value.exit_code == 1
    assert nothing_is_left()
    assert read_calibrations(locations.calibrations_file()) == ()


def test_a_training_without_a_step_in_time_shows_the_end_of_its_log(stepping: Path) -> None:
    with pytest.raises(ToolError, match=r"no step and no epoch.*within 1 s") as raised:
        probe_time(request(silent="true", steps=100_000), limit_s=1.0, say=silent)
    assert "training on 1600000 images" in raised.value.remedy
    assert nothing_is_left()


def test_what_a_launch_refuses_a_probe_refuses(
    stepping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PresetError) as raised:
        probe_time(RunRequest("steping"), say=silent)
    assert raised.value.exit_code == 2
    with pytest.raises(EnvironmentNotFit, match="GPU"):
        probe_time(RunRequest("stepping", gpus="2"), say=silent)


def test_a_gpu_is_leased_meanwhile_and_one_that_a_run_has_is_refused(
    stepping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_DEVICES", "simulated:1x2080")
    holders: list[str] = []

    def look(text: str) -> None:
        folder = lease_folder(is_simulated=True)
        assert folder is not None
        for name in {file.name for file in folder.iterdir()}:
            holder = holder_of(folder, name)
            holders.extend([holder.what] if holder else [])

    found = probe_time(request(steps=400), say=look)
    assert found.is_simulated
    assert found.device.startswith("cpu: ")
    assert any(one.startswith(".time-probe-") for one in holders)
    uuids = gpu_uuids()
    held = take_all(uuids, "another-run", is_simulated=True)
    assert held is not None, "it was given back"
    try:
        with pytest.raises(GpusBusy):
            probe_time(RunRequest("stepping", gpus="1"), say=silent)
    finally:
        give_back(held)


def gpu_uuids() -> list[str]:
    return [gpu.gpu_uuid for gpu in read_machine(checked_spec(), locations.runs_dir()).gpus]


def started(**args: str | int) -> subprocess.Popen[str]:
    """Start a probe in a process of its own, and wait for its training."""
    words = [sys.executable, "-c", PROBES, json.dumps(settings(**args))]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    wait_until(lambda: any("stepping" in line for line in map(command, left_processes())))
    return process


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_probe_whose_cockpit_is_ended_leaves_nothing(stepping: Path, sign: int) -> None:
    with started(steps=100_000, child="true") as process:
        process.send_signal(sign)
        assert process.wait(60) == (130 if sign == signal.SIGINT else -sign)
        wait_until(nothing_is_left)
    assert read_calibrations(locations.calibrations_file()) == ()


def test_what_a_killed_probe_process_leaves_is_swept(stepping: Path) -> None:
    with started(steps=100_000, child="true") as process:
        os.kill(child_of(process.pid), signal.SIGKILL)
        assert process.wait(60) == 1
        assert nothing_is_left()


def child_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return next(int(one) for one in children if "step_probe" in command(int(one)))


@pytest.mark.real
def test_the_shipped_quickstart_is_probed(home: Path) -> None:
    found = probe_time(RunRequest("quickstart", (("args.epochs", "30"),)), say=silent)
    assert nothing_is_left()
    check_quickstart(found)


def check_quickstart(found: Calibration) -> None:
    assert found.world_size == 2
    assert found.epochs == 30
    assert found.epochs_done >= 2
    for seconds in (found.start_s, found.epoch_s, found.step_s):
        assert seconds is not None
        assert seconds > 0
    assert asdict(found)["batch_per_rank"] == 16
