from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.errors import GpusBusy
from cockpit.launch.ports import first_ephemeral
from cockpit.processes.identity import send
from cockpit.processes.lease import Holder, take
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.supervise.leases import holders_of_gpus
from cockpit.supervise.machine import read_machine
from cockpit.supervise.queue import Ticket
from cockpit.supervise.request import RunRequest
from cockpit.supervise.start import ask_to_stop, launch
from tests.supervise.running import (
    events,
    job_of,
    kill_supervisor,
    look,
    nothing_is_left,
    phase,
    view,
    wait_for,
    wait_for_log,
)
from tests.waiting import wait_until

TWO = "simulated:2xh20"


@pytest.fixture
def two_gpus(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COCKPIT_DEVICES", TWO)
    return home


def queued(name: str, gpus: str = "1", **args: str) -> RunPaths:
    pairs = tuple((f"args.{key}", text) for key, text in args.items())
    return launch(RunRequest("fake", pairs, gpus=gpus, name=name, queues=True)).paths


def place(paths: RunPaths) -> int | None:
    state = look(paths).state
    return state.queue_place if state is not None else None


def test_three_runs_on_two_gpus_run_in_order_and_share_none(two_gpus: Path) -> None:
    first = queued("first", "2", hang="true")
    second = queued("second", "2", hang="true")
    third = queued("third", "1")
    assert (phase(first), phase(second), phase(third)) == (
        Phase.RUNNING,
        Phase.QUEUED,
        Phase.QUEUED,
    )
    assert look(first).gpus == (0, 1)
    assert (place(second), place(third), look(second).gpus) == (1, 2, ())
    ask_to_stop(first)
    wait_for(first, Phase.STOPPED)
    wait_for(second, Phase.RUNNING)
    assert look(second).gpus == (0, 1)
    wait_until(lambda: place(third) == 1)
    assert "GPU 0: run second" in str(view(third).problem)
    ask_to_stop(second)
    wait_for(third, Phase.SUCCEEDED)
    assert len(look(third).gpus) == 1
    assert all(map(nothing_is_left, (first, second, third)))
    assert read_machine(TWO, locations.runs_dir()).gpus[0].is_busy is False


def test_a_run_holds_its_gpus_by_lease_until_its_supervisor_ends(two_gpus: Path) -> None:
    paths = launch(RunRequest("fake", (("args.hang", "true"),), gpus="1,")).paths
    uuid = read_machine(TWO, locations.runs_dir()).gpus[1].gpu_uuid
    holder = holders_of_gpus([uuid], is_simulated=True).get(uuid)
    assert holder is not None
    assert holder.what == paths.run_id
    with pytest.raises(GpusBusy, match=f"GPU 1: run {paths.run_id}"):
        launch(RunRequest("fake", gpus="1,"))
    ask_to_stop(paths)
    wait_for(paths, Phase.STOPPED)
    wait_until(lambda: not holders_of_gpus([uuid], is_simulated=True))


def test_auto_takes_what_is_free_and_is_refused_when_nothing_is(two_gpus: Path) -> None:
    hang = (("args.hang", "true"),)
    first = launch(RunRequest("fake", hang, name="first")).paths
    second = launch(RunRequest("fake", hang, name="second")).paths
    assert (look(first).gpus, look(second).gpus) == ((0,), (1,))
    runs = len(list(locations.runs_dir().iterdir()))
    with pytest.raises(GpusBusy) as caught:
        launch(RunRequest("fake", name="third"))
    assert "--queue" in caught.value.remedy
    assert len(list(locations.runs_dir().iterdir())) == runs
    shared = launch(RunRequest("fake", name="third", shares=True)).paths
    wait_for(shared, Phase.SUCCEEDED)
    for paths in (first, second):
        ask_to_stop(paths)
        wait_for(paths, Phase.STOPPED)


def test_the_gpus_of_another_user_are_not_taken(two_gpus: Path) -> None:
    machine = read_machine(TWO, locations.runs_dir())
    folder = locations.data_dir() / "leases"
    held = take(folder, machine.gpus[0].gpu_uuid, {"user": "ann", "pid": 7, "run_id": "hers"})
    assert held is not None
    paths = launch(RunRequest("fake")).paths
    assert look(paths).gpus == (1,)
    wait_for(paths, Phase.SUCCEEDED)
    found = read_machine(TWO, locations.runs_dir()).gpus[0]
    assert found.holder == str(Holder("ann", 7, "hers"))


def test_a_queued_run_can_be_stopped(two_gpus: Path) -> None:
    first = queued("first", "2", hang="true")
    second = queued("second", "2")
    ask_to_stop(second)
    wait_for(second, Phase.STOPPED)
    assert not second.log.exists()
    ask_to_stop(first)
    wait_for(first, Phase.STOPPED)


def test_a_dead_waiter_holds_up_nobody(two_gpus: Path) -> None:
    first = queued("first", "2", hang="true")
    second, third = queued("second", "2"), queued("third", "2")
    kill_supervisor(second)
    assert phase(second) is Phase.LOST
    assert view(second).queue_place is None, "it waits no more"
    ask_to_stop(first)
    wait_for(third, Phase.SUCCEEDED)
    assert len(view(third).asked.gpu_names) == 2, "its attempt names those that it got"


def test_an_unsupervised_job_keeps_its_gpus(two_gpus: Path) -> None:
    first = queued("first", "2", hang="true")
    wait_for_log(first, "ready")
    kill_supervisor(first)
    assert phase(first) is Phase.UNSUPERVISED
    with pytest.raises(GpusBusy, match="unsupervised"):
        launch(RunRequest("fake", gpus="1"))
    send(job_of(first), signal.SIGKILL)
    wait_for(first, Phase.LOST)
    wait_for(queued("second", "2"), Phase.SUCCEEDED)


def test_two_launches_at_once_never_share_a_gpu(two_gpus: Path) -> None:
    code = (
        "from cockpit.supervise.request import RunRequest\n"
        "from cockpit.supervise.start import launch\n"
        "import sys\n"
        "request = RunRequest('fake', (('args.hang', 'true'),), name=sys.argv[1])\n"
        "print(launch(request).paths.run_id)\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, name], stdout=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    ids = [process.communicate(timeout=60)[0].strip() for process in processes]
    runs = [RunPaths(locations.runs_dir() / run_id) for run_id in ids]
    assert sorted(look(paths).gpus for paths in runs) == [(0,), (1,)]
    for paths in runs:
        ask_to_stop(paths)
        wait_for(paths, Phase.STOPPED)


def test_who_came_first_is_served_first() -> None:
    assert Ticket(5.0, "b") < Ticket(6.0, "a")
    assert Ticket(5.0, "a") < Ticket(5.0, "b")


def test_what_a_queued_run_waits_for_is_said(two_gpus: Path) -> None:
    first = queued("first", "2", hang="true")
    second = queued("second", "2")
    wait_until(lambda: "waits for its GPUs, place 1" in events(second))
    wait_until(lambda: "2 GPUs wanted, 0 of 2 free" in str(view(second).problem))
    for paths in (second, first):
        ask_to_stop(paths)
        wait_for(paths, Phase.STOPPED)


def test_two_runs_at_once_get_two_ports_below_the_kernels_own(home: Path) -> None:
    asked = (("env.MASTER_PORT", "{port}"), ("args.hang", "true"))
    runs = [launch(RunRequest("fake", asked, name=name)).paths for name in ("one", "two")]
    ports = [look(paths).record.port for paths in runs]
    assert all(port is not None and 10_000 <= port < first_ephemeral() for port in ports)
    assert ports[0] != ports[1]
    assert look(runs[0]).record.env["MASTER_PORT"] == str(ports[0])
    for paths in runs:
        ask_to_stop(paths)
        wait_for(paths, Phase.STOPPED)
