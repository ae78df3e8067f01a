from __future__ import annotations

import math
from dataclasses import replace

import pytest

from cockpit.analysis.comparison.comparing import compare
from cockpit.analysis.comparison.effort import EpochBasis
from cockpit.analysis.comparison.names import key_of
from cockpit.analysis.comparison.tables import best_table
from cockpit.analysis.comparison.words import both_deltas, delta_words
from cockpit.analysis.price import Price
from cockpit.errors import InputError
from cockpit.metrics.series import Axis
from tests.analysis.comparison.subjects import MAP, subject

WEAK = (0.10, 0.20, 0.30, 0.40, 0.50, 0.50, 0.51, 0.50, 0.51, 0.50)
STRONG = (0.10, 0.30, 0.50, 0.60, 0.70, 0.70, 0.71, 0.70, 0.69, 0.70)


def test_deltas_are_the_other_run_minus_the_first_in_points_and_relative() -> None:
    (one,) = compare([subject("a", {MAP: WEAK}), subject("b", {MAP: STRONG})]).metrics
    assert one.is_share
    assert one.standings[0].best is not None
    assert (one.standings[0].best.x, one.standings[0].best.value) == (7, 0.51)
    assert one.deltas[1].best == pytest.approx(0.20)
    assert one.deltas[1].last == pytest.approx(0.20)
    assert delta_words(one, one.deltas[1].best, 0.51) == "+20.0 points"
    assert both_deltas(one, one.deltas[1].best, 0.51) == "+20.0 points (+39.2 %)"


def test_a_difference_beyond_the_spread_of_the_last_epochs_is_clear() -> None:
    verdict = compare([subject("a", {MAP: WEAK}), subject("b", {MAP: STRONG})]).verdict
    assert verdict.is_clear
    assert verdict.better == 1
    assert verdict.text == (
        f"b is better in {MAP}: best 0.710 against 0.510 of a, 20.0 points higher, "
        "more than the last 5 epochs vary (2.0 points)"
    )


def test_a_difference_within_the_spread_is_no_clear_one() -> None:
    near = (*WEAK[:-3], 0.52, 0.49, 0.515)
    verdict = compare([subject("a", {MAP: WEAK}), subject("b", {MAP: near})]).verdict
    assert not verdict.is_clear
    assert verdict.better is None
    assert verdict.text == (
        f"No clear difference in {MAP}: best 0.520 against 0.510 of a, 1.0 points higher, "
        "less than the last 5 epochs vary by themselves (3.0 points)"
    )


def test_a_run_that_only_leads_because_it_trained_longer_is_not_called_better() -> None:
    long = (*WEAK[:5], *(0.60, 0.70, 0.80, 0.80, 0.80, 0.80, 0.80, 0.80))
    found = compare([subject("long", {MAP: long}), subject("short", {MAP: STRONG[:6]})])
    (one,) = found.metrics
    assert found.same_x == 6
    assert one.standings[0].at_same == 0.60
    assert one.deltas[1].best_by_same == pytest.approx(0.10)
    assert one.deltas[1].best == pytest.approx(-0.10)
    assert not found.verdict.is_clear


def test_a_lead_that_only_more_epochs_gave_is_said_to_be_that() -> None:
    long = (0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9)
    short = (0.1, 0.7, 0.7, 0.7, 0.7, 0.7)
    flat = compare([subject("long", {MAP: long}), subject("short", {MAP: (*short, 0.7, 0.7)})])
    assert flat.verdict.is_clear
    verdict = compare([subject("long", {MAP: long}), subject("short", {MAP: short})]).verdict
    assert not verdict.is_clear
    assert verdict.text.endswith(
        "but only with more epochs: up to epoch 6, which both reached, 0.500 against 0.700"
    )


def test_too_few_epochs_tell_no_difference_from_noise() -> None:
    verdict = compare([subject("a", {MAP: (0.1, 0.2)}), subject("b", {MAP: (0.3, 0.9)})]).verdict
    assert not verdict.is_clear
    assert verdict.text.endswith("but b has too few epochs to tell a difference from noise")


def test_equal_runs_differ_in_nothing() -> None:
    verdict = compare([subject("a", {MAP: WEAK}), subject("b", {MAP: WEAK})]).verdict
    assert verdict.text == f"No difference in {MAP}: the best is 0.510"


def test_of_three_runs_the_best_is_held_against_the_next() -> None:
    verdict = compare(
        [subject("a", {MAP: WEAK}), subject("b", {MAP: STRONG}), subject("c", {MAP: STRONG[:5]})]
    ).verdict
    assert not verdict.is_clear
    assert "0.710 against 0.700 of c" in verdict.text


def test_a_third_run_that_is_short_does_not_blur_the_two_best() -> None:
    verdict = compare(
        [
            subject("a", {MAP: WEAK}),
            subject("b", {MAP: (*STRONG, 0.7)}),
            subject("c", {MAP: (0.1,)}),
        ]
    ).verdict
    assert verdict.is_clear
    assert verdict.text.startswith("b is the best of 3")


def test_runs_that_count_differently_are_compared_at_no_common_place() -> None:
    steps = subject("steps", {MAP: (*STRONG, 0.7)})
    steps = replace(steps, table=replace(steps.table, axis=Axis.STEP))
    found = compare([subject("epochs", {MAP: WEAK}), steps])
    assert found.axis is None
    assert found.same_x is None
    assert found.verdict.is_clear
    assert "more than the last 5 values vary" in found.verdict.text
    assert "nothing is compared at the same place" in found.notes[0]


def test_a_lower_loss_is_better_and_told_relative() -> None:
    found = compare(
        [
            subject("a", {"val/loss": (4.0, 2.0, 2.0, 2.0, 2.0, 2.0)}),
            subject("b", {"val/loss": (4.0, 1.5, 1.5, 1.5, 1.5, 1.5)}),
        ]
    )
    (one,) = found.metrics
    assert delta_words(one, one.deltas[1].best, 2.0) == "−25.0 %"
    assert both_deltas(one, one.deltas[1].best, 2.0) == "−0.500 (−25.0 %)"
    assert found.verdict.better == 1
    assert "best 1.50 against 2.00 of a, 25.0 % lower" in found.verdict.text


def test_a_run_that_is_not_over_is_judged_so_far() -> None:
    running = subject("b", {MAP: STRONG}, state="running", is_over=False, epochs=100)
    found = compare([subject("a", {MAP: WEAK}), running])
    assert found.verdict.text.startswith("So far: b is better")
    assert found.marks == ((), ("not over: epoch 10 of 100",))


def test_what_ended_early_was_resumed_or_became_nan_is_marked() -> None:
    curves = {MAP: WEAK[:4], "train/loss": (1.0, math.nan, 1.0, math.inf)}
    odd = subject("b", curves, state="failed", epochs=9, resumed_after=(2.0,), is_simulated=True)
    found = compare([subject("a", {MAP: WEAK, "train/loss": WEAK}), odd])
    assert found.marks[1] == (
        "SIMULATED GPUs",
        "ended at epoch 4 of 9",
        "resumed after epoch 2",
        "NaN or inf first in train/loss at epoch 2",
    )


def test_a_last_value_that_is_nan_has_no_difference_and_the_best_is_finite() -> None:
    found = compare([subject("a", {MAP: WEAK}), subject("b", {MAP: (*STRONG[:-1], math.nan)})])
    (one,) = found.metrics
    assert one.deltas[1].last is None
    assert one.deltas[1].best == pytest.approx(0.20)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("metrics/mAP50-95(B)", "metrics/mAP_0.5:0.95"),
        ("metrics/mAP50(B)", "metrics/mAP_0.5"),
        ("metrics/mAP50(B)", "metrics/mAP50"),
        ("eval_loss", "val/loss"),
        ("val_loss", "validation/loss"),
        ("train_loss", "train/loss"),
    ],
)
def test_names_that_mean_the_same_are_one(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("metrics/mAP50(B)", "metrics/mAP50-95(B)"),
        ("metrics/mAP50(B)", "metrics/mAP50(M)"),
        ("train/loss", "val/loss"),
        ("metrics/mAP_0.5", "metrics/mAP_0.5:0.95"),
    ],
)
def test_names_that_do_not_mean_the_same_are_two(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)


def test_metrics_of_different_trainers_are_joined_and_it_is_said() -> None:
    yolov5 = {"metrics/mAP_0.5:0.95": STRONG, "train/obj_loss": WEAK, "train/box_loss": WEAK}
    found = compare(
        [subject("new", {MAP: WEAK, "train/dfl_loss": WEAK, "train/box_loss": WEAK}),
         subject("old", yolov5)]
    )  # fmt: skip
    assert [one.name for one in found.metrics] == [MAP, "train/box_loss"]
    assert found.metrics[0].same.names == (MAP, "metrics/mAP_0.5:0.95")
    assert found.only_in == (("train/dfl_loss",), ("train/obj_loss",))
    assert found.notes[0] == f"taken as the same metric: {MAP} = metrics/mAP_0.5:0.95"
    assert "not held against each other" in found.notes[1]


def test_losses_of_different_trainers_are_not_held_against_each_other() -> None:
    one = {"train/dfl_loss": WEAK, "train/box_loss": STRONG}
    other = {"train/obj_loss": WEAK, "train/box_loss": WEAK}
    (loss,) = compare([subject("a", one), subject("b", other)]).metrics
    assert not loss.is_comparable
    assert loss.deltas[1].best is None
    assert best_table(compare([subject("a", one), subject("b", other)])).rows[0].winner is None
    assert compare([subject("a", one), subject("b", other)]).verdict.better is None


def test_a_run_that_only_writes_more_losses_counts_the_others_alike() -> None:
    segment = {"train/box_loss": WEAK, "train/seg_loss": WEAK}
    found = compare([subject("a", {"train/box_loss": STRONG}), subject("b", segment)])
    assert found.metrics[0].is_comparable
    assert found.notes == ()


def test_two_alike_metrics_of_one_run_stay_two() -> None:
    curves = {"metrics/mAP50": WEAK, "mAP50": STRONG}
    found = compare([subject("a", curves), subject("b", curves)])
    assert [one.name for one in found.metrics] == ["metrics/mAP50", "mAP50"]


def test_learning_rates_and_places_are_no_results() -> None:
    curves = {MAP: WEAK, "lr/pg0": WEAK, "x/lr0": WEAK, "step": WEAK, "samples_per_s": WEAK}
    found = compare([subject("a", curves), subject("b", curves)])
    assert [one.name for one in found.metrics] == [MAP]


def test_runs_with_nothing_in_common_are_refused_with_what_each_has() -> None:
    with pytest.raises(InputError) as error:
        compare([subject("a", {"accuracy": WEAK}), subject("b", {"loss": WEAK})])
    assert str(error.value.problem) == (
        "the runs have no metric in common: a has accuracy; b has loss"
    )


def test_a_run_without_metrics_is_named() -> None:
    with pytest.raises(InputError, match="b has no metrics to compare"):
        compare([subject("a", {MAP: WEAK}), subject("b", {})])


def test_one_run_is_no_comparison() -> None:
    with pytest.raises(InputError, match="two runs"):
        compare([subject("a", {MAP: WEAK})])


def test_keys_choose_metrics_under_any_name_and_an_unknown_one_is_refused() -> None:
    runs = [
        subject("a", {MAP: WEAK, "metrics/recall(B)": WEAK}),
        subject("b", {"metrics/mAP_0.5:0.95": STRONG, "metrics/recall": WEAK}),
    ]
    assert [one.name for one in compare(runs, keys=["metrics/recall"]).metrics] == [
        "metrics/recall(B)"
    ]
    assert [one.name for one in compare(runs, keys=["mAP50-95"]).metrics] == [MAP]
    with pytest.raises(InputError, match="did you mean"):
        compare(runs, keys=["metrics/recal"])


def test_time_to_the_best_of_the_weaker_run() -> None:
    runs = [
        subject("a", {MAP: WEAK}, seconds=[10.0 * at for at in range(1, 11)]),
        subject("b", {MAP: STRONG}, seconds=[30.0 * at for at in range(1, 11)]),
    ]
    target = compare(runs).target
    assert target is not None
    assert (target.value, target.is_asked) == (0.51, False)
    assert [(one.x, one.seconds) for one in target.reached] == [(7, 70.0), (4, 120.0)]


def test_a_target_that_a_run_never_reached_has_no_time() -> None:
    runs = [subject("a", {MAP: WEAK}), subject("b", {MAP: STRONG})]
    target = compare(runs, target=("mAP50-95", 0.6)).target
    assert target is not None
    assert target.is_asked
    assert [(one.x, one.seconds) for one in target.reached] == [(None, None), (4, None)]


def test_a_target_of_a_loss_is_reached_from_above() -> None:
    runs = [subject(name, {"val/loss": (3.0, 2.0, 1.0)}) for name in "ab"]
    target = compare(runs, target=("val/loss", 2.0)).target
    assert target is not None
    assert target.reached[0].x == 2


def test_effort_counts_gpu_hours_and_costs_only_with_a_price() -> None:
    runs = [
        subject("a", {MAP: WEAK}, duration_s=7200.0, gpu_count=4),
        subject("b", {MAP: WEAK}, seconds=(10.0, 20.0, 31.0), gpu_count=0),
    ]
    a, b = compare(runs, price=Price(1.5, "EUR")).efforts
    assert (a.gpu_hours, a.cost) == (8.0, 12.0)
    assert (a.epoch_s, a.epoch_basis) == (720.0, EpochBasis.DURATION)
    assert (b.duration_s, b.duration_is_training) == (31.0, True)
    assert (b.epoch_s, b.epoch_basis) == (10.5, EpochBasis.RESULTS)
    assert (b.gpu_hours, b.cost) == (0.0, None)
    assert compare(runs).efforts[0].cost is None


def test_settings_that_mean_the_same_are_equal_and_places_do_not_count() -> None:
    one = {"lr0": "0.01", "batch-size": "16", "model": "a.yaml", "save_dir": "/x", "seed": "0"}
    other = {"lr0": "1e-2", "batch": "16", "model": "b.yaml", "save_dir": "/y", "freeze": "3"}
    found = compare(
        [subject("a", {MAP: WEAK}, settings=one), subject("b", {MAP: WEAK}, settings=other)]
    ).settings
    assert [(one.name, one.values) for one in found.differing] == [("model", ("a.yaml", "b.yaml"))]
    assert [(one.name, one.values) for one in found.partly] == [
        ("seed", ("0", None)),
        ("freeze", (None, "3")),
    ]
    assert (found.equal, found.places, found.untold) == (2, 1, ())


def test_a_run_that_tells_no_setting_is_named() -> None:
    runs = [subject("a", {MAP: WEAK}, settings={"lr": "1"}), subject("b", {MAP: WEAK})]
    assert compare(runs).settings.untold == (1,)


def test_what_matters_most_stands_first() -> None:
    curves = {"train/loss": WEAK, "val/loss": WEAK, "metrics/recall": WEAK, MAP: WEAK}
    found = compare([subject("a", curves), subject("b", curves)])
    assert [one.name for one in found.metrics] == [
        MAP, "metrics/recall", "val/loss", "train/loss",
    ]  # fmt: skip
