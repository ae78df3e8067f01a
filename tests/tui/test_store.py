from __future__ import annotations

from dataclasses import replace

from cockpit.analysis.alerts.limits import Limits, Targets
from cockpit.analysis.eta import Eta
from cockpit.devices.sample import DeviceReading, DeviceSource
from cockpit.runs.phase import Phase
from cockpit.tui.store import Snapshot, Store, concerning, gpu_words, owners
from cockpit.units import DAY_S
from cockpit.views.instrument_settings import InstrumentSettings
from cockpit.views.run_view import RunView

from . import board


def snapshot(
    *runs: RunView, reading: DeviceReading | None = None, opened: float = board.NOW
) -> Snapshot:
    return Snapshot(runs, reading or board.cpu_only(), board.NOW, opened)


def test_a_gpu_belongs_to_the_rank_whose_process_holds_its_memory() -> None:
    run = board.run("obstacle", gpus=(0, 1))
    reading = board.gpus([board.gpu(0, pid=41235), board.gpu(1, pid=41234)])
    assert owners(snapshot(run, reading=reading)) == {
        "GPU-0": "obstacle · r1",
        "GPU-1": "obstacle · r0",
    }


def test_a_gpu_whose_driver_names_no_process_belongs_to_the_run_that_was_given_it() -> None:
    run = board.run("obstacle", gpus=(1,))
    reading = board.gpus([board.gpu(0), board.gpu(1)])
    assert owners(snapshot(run, reading=reading)) == {"GPU-1": "obstacle"}


def test_a_finished_run_owns_no_gpu() -> None:
    run = board.run("obstacle", Phase.SUCCEEDED, gpus=(0,))
    assert owners(snapshot(run, reading=board.gpus([board.gpu(0)]))) == {}


def test_gpus_that_do_not_exist_are_known_as_such() -> None:
    simulated = board.gpus([board.gpu(0)], DeviceSource.SIMULATED)
    assert snapshot(reading=simulated).is_simulated
    assert not snapshot(reading=board.gpus([board.gpu(0)])).is_simulated


def test_the_poller_is_started_by_the_first_look_and_ended_at_the_end() -> None:
    devices = board.StillDevices(board.cpu_only())
    store = Store(board.StillRuns(), devices, board.NOW)
    assert not devices.is_open
    store.refresh(board.NOW)
    assert devices.is_open
    store.close()
    assert not devices.is_open


def test_gpu_words() -> None:
    assert gpu_words([]) == "cpu"
    assert gpu_words([3]) == "GPU 3"
    assert gpu_words([0, 1]) == "GPUs 0, 1"
    assert gpu_words(range(16)) == "GPUs 0 to 15"
    assert gpu_words([0, 2, 5]) == "GPUs 0, 2, 5"


def test_what_the_readings_give_notice_of_is_in_the_snapshot() -> None:
    devices = board.StillDevices(board.gpus([board.gpu(6, problem="lost: GPU is lost")]))
    limits = Limits(silent_s=4.0)
    settings = InstrumentSettings(limits, Targets(temperature_c=70.0))
    store = Store(board.StillRuns(), devices, board.NOW - 60, settings)
    snapshot = store.refresh(board.NOW)
    assert [alert.code for alert in snapshot.alerts] == ["gpu.lost"]
    assert snapshot.targets.temperature_c == 70.0
    devices.reading = board.gpus([board.gpu(6, problem="no answer for 5 s")])
    assert [alert.code for alert in store.refresh(board.NOW + 5).alerts] == ["gpu.silent"]


def test_a_disk_that_fills_concerns_who_runs_until_then_and_anybody_within_a_day() -> None:
    run = board.run()
    long = replace(run, eta=Eta(4 * DAY_S, 4 * DAY_S, 4 * DAY_S, "last 5 epochs"))
    assert concerning(3 * DAY_S, [run]) is None
    assert concerning(3 * DAY_S, [run, long]) == 3 * DAY_S
    assert concerning(0.5 * DAY_S, []) == 0.5 * DAY_S
    assert concerning(None, [long]) is None
