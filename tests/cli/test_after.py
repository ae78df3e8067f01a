from __future__ import annotations

import json
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.runs.catalog import list_runs
from cockpit.runs.layout import RunPaths
from tests.cli.calling import cockpit, cockpit_json

STEPS = """
[weights]
best = "{out}/best.pt"
[[after]]
name = "evaluate"
what = "measure the last weights"
command = "python -c 'import sys; print(\\"seen\\", *sys.argv[1:])' {last} {last:RUN} {out}"
[[after]]
what = "show the best weights"
command = "cat {best}"
[[after]]
name = "fail"
what = "go wrong"
command = "python -c 'exit(5)'"
"""


@pytest.fixture
def trained(home: Path) -> RunPaths:
    """A run of `fake` that is over, whose preset has steps after it."""
    preset = locations.config_dir() / "presets" / "fake.toml"
    preset.write_text(preset.read_text() + STEPS)
    assert cockpit("run", "fake", "--name", "first", "--follow").returncode == 0
    return list_runs(locations.runs_dir())[0]


def newest() -> RunPaths:
    return list_runs(locations.runs_dir())[0]


def test_the_steps_are_listed_with_their_commands(trained: RunPaths) -> None:
    listed = cockpit("after", "first")
    assert listed.returncode == 0
    assert "evaluate  measure the last weights" in listed.stdout
    assert f"{trained.out}/last.pt {trained.out}/last.pt {trained.out}\n" in listed.stdout
    assert f"2  show the best weights\n    cat {trained.out}/best.pt\n" in listed.stdout
    assert f"    not yet: {trained.out}/best.pt does not exist\n" in listed.stdout
    found = cockpit_json("after", "first")
    assert isinstance(found, dict)
    assert [step["name"] for step in found["steps"]] == ["evaluate", "2", "fail"]


def test_a_step_is_a_run_of_its_own(trained: RunPaths) -> None:
    done = cockpit("after", "first", "evaluate", "--follow")
    assert done.returncode == 0, done.stderr
    last = f"{trained.out}/last.pt"
    assert f"seen {last} {last} {trained.out}\n" in done.stdout
    assert newest().run_id.startswith("fake-evaluate-")
    shown = cockpit_json("show", newest().run_id)
    assert isinstance(shown, dict)
    assert (shown["phase"], shown["epochs"], shown["metrics"]) == ("succeeded", None, {})
    assert shown["cwd"] == str(trained.out)


def test_a_step_that_fails_is_a_failed_run(trained: RunPaths) -> None:
    preset = locations.config_dir() / "presets" / "fake.toml"
    preset.write_text(preset.read_text().replace("[retry]", "[retry]\nattempts = 3"))
    done = cockpit("after", "first", "fail", "--follow")
    assert done.returncode == 4
    assert "exit code 5" in done.stdout
    assert newest().attempt(1).exists()
    assert not newest().attempt(2).exists()


def test_a_step_without_its_weights_is_refused(trained: RunPaths) -> None:
    refused = cockpit("after", "first", "2")
    assert refused.returncode == 3
    assert f"{trained.out}/best.pt does not exist" in refused.stderr
    assert newest() == trained
    (trained.out / "best.pt").write_text("the best")
    assert "the best" in cockpit("after", "first", "2", "--follow").stdout


def test_a_dry_run_starts_nothing(trained: RunPaths) -> None:
    shown = cockpit("after", "first", "evaluate", "--dry-run")
    assert shown.returncode == 0
    assert f"{trained.out}/last.pt" in shown.stdout
    assert newest() == trained


def test_a_step_that_does_not_exist_is_refused_with_the_nearest(trained: RunPaths) -> None:
    refused = cockpit("after", "first", "evaluat")
    assert refused.returncode == 2
    assert "did you mean evaluate?" in refused.stderr
    assert cockpit("after", "nobody").returncode == 2


def test_nothing_follows_a_step(trained: RunPaths) -> None:
    assert cockpit("after", "first", "evaluate", "--follow").returncode == 0
    step = newest().run_id
    assert "has no steps after a run" in cockpit("after", step, "evaluate").stderr
    assert cockpit("after", step).stdout == ""


def test_a_run_can_begin_with_the_weights_of_another(trained: RunPaths) -> None:
    preset = locations.config_dir() / "presets" / "fake.toml"
    preset.write_text(preset.read_text().replace("[args]", '[env]\nBASE = "{last:first}"\n[args]'))
    shown = json.loads(cockpit("run", "fake", "--dry-run", "--json").stdout)
    assert shown["env"]["BASE"] == f"{trained.out}/last.pt"
    refused = cockpit("run", "fake", "--set", "env.BASE={best:first}", "--dry-run")
    assert refused.returncode == 3
    assert "best.pt does not exist" in refused.stderr
