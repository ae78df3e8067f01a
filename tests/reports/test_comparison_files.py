from __future__ import annotations

import json
import math
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.analysis.comparison.comparing import compare
from cockpit.analysis.price import Price
from cockpit.errors import CockpitError, InputError
from cockpit.reports.comparison_folder import (
    PICTURE,
    REPORT,
    RESULTS,
    write_comparison,
)
from cockpit.reports.comparison_json import comparison_object
from cockpit.reports.markdown import code, words
from tests.analysis.comparison.subjects import MAP, subject
from tests.reports.pairs import RISING, two_runs
from tests.trainers.running import needs

HOSTILE = "a|b [red]`x`\x1b[31m\x1b]52;c;aGk=\x07<script>$y_1^2$"


def png_size(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


@needs("matplotlib")
def test_the_three_files_are_written_under_the_names_people_know(tmp_path: Path) -> None:
    written = write_comparison(two_runs(), tmp_path / "new" / "out")
    assert [path.name for path in written.paths] == [
        "comparison_report.md",
        "training_curves_comparison.png",
        "comparison_results.json",
    ]
    assert sorted(path.name for path in (tmp_path / "new" / "out").iterdir()) == sorted(
        path.name for path in written.paths
    )
    assert written.problem == ""


@needs("matplotlib")
def test_the_picture_is_a_png_that_can_be_read_on_a_screen(tmp_path: Path) -> None:
    write_comparison(two_runs(), tmp_path)
    width, height = png_size((tmp_path / PICTURE).read_bytes())
    assert 1000 <= width <= 3000
    assert 400 <= height <= 2000


def test_json_has_null_for_nan_and_every_number_again(tmp_path: Path) -> None:
    write_comparison(two_runs(), tmp_path)
    found = json.loads((tmp_path / RESULTS).read_text(), parse_constant=pytest.fail)
    loss = found["metrics"]["val/loss"]
    assert loss["runs"]["weak"]["last"] == {"x": 4.0, "value": None}
    assert loss["runs"]["weak"]["best"] == {"x": 3.0, "value": 2.0}
    assert loss["deltas"]["strong"]["best"] == {"value": -1.0, "relative": -0.5}
    assert found["metrics"][MAP]["deltas"]["strong"]["best"]["value"] == pytest.approx(0.4)
    assert found["settings"]["differing"] == {"lr": {"weak": "0.1", "strong": "0.2"}}
    assert found["settings"]["equal"] == 1
    assert found["runs"][1]["resumed_after"] == [3.0]
    assert found["verdict"]["better"] == "strong"


def test_the_report_says_the_verdict_first_and_how_it_came_about(tmp_path: Path) -> None:
    write_comparison(two_runs(), tmp_path)
    lines = (tmp_path / REPORT).read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# Comparison of weak and strong"
    assert lines[2].startswith("**strong is better in metrics/mAP50-95(B): best 0.850")
    heads = [line for line in lines if line.startswith("## ")]
    assert heads == [
        "## Results",
        "## Time and cost",
        "## Settings that differ",
        "## How it was computed",
        "## Files",
    ]
    assert "| `lr` | `0.1` | `0.2` |" in lines
    assert f"| `{MAP}` | 0.450 @10 | **0.850 @10** | +40.0 points (+88.9 %) |" in lines
    assert "- A, weak: NaN or inf first in val/loss at epoch 4" in lines


def test_the_cost_is_told_with_its_price(tmp_path: Path) -> None:
    runs = [
        subject("a", {MAP: RISING}, duration_s=7200, gpu_count=2),
        subject("b", {MAP: RISING}, duration_s=3600, gpu_count=2),
    ]
    write_comparison(compare(runs, price=Price(0.5, "EUR")), tmp_path)
    report = (tmp_path / REPORT).read_text(encoding="utf-8")
    assert "| cost | EUR 2.00 | EUR 1.00 | ×0.50 |" in report
    assert "A GPU hour costs EUR 0.5, as config.toml says." in report


def test_names_from_outside_stay_texts_in_every_file(tmp_path: Path) -> None:
    runs = [
        subject(HOSTILE, {MAP: RISING, f"_{HOSTILE}": RISING}, settings={HOSTILE: "|\x1b[2J"}),
        subject("_$x", {MAP: RISING, f"_{HOSTILE}": RISING}, settings={HOSTILE: "other"}),
    ]
    write_comparison(compare(runs), tmp_path)
    report = (tmp_path / REPORT).read_text(encoding="utf-8")
    assert "\x1b" not in report
    assert "\x07" not in report
    assert "<script>" not in report.replace("`", "\0").split("\0")[0]
    rows = [line for line in report.splitlines() if line.startswith("| `")]
    assert rows
    for row in rows:
        assert row.replace("\\|", "").count("|") in (4, 5)  # two runs, and their difference
    json.loads((tmp_path / RESULTS).read_text(encoding="utf-8"))


def test_markdown_obeys_nothing_in_a_text() -> None:
    assert words("a|b <i> *x* [y](z) `c`") == "a\\|b \\<i\\> \\*x\\* \\[y\\](z) \\`c\\`"
    assert code("a|b`c\n\x1b[31md") == "`a\\|b'c d`"


def test_files_of_somebody_else_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / RESULTS).write_text('{"mine": 1}')
    with pytest.raises(InputError, match="did not write"):
        write_comparison(two_runs(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [RESULTS]
    assert (tmp_path / RESULTS).read_text() == '{"mine": 1}'


def test_an_earlier_comparison_is_replaced_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("keep")
    write_comparison(two_runs(), tmp_path)
    before = (tmp_path / REPORT).read_text(encoding="utf-8")
    write_comparison(compare([subject("x", {MAP: RISING}), subject("y", {MAP: RISING})]), tmp_path)
    assert (tmp_path / REPORT).read_text(encoding="utf-8") != before
    assert (tmp_path / "notes.txt").read_text() == "keep"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="is a file"):
        write_comparison(two_runs(), tmp_path / "out")


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CockpitError, match="cannot be written"):
        write_comparison(two_runs(), tmp_path / "file" / "out")


@needs("matplotlib")
@pytest.mark.parametrize("count", [2, 7])
def test_pictures_of_odd_runs_are_drawn_without_a_warning(count: int) -> None:
    from cockpit.reports.comparison_picture import draw

    nan = math.nan
    curves = {
        MAP: (nan, 0.5),
        "_$hidden$": (nan, nan),
        "val/loss": (1e9, *[1.0] * 30),
        "one": (3.0,),
        "數據": (1.0, 2.0),
    }
    runs = [subject(f"_$run$ 基準 {at}", curves, resumed_after=(1.0,)) for at in range(count)]
    picture = draw(compare(runs))
    assert picture is not None
    assert png_size(picture)[0] > 1000


def test_without_the_extra_report_and_json_are_written_and_an_old_picture_goes(
    tmp_path: Path,
) -> None:
    write_comparison(two_runs(), tmp_path)
    script = f"""
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("matplotlib", "pandas", "numpy"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocked())
from pathlib import Path
from cockpit.reports.comparison_folder import write_comparison
from tests.reports.pairs import two_runs
written = write_comparison(two_runs(), Path({str(tmp_path)!r}))
print([path.name for path in written.paths], written.problem)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "pip install 'cockpit[reports]'" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == [RESULTS, REPORT][::-1]
    assert PICTURE not in (tmp_path / REPORT).read_text(encoding="utf-8")


def test_the_json_object_is_what_the_file_holds(tmp_path: Path) -> None:
    write_comparison(two_runs(), tmp_path)
    told = json.loads(json.dumps(comparison_object(two_runs())))
    assert told == json.loads((tmp_path / RESULTS).read_text(encoding="utf-8"))
