from __future__ import annotations

import json
import signal
from collections.abc import Callable

import pytest

from cockpit.processes.identity import send
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.samples import read_gpu_records
from tests.cli.calling import cockpit
from tests.faults.doing import is_settled, shown, written
from tests.faults.table import Fault
from tests.supervise.running import events, job_of, start, wait_for, wait_for_log
from tests.waiting import wait_until

Begin = Callable[[str], Fault]


def hanging(monkeypatch: pytest.MonkeyPatch, devices: str) -> RunPaths:
    monkeypatch.setenv("COCKPIT_DEVICES", devices)
    paths = start(epochs="1", hang="true")
    wait_for_log(paths, "ready")
    return paths


def test_a_gpu_falls_off_the_bus_under_a_run(
    home: object, fault: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = fault("a GPU falls off the bus under a run, and its job dies of it")
    paths = hanging(monkeypatch, "simulated:2x2080,lost=0@3,xid=0:79@3")
    wait_until(lambda: bool(written(paths).alerts) and '"kind":"xid"' in events(paths))
    said = cockpit("show", paths.run_id).stdout
    assert "GPU 0" in said
    assert "problem" in said
    send(job_of(paths), signal.SIGKILL)
    wait_for(paths, Phase.FAILED)
    assert is_settled(paths, Phase.FAILED)
    assert written(paths).cause == "gpu_lost"
    assert shown(paths)["alerts"] == []
    case.ends(cockpit("explain", paths.run_id).stdout, paths)


def test_a_driver_that_hangs_under_a_run(
    home: object, fault: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = fault("a driver call hangs under a run")
    paths = hanging(monkeypatch, "simulated:2x2080,hang=0@3")
    wait_until(lambda: any(one.code == "gpu.silent" for one in written(paths).alerts))
    silent = [one for one in read_gpu_records(paths.gpu_samples) if one.problem]
    assert [one.gpu_index for one in silent] == [0]
    said = cockpit("show", paths.run_id).stdout
    stop = cockpit("stop", paths.run_id)
    assert stop.returncode == 0, stop.stderr
    assert is_settled(paths, Phase.STOPPED)
    over = [json.loads(line)["kind"] for line in events(paths).splitlines()]
    assert over[-1] == "over"
    case.ends(next(line for line in said.splitlines() if "no answer" in line), paths)
