from __future__ import annotations

import math

import pytest
from rich.color import Color, ColorSystem

from cockpit.tui.axes import choose_scale, column_of, without_extremes, x_axis
from cockpit.tui.bars import bar, history, sparkline
from cockpit.tui.glyphs import ASCII, UNICODE
from cockpit.tui.grouping import arrange, epoch_range, group, short_name
from cockpit.tui.history import LoadHistory
from cockpit.tui.ink import cells, cut, fit, fit_path, joined, plain, right, shifted
from cockpit.tui.raster import Canvas, draw_curve, smoothed
from cockpit.tui.themes import TOKENS, themes_for, xterm_hex


def test_grounds_stay_apart_in_a_256_colour_terminal() -> None:
    for theme in themes_for("256"):
        sent = [
            Color.parse(theme.variables[token]).downgrade(ColorSystem.EIGHT_BIT).number
            for token in ("ground", "raised", "select", "line", "faint", "muted", "text")
        ]
        assert len(set(sent)) == len(sent)
        assert all(number is not None and number >= 16 for number in sent)


def test_the_colours_of_xterm() -> None:
    assert [xterm_hex(number) for number in (16, 74, 231, 233)] == [
        "#000000",
        "#5fafd7",
        "#ffffff",
        "#121212",
    ]


@pytest.mark.parametrize("system", ["truecolor", "256", "standard", "none"])
def test_every_theme_has_every_token(system: str) -> None:
    assert all(set(TOKENS) <= set(theme.variables) for theme in themes_for(system))


def test_ascii_signs_have_the_width_of_those_they_stand_for() -> None:
    text = "● 41 ▁▂▃▄▅▆ ━━╸── ▲86° obstacle · r0 … │┤└ ⣿⠉⣀ ±6"
    assert len(ASCII.text(text)) == len(text)
    assert ASCII.text(text).isascii()
    assert ASCII.text("⏎") == "Enter"


def test_control_codes_never_reach_the_screen() -> None:
    assert UNICODE.text("a\x1b[31mb\r\n") == "a [31mb  "


def test_braille_becomes_a_sign_of_the_same_height() -> None:
    assert ASCII.text("⠉⠤⣀⡇") == "'-.|"


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (None, "────────"),
        (0.0, "────────"),
        (0.001, "╸───────"),
        (0.41, "━━━╸────"),
        (0.999, "━━━━━━━╸"),
        (1.0, "━━━━━━━━"),
        (math.nan, "────────"),
    ],
)
def test_a_bar_is_full_only_at_the_end(part: float | None, shown: str) -> None:
    assert plain(bar(part, 8)) == shown


def test_a_history_keeps_its_width_and_shows_what_was_not_read() -> None:
    assert plain(history((0.0, None, 50.0, 100.0), 6)) == "··▁·▄▆"
    assert plain(history((), 0)) == ""


def test_a_sparkline_skips_nan_and_never_grows_wider() -> None:
    assert plain(sparkline((1.0, math.nan, 2.0, 3.0), 5)) == "▁▃▆  "
    assert len(plain(sparkline(tuple(map(float, range(1000))), 10))) == 10
    assert plain(sparkline((), 4)) == "    "


def test_a_sparkline_of_a_very_long_curve_has_the_shape_of_a_short_one() -> None:
    short = tuple(float(value) for value in range(1000))
    long = tuple(float(value) for value in range(100_001))
    assert plain(sparkline(long, 10)) == plain(sparkline(short, 10))


def test_the_history_advances_every_five_seconds() -> None:
    loads = LoadHistory()
    for second in range(12):
        loads.add(1000.0 + second, 10.0 if second < 5 else 90.0)
    assert tuple(loads.means) == (10.0, 90.0)


def test_the_history_shows_a_gap_where_nothing_was_read() -> None:
    loads = LoadHistory()
    loads.add(1000.0, 50.0)
    assert tuple(loads.means) == (50.0,)
    loads.add(1016.0, 50.0)
    assert tuple(loads.means) == (50.0, None, None)


def test_texts_are_cut_by_cells_and_not_by_characters() -> None:
    assert fit("訓練-日本語", 6) == "訓練-…"
    assert cells(((fit("訓練-日本語", 20), "text"),)) == 20
    assert fit_path("/home/someone/data", 10) == "…eone/data"
    assert right("ab", 4) == "  ab"
    assert plain(cut((("abc", "x"), ("def", "y")), 2, 3)) == "cde"


def test_a_line_is_shifted_by_cells_and_says_that_more_follows() -> None:
    line = (("abc", "x"), ("defgh", "y"))
    assert plain(shifted(line, 0, 8)) == "abcdefgh"
    assert shifted(line, 0, 5) == (("abc", "x"), ("d", "y"), ("…", "y"))
    assert plain(shifted(line, 3, 5)) == "defgh"
    assert plain(shifted((("訓練-日本語", "x"),), 1, 6)) == " 練- …"
    assert shifted(line, 20, 5) == ()


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ((1.08, 3.0), (" 3.0", " 2.0", " 1.0")),
        ((0.0, 0.412), ("0.50", "0.25", "0.00")),
        ((700.0, 1412.0), ("1500", "1000", " 500")),
        ((5.0, 5.0), (" 5.0", " 2.5", " 0.0")),
        ((math.nan,), (" 1.0", " 0.5", " 0.0")),
    ],
)
def test_an_axis_has_round_ends(values: tuple[float, ...], labels: tuple[str, ...]) -> None:
    assert choose_scale(values).labels == labels


def test_a_scale_holds_every_value() -> None:
    for low, high in [(1e-9, 2e-9), (-5.0, 3.0), (-9.0, -1.0), (0.0, 1e12), (0.1, 0.100001)]:
        scale = choose_scale((low, high))
        assert scale.low <= low
        assert scale.high >= high * (1 - 1e-9)
        assert scale.part(low) is not None


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [((0.02, 3.0), 0.02, 5.0), ((0.011, 0.9), 0.01, 1.0), ((1.0, 10.0), 1.0, 10.0)],
)
def test_a_log_axis_ends_at_round_values(
    values: tuple[float, ...], low: float, high: float
) -> None:
    scale = choose_scale(values, log=True)
    assert scale.is_log
    assert (scale.low, scale.high) == pytest.approx((low, high))
    assert scale.part(0.0) is None


@pytest.mark.parametrize("values", [(0.85, 1.0), (0.0, 0.02, 3.0), (-1.0, 5.0), (2.0, 2.0)])
def test_what_a_log_axis_would_squash_or_lose_stays_linear(values: tuple[float, ...]) -> None:
    scale = choose_scale(values, log=True)
    assert not scale.is_log
    assert all(scale.part(value) is not None for value in values)


def test_the_epochs_stand_at_both_ends_and_in_the_middle() -> None:
    assert plain(x_axis(1, 41, 30)) == "1──────────────21───────────41"
    assert plain(x_axis(1, 1, 10)) == "1─────────"
    assert column_of(41, (1, 41), 30) == 29


def test_a_line_is_joined_over_missing_epochs_but_not_over_nan() -> None:
    def drawn(ys: list[float]) -> str:
        canvas = Canvas(8, 1)
        xs = [float(x) for x in range(len(ys))]
        draw_curve(canvas, xs, ys, (0.0, xs[-1]), lambda value: value, "s1")
        return plain(canvas.lines()[0])

    assert " " not in drawn([0.5, 0.5])
    assert " " in drawn([0.5, math.nan, math.nan, 0.5])


def test_smoothing_starts_without_bias_and_passes_over_nan() -> None:
    smooth = smoothed([4.0, math.nan, 4.0], 0.8)
    assert smooth[0] == pytest.approx(4.0)
    assert math.isnan(smooth[1])
    assert smooth[2] == pytest.approx(4.0)


def test_train_and_val_of_a_metric_share_a_plot() -> None:
    names = ["epoch", "train/box_loss", "metrics/mAP50-95(B)", "val/box_loss", "lr/pg0", "lr/pg1"]
    groups = group(names, ("metrics/mAP50-95(B)",))
    assert [one.title for one in groups] == ["mAP50-95", "box_loss", "lr"]
    assert [(line.label, line.colour) for line in groups[1].lines] == [
        ("train", "s1"),
        ("val", "s3"),
    ]
    assert groups[0].lines[0].label == ""


def test_underscored_names_pair_too_and_value_is_no_validation() -> None:
    groups = group(["train_loss", "val_loss", "value"])
    assert [one.title for one in groups] == ["loss", "value"]


@pytest.mark.parametrize(
    ("names", "plots"),
    [
        (["train_loss_step", "train_loss_epoch", "val_loss"],
         {"loss_step": {"train_loss_step": ""},
          "loss": {"train_loss_epoch": "train", "val_loss": "val"}}),
        (["train_loss", "eval_loss", "eval_top1"],
         {"loss": {"train_loss": "train", "eval_loss": "val"}, "top1": {"eval_top1": ""}}),
        (["loss", "eval_loss", "grad_norm", "train_loss"],
         {"loss": {"loss": "train", "eval_loss": "val"}, "train_loss": {"train_loss": ""},
          "grad_norm": {"grad_norm": ""}}),
        (["Loss/train", "Loss/test", "Accuracy/validation"],
         {"Loss": {"Loss/train": "train", "Loss/test": "test"},
          "Accuracy": {"Accuracy/validation": ""}}),
        (["a/loss", "b/loss"], {"loss": {"a/loss": ""}, "b/loss": {"b/loss": ""}}),
        (["train/loss", "loss"], {"loss": {"train/loss": ""}, "loss·": {"loss": ""}}),
    ],
)  # fmt: skip
def test_each_trainers_names_of_training_and_validation_are_told_apart(
    names: list[str], plots: dict[str, dict[str, str]]
) -> None:
    found = {one.title: {line.name: line.label for line in one.lines} for one in group(names)}
    assert found == plots


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([1e8, 3.0, 2.0, 1.5, 1.2], (1.2, 3.225)),
        ([1.0 / at for at in range(1, 101)], (0.01, 1.0)),
        ([0.0] * 30 + [1.0], (0.0, 1.0)),
        ([1e8, 1.0], (1.0, 1e8)),
        ([math.nan, 4.0, math.inf], (4.0, 4.0)),
    ],
)
def test_only_extreme_values_are_left_outside_the_scale(
    values: list[float], ends: tuple[float, float]
) -> None:
    assert without_extremes(values) == pytest.approx(ends)


def test_without_a_finite_value_there_is_no_range() -> None:
    assert without_extremes([math.nan]) is None


def test_box_and_mask_metrics_stay_apart() -> None:
    assert short_name("metrics/mAP50(B)") == "mAP50"
    assert short_name("metrics/mAP50(M)") == "mAP50(M)"


@pytest.mark.parametrize(
    ("count", "width", "height", "grid"),
    [(6, 108, 9, (3, 1)), (6, 78, 7, (2, 1)), (6, 98, 22, (2, 2)), (1, 138, 9, (1, 1)),
     (0, 80, 9, (0, 0)), (3, 20, 9, (0, 0))],
)  # fmt: skip
def test_as_many_plots_as_fit(count: int, width: int, height: int, grid: tuple[int, int]) -> None:
    assert arrange(count, width, height) == grid


def test_a_short_run_shows_its_whole_axis_a_long_one_what_is_done() -> None:
    assert epoch_range(1, 10) == (1.0, 10.0)
    assert epoch_range(41, 100) == (1.0, 41.0)
    assert epoch_range(60, 100) == (1.0, 100.0)
    assert epoch_range(7, None) == (1.0, 7.0)


def test_blanks_join_their_neighbours_but_not_across_the_selected_ground() -> None:
    line = (("  ", "text"), ("86", "text"), ("%", "muted"), (" ", "text"), ("", "good"))
    assert joined(line) == (("  86", "text"), ("% ", "muted"))
    marked = ((" ", "text"), ("x", "text on select"))
    assert joined(marked) == marked


@pytest.mark.parametrize("spike", [25.0, -25.0])
def test_one_spike_of_many_values_lies_off_the_scale_and_a_high_start_does_not(
    spike: float,
) -> None:
    falling = [2.4 * math.exp(-at / 40) + 0.05 for at in range(200)]
    assert without_extremes(falling) == (min(falling), max(falling))
    found = without_extremes([*falling, spike])
    assert found == (min(falling), max(falling))
    assert without_extremes([*falling, 4.0]) == (min(falling), 4.0)
