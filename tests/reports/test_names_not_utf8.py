from __future__ import annotations

import json
import os
from pathlib import Path

from cockpit.analysis.comparison.comparing import compare
from cockpit.reports.comparison_folder import REPORT, RESULTS, write_comparison
from cockpit.views.comparison import compare_runs
from tests.analysis.comparison.subjects import MAP, subject
from tests.reports.pairs import RISING
from tests.trainers.running import needs

RAW = os.fsdecode(b"lr\xff")


@needs("matplotlib")
def test_names_that_are_not_utf8_are_written_as_escapes(tmp_path: Path) -> None:
    curves = {MAP: RISING, RAW: RISING}
    runs = [subject(RAW, curves, settings={RAW: RAW}), subject("b", curves)]
    written = write_comparison(compare(runs), tmp_path)
    assert written.problem == ""
    assert "# Comparison of lr\\udcff and b" in (tmp_path / REPORT).read_text(encoding="utf-8")
    found = json.loads((tmp_path / RESULTS).read_text(encoding="utf-8"))
    assert found["runs"][0]["label"] == RAW


def test_folders_whose_names_are_not_utf8_are_told_in_text_that_every_terminal_takes(
    tmp_path: Path,
) -> None:
    for name in (RAW, "b"):
        (tmp_path / name).mkdir()
        rows = [f"{at},{at / 10}" for at in range(1, 8)]
        (tmp_path / name / "results.csv").write_text("\n".join(["epoch,accuracy", *rows]))
    found = compare_runs([str(tmp_path / RAW), str(tmp_path / "b")])
    assert found.labels == ("lr\\udcff", "b")
    assert found.subjects[0].source == str(tmp_path / "lr\\udcff")
