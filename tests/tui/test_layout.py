from __future__ import annotations

import pytest

from cockpit.tui.layout import CHROME_ROWS, LOWEST_PLOT_ROWS, deck_rows


@pytest.mark.parametrize("height", range(8, 80))
@pytest.mark.parametrize("needs", [0, 1, 7])
@pytest.mark.parametrize("runs", [1, 5, 300])
def test_the_regions_never_need_more_rows_than_there_are(
    height: int, needs: int, runs: int
) -> None:
    rows = deck_rows(height, needs=needs, devices=5, runs=runs, steps=4)
    blanks = 4 if height >= 30 else 0
    devices = 5 if rows.devices else 1
    titles = 1 + (1 if rows.plots else 0)
    used = CHROME_ROWS + min(needs, 2) + devices + titles + blanks
    used += rows.runs + max(0, rows.plots - 1) + rows.log + rows.steps
    assert rows.runs >= 1
    assert used <= height or height < CHROME_ROWS + min(needs, 2) + 3


def test_a_common_terminal_shows_everything() -> None:
    rows = deck_rows(24, needs=2, devices=5, runs=5, steps=0)
    assert rows.devices
    assert rows.plots >= LOWEST_PLOT_ROWS
    assert (rows.runs, rows.log) == (5, 1)


def test_plots_go_before_the_log_and_the_log_before_the_runs() -> None:
    assert deck_rows(16, needs=2, devices=5, runs=5, steps=0).plots == 0
    low = deck_rows(9, needs=2, devices=5, runs=5, steps=0)
    assert (low.devices, low.plots, low.log) == (False, 0, 0)
    assert low.runs >= 1


def test_next_steps_come_only_where_the_plots_keep_their_rows() -> None:
    assert deck_rows(24, needs=0, devices=3, runs=1, steps=4).steps == 4
    assert deck_rows(19, needs=0, devices=3, runs=1, steps=4).steps == 0
