from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit import locations
from tests.cli.calling import cockpit, cockpit_json
from tests.waiting import wait_until

RUNS_KEYS = {
    "run_id", "preset", "name", "phase", "epoch", "epochs", "eta_s", "started", "ended",
    "exit_code", "gpus", "dir",
}  # fmt: skip
SHOW_KEYS = RUNS_KEYS | {
    "argv", "env", "cwd", "processes", "metrics", "host", "gpu_names", "python", "torch", "git",
    "results", "checkpoints",
}  # fmt: skip


def only_run() -> dict[str, object]:
    runs = cockpit_json("runs")
    assert isinstance(runs, list)
    found = runs[0]
    assert isinstance(found, dict)
    return found


def test_a_run_is_launched_and_its_json_keeps_the_contract(home: Path) -> None:
    started = cockpit_json("run", "fake", "--set", "args.epochs=3", "--name", "mine")
    assert isinstance(started, dict)
    assert started.keys() >= SHOW_KEYS
    assert started["name"] == "mine"
    wait_until(lambda: only_run()["phase"] == "succeeded")
    assert only_run().keys() == RUNS_KEYS
    shown = cockpit_json("show", "last")
    assert isinstance(shown, dict)
    assert (shown["epoch"], shown["epochs"], shown["exit_code"], shown["gpus"]) == (3, 3, 0, [])
    assert shown["metrics"]["metrics/accuracy"]["best_epoch"] == 3
    process = shown["processes"][0]
    assert process.keys() >= {"pid", "start_time", "role", "rank"}
    assert "✓ succeeded" in cockpit("show", "mine").stdout


@pytest.mark.parametrize(
    ("setting", "code", "said"),
    [
        ("args.exit=0", 0, "✓ succeeded"),
        ("args.exit=3", 4, "the job ended with exit code 3"),
        ("args.raises=true", 4, "ValueError: the images are upside down"),
    ],
)
def test_follow_returns_the_verdict(home: Path, setting: str, code: int, said: str) -> None:
    done = cockpit("run", "fake", "--set", setting, "--follow")
    assert done.returncode == code
    assert "epoch 2/2 done" in done.stdout
    assert said in done.stdout
    assert "\x1b" not in done.stdout


def test_a_dry_run_writes_nothing_and_can_be_pasted(home: Path) -> None:
    done = cockpit("run", "fake", "--dry-run", "--set", "args.epochs=1")
    assert done.returncode == 0
    assert not locations.runs_dir().exists()
    pasted = subprocess.run(["bash", "-ec", done.stdout], capture_output=True, text=True)
    assert pasted.returncode == 0, pasted.stderr
    assert "epoch 1/1 done" in pasted.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run", "fkae"], 2, "did you mean fake?"),
        (["run", "fake", "--set", "args.epochs=many"], 2, "args.epochs: must be a number"),
        (["run", "fake", "--set", "launch.knd=x"], 2, "did you mean launch.kind?"),
        (["run", "fake", "--set", "launch.kind=tpu"], 2, "not one of python, torchrun"),
        (["run", "fake", "--set", "launch.script=trainr.py"], 2, "did you mean trainer.py?"),
        (["run", "fake", "--set", "nothing"], 2, "--set args.epochs=3"),
        (["run", "fake", "--gpus", "8"], 3, "no GPU was found"),
        (["run", "fake", "--gpus", "0"], 2, "--gpus 0,"),
        (["run", "fake", "--python", "/no/python"], 2, "/no/python"),
        (["run"], 2, "missing argument"),
        (["runs", "--jsno"], 2, "no such option"),
        (["show", "nobody"], 2, "there is no run yet"),
        (["logs", "nobody"], 2, "there is no run yet"),
        (["stop", "nobody"], 2, "there is no run yet"),
        (["presets", "show", "quikstart"], 2, "did you mean quickstart?"),
        (["presets", "check", "gone.toml"], 2, "no such file"),
    ],
)
def test_a_mistake_ends_in_a_sentence(home: Path, words: list[str], code: int, said: str) -> None:
    done = cockpit(*words)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not locations.runs_dir().exists()


def test_a_mistake_in_the_devices_is_no_machine_without_gpus(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_DEVICES", "simulated:two")
    done = cockpit("run", "fake")
    assert (done.returncode, done.stdout) == (2, "")
    assert "COCKPIT_DEVICES" in done.stderr
    assert not locations.runs_dir().exists()


def test_a_dry_run_says_who_chose_the_python(home: Path) -> None:
    assert "(preset)" in cockpit("run", "fake", "--dry-run").stderr
    by_flag = cockpit("run", "fake", "--dry-run", "--python", sys.executable)
    assert "(--python)" in by_flag.stderr


def test_stop_returns_when_nothing_is_left(home: Path) -> None:
    cockpit("run", "fake", "--set", "args.hang=true")
    wait_until(lambda: "ready" in cockpit("logs", "last").stdout)
    stopped = cockpit_json("stop", "last")
    assert isinstance(stopped, dict)
    assert stopped["phase"] == "stopped"
    assert not any(process["alive"] for process in stopped["processes"])
    again = cockpit("stop", "last")
    assert (again.returncode, "is not running" in again.stderr) == (0, True)


def test_logs_hand_out_ranks_and_the_last_frame(home: Path) -> None:
    cockpit("run", "fake", "--follow")
    log = next(locations.runs_dir().iterdir()) / "train.log"
    with log.open("ab") as file:
        file.write(b"\r 10%\r 50%\r\x1b[K100% done\n[rank1]: no line feed")
    lines = [json.loads(line) for line in cockpit("logs", "last", "--json").stdout.splitlines()]
    assert (lines[-2]["rank"], lines[-2]["text"]) == (None, "100% done")
    assert lines[-1]["text"] == "no line feed"


def test_presets_are_listed_explained_and_checked(home: Path) -> None:
    listed = cockpit_json("presets")
    assert isinstance(listed, list)
    names = {entry["name"]: entry for entry in listed}
    assert {"quickstart", "yolo-shapes", "fake"} <= names.keys()
    assert names["fake"]["origin"] == "yours"
    shown = cockpit("presets", "show", "quickstart")
    assert "args.epochs" in shown.stdout
    file = home / "bad.toml"
    file.write_text("schema = 1\nsumary = 'x'\n")
    done = cockpit("presets", "check", str(file))
    assert done.returncode == 2
    assert "did you mean summary?" in done.stderr
    assert cockpit("presets", "check", "fake").returncode == 0


def test_a_copied_preset_runs_from_where_it_lies(home: Path) -> None:
    done = cockpit("presets", "new", "mine", "--from", "fake")
    assert done.returncode == 0
    assert cockpit("presets", "check", done.stdout.strip()).returncode == 0
    assert cockpit("run", "mine", "--follow").returncode == 0
    again = cockpit("presets", "new", "mine", "--from", "fake")
    assert (again.returncode, "exists already" in again.stderr) == (2, True)
    assert cockpit("presets", "new", "a/b").returncode == 2


@pytest.mark.parametrize("env", [{}, {"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_without_a_terminal_it_is_plain_text(home: Path, env: dict[str, str]) -> None:
    done = cockpit(env=env)
    assert done.returncode == 0
    assert "no run yet" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_a_dumb_terminal_gets_plain_text(home: Path) -> None:
    host, guest = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "cockpit"],
        stdin=guest,
        stdout=guest,
        stderr=guest,
        env=os.environ | {"TERM": "dumb"},
    )
    os.close(guest)
    assert done.wait(timeout=60) == 0
    shown = os.read(host, 1 << 16)
    os.close(host)
    assert b"no run yet" in shown
    assert b"\x1b" not in shown


def test_a_thousand_old_runs_are_listed_from_their_states(home: Path) -> None:
    cockpit("run", "fake", "--follow")
    first = next(locations.runs_dir().iterdir())
    texts = {name: (first / name).read_text() for name in ("run.json", "state.json")}
    for number in range(1000):
        run_id = f"old-20250101-{number:06d}"
        folder = locations.runs_dir() / run_id
        folder.mkdir()
        for name, text in texts.items():
            (folder / name).write_text(text.replace(first.name, run_id))
    runs = cockpit_json("runs")
    assert isinstance(runs, list)
    assert len(runs) == 1001
    assert runs[0]["run_id"] == first.name
    assert all(run["epoch"] == 2 for run in runs)
