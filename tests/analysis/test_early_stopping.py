from __future__ import annotations

from cockpit.analysis.early_stopping import earliest_end
from cockpit.metrics.series import MetricSeries

BOXES, MASKS = "metrics/mAP50-95(B)", "metrics/mAP50-95(M)"


def curves(**values: tuple[float, ...]) -> dict[str, MetricSeries]:
    names = {"boxes": BOXES, "masks": MASKS, "loss": "train/loss", "top1": "metrics/accuracy_top1"}
    return {
        names[key]: MetricSeries(names[key], tuple(map(float, range(1, len(of) + 1))), of)
        for key, of in values.items()
    }


def test_it_is_patience_after_the_best_epoch() -> None:
    assert earliest_end(curves(boxes=(0.1, 0.3, 0.2)), 5, 3) == 7


def test_of_equal_epochs_the_first_is_the_best() -> None:
    assert earliest_end(curves(boxes=(0.1, 0.3, 0.3)), 5, 3) == 7


def test_while_the_fitness_is_zero_every_epoch_is_the_best() -> None:
    assert earliest_end(curves(boxes=(0.0, 0.0, 0.0)), 5, 3) == 8


def test_boxes_and_masks_count_together() -> None:
    told = curves(boxes=(0.1, 0.5, 0.4), masks=(0.1, 0.1, 0.3))
    assert earliest_end(told, 5, 3) == 8
    assert earliest_end(curves(boxes=(0.0, 0.0), masks=(0.0, float("nan"))), 5, 2) == 7


def test_a_classifier_counts_its_hits() -> None:
    assert earliest_end(curves(top1=(0.6, 0.5)), 5, 2) == 6


def test_without_patience_or_fitness_nothing_is_said() -> None:
    assert earliest_end(curves(boxes=(0.1,)), None, 1) is None
    assert earliest_end(curves(boxes=(0.1,)), 0, 1) is None
    assert earliest_end(curves(loss=(0.1,)), 5, 1) is None
    assert earliest_end(curves(boxes=(0.1,)), 5, None) is None
