from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.devices.sample import GpuSample
from cockpit.devices.throttle import Throttle
from cockpit.tui.ink import cells, plain
from cockpit.tui.straggler_rows import straggler_columns, straggler_row
from cockpit.tui.stragglers import RankRow, Trait, behind_pct, rank_rows, verdict
from cockpit.views.gpu_history import Figure, reading_of

from . import board
from .gpus import HOT, LOST, card, run_on


def now(sample: GpuSample, figure: Figure) -> float | None:
    return reading_of(sample, figure)


def rows_of(*cards: GpuSample, behind: dict[int, float] | None = None) -> tuple[RankRow, ...]:
    return rank_rows(run_on(len(cards)), cards, now, behind or {})


def equal(count: int = 16) -> list[GpuSample]:
    return [card(index) for index in range(count)]


def test_equal_ranks_look_equal() -> None:
    rows = rows_of(*equal())
    assert verdict(rows).words == "no rank departs from the others"
    assert [row.rank for row in rows] == list(range(16))
    assert not any(measure.departs for row in rows for measure in row.measures.values())


def test_a_hot_rank_sets_the_pace() -> None:
    cards = equal()
    cards[11] = card(11, **HOT)
    said = verdict(rows_of(*cards))
    assert said.words == "▲ rank 11 sets the pace: clock 22 % under the others, too hot"
    assert said.row is not None and said.row.rank == 11


def test_a_rank_behind_is_named_before_one_that_is_warm() -> None:
    cards = equal(4)
    cards[1] = card(1, **HOT)
    said = verdict(rows_of(*cards, behind={0: 0.0, 1: 0.0, 2: 0.0, 3: 40.0}))
    assert said.words == "▲ rank 3 sets the pace: 40 % of an epoch behind the others"


def test_a_rank_for_which_all_others_spin_is_found_by_its_power() -> None:
    cards = [card(index, power_w=400.0) for index in range(8)]
    cards[5] = card(5, power_w=620.0)
    said = verdict(rows_of(*cards))
    assert said.words == ("▲ rank 5 sets the pace: power 55 % over the others, which wait for it")


def test_a_rank_that_only_departs_is_not_accused() -> None:
    cards = equal(8)
    cards[2] = card(2, utilization_pct=20.0, power_w=500.0)
    said = verdict(rows_of(*cards))
    assert said.words.startswith("rank 2 departs from the others: power 46 % under the others")
    assert said.tone == "text"


def test_a_lost_rank_is_waited_for_and_does_not_count_as_a_fellow() -> None:
    cards = equal(4)
    cards[2] = card(2, **LOST, power_w=None)
    rows = rows_of(*cards)
    assert verdict(rows).words == "✗ rank 2 is lost with GPU 2: the others wait for it"
    assert rows[0].measures[Trait.POWER].usual is not None


def test_a_single_rank_has_no_fellows() -> None:
    assert verdict(rows_of(card(0))).words == "one rank has no fellows to compare with"
    assert verdict(()).tone == "muted"


def test_fellows_that_lie_far_apart_make_room() -> None:
    cards = [card(index, power_w=300.0 + 80 * index) for index in range(8)]
    rows = rows_of(*cards)
    assert not any(row.measures[Trait.POWER].departs for row in rows)


def test_ranks_come_from_processes_before_the_order_of_the_gpus() -> None:
    swapped = run_on(2)
    ranks = (board.process(41234, rank=1), board.process(41235, rank=0))
    rows = rank_rows(replace(swapped, processes=ranks), equal(2), now, {})
    assert [(row.rank, row.sample.gpu_index) for row in rows] == [(0, 1), (1, 0)]


def test_a_run_that_nobody_can_number_is_compared_by_its_gpus() -> None:
    run = replace(run_on(4), processes=(), asked=replace(run_on(4).asked, world_size=1))
    rows = rank_rows(run, equal(4), now, {})
    assert [row.rank for row in rows] == [None] * 4
    assert rows[2].name == "GPU 2"


def test_how_far_behind_is_told_in_parts_of_an_epoch() -> None:
    assert behind_pct({0: (3, 0.5), 1: (3, 0.25), 2: (2, 0.5)}) == {0: 0, 1: 25, 2: 100}
    assert behind_pct({0: (3, None), 1: (3, 0.9)}) == {0: 0, 1: 0}, "one does not tell the part"
    assert behind_pct({}) == {}


@pytest.mark.parametrize("width", [20, 58, 78, 138, 198])
def test_a_row_keeps_to_its_columns(width: int) -> None:
    cards = equal(4)
    cards[1], cards[2] = card(1, **HOT), card(2, **LOST)
    columns = straggler_columns(width)
    for row in rows_of(*cards):
        for is_selected in (False, True):
            lines = straggler_row(row, columns, is_selected=is_selected)
            assert [cells(line) for line in lines] == [column.width for column in columns]


def test_only_what_departs_is_marked() -> None:
    cards = equal(4)
    cards[1] = card(1, **HOT)
    columns = straggler_columns(138)
    texts = [
        "".join(plain(line) for line in straggler_row(row, columns, is_selected=False))
        for row in rows_of(*cards)
    ]
    assert "▲1410  −22%" in texts[1] and "▲ too hot, driver slowdown" in texts[1]
    assert not any("▲" in text for number, text in enumerate(texts) if number != 1)


def test_a_brake_counts_like_heat() -> None:
    cards = equal(4)
    cards[3] = card(3, sm_clock_mhz=1200.0, throttle=int(Throttle.POWER_BRAKE))
    assert "rank 3 sets the pace: clock 33 % under the others, power brake" in (
        verdict(rows_of(*cards)).words
    )
