"""`cockpit memory --preset` for presets that are trained by their own command."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from cockpit import locations
from tests.cli.calling import cockpit
from tests.conftest import FAKES
from tests.nvml_stub.stub import build_stub
from tests.waiting import wait_until

MIB = 1 << 20
GIB = 1 << 30
PRESET = """
schema = 1
summary = "A trainer without torch that takes memory"
[launch]
kind = "python"
script = "allocating.py"
python = "{python}"
cpu_ranks = 1
[args]
epochs = 100
batch-size = 16
{args}
[epochs]
argument = "epochs"
"""
BATCH = """
[batch]
argument = "batch-size"
scope = "rank"
"""


def write_preset(args: str = "", batch: str = BATCH) -> None:
    presets = locations.config_dir() / "presets"
    shutil.copy(FAKES / "allocating.py", presets)
    text = PRESET.replace("{python}", sys.executable).replace("{args}", args)
    (presets / "own.toml").write_text(text + batch, encoding="utf-8")


def sweep(*words: str, env: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
    done = cockpit("memory", "--preset", "own", "--json", *words, env=env)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def finding(told: dict[str, Any], code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in told["findings"] if one["code"] == code)
    return found


@pytest.mark.usefixtures("home")
def test_the_largest_batch_that_its_own_command_survives_is_found_and_verified() -> None:
    write_preset("oom-above = 20")
    code, told = sweep("--max", "24")
    assert code == 0
    outcomes = {row["batch"]: row["outcome"] for row in told["rows"]}
    assert next(iter(outcomes)) == 16, "it begins with the preset's own"
    assert outcomes[20] == "ok"
    assert outcomes[21] == "out of memory"
    used = {row["batch"]: row["peak_rss_bytes"] for row in told["rows"] if row["outcome"] == "ok"}
    assert 3 * 4 * MIB < used[20] - used[16] < 5 * 4 * MIB, "four samples of 4 MiB"
    assert told["rows"][0]["kind"] == "host (no GPU)"
    assert told["rows"][0]["driver_used_bytes"] is None
    assert [row["batch"] for row in told["verification"]] == [20]
    answer = finding(told, "memory.largest")["what"]
    assert answer.startswith("take batch 20: ")
    assert "s of its own training" in answer
    command = finding(told, "memory.command")["what"]
    assert "allocating.py --epochs 2 --batch-size 16" in command


@pytest.mark.usefixtures("home")
def test_a_batch_that_takes_more_than_the_limit_is_ended() -> None:
    write_preset()
    code, told = sweep("--batch-sizes", "4,60", "--limit", "150MiB")
    assert code == 0
    assert [row["outcome"] for row in told["rows"]] == ["ok", "out of memory"]
    assert told["rows"][1]["needed_bytes"] > 150 * MIB
    assert told["limit_bytes"] == 150 * MIB


@pytest.mark.usefixtures("home")
def test_a_trainer_that_fails_at_once_ends_the_sweep_with_its_cause() -> None:
    write_preset("raises = true")
    code, told = sweep()
    assert code == 1
    assert [row["outcome"] for row in told["rows"]] == ["failed"]
    problem = finding(told, "memory.trainer")
    assert problem["level"] == "problem"
    assert "exit code 1" in problem["what"]
    assert "the images are upside down" in problem["what"]


@pytest.mark.usefixtures("home")
def test_on_a_gpu_what_the_driver_counts_for_the_training_is_told(tmp_path: Path) -> None:
    write_preset()
    stub = build_stub(tmp_path)
    env = stub.environment("count=2 model=2080")
    busy = cockpit("memory", "--preset", "own", "--batch-sizes", "4", env=env)
    assert (busy.returncode, "1 GPU wanted, 0 of 2 free" in busy.stderr) == (3, True), busy.stderr
    assert "--gpu INDEX" in busy.stderr
    code, told = sweep("--batch-sizes", "4", "--gpu", "1", env=env)
    assert code == 0
    (row,) = told["rows"]
    assert row["kind"] == "gpu"
    assert row["driver_used_bytes"] == (2 * GIB + GIB // 64) // 2, "half of what is used is ours"
    assert row["peak_rss_bytes"] is None
    assert "CUDA_VISIBLE_DEVICES=1" in finding(told, "memory.command")["what"]


def words_of(home: Path) -> list[str]:
    return [sys.executable, "-m", "cockpit", "memory", "--preset", "own", "--batch-sizes", "4"]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_whoever_ends_cockpit_ends_the_training_and_what_left_its_tree(
    home: Path, number: signal.Signals
) -> None:
    write_preset(f'hang = "{home}/pids"')
    with (home / "output").open("w") as output:
        process = subprocess.Popen(words_of(home), stdout=output, stderr=output)
    wait_until(lambda: (home / "pids").exists() and (home / "pids").read_text().endswith("\n"))
    pids = [int(word) for word in (home / "pids").read_text().split()]
    folder = Path(f"/proc/{pids[0]}/cwd").readlink()
    assert all(map(is_running, pids))
    os.kill(process.pid, number)
    process.wait()
    wait_until(lambda: not any(map(is_running, pids)))
    wait_until(lambda: not folder.exists())


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("batch", "words", "env", "code", "told"),
    [
        ("", (), {}, 2, "has no [batch]"),
        (BATCH, ("--imgsz", "320"), {}, 2, "--imgsz: preset own is trained by its own command"),
        (BATCH, ("--limit-probe", "0"), {}, 2, "--limit-probe 0"),
        (BATCH, (), {"COCKPIT_DEVICES": "simulated:2x2080"}, 3, "the GPUs are simulated"),
        (BATCH, ("--device", "cuda"), {}, 3, "no GPU was found"),
    ],
)
def test_what_cannot_be_measured_is_said_before_anything_is_written(
    batch: str, words: tuple[str, ...], env: dict[str, str], code: int, told: str
) -> None:
    write_preset(batch=batch)
    done = cockpit("memory", "--preset", "own", *words, env=env)
    assert (done.returncode, told in done.stderr) == (code, True), done.stderr
    assert not locations.tools_dir().exists()


@pytest.mark.real
@pytest.mark.usefixtures("home")
@pytest.mark.skipif(find_spec("sklearn") is None, reason="no scikit-learn in this interpreter")
def test_the_shipped_quickstart_is_measured_as_it_is_started() -> None:
    done = cockpit("memory", "--preset", "quickstart", "--batch-sizes", "128", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    (row,) = told["rows"]
    assert row["outcome"] == "ok"
    assert row["peak_rss_bytes"] > 100 * MIB
    assert finding(told, "memory.largest")["what"].startswith("take batch 128: ")
