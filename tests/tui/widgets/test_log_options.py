"""What can be done with a log that is shown: filter, levels, errors, ranks, wrapping, copying."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from cockpit.analysis.log_levels import Level
from cockpit.runs.log_times import LogTimes
from cockpit.tui.widgets.log_view import LogView
from cockpit.views.rank_logs import rank_logs
from tests.tui.flight import wait_until
from tests.tui.widgets.stage import Kept, Stage, shown

BIG = 120_000
"""Lines of a log that is not counted at once."""


@asynccontextmanager
async def opened(
    log: Path, size: tuple[int, int] = (40, 9), hook: Kept | None = None
) -> AsyncIterator[tuple[Stage, Pilot[None], LogView]]:
    app = Stage(lambda: LogView(log))
    async with app.run_test(size=size, message_hook=hook) as pilot:
        await pilot.pause()
        yield app, pilot, app.query_one(LogView)


def rows(app: Stage) -> list[str]:
    return [row.rstrip(" ▁▂▃▄▅▆▇█") for row in shown(app) if row.strip()]


async def settled(pilot: Pilot[None], view: LogView) -> None:
    await wait_until(pilot, lambda: not view.is_loading and not view.is_searching)


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
    return path


def big(path: Path) -> Path:
    return write(path, *(f"step {number}" for number in range(BIG)))


async def test_a_large_log_shows_its_end_before_it_is_counted(tmp_path: Path) -> None:
    kept = Kept()
    async with opened(big(tmp_path / "log"), hook=kept) as (app, pilot, view):
        assert rows(app)[-1] == f"step {BIG - 1}"
        view.focus()
        await pilot.press("pageup")
        top = rows(app)[0]
        await settled(pilot, view)
        assert any(isinstance(one, LogView.Loaded) for one in kept)
        assert rows(app)[0] == top
        assert view.state.startswith(f"line {BIG - 8:,} of {BIG:,}")
        await pilot.press("g")
        assert rows(app)[0] == "step 0"


async def test_a_search_waits_until_a_large_log_is_counted(tmp_path: Path) -> None:
    async with opened(big(tmp_path / "log")) as (app, pilot, view):
        view.find(r"step 77\d\d\d$", forward=False)
        assert view.state.startswith("searching for")
        await settled(pilot, view)
        assert view.found == 77_999
        await wait_until(pilot, lambda: "1,000 of 1,000" in view.state)
        view.find_again(forward=False)
        await wait_until(pilot, lambda: "999 of 1,000" in view.state)
        assert "step 77998" in rows(app)


async def test_a_line_that_explains_is_shown_once_a_large_log_is_counted(tmp_path: Path) -> None:
    async with opened(big(tmp_path / "log")) as (app, pilot, view):
        view.go_to(4711)
        await settled(pilot, view)
        assert view.found == 4711
        assert "step 4711" in rows(app)


async def test_only_lines_that_hold_a_text_are_shown_and_those_that_come(tmp_path: Path) -> None:
    log = write(tmp_path / "log", *(f"epoch {n}" if n % 3 else f"loss {n}" for n in range(60)))
    async with opened(log) as (app, pilot, view):
        view.show_holding("loss")
        await settled(pilot, view)
        assert rows(app)[-2:] == ["loss 54", "loss 57"]
        assert view.facts == "& “loss”"
        with log.open("a") as file:
            file.write("loss last\nepoch last\n")
        view.poll()
        await pilot.pause()
        assert rows(app)[-1] == "loss last"
        view.show_holding("los(")
        await settled(pilot, view)
        assert view.facts == "& “los(” as plain text"
        assert rows(app) == []
        view.show_holding("")
        await settled(pilot, view)
        assert rows(app)[-1] == "epoch last"


async def test_the_line_at_the_top_stays_when_other_lines_are_hidden(tmp_path: Path) -> None:
    log = write(tmp_path / "log", *(f"line {n} {'even' if n % 2 == 0 else ''}" for n in range(900)))
    async with opened(log) as (app, pilot, view):
        view.go_to(400)
        await pilot.pause()
        top = int(rows(app)[0].split()[1])
        view.show_holding("even")
        await settled(pilot, view)
        await wait_until(pilot, lambda: rows(app)[0].startswith(f"line {top}"))


TRACE = ("Traceback (most recent call last):", '  File "a.py", line 3', "KeyError: 'lr'")


async def test_errors_are_visited_first_to_last_and_alone_on_request(tmp_path: Path) -> None:
    calm = [f"step {n}" for n in range(300)]
    log = write(tmp_path / "log", *calm, *TRACE, *calm, "WARNING: slow", "ERROR: no lamp", *calm)
    async with opened(log) as (app, pilot, view):
        view.find_error()
        await settled(pilot, view)
        assert (view.found, TRACE[0] in rows(app)) == (300, True)
        await wait_until(pilot, lambda: view.state == "error 1 of 2 · line 301 of 905")
        view.find_error()
        await settled(pilot, view)
        assert view.found == 604
        view.find_error()
        await settled(pilot, view)
        assert view.found == 300
        view.show_level(Level.WARNING)
        await settled(pilot, view)
        view.follow()
        await wait_until(pilot, lambda: rows(app) == [*TRACE, "WARNING: slow", "ERROR: no lamp"])
        view.show_level(Level.ERROR)
        await settled(pilot, view)
        await wait_until(pilot, lambda: rows(app) == [*TRACE, "ERROR: no lamp"])


async def test_a_bar_that_grows_in_many_lines_is_one_line(tmp_path: Path) -> None:
    log = write(tmp_path / "log", "start", " 10%|#  | 1/9")
    async with opened(log) as (app, pilot, view):
        for percent in (40, 70):
            with log.open("a") as file:
                file.write(f" {percent}%|## | 5/9\n")
            view.poll()
            await pilot.pause()
        assert rows(app) == ["start", " 70%|## | 5/9"]
        view.join_bars(False)
        await settled(pilot, view)
        assert len(rows(app)) == 4


async def test_a_rank_is_shown_alone(tmp_path: Path) -> None:
    log = write(tmp_path / "log", "[default0]:zero", "[default1]:one", "plain")
    async with opened(log) as (app, pilot, view):
        view.tab = rank_logs(log, None)[1]
        await pilot.pause()
        assert rows(app) == ["r1│ one"]
        assert view.facts == "rank 1"
        view.tab = None
        await pilot.pause()
        assert rows(app) == ["r0│ zero", "r1│ one", "plain"]


async def test_long_lines_are_wrapped_and_the_end_is_at_the_bottom(tmp_path: Path) -> None:
    log = write(tmp_path / "log", *(f"line {n} " + "x" * 90 + f" end{n}" for n in range(30)))
    async with opened(log) as (app, pilot, view):
        view.wraps = True
        await wait_until(pilot, lambda: rows(app)[-1].endswith("end29"))
        view.focus()
        tops = set()
        for _ in range(90):
            await pilot.press("up")
            tops.add(rows(app)[0].split(" x")[0])
        assert {f"line {n}" for n in range(27)} <= tops
        assert rows(app)[0].startswith("line 0")
        await pilot.press("G")
        assert view.following
        with log.open("a") as file:
            file.write("the last\n")
        view.poll()
        await pilot.pause()
        assert rows(app)[-1] == "the last"


def counted(count: int) -> str:
    """Return a text whose every part says where it stands."""
    return "".join(f"w{number:<5}" for number in range(count))


async def test_every_row_of_a_wrapped_line_is_reached_row_by_row_and_page_by_page(
    tmp_path: Path,
) -> None:
    log = write(tmp_path / "log", "before", counted(2000), "behind")
    async with opened(log, size=(61, 9)) as (app, pilot, view):
        view.wraps = True
        await pilot.pause()
        view.focus()
        assert rows(app)[-1] == "behind"
        await pilot.press("up")
        assert not view.following
        assert rows(app)[-1].startswith("w1990")
        await pilot.press("down")
        assert view.following
        await pilot.press("g")
        assert rows(app)[:2] == ["before", rows(app)[1]]
        seen: list[str] = []
        for _ in range(40):
            seen += " ".join(rows(app)).split()
            await pilot.press("pagedown")
        assert {f"w{number}" for number in range(2000)} <= set(seen)
        assert view.following


async def test_a_hit_within_a_long_line_is_in_sight_wrapped_or_not(tmp_path: Path) -> None:
    log = write(tmp_path / "log", *["before"] * 20, counted(2000), *["behind"] * 20)
    async with opened(log, size=(61, 9)) as (app, pilot, view):
        for wraps in (False, True):
            view.wraps = wraps
            view.find(f"w15{int(wraps)}0")
            await settled(pilot, view)
            await pilot.pause()
            assert f"w15{int(wraps)}0" in " ".join(rows(app))


async def test_a_hit_stays_in_sight_though_the_window_has_just_changed(tmp_path: Path) -> None:
    log = write(tmp_path / "log", *(f"line {n}" for n in range(99)))
    async with opened(log) as (_app, pilot, view):
        view.measure_again()
        view.go_to(7)
        await pilot.pause()
        assert not view.following
        assert view.state == "line 8 of 99"


async def test_selected_lines_are_copied_as_they_are_shown(tmp_path: Path) -> None:
    log = write(tmp_path / "log", *(f"\x1b[31mline\x1b[0m {n}" for n in range(50)))
    kept = Kept()
    async with opened(log, hook=kept) as (app, pilot, view):
        view.toggle_selection()
        view.extend_selection(-2)
        assert view.state == "3 lines selected · y copies"
        view.copy_lines()
        await pilot.pause()
        assert app.clipboard == "line 47\nline 48\nline 49\n"
        assert view.selected is None
        assert [one.count for one in kept if isinstance(one, LogView.Copied)] == [3]


async def test_lines_are_selected_with_the_mouse(tmp_path: Path) -> None:
    log = write(tmp_path / "log", *(f"line {n}" for n in range(5)))
    async with opened(log) as (app, pilot, view):
        await pilot.mouse_down(view, offset=(2, 1))
        await pilot.hover(view, offset=(2, 3))
        await pilot.mouse_up(view, offset=(2, 3))
        assert view.selected == (1, 3)
        view.copy_lines()
        assert app.clipboard == "line 1\nline 2\nline 3\n"


async def test_a_line_has_the_time_at_which_the_log_was_first_as_long(tmp_path: Path) -> None:
    log = write(tmp_path / "log", "one", "two", "three")
    sizes = write(tmp_path / "sizes", '{"t":1000.0,"bytes":4}', '{"t":1060.0,"bytes":8}')
    async with opened(log) as (app, pilot, view):
        view.times = LogTimes(sizes)
        view.shows_times = True
        await pilot.pause()
        first, second = (time.strftime("%H:%M:%S", time.localtime(at)) for at in (1000, 1060))
        assert rows(app) == [f"{first} one", f"{second} two", "–        three"]


async def test_an_endless_line_shows_its_end_and_does_not_hold_up_keys(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file:
        for _ in range(20):
            file.write(b"x" * (1 << 20))
        file.write(b"\rnewest frame")
    async with opened(log) as (app, pilot, view):
        await settled(pilot, view)
        assert rows(app) == ["newest frame"]
        view.find("newest")
        await settled(pilot, view)
        assert view.found == 0


async def test_codes_and_marks_in_a_log_stay_out_of_the_terminal(tmp_path: Path) -> None:
    evil = "\x1b]52;c;ZXZpbA==\x07a \x1b[2J[red]b[/red] \u202ec\u202c d\u200be \x00f\x9b31m"
    log = write(tmp_path / "log", evil, "g\r")
    async with opened(log) as (app, pilot, view):
        for colours in (False, True):
            view.shows_colours = colours
            await pilot.pause()
            assert rows(app) == ["a [red]b[/red] c de f31m", "g"]


async def test_only_matching_lines_are_shown_from_the_place_where_one_is_while_all_are_counted(
    tmp_path: Path,
) -> None:
    lines = (f"{'ERROR' if n % 100 == 0 else 'INFO'} step {n}" for n in range(2 * BIG))
    log = write(tmp_path / "log", *lines)
    async with opened(log) as (app, pilot, view):
        await settled(pilot, view)
        view.go_to(BIG)
        await pilot.pause()
        view.show_level(Level.ERROR)
        assert view.is_loading
        firsts = set()
        while view.is_loading:
            await pilot.pause()
            view.poll()
            firsts.add(rows(app)[0] if rows(app) else "")
            assert not any("INFO" in row for row in rows(app))
        await pilot.pause()
        assert firsts <= {"", f"ERROR step {BIG}"}
        assert rows(app)[:2] == [f"ERROR step {BIG}", f"ERROR step {BIG + 100}"]
        assert not view.following


async def test_while_lines_are_counted_it_is_said_how_far_that_is(tmp_path: Path) -> None:
    async with opened(big(tmp_path / "log")) as (_app, pilot, view):
        await settled(pilot, view)
        view.show_level(Level.ERROR)  # all lines are read again, from here to the next await
        assert view.is_loading
        view.progress = 0.37
        assert "reading 37%" in view.state
        await settled(pilot, view)
        assert "reading" not in view.state


async def test_filters_changed_one_after_another_leave_one_where_one_was(tmp_path: Path) -> None:
    lines = (f"{'ERROR' if n % 100 == 0 else 'INFO'} step {n}" for n in range(2 * BIG))
    log = write(tmp_path / "log", *lines)
    async with opened(log) as (app, pilot, view):
        await settled(pilot, view)
        view.go_to(BIG)
        await pilot.pause()
        top = rows(app)[0]
        for level in (Level.WARNING, Level.ERROR, Level.ALL):
            view.show_level(level)
            await pilot.pause()
        await settled(pilot, view)
        await pilot.pause()
        assert rows(app)[0] in {top, f"ERROR step {BIG}"}  # the second, if it was counted between
        assert rows(app)[-1].startswith("INFO")
