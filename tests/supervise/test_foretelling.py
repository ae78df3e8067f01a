from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.calibrations.calibration import Calibration, Kind
from cockpit.calibrations.file import append_calibration, read_calibrations
from cockpit.files import read_json
from cockpit.processes.identity import is_alive
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import hostname, read_processes
from cockpit.supervise.foretelling import ERRAND
from cockpit.supervise.request import RunRequest
from cockpit.supervise.start import launch
from cockpit.supervise.stop import request_stop
from cockpit.views.foretold import outcome_of
from cockpit.views.this_device import cpu_name
from tests.cli.calling import cockpit
from tests.supervise.running import events, look, start, view, wait_for
from tests.trainers.running import needs
from tests.waiting import wait_until

OVER = '"kind":"over"'


def know_of(preset: str, epoch_s: float) -> None:
    """Keep a calibration as if a run of the preset had ended here."""
    known = Calibration(
        f"run:{preset}-20260101-000000", Kind.RUN, 1.0, hostname(), cpu_name(),
        preset=preset, batch_per_rank=16, world_size=1, epochs=2, start_s=1.0, epoch_s=epoch_s,
        epoch_low_s=epoch_s, epoch_high_s=epoch_s, epochs_done=2, end_s=1.0,
        total_s=2 + 2 * epoch_s,
    )  # fmt: skip
    assert append_calibration(locations.calibrations_file(), known) is None


def ended(paths: RunPaths, *phases: Phase) -> None:
    """Wait for the end of the run, and of what its supervisor does after it."""
    wait_for(paths, *phases)
    state = look(paths).state
    assert state is not None
    supervisor = state.supervisor
    assert supervisor is not None
    wait_until(lambda: not is_alive(supervisor))
    assert OVER in events(paths)


def learnt(paths: RunPaths) -> Calibration | None:
    known = read_calibrations(locations.calibrations_file())
    return next((one for one in known if one.calibration_id == f"run:{paths.run_id}"), None)


def test_a_finished_run_teaches_the_next_one(home: Path) -> None:
    first = start(epochs="3")
    ended(first, Phase.SUCCEEDED)
    one = learnt(first)
    assert one is not None
    assert (one.preset, one.epochs_done, one.args["epochs"]) == ("fake", 3, "3")
    assert one.total_s == pytest.approx(view(first).duration_s, abs=0.001)

    second = start(epochs="3", hang="true")
    wait_until(second.forecast.exists)
    assert view(second).foretold is not None


def test_what_was_foretold_is_compared_at_the_end(home: Path) -> None:
    know_of("fake", 100.0)
    paths = start()
    ended(paths, Phase.SUCCEEDED)
    written = read_json(paths.forecast)
    assert written is not None
    assert written["low_s"] <= written["total_s"] <= written["high_s"]
    outcome = outcome_of(view(paths))
    assert outcome is not None
    assert not outcome.is_inside, "a run of a second was foretold to take minutes"
    said = next(json.loads(line) for line in events(paths).splitlines() if "foretold" in line)
    assert said["kind"] == "foretold"
    assert (said["took_s"], said["is_inside"]) == (outcome.took_s, False)
    one = learnt(paths)
    assert one is not None
    assert one.foretold == view(paths).foretold


def test_a_forecast_that_comes_after_the_end_is_compared_all_the_same(home: Path) -> None:
    know_of("fake", 100.0)
    file = locations.catalog_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(file)
    paths = start()
    wait_for(paths, Phase.SUCCEEDED)
    writer = os.open(file, os.O_WRONLY)  # returns once the errand waits at the other end
    file.unlink()
    assert not paths.forecast.exists()
    os.close(writer)
    ended(paths, Phase.SUCCEEDED)
    assert paths.forecast.exists()
    assert '"kind":"foretold"' in events(paths)


def test_a_run_that_failed_compares_nothing_and_teaches_its_epochs(home: Path) -> None:
    know_of("fake", 100.0)
    paths = start(epochs="4", stop_after="3")
    ended(paths, Phase.FAILED)
    assert '"kind":"foretold"' not in events(paths)
    one = learnt(paths)
    assert one is not None
    assert (one.epochs_done, one.total_s) == (3, None)


def test_of_work_that_nobody_knows_nothing_is_foretold(home: Path) -> None:
    paths = start(epochs="1")
    ended(paths, Phase.SUCCEEDED)
    assert not paths.forecast.exists()
    assert learnt(paths) is None, "one epoch teaches nothing"


@pytest.mark.parametrize("broken", ["folder", "noise", "lock"])
def test_a_broken_calibrations_file_costs_the_run_nothing(home: Path, broken: str) -> None:
    file = locations.calibrations_file()
    if broken == "folder":
        file.mkdir(parents=True)
    elif broken == "lock":
        (file.parent / f"{file.name}.lock").mkdir(parents=True)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"\xff{]\n" * 1000)
    paths = start()
    ended(paths, Phase.SUCCEEDED)
    is_kept = learnt(paths) is not None
    assert is_kept == (broken == "noise")
    assert is_kept != ("is not kept" in paths.supervisor_log.read_text())


def test_a_catalogue_with_errors_costs_the_run_nothing(home: Path) -> None:
    locations.catalog_file().parent.mkdir(parents=True, exist_ok=True)
    locations.catalog_file().write_text("[[accelerator]]\nmood = 3\n")
    paths = start()
    ended(paths, Phase.SUCCEEDED)
    assert "no forecast" in paths.supervisor_log.read_text()


def test_show_says_what_was_foretold(home: Path) -> None:
    know_of("fake", 100.0)
    paths = start()
    ended(paths, Phase.SUCCEEDED)
    text = cockpit("show", paths.run_id)
    told = json.loads(cockpit("show", paths.run_id, "--json").stdout)["foretold"]
    assert "outside the range" in text.stdout
    said = {"total_s", "low_s", "high_s", "basis", "epoch_s", "end_s", "second_extra_s"}
    assert set(told) == said | {"took_s", "error_pct", "is_inside"}
    assert told["took_s"] == pytest.approx(view(paths).duration_s, abs=0.001)
    assert told["is_inside"] is False
    assert "foretold" not in json.loads(cockpit("runs", "--json").stdout)[0]


def test_what_is_at_the_forecast_is_no_part_of_the_run_and_delays_nothing(home: Path) -> None:
    """A process that hangs at its start, as on a file system that does not answer."""
    file = locations.catalog_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(file)
    paths = start(hang="true")
    wait_until(lambda: errands(paths) != [])
    wait_until(lambda: read_processes(paths) != [])
    errand = errands(paths)[0]
    os.kill(errand, signal.SIGKILL)
    wait_until(lambda: errand not in errands(paths))
    assert not paths.forecast.exists()
    assert look(paths).phase is Phase.RUNNING
    request_stop(paths)
    ended(paths, Phase.STOPPED)
    assert errand not in {one.identity.pid for one in read_processes(paths)}


def errands(paths: RunPaths) -> list[int]:
    """Return the children of the supervisor that foretell or learn."""
    state = look(paths).state
    supervisor = state.supervisor if state is not None else None
    if supervisor is None:
        return []
    children = (Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children")).read_text().split()
    return [int(pid) for pid in children if ERRAND in _words_of(int(pid))]


def _words_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@pytest.mark.real
@needs("torch", "sklearn")
def test_quickstart_teaches_how_long_its_parts_took(home: Path) -> None:
    paths = launch(RunRequest("quickstart", (("args.epochs", "4"),), name="digits")).paths
    wait_until(lambda: look(paths).phase.is_over, timeout_s=180)
    ended(paths, Phase.SUCCEEDED)
    one = learnt(paths)
    duration_s = view(paths).duration_s
    assert one is not None
    assert duration_s is not None
    assert None not in (one.start_s, one.epoch_s, one.end_s, one.step_s)
    told_s = (one.start_s or 0.0) + 4 * (one.epoch_s or 0.0) + (one.end_s or 0.0)
    assert told_s == pytest.approx(duration_s, rel=0.05)
    assert one.total_s == pytest.approx(duration_s, abs=0.01)
