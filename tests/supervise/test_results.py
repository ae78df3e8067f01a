from __future__ import annotations

from pathlib import Path

from cockpit import locations
from cockpit.runs.phase import Phase
from cockpit.supervise.stop import request_stop
from tests.supervise.running import start, view, wait_for, wait_for_log
from tests.waiting import wait_until


def shared_preset(home: Path) -> Path:
    """Let the fake trainer write where every run of it writes."""
    results = home / "shared" / "results.csv"
    results.parent.mkdir()
    file = locations.config_dir() / "presets" / "fake.toml"
    text = file.read_text().replace('file = "results.csv"', f'file = "{results}"')
    text = text.replace('script = "trainer.py"', f'script = "{file.parent / "trainer.py"}"')
    file.write_text(text.replace("[args]", f'workdir = "{results.parent}"\n[args]'))
    return results


def test_what_an_earlier_run_left_is_not_this_runs(home: Path) -> None:
    results = shared_preset(home)
    results.write_text("epoch,time,train/loss,metrics/accuracy\n8,4,0.1,0.9\n")
    paths = start(epochs="1", hang="true")
    wait_for_log(paths, "ready")
    wait_until(lambda: view(paths).epoch is not None)
    assert view(paths).epoch == 1
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)


def test_an_unchanged_results_file_is_not_read(home: Path) -> None:
    from dataclasses import replace

    from cockpit.files import stamp
    from cockpit.runs.layout import RunPaths
    from cockpit.supervise.prepare import prepare
    from cockpit.supervise.request import RunRequest
    from cockpit.supervise.start import as_record
    from cockpit.views.results import ResultsTail

    results = shared_preset(home)
    results.write_text("epoch,time,train/loss,metrics/accuracy\n8,4,0.1,0.9\n")
    record = as_record(prepare(RunRequest("fake")), 0.0)
    assert record.results_before == stamp(results)
    tail = ResultsTail(record, RunPaths(home))
    assert tail.read().epoch is None
    results.write_text("epoch,time,train/loss,metrics/accuracy\n1,1,0.5,0.4\n")
    assert tail.read().epoch == 1
    assert ResultsTail(replace(record, results_before=None), RunPaths(home)).read().epoch == 1


def test_a_finished_run_keeps_its_own_results(home: Path) -> None:
    results = shared_preset(home)
    first = start(epochs="3", name="first")
    wait_for(first, Phase.SUCCEEDED)
    results.unlink()
    second = start(epochs="1", name="second")
    wait_for(second, Phase.SUCCEEDED)
    assert view(first).epoch == 3
    assert view(first).metrics.epoch == 3
    assert view(second).metrics.epoch == 1


def test_two_runs_that_share_a_results_file_are_warned_about(home: Path) -> None:
    from cockpit.supervise.prepare import prepare
    from cockpit.supervise.request import RunRequest

    shared_preset(home)
    assert prepare(RunRequest("fake")).plan.notes == ()
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    assert "is writing to the same" in prepare(RunRequest("fake")).plan.notes[0]
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)


def test_a_run_that_ended_well_with_nan_says_so(home: Path) -> None:
    paths = start(epochs="3", nan="true")
    wait_for(paths, Phase.SUCCEEDED)
    assert view(paths).problem == "all went well, but train/loss is NaN since epoch 1"
    assert "half the learning rate" in (view(paths).remedy or "")
