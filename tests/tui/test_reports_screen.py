from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from cockpit import locations
from cockpit.tui.app import CockpitApp
from cockpit.tui.ink import cells, plain
from cockpit.tui.report_rows import (
    choose_columns,
    command_lines,
    command_of,
    next_kind,
    report_row,
    told_lines,
)
from cockpit.tui.screens.deck import DeckScreen
from cockpit.tui.screens.report import ReportScreen
from cockpit.tui.screens.reports import ReportsScreen
from cockpit.tui.screens.text import TextScreen
from cockpit.views.report_list import ReportEntry, Standing, list_reports

from . import board, reports
from .flight import app_with, ready, text_of, wait_until


async def listed(pilot: Pilot[None]) -> ReportsScreen:
    """Show the mode and wait until the folders were read."""
    app = await ready(pilot)
    await pilot.press("4")
    await wait_until(pilot, lambda: isinstance(app.screen, ReportsScreen))
    screen = app.screen
    assert isinstance(screen, ReportsScreen)
    await wait_until(pilot, lambda: screen.entries is not None)
    return screen


async def opened(pilot: Pilot[None]) -> ReportScreen:
    """Open the selected report and wait until it is laid out."""
    await pilot.press("enter")
    app = pilot.app
    assert isinstance(app, CockpitApp)
    await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
    screen = app.screen
    assert isinstance(screen, ReportScreen)
    await wait_until(pilot, lambda: bool(screen.view.lines))
    return screen


def kinds(screen: ReportsScreen) -> list[str]:
    return [one.kind for one in screen._shown]


async def test_without_reports_it_says_what_makes_one_and_with_which_key() -> None:
    app = app_with(board.run())
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot)
        shown = text_of(app)
        assert "none yet" in shown
        assert "3  Tools: check this machine" in shown
        assert "w writes" in shown
        assert "compare them with c" in shown
        await pilot.press("enter", "w", "o", "y", "f", "slash")
        assert isinstance(app.screen, ReportsScreen)
        assert not app.screen.is_writing


async def test_the_newest_comes_first_each_with_sign_and_word_for_its_outcome() -> None:
    reports.several()
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await listed(pilot)
        assert kinds(screen) == ["comparison", "collectives", "memory", "scaling", "check"]
        shown = text_of(app)
        for words in ("· compared", "✓ passed", "✗ failed", "■ stopped", "◌ broken off"):
            assert words in shown
        assert reports.VERDICT in " ".join(shown.split())
        assert "4 Reports" in shown


async def test_a_report_is_read_paged_and_left() -> None:
    rows = "\n".join(f"line {number}  " for number in range(100))
    reports.comparison(text=f"# Comparison of a and b\n\n{rows}\n")
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot)
        screen = await opened(pilot)
        assert "line 3" in text_of(app)
        await pilot.press("end")
        assert "line 99" in text_of(app)
        await pilot.press("pageup")
        assert "line 99" not in text_of(app)
        await pilot.press("home", "down")
        assert screen.view.scroll_offset.y == 1
        assert "2-" in screen.title_row.state
        await pilot.press("escape")
        assert isinstance(app.screen, ReportsScreen)
        await pilot.press("escape")
        assert isinstance(app.screen, DeckScreen)


async def test_a_text_is_found_again_and_again_and_what_is_missing_is_told() -> None:
    rows = "\n".join(f"line {number} {'loss' * (number in (40, 80))}  " for number in range(100))
    reports.comparison(text=rows)
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot)
        screen = await opened(pilot)
        await pilot.press("slash", *"LOSS", "enter")
        assert screen.view.found == 40
        assert "line 40" in text_of(app)
        await pilot.press("n")
        assert screen.view.found == 80
        await pilot.press("n")
        assert screen.view.found == 40
        await pilot.press("N")
        assert screen.view.found == 80
        await pilot.press("escape")
        assert screen.view.found is None
        assert app.screen is screen
        await pilot.press("slash", *"zzz", "enter")
        assert "is not in it" in screen.title_row.state


async def test_a_result_without_a_report_is_shown_and_w_writes_it() -> None:
    folder = reports.tool("memory-20261120-120107", why="3 batches fit")
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        await listed(pilot)
        screen = await opened(pilot)
        assert "no report was written yet" in text_of(app)
        assert "412.5" in text_of(app)
        await pilot.press("w")
        await wait_until(pilot, (folder / "report.md").is_file, timeout_s=60)
        await wait_until(pilot, lambda: screen.entry.report == folder / "report.md")
        await wait_until(pilot, lambda: "Written by cockpit" in str(screen.view.lines))
        assert f"less {folder}/report.md" in "".join(plain(one) for one in screen.command.lines)
        assert not screen.check_action("write", ())


async def test_read_only_writes_nothing() -> None:
    folder = reports.tool("memory-20261120-120107")
    app = app_with(readonly=True)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await listed(pilot)
        await pilot.press("w")
        await wait_until(pilot, lambda: bool(app._notifications))
        assert any("read-only" in note.message for note in app._notifications)
        assert not (folder / "report.md").exists()


async def test_the_files_beside_a_report_are_shown_with_their_sizes() -> None:
    folder = reports.comparison()
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot)
        await pilot.press("o")
        await wait_until(pilot, lambda: isinstance(app.screen, TextScreen))
        told = str(app.screen.query_one(Static).content)
        assert f"in {folder}" in told
        assert "2 B  comparison_results.json" in told
        await pilot.press("escape")
        assert isinstance(app.screen, ReportsScreen)


async def test_the_path_is_copied() -> None:
    folder = reports.comparison()
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot)
        await pilot.press("y")
        assert app.clipboard == str(folder / "comparison_report.md")


async def test_only_one_kind_is_shown_and_words_filter_too() -> None:
    reports.several()
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await listed(pilot)
        await pilot.press("f")
        assert kinds(screen) == ["check"]
        assert "only check" in text_of(app)
        await pilot.press("escape")
        assert len(kinds(screen)) == 5
        await pilot.press("slash", *"failed", "enter")
        assert kinds(screen) == ["memory"]
        await pilot.press("slash", *" zzz", "enter")
        assert "no report matches" in text_of(app)
        await pilot.press("escape")
        assert len(kinds(screen)) == 5
        assert app.screen is screen


async def test_a_report_that_is_written_meanwhile_appears_and_the_selection_stays() -> None:
    reports.tool("memory-20261119-120107")
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await listed(pilot)
        reports.tool("check-20261120-120107")
        screen.start_over()
        await wait_until(pilot, lambda: kinds(screen) == ["check", "memory"])
        assert screen.selected is not None
        assert screen.selected.kind == "memory"


async def test_a_report_that_is_deleted_meanwhile_is_told() -> None:
    folder = reports.comparison()
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot)
        (folder / "comparison_report.md").unlink()
        await opened(pilot)
        assert "is not there any more" in " ".join(text_of(app).split())


async def test_a_huge_report_is_cut_and_says_so() -> None:
    reports.comparison(text="word " * 16 + "\n\n" + ("0123456789 " * 9 + "\n\n") * 50_000)
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot)
        await opened(pilot)
        assert "▲ cut: " in text_of(app)
        assert " of 4.8 MiB are shown" in text_of(app)


async def test_codes_and_markup_from_outside_do_nothing() -> None:
    codes = "\x1b[31mred\x1b[0m [bold]x[/bold] \x1b]8;;http://x\x07l\x1b]8;;\x07 \x9b2J"
    text = f"# Comparison of a\n\n{codes}"
    reports.comparison(text=text)
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot)
        await opened(pilot)
        assert "red [bold]x[/bold] l" in text_of(app)
        assert "\x1b" not in text_of(app)


async def test_the_preview_shows_the_beginning_where_there_is_room() -> None:
    reports.several()
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await listed(pilot)
        await wait_until(pilot, lambda: "0.850 @10" in text_of(app))
        await pilot.press("down")
        await wait_until(pilot, lambda: screen.preview_title.title == "collectives")
        assert "0.850 @10" not in text_of(app)


async def test_the_palette_leads_to_the_mode_and_to_a_report() -> None:
    reports.several()
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("ctrl+p", *"report of comparison")
        await wait_until(pilot, lambda: "report of comparison weak" in text_of(app))
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, ReportScreen))
        await pilot.press("4")
        await wait_until(pilot, lambda: isinstance(app.screen, ReportsScreen))


async def test_in_ascii_and_without_colours_every_sign_has_its_stand_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    reports.several()
    app = app_with(ascii_only=True)
    async with app.run_test(size=(140, 40)) as pilot:
        await listed(pilot)
        await wait_until(pilot, lambda: "0.850 @10" in text_of(app))
        shown = text_of(app)
        assert "x failed" in shown
        assert [letter for letter in shown if ord(letter) > 127 and letter not in "配电训练"] == []


async def test_the_list_is_read_only_while_it_is_shown() -> None:
    reports.several()
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await listed(pilot)
        await pilot.press("1")
        await wait_until(pilot, lambda: isinstance(app.screen, DeckScreen))
        before = screen.entries
        reports.tool("steptime-20261120-130000")
        screen._look()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert screen.entries is before
        await pilot.press("4")
        await wait_until(pilot, lambda: "steptime" in kinds(screen))


def test_rows_fit_into_every_width_with_wide_letters_in_their_paths() -> None:
    path = Path("/srv/配电/训练数据/很长的文件夹名字/compare-20261120-181500")
    entry = ReportEntry(
        "comparison", board.NOW, "配电-训练 and 配电-训练-2", Standing.LOST, path, path / "报告.md"
    )
    for width in range(60, 220):
        columns = choose_columns(width - 2)
        row = report_row(entry, columns, board.NOW, selected=True)
        assert sum(map(cells, row)) <= width - 2
        sizes = [column.width for column in columns.columns]
        assert list(map(cells, row)) == sizes
        assert all(cells(line) <= width - 2 for line in told_lines(entry, width - 2))


def test_the_command_is_whole_and_quoted() -> None:
    path = Path("/srv/two words/report.md")
    entry = ReportEntry("run", board.NOW, "x", Standing.SUCCEEDED, path.parent, path)
    lines = command_lines(entry, 20)
    assert "".join(map(plain, lines)) == "less '/srv/two words/report.md'"
    path = Path.home() / "two words/report.md"
    entry = ReportEntry("run", board.NOW, "x", Standing.SUCCEEDED, path.parent, path)
    assert command_of(entry) == "less ~/'two words/report.md'"


def test_the_kinds_go_around() -> None:
    reports.several()
    entries = list_reports(locations.tools_dir(), locations.runs_dir())
    kind, seen = "", []
    for _ in range(6):
        kind = next_kind(entries, kind)
        seen.append(kind)
    assert seen == ["check", "collectives", "comparison", "memory", "scaling", ""]
    assert next_kind(entries, "gone") == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_report_that_may_not_be_read_is_told() -> None:
    folder = reports.comparison()
    (folder / "comparison_report.md").chmod(0)
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await listed(pilot)
        await opened(pilot)
        assert "no permission to read" in text_of(app)
