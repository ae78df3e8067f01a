from __future__ import annotations

import json
from pathlib import Path

import pytest

from cockpit.analysis.comparison.comparing import Comparison, compare
from cockpit.reports.comparison_folder import PICTURE, REPORT, RESULTS, write_comparison
from tests.analysis.comparison.subjects import subject
from tests.reports.pairs import RISING, two_runs
from tests.trainers.running import needs

EXTREME = (1e300, -1e308, 1e308, 0.5, 0.6, 0.7)


def extreme_runs() -> Comparison:
    curves = {"val/acc": EXTREME, "val/loss": tuple(reversed(EXTREME)), "tiny": (5e-324, 0.0)}
    return compare([subject("a", curves), subject("b", curves | {"val/acc": RISING[:6]})])


@needs("matplotlib")
def test_values_that_no_axis_holds_are_left_out_of_the_picture(tmp_path: Path) -> None:
    written = write_comparison(extreme_runs(), tmp_path)
    assert written.problem == ""
    assert (tmp_path / PICTURE).stat().st_size > 1000
    found = json.loads((tmp_path / RESULTS).read_text(), parse_constant=pytest.fail)
    assert found["metrics"]["val/acc"]["runs"]["a"]["best"] == {"x": 3.0, "value": 1e308}


@needs("matplotlib")
def test_beside_a_plot_stands_what_it_leaves_out() -> None:
    from matplotlib.figure import Figure

    from cockpit.reports.comparison_picture import draw_panel

    found = extreme_runs()
    by_name = {one.name: one for one in found.metrics}
    hints = {}
    for name in ("val/acc", "tiny"):
        panel = Figure().subplots()
        draw_panel(panel, by_name[name], found)
        hints[name] = [text.get_text() for text in panel.texts]
    assert "values beyond ±1e+100 are not drawn" in hints["val/acc"]
    assert not any("drawn" in text for text in hints["tiny"])


@needs("matplotlib")
def test_a_picture_that_fails_costs_neither_report_nor_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib.backends import backend_agg

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no fonts here")

    write_comparison(two_runs(), tmp_path)
    monkeypatch.setattr(backend_agg.FigureCanvasAgg, "print_png", broken)
    written = write_comparison(two_runs(), tmp_path)
    assert written.problem == "no picture: it cannot be drawn (RuntimeError: no fonts here)"
    assert sorted(path.name for path in tmp_path.iterdir()) == [RESULTS, REPORT][::-1]
    report = (tmp_path / REPORT).read_text(encoding="utf-8")
    assert "No picture: it cannot be drawn (RuntimeError: no fonts here)." in report
    assert PICTURE not in report


def test_the_verdict_tells_no_percentage_of_what_has_none() -> None:
    far = compare([subject("a", {"acc": EXTREME}), subject("b", {"acc": (-1e308,) * 6})])
    assert far.verdict.text == (
        "No clear difference in acc: best 1.00e+308 against -1.00e+308 of b, higher, "
        "less than the last 5 epochs vary by themselves"
    )


def test_from_nothing_to_something_is_told_without_a_percentage() -> None:
    found = compare([subject("a", {"acc": (0.0,) * 6}), subject("b", {"acc": (30.0,) * 6})])
    assert "b is better in acc: best 30.0 against 0 of a, 30.0 higher, more" in found.verdict.text


def test_a_percentage_is_never_a_row_of_digits() -> None:
    found = compare([subject("a", {"acc": (1.0,) * 6}), subject("b", {"acc": (1e20,) * 6})])
    assert "1e+22 % higher" in found.verdict.text
