from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from cockpit.tui.widgets.log_view import LogView
from tests.tui.flight import wait_until
from tests.tui.widgets.stage import Kept, Stage, shown


def write(path: Path, lines: int) -> None:
    path.write_text("".join(f"line {number}\n" for number in range(lines)))


def first_word_rows(app: Stage) -> list[str]:
    return [" ".join(row.split()[:2]) for row in shown(app)]


async def test_the_end_is_followed_until_the_user_scrolls_up(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    write(log, 100)
    app = Stage(lambda: LogView(log))
    async with app.run_test(size=(80, 10)) as pilot:
        view = app.query_one(LogView)
        view.focus()
        await pilot.pause()
        assert first_word_rows(app)[-1] == "line 99"
        with log.open("a") as file:
            file.write("line 100\n")
        view.poll()
        await pilot.pause()
        assert first_word_rows(app)[-1] == "line 100"
        await pilot.press("pageup")
        assert not view.following
        with log.open("a") as file:
            file.write("line 101\n")
        view.poll()
        await pilot.pause()
        assert first_word_rows(app)[-1] == "line 91"
        assert view.state.startswith("line 92 of 102")
        await pilot.press("G")
        assert view.following
        assert first_word_rows(app)[-1] == "line 101"


async def test_a_progress_bar_shows_its_newest_frame_without_codes(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_bytes(b"start\n\x1b[32m 10%\x1b[0m\r 20%\r 63% 386/612")
    app = Stage(lambda: LogView(log))
    async with app.run_test(size=(40, 4)) as pilot:
        await pilot.pause()
        rows = [row.rstrip() for row in shown(app)]
        assert rows[:2] == ["start", " 63% 386/612"]
        with log.open("ab") as file:
            file.write(b"\r100% 612/612\nnext\n")
        app.query_one(LogView).poll()
        await pilot.pause()
        assert [row.rstrip() for row in shown(app)][:3] == ["start", "100% 612/612", "next"]


async def test_a_log_that_starts_over_is_read_anew(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    write(log, 500)
    app = Stage(lambda: LogView(log))
    async with app.run_test(size=(40, 5)) as pilot:
        await pilot.pause()
        log.write_text("fresh\n")
        app.query_one(LogView).poll()
        await pilot.pause()
        assert shown(app)[0].rstrip() == "fresh"


async def test_a_missing_log_is_no_error(tmp_path: Path) -> None:
    app = Stage(lambda: LogView(tmp_path / "none.log"))
    async with app.run_test(size=(40, 5)) as pilot:
        await pilot.pause()
        assert app.query_one(LogView).state == "no line yet"


async def searched(pilot: Pilot[None], view: LogView) -> int | None:
    await wait_until(pilot, lambda: not view.is_searching)
    return view.found


async def test_search_goes_both_ways_and_marks_the_line(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    write(log, 5000)
    app = Stage(lambda: LogView(log))
    async with app.run_test(size=(40, 9)) as pilot:
        view = app.query_one(LogView)
        await pilot.pause()
        view.find("LINE 1234", forward=False)
        assert await searched(pilot, view) == 1234
        assert "line 1234" in first_word_rows(app)
        assert not view.following
        assert view.state.startswith("line 1,235 of 5,000 holds “LINE 1234”")
        view.find("line 123", forward=False)
        assert await searched(pilot, view) == 1238
        assert "line 1239" in first_word_rows(app)
        view.find("line 123", forward=True)
        assert await searched(pilot, view) == 1239


async def test_search_begins_at_the_end_while_that_is_followed(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("".join(f"epoch {number % 10} loss\n" for number in range(99)))
    app = Stage(lambda: LogView(log))
    async with app.run_test(size=(40, 3)) as pilot:
        view = app.query_one(LogView)
        await pilot.pause()
        view.find("epoch 5")
        assert await searched(pilot, view) == 95
        assert "epoch 5" in first_word_rows(app)
        view.poll()
        await pilot.pause()
        assert "epoch 5" in first_word_rows(app)


async def test_the_view_stays_on_a_hit_in_the_last_page_while_the_log_grows(
    tmp_path: Path,
) -> None:
    log = tmp_path / "train.log"
    write(log, 50)
    app = Stage(lambda: LogView(log))
    async with app.run_test(size=(40, 8)) as pilot:
        view = app.query_one(LogView)
        await pilot.pause()
        view.find("line 48")
        assert await searched(pilot, view) == 48
        with log.open("a") as file:
            file.write("more\n" * 20)
        view.poll()
        await pilot.pause()
        assert "line 48" in first_word_rows(app)


async def test_search_goes_on_around_the_end_and_the_beginning(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("".join("hit\n" if number in {3, 40} else "miss\n" for number in range(50)))
    kept = Kept()
    app = Stage(lambda: LogView(log))
    async with app.run_test(size=(40, 8), message_hook=kept) as pilot:
        view = app.query_one(LogView)
        await pilot.pause()
        places = []
        for forward in (None, True, True, False, False):
            view.find("hit", forward=forward)
            places.append(await searched(pilot, view))
        assert places == [40, 3, 40, 3, 40]
        view.find("nowhere")
        assert await searched(pilot, view) is None
        await pilot.pause()
    told = [message.hit for message in kept if isinstance(message, LogView.Searched)]
    assert [hit.is_wrapped if hit else None for hit in told] == [
        False, True, False, False, True, None,
    ]  # fmt: skip


async def test_a_search_of_a_long_log_lets_keys_act_meanwhile(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_bytes(b"".join(b"step %d loss 0.123\n" % number for number in range(600_000)))
    app = Stage(lambda: LogView(log))
    async with app.run_test(size=(60, 9)) as pilot:
        view = app.query_one(LogView)
        while not view.state.startswith("following"):
            view.poll()
            await pilot.pause()
        view.find("step 7 ")
        assert view.state == "searching for “step 7 ”"
        assert await searched(pilot, view) == 7
        assert any(row.startswith("step 7 ") for row in shown(app))


async def test_a_million_lines_are_shown_by_their_last_page(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_bytes(b"".join(b"step %d loss 0.123\n" % number for number in range(1_000_000)))
    app = Stage(lambda: LogView(log))
    async with app.run_test(size=(80, 24)) as pilot:
        view = app.query_one(LogView)
        for _ in range(200):
            view.poll()
            if view.state.startswith("following"):
                break
        await pilot.pause()
        assert "step 999999" in shown(app)[-1]


async def test_another_file_starts_at_its_end(tmp_path: Path) -> None:
    one, two = tmp_path / "one.log", tmp_path / "two.log"
    write(one, 50)
    two.write_text("other\n")
    app = Stage(lambda: LogView(one))
    async with app.run_test(size=(40, 5)) as pilot:
        view = app.query_one(LogView)
        view.focus()
        await pilot.press("g")
        view.path = two
        await pilot.pause()
        assert view.following
        assert shown(app)[0].rstrip() == "other"


async def test_a_short_log_that_outgrows_the_window_at_once_is_followed(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    write(log, 3)
    app = Stage(lambda: LogView(log))
    async with app.run_test(size=(40, 5)) as pilot:
        await pilot.pause()
        with log.open("a") as file:
            file.write("".join(f"more {number}\n" for number in range(40)))
        app.query_one(LogView).poll()
        await pilot.pause()
        assert first_word_rows(app)[-1] == "more 39"


async def test_ranks_are_named_in_a_column(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("[default0]:epoch 1\n[default1]:epoch 1\n[rank2]: ValueError: x\nplain\n")
    app = Stage(lambda: LogView(log))
    async with app.run_test(size=(40, 5)) as pilot:
        await pilot.pause()
        rows = [row.rstrip() for row in shown(app)][:4]
        assert rows == ["r0│ epoch 1", "r1│ epoch 1", "r2│ ValueError: x", "plain"]


async def test_ranks_are_named_as_soon_as_others_than_the_first_write(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("[rank0]: zero\n")
    app = Stage(lambda: LogView(log))
    async with app.run_test(size=(40, 5)) as pilot:
        await pilot.pause()
        assert shown(app)[0].rstrip() == "zero"
        with log.open("a") as file:
            file.write("[rank12]: twelve\n")
        app.query_one(LogView).poll()
        await pilot.pause()
        assert [row.rstrip() for row in shown(app)][:2] == ["r0 │ zero", "r12│ twelve"]


async def test_a_line_of_that_number_is_marked_and_kept_in_sight(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    write(log, 100)
    app = Stage(lambda: LogView(log))
    async with app.run_test(size=(40, 9)) as pilot:
        view = app.query_one(LogView)
        await pilot.pause()
        view.go_to(41)
        await pilot.pause()
        assert "line 41" in first_word_rows(app)
        assert view.state.startswith("line 42 of 100")
        assert not view.following
        view.go_to(1000)
        assert view.found == 41


async def test_the_only_hit_is_named_at_once_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, 99)
    app = Stage(lambda: LogView(log))
    async with app.run_test(size=(40, 9)) as pilot:
        view = app.query_one(LogView)
        await pilot.pause()
        view.find("line 7$", forward=True)
        await wait_until(pilot, lambda: view.count_words == "1 of 1")
        for forward in (True, False):
            view.find_again(forward=forward)
            assert not view.is_searching
            assert view.count_words == "1 of 1"
            assert not view.went_around


async def test_a_hit_in_the_last_lines_is_counted_though_the_end_is_followed(
    tmp_path: Path,
) -> None:
    log = tmp_path / "train.log"
    log.write_text("".join(f"step {number}\n" for number in range(100)) + "done\n")
    app = Stage(lambda: LogView(log))
    async with app.run_test(size=(60, 8)) as pilot:
        view = app.query_one(LogView)
        await wait_until(pilot, lambda: view.state.startswith("following"))
        view.find("done")
        assert await searched(pilot, view) == 100
        view.follow()
        assert view.state.startswith("line 101 of 101 holds “done”")
