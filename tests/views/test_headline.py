from __future__ import annotations

from cockpit.metrics.series import MetricSeries, MetricTable
from cockpit.views.headline import headline_of


def table(*names: str) -> MetricTable:
    return MetricTable(series={name: MetricSeries(name, (1,), (1.0,)) for name in names})


def test_the_metric_that_yolo_is_judged_by_comes_first_in_either_spelling() -> None:
    for strict, loose in (("mAP50-95(B)", "mAP50(B)"), ("mAP_0.5:0.95", "mAP_0.5")):
        names = ("train/box_loss", f"metrics/{loose}", f"metrics/{strict}")
        assert headline_of(table(*names), ())[:2] == (f"metrics/{strict}", f"metrics/{loose}")


def test_what_the_preset_wants_comes_before_any_guess() -> None:
    assert headline_of(table("acc", "lr"), ("lr", "gone")) == ("lr",)
