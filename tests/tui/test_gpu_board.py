from __future__ import annotations

import dataclasses

import pytest

from cockpit.devices.sample import GpuProcess, GpuSample
from cockpit.tui.gpu_board import Form, Order, choose_board, is_wanted, ordered
from cockpit.tui.gpu_board_rows import RowView, board_row, history_line, split
from cockpit.tui.gpu_holders import FREE, UNSEEN, holder_words, is_free
from cockpit.tui.heat import blocks, fifth_of, heat, legend, share_of, warm_share
from cockpit.tui.ink import Line, cells, plain
from cockpit.units import GIB, MISSING
from cockpit.views.gpu_history import Figure

from .gpus import HOT, LOST, NOW, card, fleet

VIEW = RowView(NOW, Figure.UTILIZATION, "llm-a · r3")


def text_of_row(sample: GpuSample, width: int = 198, view: RowView = VIEW, count: int = 4) -> str:
    board = choose_board([card(index) for index in range(count)], width, view.figure, 600, NOW)
    past = history_line(sample, (90.0,) * board.cells.count, board.form, view)
    return "".join(plain(line) for line in board_row(sample, past, view, board))


@pytest.mark.parametrize("count", [1, 8, 16, 17, 64, 128])
@pytest.mark.parametrize("width", [18, 38, 58, 78, 98, 118, 138, 198, 300])
@pytest.mark.parametrize("figure", list(Figure))
def test_every_row_is_as_wide_as_its_columns_and_all_fit(
    count: int, width: int, figure: Figure
) -> None:
    samples = fleet(count)
    board = choose_board(samples, width, figure, 600, NOW)
    widths = [column.width for column in board.columns]
    assert board.blocks * sum(widths) + 2 * (board.blocks - 1) <= max(width, 12)
    view = RowView(NOW, figure, "配电-训练-配电-训练 · r15", is_selected=True)
    silent = dataclasses.replace(samples[0], time=NOW - 5000)
    bare = GpuSample(0, "", "", NOW)
    for sample in (samples[0], silent, bare, card(0, **LOST), card(0, **HOT)):
        past = history_line(sample, (50.0,) * board.cells.count, board.form, view)
        row = board_row(sample, past, view, board)
        assert [cells(line) for line in row] == widths


@pytest.mark.parametrize(
    ("count", "width", "form", "blocks"),
    [
        (1, 78, Form.LONG, 1),
        (16, 138, Form.LONG, 1),
        (17, 138, Form.STRIPS, 2),
        (64, 78, Form.STRIPS, 1),
        (128, 198, Form.STRIPS, 2),
    ],
)
def test_few_gpus_have_long_rows_and_many_have_strips(
    count: int, width: int, form: Form, blocks: int
) -> None:
    board = choose_board(fleet(count), width, Figure.POWER, 600, NOW)
    assert (board.form, board.blocks) == (form, blocks)
    assert board.cells.span_s == 600
    if form is Form.STRIPS:
        assert board.cells.cell_s >= 20, "a screen of strips moves no faster"


def test_a_wide_row_tells_everything() -> None:
    text = text_of_row(card(3))
    for part in ("94%", "150/180", "67/90°", "923/1000", "1800", "power cap", "61%", "llm-a · r3"):
        assert part in text, part
    assert text.endswith("now")


def test_a_reading_that_is_missing_is_a_dash() -> None:
    bare = GpuSample(3, "GPU-3", "NVIDIA B200", NOW)
    text = text_of_row(bare, view=dataclasses.replace(VIEW, owner=""))
    assert text.count(MISSING) >= 6
    assert "0%" not in text


def test_what_asks_for_a_look_is_marked() -> None:
    text = text_of_row(card(3, **HOT))
    assert "▲88/90°" in text
    assert "▲ too hot" in text
    assert "▲" not in text_of_row(card(3)), "a power cap is how a busy card runs"


def test_a_lost_gpu_says_why_and_what_was_seen_last() -> None:
    text = text_of_row(card(3, **LOST))
    assert "✗ lost  Xid 79, it fell off the bus · llm-a · r3 · last seen 94 %" in text


def test_an_old_row_is_faint_and_tells_its_age_at_every_width() -> None:
    old = card(3, time=NOW - 14)
    assert text_of_row(old).endswith("▲ 14 s old")
    assert "▲ 14 s old" in text_of_row(old, 78)
    assert "▲14s" in text_of_row(old, 30)


def test_a_free_gpu_is_faint() -> None:
    free = card(3, processes=(), memory_used_bytes=GIB // 2)
    view = RowView(NOW, Figure.UTILIZATION)
    board = choose_board((free,), 138, Figure.UTILIZATION, 600, NOW)
    row = board_row(free, (), view, board)
    looks = {look for line in row[2:-1] for text, look in line if text.strip()}
    assert looks == {"faint"}


def test_the_rank_is_never_cut_away() -> None:
    view = dataclasses.replace(VIEW, owner="a-very-long-name-of-a-run · r15")
    assert text_of_row(card(3), 78, view).rstrip().endswith("… · r15")


def test_a_line_is_cut_into_columns_without_halving_a_wide_sign() -> None:
    line: Line = (("ab配电cd", "text"),)
    parts = split(line, [3, 3, 2])
    assert [cells(part) for part in parts] == [3, 3, 2]
    assert "".join(plain(part) for part in parts).startswith("ab")


def test_control_codes_of_a_name_take_no_room() -> None:
    view = dataclasses.replace(VIEW, owner="[red]x[/red] · r0")
    assert "[red]x[/red] · r0" in text_of_row(card(3), view=view)


@pytest.mark.parametrize(
    ("order", "first"),
    [
        (Order.INDEX, 0),
        (Order.UTILIZATION, 2),
        (Order.TEMPERATURE, 1),
        (Order.MEMORY, 3),
        (Order.RUN, 2),
    ],
)
def test_rows_are_sorted(order: Order, first: int) -> None:
    samples = (
        card(3, memory_used_bytes=170 * GIB),
        card(1, temperature_c=80.0),
        card(2, utilization_pct=5.0),
        card(0, utilization_pct=None),
    )
    labels = {"GPU-2": "a · r2", "GPU-1": "a · r10"}
    assert ordered(samples, order, labels)[0].gpu_index == first
    if order is Order.RUN:
        assert [one.gpu_index for one in ordered(samples, order, labels)] == [2, 1, 0, 3]
    if order is Order.UTILIZATION:
        assert ordered(samples, order, labels)[-1].gpu_index == 0, "what was not read stands last"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [("", True), ("3", True), ("4", False), ("2-5", True), ("5-9", False), ("LLM", True),
     ("b200 llm", True), ("vit", False), ("r3", True)],
)  # fmt: skip
def test_a_filter_takes_numbers_spans_and_words(words: str, wanted: bool) -> None:
    assert is_wanted(card(3), words, "llm-a · r3") is wanted


def test_a_mig_device_is_found_by_its_label_and_by_its_gpu() -> None:
    device = card(3, mig_index=1)
    assert is_wanted(device, "3:1", "")
    assert is_wanted(device, "3", "")
    assert not is_wanted(device, "3:0", "")


def test_who_holds_a_gpu_is_said_as_far_as_it_is_known() -> None:
    assert holder_words(card(0), "llm-a · r0") == "llm-a · r0"
    assert holder_words(card(0), "") == "ada · python"
    hidden = (GpuProcess(7, GIB, is_visible=False),)
    assert holder_words(card(0, processes=hidden), "") == "1 process not visible"
    assert holder_words(card(0, processes=()), "") == UNSEEN
    assert holder_words(card(0, processes=None), "") == MISSING
    assert holder_words(card(0, processes=(), memory_used_bytes=GIB), "") == FREE
    assert not is_free(card(0, processes=None, memory_used_bytes=0), ""), "nobody told"
    assert not is_free(card(0, processes=(), memory_used_bytes=GIB, **LOST), "")


def test_heat_has_five_looks_and_shades_where_there_are_no_colours() -> None:
    shares = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, None)
    assert [look for _, look in heat(shares[:5], shaded=False)] == [
        "load1", "load2", "load3", "load4", "load5",
    ]  # fmt: skip
    assert plain(heat(shares, shaded=False)) == "▆▆▆▆▆▆·"
    assert plain(heat(shares, shaded=True)) == "▁░▒▓██·"
    assert [fifth_of(share) for share in (-1.0, 0.999, 7.0)] == [0, 4, 4]


def test_only_a_temperature_near_its_limit_asks_for_a_look() -> None:
    sample = card(0)
    hot = share_of(sample, Figure.TEMPERATURE, 86.0)
    warm = warm_share(sample, Figure.TEMPERATURE)
    assert heat((hot,), shaded=False, warm_from=warm)[0][1] == "attention"
    assert blocks((hot,), warm_from=warm)[0][1] == "attention"
    assert warm_share(sample, Figure.UTILIZATION) is None, "load is never an alarm"


def test_a_quantity_without_a_limit_has_no_heat() -> None:
    assert share_of(card(0, power_limit_w=None), Figure.POWER, 300.0) is None
    assert share_of(card(0, memory_total_bytes=None), Figure.MEMORY, 1.0) is None
    assert share_of(card(0, temperature_slowdown_c=None), Figure.TEMPERATURE, 60.0) == 0.5


@pytest.mark.parametrize("figure", list(Figure))
def test_the_legend_fits_a_narrow_screen(figure: Figure) -> None:
    assert cells(legend(figure, shaded=True)) < 78
