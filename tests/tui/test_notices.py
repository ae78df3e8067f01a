from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit import locations
from cockpit.runs.alert import Alert, AlertLevel
from cockpit.runs.phase import Phase
from cockpit.supervise.notice_settings import parse_notices
from cockpit.tui.app import CockpitApp
from cockpit.tui.notices import Bulletin, escape_codes
from cockpit.tui.store import Snapshot
from cockpit.views.run_view import RunView

from . import board
from .flight import app_with, ready, wait_until


def snapshot(*runs: RunView, alerts: tuple[Alert, ...] = (), after_s: float = 0.0) -> Snapshot:
    return Snapshot(runs, board.cpu_only(), board.NOW + after_s, board.NOW - 60, alerts)


def lost(since: float = board.NOW) -> Alert:
    what = "lost: Xid 79, last reading 18:43"
    return Alert("gpu.lost", AlertLevel.PROBLEM, "GPU 6", what, "reboot", since, "GPU-6")


def done() -> RunView:
    return board.run(phase=Phase.SUCCEEDED)


def test_what_was_over_at_the_start_is_never_told() -> None:
    bulletin = Bulletin()
    assert bulletin.take(snapshot(done())) == ()
    assert bulletin.take(snapshot(done())) == ()


def test_an_end_is_told_once() -> None:
    bulletin = Bulletin()
    bulletin.take(snapshot(board.run()))
    assert bulletin.take(snapshot(done())) == ("quickstart is done",)
    assert bulletin.take(snapshot(done())) == ()
    assert bulletin.take(snapshot()) == ()
    assert bulletin.take(snapshot(done())) == ()


def test_a_failure_is_told_with_its_cause_and_again_for_the_next_attempt() -> None:
    bulletin = Bulletin()
    bulletin.take(snapshot(board.run()))
    failed = board.run(phase=Phase.FAILED, problem="GPU 2 ran out of memory")
    assert bulletin.take(snapshot(failed)) == ("quickstart failed: GPU 2 ran out of memory",)
    bulletin.take(snapshot(replace(board.run(), attempt=2)))
    assert len(bulletin.take(snapshot(replace(failed, attempt=2)))) == 1


def test_a_run_that_ended_long_ago_and_comes_to_light_is_no_news() -> None:
    bulletin = Bulletin()
    bulletin.take(snapshot())
    assert bulletin.take(snapshot(replace(done(), ended=board.NOW - 9999))) == ()
    assert bulletin.take(snapshot(replace(done(), run_id="fresh"))) == ("quickstart is done",)


def test_a_need_is_told_once_while_its_number_grows() -> None:
    bulletin = Bulletin()
    bulletin.take(snapshot(board.run()))
    told = bulletin.take(snapshot(board.run(problem="no output for 10 min: it may hang")))
    assert told == ("quickstart: no output for 10 min: it may hang",)
    assert bulletin.take(snapshot(board.run(problem="no output for 11 min: it may hang"))) == ()
    bulletin.take(snapshot(board.run()))
    assert bulletin.take(snapshot(board.run(problem="no output for 10 min: it may hang")))


def test_a_problem_that_the_instruments_notice_rings_once() -> None:
    bulletin = Bulletin()
    bulletin.take(snapshot())
    assert bulletin.take(snapshot(alerts=(lost(),))) == ("GPU 6: lost: Xid 79, last reading 18:43",)
    assert bulletin.take(snapshot(alerts=(lost(),), after_s=900)) == ()


def test_a_problem_that_comes_and_goes_is_silent_for_ten_minutes() -> None:
    bulletin = Bulletin()
    bulletin.take(snapshot())
    assert bulletin.take(snapshot(alerts=(lost(),)))
    bulletin.take(snapshot(after_s=10))
    assert bulletin.take(snapshot(alerts=(lost(board.NOW + 300),), after_s=300)) == ()
    bulletin.take(snapshot(after_s=310))
    assert bulletin.take(snapshot(alerts=(lost(board.NOW + 950),), after_s=950))


def test_what_was_so_when_the_program_was_opened_does_not_ring() -> None:
    bulletin = Bulletin()
    bulletin.take(snapshot())
    assert bulletin.take(snapshot(alerts=(lost(board.NOW - 58),))) == ()


def test_a_warning_does_not_ring() -> None:
    bulletin = Bulletin()
    bulletin.take(snapshot())
    warm = replace(lost(), code="gpu.hot", level=AlertLevel.WARNING)
    assert bulletin.take(snapshot(alerts=(warm,))) == ()


def test_a_hang_rings_once_although_the_run_tells_it_too() -> None:
    bulletin = Bulletin()
    bulletin.take(snapshot(board.run()))
    what = "no step for 12 min (usual: 9 s)"
    hang = Alert("run.hang", AlertLevel.PROBLEM, "run", what, "cockpit stop", board.NOW - 10)
    run = replace(board.run(problem=what), alerts=(hang,))
    assert bulletin.take(snapshot(run)) == (f"quickstart: {what}",)


def test_no_control_code_of_a_problem_reaches_the_terminal() -> None:
    codes = escape_codes(["bad \x1b]9;x\x07 \x1b[2J name\nwith lines"])
    assert codes.startswith("\x07\x1b]9;cockpit: bad ")
    assert codes.count("\x1b") == 1
    assert codes.count("\x07") == 2
    assert "\n" not in codes
    assert escape_codes([]) == ""


def test_the_setting_is_a_boolean() -> None:
    settings, problems = parse_notices({"terminal": "no"}, {})
    assert problems == ("notices.terminal: must be true or false",)
    assert settings.terminal
    assert not parse_notices({"terminal": False}, {})[0].terminal


async def written(
    app: CockpitApp, source: board.StillRuns, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Return what the terminal gets beside the screen when the run comes to its end."""
    sent: list[str] = []
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        assert app._driver is not None
        monkeypatch.setattr(app._driver, "write", sent.append)
        source.views = (done(),)
        app.look_again()
        await wait_until(
            pilot, lambda: app.snapshot is not None and app.snapshot.runs[0].phase.is_over
        )
    return [text for text in sent if "]9;" in text]


@pytest.mark.parametrize("readonly", [False, True])
async def test_the_terminal_rings_at_the_end_of_a_run(
    readonly: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = board.StillRuns((board.run(),))
    app = app_with(source=source, readonly=readonly)
    told = await written(app, source, monkeypatch)
    assert told == ["\x07\x1b]9;cockpit: quickstart is done\x07"]


async def test_a_setting_keeps_the_terminal_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    file = locations.settings_file()
    file.parent.mkdir(parents=True)
    file.write_text("[notices]\nterminal = false\n")
    source = board.StillRuns((board.run(),))
    assert await written(app_with(source=source), source, monkeypatch) == []
