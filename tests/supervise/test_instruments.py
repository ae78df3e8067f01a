from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.devices.sample import (
    DeviceInventory,
    DeviceReading,
    DeviceSource,
    GpuProcess,
    GpuSample,
)
from cockpit.processes.identity import send
from cockpit.runs.alert import Alert, AlertLevel
from cockpit.runs.attempt import ResumeRequest
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.record import StateRecord
from cockpit.runs.samples import read_gpu_records, read_host_records
from cockpit.supervise.alarms import SILENCE_S, Alarms
from cockpit.supervise.held_memory import note_held_memory
from cockpit.supervise.journal import Journal
from cockpit.supervise.notices import Notices
from cockpit.supervise.request import RunRequest
from cockpit.supervise.resuming import resume
from cockpit.supervise.signs import CheckpointTimes
from cockpit.supervise.start import adopt, launch
from cockpit.supervise.stop import request_stop
from tests.cli.calling import cockpit, cockpit_json
from tests.supervise.running import (
    job_of,
    kill_supervisor,
    look,
    start,
    view,
    wait_for,
    wait_for_log,
)
from tests.waiting import wait_until

WRITER = "import sys; open(sys.argv[1], 'a').write(sys.argv[2] + chr(10))"
HOT = Alert("gpu.hot", AlertLevel.WARNING, "GPU 1", "91 °C for 2 min", "check fans", 1.0, "GPU-b")
LOST = Alert("gpu.lost", AlertLevel.PROBLEM, "GPU 0", "lost: gone", "reboot", 1.0, "GPU-a")
HANG = Alert("run.hang", AlertLevel.PROBLEM, "GPUs 0 to 7", "no log for 12 min", "py-spy", 1.0)
STATE = StateRecord(Phase.RUNNING, "here", 1, 0.0)


@pytest.fixture
def told(home: Path) -> Callable[[], list[str]]:
    """What a person was told, one line for each notice."""
    file = home / "told"
    words = [sys.executable, "-c", WRITER, str(file), "{summary} | {remedy}"]
    locations.settings_file().write_text(f"[notices]\ncommand = {json.dumps(words)}\n")
    return lambda: file.read_text().splitlines() if file.exists() else []


def kinds(paths: RunPaths) -> list[dict[str, object]]:
    return [json.loads(line) for line in paths.events.read_text().splitlines()]


def of_kind(paths: RunPaths, kind: str) -> list[dict[str, object]]:
    return [event for event in kinds(paths) if event["kind"] == kind]


def state_of(paths: RunPaths) -> StateRecord:
    state = look(paths).state
    assert state is not None
    return state


def seconds_of(paths: RunPaths) -> float:
    return sum(one.seconds for one in state_of(paths).gpu_figures)


def hanging(monkeypatch: pytest.MonkeyPatch, devices: str, **args: str) -> RunPaths:
    monkeypatch.setenv("COCKPIT_DEVICES", devices)
    paths = start(**{"epochs": "1", "hang": "true", **args})
    wait_for_log(paths, "ready")
    return paths


def alarms_of(home: Path) -> tuple[Alarms, RunPaths, Notices]:
    paths = start(epochs="1")
    wait_for(paths, Phase.SUCCEEDED)
    notices = Notices(look(paths).record, paths)
    return Alarms(Journal(paths), notices), paths, notices


def test_a_loss_that_is_nan_needs_somebody_while_the_run_goes_on(
    home: Path, told: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = hanging(monkeypatch, "none", nan="true", epochs="3")
    wait_until(lambda: any(one.code == "run.loss-nan" for one in state_of(paths).alerts), 30)
    (alert,) = [one for one in view(paths).alerts if one.code == "run.loss-nan"]
    assert alert.what == "train/loss is NaN since epoch 1"
    assert "half the learning rate" in alert.remedy
    assert of_kind(paths, "alert")[0]["code"] == "run.loss-nan"
    wait_until(lambda: any("train/loss is NaN" in line for line in told()))
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)


def test_a_run_is_measured_while_it_goes_on_and_its_figures_stay(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = hanging(monkeypatch, "simulated:2x2080")
    wait_until(lambda: (used := state_of(paths).usage) is not None and used.cpu_cores is not None)
    wait_until(lambda: seconds_of(paths) > 0)
    usage = view(paths).usage
    assert usage is not None
    assert usage.process_count >= 1
    assert (usage.memory_bytes or 0) > 1 << 20
    assert {one.gpu_uuid for one in read_gpu_records(paths.gpu_samples)} == {
        "SIMULATED-00000000",
        "SIMULATED-00000001",
    }
    wait_until(lambda: any(one.run_memory_bytes for one in read_host_records(paths.host_samples)))
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)
    shown = cockpit_json("show", paths.run_id)
    assert isinstance(shown, dict)
    assert (shown["usage"], shown["alerts"]) == (None, [])
    assert [one["gpu_index"] for one in shown["gpu_figures"]] == list(view(paths).gpus)
    assert "util mean" in cockpit("show", paths.run_id).stdout


def test_figures_go_on_after_an_adoption_and_after_a_resume(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = hanging(monkeypatch, "simulated:2x2080")
    wait_until(lambda: seconds_of(paths) > 0)
    kill_supervisor(paths)
    first_s = seconds_of(paths)
    adopt(paths)
    wait_until(lambda: look(paths).has_supervisor and seconds_of(paths) > first_s)
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)
    second_s = seconds_of(paths)
    assert second_s > first_s
    resume(paths, ResumeRequest({"args.epochs": "2"}))
    wait_for(paths, Phase.RUNNING)
    assert seconds_of(paths) >= second_s
    wait_until(lambda: seconds_of(paths) > second_s)
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)


def test_a_lost_gpu_is_an_alert_an_event_and_one_notice(
    told: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = hanging(monkeypatch, "simulated:2x2080,lost=0@3")
    wait_until(lambda: bool(view(paths).alerts))
    (alert,) = view(paths).alerts
    assert (alert.code, alert.gpu_uuid) == ("gpu.lost", "SIMULATED-00000000")
    (event,) = of_kind(paths, "alert")
    assert (event["code"], event["level"]) == ("gpu.lost", "problem")
    assert event["remedy"]
    wait_until(lambda: len(told()) == 1)
    assert "GPU 0" in told()[0]
    assert "needs you" in told()[0]
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)


def test_gpus_of_others_raise_nothing_in_this_run(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_DEVICES", "simulated:2x2080,lost=1@3,xid=1:79@3")
    paths = launch(RunRequest("fake", (("launch.gpus", "0,"), ("args.hang", "true")))).paths
    wait_until(lambda: any(one.problem for one in read_gpu_records(paths.gpu_samples)))
    seen_s = seconds_of(paths)
    wait_until(lambda: seconds_of(paths) > seen_s)
    assert view(paths).gpus == (0,)
    assert view(paths).alerts == ()
    assert not of_kind(paths, "alert")
    assert not of_kind(paths, "xid")
    assert list(view(paths).gpu_ranks.values()) == [0]
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)


def test_an_xid_is_an_event_once_and_the_cause_of_the_end(
    told: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = hanging(monkeypatch, "simulated:2x2080,xid=0:79@3")
    wait_until(lambda: bool(of_kind(paths, "xid")))
    wait_until(lambda: seconds_of(paths) > 8)
    (event,) = of_kind(paths, "xid")
    assert (event["code"], event["gpu"]) == (79, 0)
    assert "off the bus" in str(event["meaning"])
    assert event["advice"]
    send(job_of(paths), signal.SIGKILL)
    wait_for(paths, Phase.FAILED)
    shown = view(paths)
    assert shown.cause == "gpu_lost"
    assert "Xid 79" in (shown.problem or "")
    found = cockpit_json("explain", paths.run_id)
    assert isinstance(found, dict)
    assert found["cause"] == "gpu_lost"
    assert "the driver reported Xid 79 on GPU 0" in found["evidence"][0]["text"]


def test_a_silent_run_tells_what_its_gpus_do_and_only_once(
    told: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_QUIET_S", "3")
    paths = hanging(monkeypatch, "simulated:2x2080")
    wait_until(lambda: "may hang" in (view(paths).problem or ""))
    wait_until(lambda: len(told()) == 1)
    wait_until(lambda: seconds_of(paths) > 12)
    assert len([line for line in told() if "needs you" in line]) == 1
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)


def test_what_is_raised_and_lowered_is_written_and_told_once(
    told: Callable[[], list[str]], home: Path
) -> None:
    alarms, paths, notices = alarms_of(home)
    before = len(told())
    for alerts in ((HOT, LOST), (replace(LOST, what="lost: still gone"),), (), (LOST,)):
        alarms.take(alerts, STATE, is_quiet_told=False)
    notices.finish()
    written = [(event["kind"], event["code"]) for event in kinds(paths) if "code" in event]
    assert written == [
        ("alert", "gpu.hot"),
        ("alert", "gpu.lost"),
        ("alert-over", "gpu.hot"),
        ("alert-over", "gpu.lost"),
        ("alert", "gpu.lost"),
    ]
    assert SILENCE_S >= 600
    (line,) = [one for one in told()[before:] if "needs you" in one]
    assert "GPU 0: lost: gone" in line
    assert line.endswith("| reboot")


def test_many_at_once_are_one_notice(told: Callable[[], list[str]], home: Path) -> None:
    alarms, _, notices = alarms_of(home)
    alerts = [replace(LOST, gpu_uuid=f"GPU-{number}") for number in range(16)]
    alarms.take(alerts, STATE, is_quiet_told=False)
    notices.finish()
    (line,) = [one for one in told() if "needs you" in one]
    assert "lost: gone, and 15 more" in line


def test_a_hang_is_not_told_to_somebody_who_knows_of_the_silence(
    told: Callable[[], list[str]], home: Path
) -> None:
    alarms, paths, notices = alarms_of(home)
    alarms.take([HANG], STATE, is_quiet_told=True)
    notices.finish()
    assert alarms.hang == HANG
    assert of_kind(paths, "alert")
    assert not [one for one in told() if "needs you" in one]


def test_only_checkpoints_of_this_attempt_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "last.pt"
    times = CheckpointTimes(file)
    assert times.look(100) == ()
    file.write_text("x")
    for moment in (50, 150, 150, 300):
        os.utime(file, (moment, moment))
        seen = times.look(100)
    assert seen == (150, 300)
    times.shift(-200)
    os.utime(file, (120, 120))
    assert times.look(-100) == (-50, 100, 120)
    file.unlink()
    assert times.look(-100) == (-50, 100, 120)


def test_memory_is_held_only_by_our_processes_after_their_end(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    mine = GpuProcess(41, 1 << 30)
    gpu = GpuSample(0, "GPU-a", "x", time=100.0, processes=(mine, GpuProcess(42, 1)))

    def note(sample: GpuSample) -> None:
        inventory = DeviceInventory(DeviceSource.NVML, (sample,), None, None)
        reading = DeviceReading(inventory, (sample,), None)
        note_held_memory(reading, {41}, 100.0, Journal(paths))

    note(replace(gpu, time=99.0))
    note(replace(gpu, processes=(replace(mine, is_visible=False),)))
    note(replace(gpu, problem="no answer for 14 s"))
    assert not paths.events.exists()
    note(gpu)
    (event,) = of_kind(paths, "memory")
    assert event["pids"] == [41]
