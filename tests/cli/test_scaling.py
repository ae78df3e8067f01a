from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from cockpit.cli.scaling_face import HEADER, ScalingFace, line_of
from cockpit.cli.steptime_face import SteptimeFace
from cockpit.tool_runs.events import Cell, Row
from cockpit.tool_runs.result import fold_all
from tests.cli.calling import cockpit

ROW: dict[str, Cell] = {
    "mode": "weak",
    "method": "ddp",
    "world_size": 4,
    "batch_per_rank": 16,
    "global_batch": 64,
    "samples_per_s": 1234.5,
    "step_time_ms": 51.8,
    "speedup": 3.6,
    "scaling_efficiency": 0.9,
    "karp_flatt": 0.037,
    "data_wait_ms": 0.4,
    "compute_ms": 44.0,
    "communication_ms": None,
    "spread_pct": 3.0,
}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    names = ("DATA", "CONFIG", "CACHE")
    return {
        **{f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in names},
        "COCKPIT_DEVICES": "none",
        "CUDA_VISIBLE_DEVICES": "",
    }


def test_a_row_shows_speed_up_efficiency_and_a_bar() -> None:
    line = line_of(ROW)
    assert "3.60x" in line
    assert "█████████·  90%" in line
    assert " – " in line, "communication that nobody saw"


def test_what_was_not_measured_has_no_bar() -> None:
    line = line_of({**ROW, "speedup": None, "scaling_efficiency": None})
    assert "█" not in line
    assert "·" not in line


def test_the_head_comes_once() -> None:
    face, row = ScalingFace(), Row(0.0, "scaling", ROW)
    one, two = fold_all("scaling", [row]), fold_all("scaling", [row, row])
    assert face.lines(one, row) == [HEADER, line_of(ROW)]
    assert face.lines(two, row) == [line_of(ROW)]
    assert face.as_object(two)["rows"] == [ROW, ROW]


def test_phases_without_a_time_are_shown_as_missing() -> None:
    row = Row(0.0, "steptime", {"phase": "collective", "time_ms": None, "share_pct": None})
    [_, line] = SteptimeFace().lines(fold_all("steptime", [row]), row)
    assert line.split() == ["collective", "–", "–"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("scaling", "--ranks", "0"), "--ranks 0"),
        (("scaling", "--batch-per-rank", "0"), "--batch-per-rank 0"),
        (("scaling", "--model", "banana"), "names no model"),
        (("scaling", "--backend", "nccl"), "this machine has no GPU"),
        (("scaling", "--preset", "mshnet-gpu"), "names no model"),
        (("steptime", "--run", "last", "--ranks", "2"), "--ranks has no meaning"),
    ],
)
def test_wrong_input_is_refused_before_anything_is_written(
    words: tuple[str, ...], what: str, env: dict[str, str], tmp_path: Path
) -> None:
    done = cockpit(*words, env=env)
    assert done.returncode == 2
    assert what in done.stderr
    assert not (tmp_path / "data" / "cockpit" / "tools").exists()


def test_a_run_is_read_and_not_measured(env: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "results.csv"
    rows = [f"{epoch},{1 / epoch},0.2,0.06" for epoch in range(1, 9)]
    log.write_text("\n".join(["epoch,loss,step_time,data_time", *rows]) + "\n")
    done = cockpit("steptime", "--run", str(log), "--json", env=env)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["source"] == "read from the run's log"
    assert [row["phase"] for row in told["rows"]] == ["data wait", "everything else"]
    assert told["step_time_ms"] == pytest.approx(200.0)
    assert told["rows"][0]["share_pct"] == pytest.approx(30.0)
    assert told["findings"][0]["what"].startswith("data loading bottleneck: 30%")


@pytest.mark.real
@pytest.mark.skipif(find_spec("torch") is None, reason="no torch in this interpreter")
def test_the_table_of_one_rank_as_json(env: dict[str, str]) -> None:
    words = ("scaling", "--ranks", "1", "--imgsz", "32", "--batch-per-rank", "2", "--steps", "2")
    done = cockpit(*words, "--blocks", "2", "--python", sys.executable, "--json", env=env)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [row["world_size"] for row in told["rows"]] == [1]
    assert [one["code"] for one in told["findings"]].count("scaling.cause") == 1
