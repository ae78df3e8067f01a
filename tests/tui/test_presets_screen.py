from __future__ import annotations

import sys
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from textual.events import Key
from textual.pilot import Pilot

from cockpit.analysis.forecast.band import exactly
from cockpit.errors import CockpitError
from cockpit.presets.resolve import resolve
from cockpit.runs.phase import Phase
from cockpit.supervise.prepare import Prepared
from cockpit.supervise.start import ask_to_stop
from cockpit.tui.app import CockpitApp
from cockpit.tui.forecast_rows import Outlook
from cockpit.tui.form import GPUS, NAME, PYTHON, START, Form
from cockpit.tui.messages import Launch
from cockpit.tui.screens.presets import PresetsScreen
from cockpit.tui.screens.text import TextScreen
from cockpit.tui.screens.tools import ToolsScreen
from cockpit.tui.store import Snapshot
from cockpit.tui.widgets.launch_form import FieldInput, LaunchForm
from tests.waiting import wait_until as wait_for

from . import board, forecasts
from .flight import app_with, ready, text_of, wait_until
from .runs import launched, phase_of

PRESET = """\
schema = 1
summary = "prints and ends"

[launch]
kind = "python"
script = "train.py"
python = "{python}"
gpus = "auto"
modules = []
cpu_ranks = 1

[args]
epochs = 3
lr = 0.01
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    presets = tmp_path / "presets"
    presets.mkdir()
    (presets / "train.py").write_text("print('done')\n")
    (presets / "aaa-printer.toml").write_text(PRESET.format(python=sys.executable))
    monkeypatch.chdir(tmp_path)
    return presets


async def opened(pilot: Pilot[None]) -> tuple[CockpitApp, PresetsScreen]:
    app = await ready(pilot)
    await pilot.press("2")
    await wait_until(pilot, lambda: isinstance(app.screen, PresetsScreen))
    screen = app.screen
    assert isinstance(screen, PresetsScreen)
    await wait_until(pilot, lambda: screen.form is not None)
    return app, screen


def test_a_form_keeps_its_edits_apart_from_the_preset(project: Path) -> None:
    form = Form(resolve("aaa-printer")).edited("args.epochs", "5").edited(NAME, "mine")
    fields = {entry.key: entry for entry in form.fields}
    assert list(fields)[:3] == [NAME, PYTHON, GPUS]
    assert (fields["args.epochs"].value, fields["args.epochs"].source) == ("5", "form")
    request = form.request()
    assert request.overrides == (("args.epochs", "5"),)
    assert (request.name, request.gpus, request.python) == ("mine", None, None)


def test_the_value_of_the_preset_is_no_edit(project: Path) -> None:
    form = Form(resolve("aaa-printer")).edited("args.epochs", "5")
    assert form.edited("args.epochs", "3").edits == {}
    assert form.reverted("args.epochs").edits == {}


async def test_keys_that_come_in_one_burst_act_in_their_order() -> None:
    app = app_with()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        entry = FieldInput("10", select_on_focus=True)
        await app.screen.mount(entry)
        entry.focus()
        await wait_until(pilot, lambda: entry.has_focus)
        for key in (Key("backspace", "\x7f"), Key("backspace", "\x7f"), Key("4", "4")):
            app.post_message(key)
        await wait_until(pilot, lambda: entry.value == "4")
        app.post_message(Key("left", None))
        app.post_message(Key("2", "2"))
        await wait_until(pilot, lambda: entry.value == "24")


async def test_the_exact_command_is_shown_before_the_start(project: Path) -> None:
    app = app_with(board.run())
    async with app.run_test(size=(140, 40)) as pilot:
        _, screen = await opened(pilot)
        await wait_until(pilot, lambda: screen._prepared is not None)
        shown = text_of(app)
        assert "train.py" in shown
        assert "--epochs 3" in shown
        await pilot.press("d")
        await wait_until(pilot, lambda: isinstance(app.screen, TextScreen))


async def test_letters_write_into_the_field_and_do_not_act(project: Path) -> None:
    app = app_with(board.run())
    async with app.run_test(size=(80, 24)) as pilot:
        _, screen = await opened(pilot)
        await pilot.press("tab", "down", "down", "down", "enter")
        form = screen.query_one(LaunchForm)
        await wait_until(pilot, lambda: form.is_editing)
        await pilot.press("7", "q", "d", "R", "2", "backspace", "backspace", "backspace",
                          "backspace", "enter")  # fmt: skip
        await wait_until(pilot, lambda: not form.is_editing)
        assert screen.form is not None
        assert screen.form.edits == {"args.epochs": "7"}
        await wait_until(pilot, lambda: "--epochs 7" in text_of(app))
        await pilot.press("u")
        await wait_until(pilot, lambda: screen.form is not None and not screen.form.edits)


async def test_a_field_shows_its_value_on_one_row_while_it_is_edited(project: Path) -> None:
    app = app_with(board.run())
    async with app.run_test(size=(80, 24)) as pilot:
        _, screen = await opened(pilot)
        await pilot.press("tab", "down", "down", "down", "enter")
        form = screen.query_one(LaunchForm)
        await wait_until(pilot, lambda: form.is_editing)
        row = next(line for line in text_of(app).splitlines() if " epochs " in line)
        assert row.split("▌")[1].split() == ["3", "preset"]
        await pilot.press("7", "1")
        await pilot.pause()
        row = next(line for line in text_of(app).splitlines() if " epochs " in line)
        assert row.split("▌")[1].split() == ["71", "preset"]


async def test_the_footer_tells_how_to_leave_the_field(project: Path) -> None:
    app = app_with(board.run())
    async with app.run_test(size=(80, 24)) as pilot:
        _, screen = await opened(pilot)
        await pilot.press("tab", "enter")
        await wait_until(pilot, lambda: screen.query_one(LaunchForm).is_editing)
        footer = text_of(app).splitlines()[-1]
        assert footer.startswith(" ⏎ accept   esc leave the field ")


async def test_escape_leaves_the_field_as_it_was(project: Path) -> None:
    app = app_with(board.run())
    async with app.run_test(size=(80, 24)) as pilot:
        _, screen = await opened(pilot)
        await pilot.press("tab", "enter")
        form = screen.query_one(LaunchForm)
        await wait_until(pilot, lambda: form.is_editing)
        await pilot.press("x", "escape")
        await wait_until(pilot, lambda: not form.is_editing)
        assert screen.form is not None
        assert screen.form.edits == {}
        assert app.screen is screen


async def test_every_problem_stands_in_the_place_of_the_command(project: Path) -> None:
    broken = (
        PRESET.format(python=sys.executable).replace("summary", "sumary").replace("kind", "knid")
    )
    (project / "aaa-printer.toml").write_text(broken)
    app = app_with(board.run())
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        await pilot.press("2")
        await wait_until(pilot, lambda: "sumary" in text_of(app) and "knid" in text_of(app))
        await pilot.press("R")
        await pilot.pause()
        assert isinstance(app.screen, PresetsScreen)


async def test_capital_r_asks_for_the_launch(project: Path) -> None:
    asked: list[Launch] = []
    app = app_with(board.run(), readonly=True)

    async with app.run_test(
        size=(80, 24),
        message_hook=lambda message: asked.append(message) if isinstance(message, Launch) else None,
    ) as pilot:
        _, screen = await opened(pilot)
        await wait_until(pilot, lambda: screen._prepared is not None)
        await pilot.press("r")
        await pilot.press("R")
        await wait_until(pilot, lambda: bool(asked))
    assert asked[0].request.preset == "aaa-printer"


def test_a_preset_that_is_not_there_raises(project: Path) -> None:
    with pytest.raises(CockpitError):
        resolve("aaa-printr")


def footer(app: CockpitApp) -> str:
    return text_of(app).splitlines()[-1]


async def test_a_preset_that_cannot_be_started_offers_no_launch_but_says_why(
    project: Path,
) -> None:
    (project / "aaa-printer.toml").write_text(PRESET.format(python="/nowhere/bin/python"))
    app = app_with(board.run())
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        _, screen = await opened(pilot)
        await wait_until(pilot, lambda: "cannot be started" in screen.command_title.state)
        assert "launch" not in footer(app)
        assert "dry run" not in footer(app)
        await pilot.press("R")
        await wait_until(pilot, lambda: bool(app._notifications))
        assert "in the field python: auto, a path, or conda:NAME" in text_of(app)
        assert "--python" not in text_of(app)


async def test_a_plan_that_is_there_offers_the_launch(project: Path) -> None:
    app = app_with(board.run())
    async with app.run_test(size=(80, 24)) as pilot:
        _, screen = await opened(pilot)
        await wait_until(pilot, lambda: screen._prepared is not None)
        await wait_until(pilot, lambda: "R launch   d dry run   y copy" in footer(app))


async def test_escape_goes_from_the_fields_to_the_list_and_then_to_the_deck(
    project: Path,
) -> None:
    app = app_with(board.run())
    async with app.run_test(size=(140, 40)) as pilot:
        _, screen = await opened(pilot)
        assert "esc deck" in footer(app)
        await pilot.press("tab")
        await wait_until(pilot, lambda: "esc presets" in footer(app))
        await pilot.press("escape")
        await wait_until(pilot, lambda: screen.names.has_focus)
        assert app.screen is screen
        await pilot.press("tab", "1")
        await wait_until(pilot, lambda: app.screen is not screen)
        await pilot.press("2")
        await wait_until(pilot, lambda: app.screen is screen)
        await wait_until(pilot, lambda: screen.names.has_focus)
        await pilot.press("escape")
        await wait_until(pilot, lambda: app.screen is not screen)


async def test_another_preset_takes_the_old_command_away_at_once(project: Path) -> None:
    (project / "bbb-other.toml").write_text(PRESET.format(python=sys.executable))
    app = app_with(board.run())
    async with app.run_test(size=(140, 40)) as pilot:
        _, screen = await opened(pilot)
        await wait_until(pilot, lambda: screen._prepared is not None)
        screen.names.action_cursor_down()
        await wait_until(pilot, lambda: "asking the training interpreter …" in text_of(app))
        assert "--epochs 3" not in text_of(app)
        await wait_until(pilot, lambda: "--epochs 3" in text_of(app))


async def test_a_wrong_number_is_told_without_advice_for_the_shell(project: Path) -> None:
    app = app_with(board.run())
    async with app.run_test(size=(140, 40)) as pilot:
        _, screen = await opened(pilot)
        await pilot.press("tab", "down", "down", "down", "enter")
        await wait_until(pilot, lambda: screen.query_one(LaunchForm).is_editing)
        await pilot.press("x", "enter")
        await wait_until(pilot, lambda: "must be a number" in text_of(app))
        assert "quote it" not in text_of(app)


async def test_a_module_that_is_missing_leads_to_the_field_python(project: Path) -> None:
    text = PRESET.format(python=sys.executable).replace("modules = []", 'modules = ["nosuch"]')
    (project / "aaa-printer.toml").write_text(text)
    app = app_with(board.run())
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot)
        await wait_until(pilot, lambda: "has no nosuch" in text_of(app))
        shown = " ".join(text_of(app).split())
        assert "(preset) has no nosuch" in shown
        assert "in the field python: /path/to/python, or conda:NAME" in shown


DERIVED = """
[config]
file = "settings.json"
argument = "config"
set = { "data.batch_size" = 32 }
[data]
file = "data.yaml"
argument = "data"
set = { path = "/data/here" }
[[departure]]
from = "the guide, step 3"
why = "its port clashes with a second run"
[[after]]
name = "evaluate"
what = "how good it is"
command = "python evaluate.py"
"""


def test_values_of_derived_files_are_fields_and_become_overrides(project: Path) -> None:
    file = project / "aaa-printer.toml"
    file.write_text(file.read_text() + DERIVED)
    form = Form(resolve("aaa-printer"))
    values = {entry.key: entry.value for entry in form.fields}
    assert values["config.set.data.batch_size"] == "32"
    assert values["data.set.path"] == "/data/here"
    edited = form.edited("config.set.data.batch_size", "8").edited("data.set.path", "/other")
    assert edited.request().overrides == (
        ("config.set.data.batch_size", "8"),
        ("data.set.path", "/other"),
    )


@pytest.mark.parametrize(("start", "queues", "shares"), [
    ("now", False, False), ("queue", True, False), ("share", False, True),
])  # fmt: skip
def test_the_start_is_a_choice(project: Path, start: str, queues: bool, shares: bool) -> None:
    request = Form(resolve("aaa-printer")).edited(START, start).request()
    assert (request.queues, request.shares) == (queues, shares)
    assert request.overrides == ()


async def test_enter_goes_through_the_choices_of_the_start(project: Path) -> None:
    app = app_with(board.run())
    async with app.run_test(size=(140, 40)) as pilot:
        _, screen = await opened(pilot)
        await pilot.press("tab", *["down"] * 9)
        seen: list[str] = []
        for count in range(1, 4):
            await pilot.press("enter")
            await wait_until(pilot, partial(has_changed, screen, seen))
            assert len(seen) == count
        assert seen == ["queue", "share", "now"]
        assert not screen.form_view.is_editing


def has_changed(screen: PresetsScreen, seen: list[str]) -> bool:
    """Note the start of the form where it is another one."""
    now = value_of(screen, START)
    if now != (seen[-1] if seen else "now"):
        seen.append(now)
        return True
    return False


def value_of(screen: PresetsScreen, key: str) -> str:
    assert screen.form is not None
    return next(entry.value for entry in screen.form.fields if entry.key == key)


async def test_busy_gpus_are_said_with_their_holder_and_q_queues(
    project: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.parent)
    monkeypatch.setenv("COCKPIT_DEVICES", "simulated:1xh20")
    holder = launched(("args.hang", "true"), until=Phase.RUNNING, gpus="1")
    app = app_with(board.run())
    async with app.run_test(size=(140, 40)) as pilot:
        _, screen = await opened(pilot)
        await wait_until(pilot, lambda: f"GPU 0: run {holder.run_id}" in text_of(app))
        assert "Q waits in the queue until they are free" in text_of(app)
        assert "Q queue   S share" in footer(app)
        await pilot.press("Q")
        await wait_until(pilot, lambda: screen._prepared is not None)
        assert value_of(screen, START) == "queue"
        assert "GPUs when free" in text_of(app)
        assert "Q queue" not in footer(app)
        assert screen.form is not None
        assert screen.form.request().queues
    ask_to_stop(holder)
    wait_for(lambda: phase_of(holder).is_over)


async def test_the_interpreter_is_named_with_its_torch_also_when_there_is_no_plan(
    project: Path,
) -> None:
    (project / "train.py").unlink()
    app = app_with(board.run())
    async with app.run_test(size=(140, 40)) as pilot:
        _, screen = await opened(pilot)
        await wait_until(pilot, lambda: "cannot be started" in screen.command_title.state)
        await wait_until(pilot, lambda: screen.form_view.notes.get(PYTHON, "").startswith("→ 3."))
        assert "torch" in screen.form_view.notes[PYTHON]


PREPARE = """
[[prepare]]
what = "write the script"
command = "touch presets/train.py"
done_when = "{preset_dir}/train.py"
"""


async def test_steps_that_are_left_are_shown_with_their_commands(project: Path) -> None:
    (project / "train.py").unlink()
    file = project / "aaa-printer.toml"
    file.write_text(file.read_text() + PREPARE)
    app = app_with(board.run())
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot)
        await wait_until(pilot, lambda: "cockpit run aaa-printer --prepare" in text_of(app))
        assert "touch presets/train.py" in text_of(app)


async def test_i_tells_where_a_preset_departs_and_what_follows_it(project: Path) -> None:
    file = project / "aaa-printer.toml"
    file.write_text(file.read_text() + DERIVED)
    app = app_with(board.run())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("i")
        await wait_until(pilot, lambda: isinstance(app.screen, TextScreen))
        assert "the guide, step 3" in text_of(app)
        assert "its port clashes with a second run" in text_of(app)
        await pilot.press("pagedown", "end")
        await wait_until(pilot, lambda: "python evaluate.py" in text_of(app))
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(app.screen, PresetsScreen))


async def test_the_interpreter_is_named_anew_for_another_preset_with_the_same(
    project: Path,
) -> None:
    text = PRESET.format(python="python3")
    (project / "aaa-printer.toml").write_text(text)
    (project / "bbb-other.toml").write_text(text)
    app = app_with(board.run())
    async with app.run_test(size=(140, 40)) as pilot:
        _, screen = await opened(pilot)
        await wait_until(pilot, lambda: "python3  → 3." in text_of(app))
        screen.names.action_cursor_down()
        await wait_until(pilot, lambda: screen.form_title.title == "bbb-other")
        await wait_until(pilot, lambda: "python3  → 3." in text_of(app))


async def test_what_is_expected_follows_the_form_and_e_tells_it_in_full(project: Path) -> None:
    asked: list[tuple[str | None, bool]] = []

    def foresee(form: Form, prepared: Prepared | None, snapshot: Snapshot | None) -> Outlook:
        asked.append((form.edits.get("args.epochs"), prepared is not None))
        likely_s = 3600.0 * int(form.edits.get("args.epochs", "3"))
        time = replace(forecasts.TIME, total_s=exactly(likely_s))
        return Outlook(replace(forecasts.KNOWN, time=time))

    app = app_with(board.run(), foresee=foresee)
    async with app.run_test(size=(140, 40)) as pilot:
        _, screen = await opened(pilot)
        await wait_until(pilot, lambda: "3h 00m" in text_of(app))
        await pilot.press("tab", "down", "down", "down", "enter")
        await wait_until(pilot, lambda: screen.query_one(LaunchForm).is_editing)
        assert "estimate" not in footer(app)
        await pilot.press("7", "enter")
        await wait_until(pilot, lambda: "7h 00m" in text_of(app))
        assert "3h 00m" not in text_of(app)
        await pilot.press("e")
        await wait_until(pilot, lambda: isinstance(app.screen, TextScreen))
        assert "rests on:" in text_of(app)
    assert asked == [(None, True), ("7", True)]


async def test_the_plan_does_not_wait_for_what_is_expected(project: Path) -> None:
    is_free = threading.Event()

    def foresee(form: Form, prepared: Prepared | None, snapshot: Snapshot | None) -> Outlook:
        is_free.wait(30)
        return Outlook(forecasts.KNOWN)

    app = app_with(board.run(), foresee=foresee)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot)
        try:
            await wait_until(pilot, lambda: "--epochs 3" in text_of(app))
            assert "e estimate" not in footer(app)
            assert "5h 40m" not in text_of(app)
        finally:
            is_free.set()
        await wait_until(pilot, lambda: "5h 40m" in text_of(app))
        await wait_until(pilot, lambda: "e estimate" in footer(app))


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (139, 40)])
async def test_where_there_is_no_column_one_line_says_it(
    project: Path, size: tuple[int, int]
) -> None:
    app = app_with(board.run())
    async with app.run_test(size=size) as pilot:
        await opened(pilot)
        await wait_until(pilot, lambda: "takes 5h 40m" in text_of(app))
        assert "How long?" not in text_of(app)


async def test_where_nothing_can_be_foreseen_e_asks_the_tool_about_the_preset(
    project: Path,
) -> None:
    def foresee(form: Form, prepared: Prepared | None, snapshot: Snapshot | None) -> Outlook:
        return Outlook(problem="no GPU here to estimate for: e asks about another")

    app = app_with(board.run(), foresee=foresee)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await wait_until(pilot, lambda: "e asks about another" in text_of(app))
        await wait_until(pilot, lambda: "e estimate" in footer(app))
        await pilot.press("e")
        await wait_until(pilot, lambda: isinstance(app.screen, ToolsScreen))
        await wait_until(pilot, lambda: "--preset aaa-printer" in text_of(app))
        assert "R run" in footer(app)
