from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.reports.tools.folder import REPORT, RESULT, write_reports
from cockpit.tool_runs.events import Finding, Level
from cockpit.tool_runs.result import ToolResult
from tests.reports.tools import made_up
from tests.reports.tools.made_up import asked, memory_row, op_row, pair_rows, result
from tests.trainers.running import needs

HOSTILE = "a|b [red]`x`\x1b[31m\x1b]52;c;aGk=\x07<script>$y_1^2$"

FILES = {
    made_up.memory: ["memory.csv", "memory_fit.csv", "profiling_report.txt", "gpu_profile.png"],
    made_up.scaling: ["benchmark_results.csv", "multi_gpu_benchmark.png"],
    made_up.collectives: ["collectives.csv", "collectives_pairs.csv", "collectives.png"],
    made_up.steptime: ["steptime.csv", "steptime.png"],
}


def png_size(file: Path) -> tuple[int, int]:
    picture = file.read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


@needs("matplotlib", "pandas")
@pytest.mark.parametrize("make", FILES)
def test_each_tool_writes_the_files_that_people_know(
    make: Callable[[], ToolResult], tmp_path: Path
) -> None:
    written = write_reports(make(), None, tmp_path / "new" / "folder")
    assert written.problems == ()
    assert [path.name for path in written.paths] == [REPORT, RESULT, *FILES[make]]
    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == {
        path.name for path in written.paths
    }
    width, height = png_size(written.paths[-1])
    assert 1200 <= width <= 2400
    assert 400 <= height <= 1800


def test_a_check_is_a_report_and_json_only(tmp_path: Path) -> None:
    found = result("check", {}, Finding(Level.OK, "cuda.build", "CUDA 12.6"), made_up.PASSED)
    written = write_reports(found, asked("check"), tmp_path)
    assert [path.name for path in written.paths] == [REPORT, RESULT]
    assert written.problems == ()


@needs("matplotlib", "pandas")
@pytest.mark.parametrize(
    ("tool", "tables"),
    [
        ("memory", {"memory": [memory_row(4)]}),
        ("memory", {"memory": [made_up.oom_row(1, None), memory_row(1)]}),
        ("memory", {"memory": [memory_row(b, s) for s in (320, 640) for b in (1, 2, 4)]}),
        ("memory", {"memory": [memory_row(b, is_gpu=False) for b in (1, 1, 512)]}),
        ("memory", {"memory": [{"batch": 3, "allocated_bytes": 1e6, "outcome": HOSTILE}]}),
        ("memory", {"memory": [{"batch": 3, "driver_used_bytes": 0, "samples_per_s": 0.0}]}),
        ("scaling", {"scaling": [{"world_size": 1, "samples_per_s": 3.0}]}),
        ("scaling", {"scaling": [{"mode": "weak", "world_size": 2, "samples_per_s": 0.0,
                                  "compute_ms": None, "data_wait_ms": 0.0}]}),
        ("steptime", {"steptime": [{"phase": "數據 $x$", "time_ms": 1e-4}]}),
        ("steptime", {"steptime": [{"phase": f"own {at}", "time_ms": at} for at in range(14)]}),
        ("collectives", {"all_reduce": [op_row("all_reduce", 1024, 1.0)]}),
        ("collectives", {"all_reduce": [{"size_bytes": 64, "busbw_gb_per_s": 0.0, "wrong": 3}]}),
        ("collectives", {"pairs": pair_rows(2)}),
        ("collectives", {"pairs": pair_rows(64)}),
        ("collectives", {"pairs": [{"source_rank": 0, "target_rank": 1, "gb_per_s": None},
                                   {"source_rank": 1, "target_rank": 0, "gb_per_s": 0.0}]}),
        ("collectives", {f"op {at}": [op_row(f"op {at}", 1 << at, 1.0)] for at in range(4, 12)}),
    ],
)  # fmt: skip
def test_odd_results_are_drawn_without_a_warning(
    tool: str, tables: dict[str, list[dict[str, float | str | None]]], tmp_path: Path
) -> None:
    found = result(tool, tables, Finding(Level.OK, f"{tool}.x", HOSTILE + " 基準" * 60))
    written = write_reports(found, None, tmp_path)
    assert written.problems == ()
    assert png_size(written.paths[-1])[0] > 1000


@pytest.mark.parametrize(
    ("tool", "row"),
    [
        ("memory", {"batch": 8, "outcome": "out of memory"}),
        ("scaling", {"world_size": 2}),
        ("steptime", {"phase": "forward", "time_ms": None}),
        ("collectives", {"size_bytes": 64, "busbw_gb_per_s": None}),
    ],
)
@needs("matplotlib", "pandas")
def test_a_picture_of_nothing_is_not_drawn(
    tool: str, row: dict[str, float | str | None], tmp_path: Path
) -> None:
    written = write_reports(result(tool, {tool: [row]}, made_up.PASSED), None, tmp_path)
    assert [path.suffix for path in written.paths].count(".png") == 0
    assert "there is nothing to draw" in written.problems[0]
    assert (tmp_path / REPORT).exists()


def test_without_the_extra_the_numbers_are_written_and_an_old_picture_goes(tmp_path: Path) -> None:
    write_reports(made_up.memory(), None, tmp_path)
    script = f"""
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("matplotlib", "pandas", "numpy"):
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
from pathlib import Path
from cockpit.reports.tools.folder import write_reports
from tests.reports.tools import made_up
written = write_reports(made_up.memory(), None, Path({str(tmp_path)!r}))
print(*written.problems, sep="\\n")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "no gpu_profile.png: pandas is not installed here; pip install 'cockpit[reports]'\n"
    )
    assert {path.name for path in tmp_path.iterdir()} == {
        REPORT, RESULT, "memory.csv", "memory_fit.csv", "profiling_report.txt"
    }  # fmt: skip
    report = (tmp_path / REPORT).read_text()
    assert "pip install" in report
    assert "](gpu_profile.png)" not in report


def test_files_of_somebody_else_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / REPORT).write_text("mine")
    written = write_reports(made_up.steptime(), None, tmp_path)
    assert written.paths == ()
    assert "report.md that cockpit did not write" in written.problems[0]
    assert [path.name for path in tmp_path.iterdir()] == [REPORT]
    assert (tmp_path / REPORT).read_text() == "mine"


@pytest.mark.parametrize("name", ["benchmark_results.csv", "multi_gpu_benchmark.png"])
def test_results_of_a_script_with_the_same_names_are_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    write_reports(ToolResult("scaling"), None, tmp_path)
    written = write_reports(made_up.scaling(), None, tmp_path)
    assert written.paths == ()
    assert f"{name} that cockpit did not write" in written.problems[0]
    assert (tmp_path / name).read_text() == "mine"


def test_an_earlier_report_is_replaced(tmp_path: Path) -> None:
    write_reports(made_up.broken_off(), None, tmp_path)
    assert write_reports(made_up.memory(), None, tmp_path).paths
    assert "Passed" in (tmp_path / REPORT).read_text()


def test_a_file_in_the_place_of_the_folder_is_a_problem_in_words(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    for folder in (tmp_path / "out", tmp_path / "out" / "below"):
        written = write_reports(made_up.steptime(), None, folder)
        assert written.paths == ()
        assert written.problems[0].startswith("no report: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_a_problem_in_words(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    written = write_reports(made_up.steptime(), None, tmp_path)
    assert "cannot be written" in written.problems[0]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_a_problem_in_words_and_keeps_what_was_there(tmp_path: Path) -> None:
    write_reports(made_up.steptime(), None, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    # The draft of the last numbers lies on a full disk: none of the files may be replaced.
    (tmp_path / f".steptime.csv.{os.getpid()}").symlink_to("/dev/full")
    more = replace(made_up.steptime(), finished=None)
    written = write_reports(more, None, tmp_path)
    assert written.paths == ()
    assert "No space left on device" in written.problems[0]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
