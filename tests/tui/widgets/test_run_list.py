from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.analysis.eta import Eta
from cockpit.metrics.series import MetricSeries, MetricTable
from cockpit.runs.phase import Phase
from cockpit.tui.ink import cells, plain
from cockpit.tui.run_columns import choose_columns
from cockpit.tui.run_rows import run_line
from cockpit.tui.widgets.run_list import RunList
from cockpit.views.run_view import RunView
from tests.tui.widgets.stage import Kept, Stage, shown

NOW = 1_767_200_000.0
LOSS = MetricSeries("train/box_loss", (1.0, 2.0, 3.0), (3.0, 2.0, 1.08))


def view(name: str, phase: Phase = Phase.RUNNING, **changes: object) -> RunView:
    values: dict[str, object] = {
        "run_id": f"{name}-20260101-120000",
        "name": name,
        "preset": name,
        "directory": Path(name),
        "phase": phase,
        "time": NOW,
        **changes,
    }
    return RunView(**values)  # type: ignore[arg-type]  # test shorthand


def text_of(run: RunView, width: int) -> str:
    return plain(run_line(run, choose_columns((run,), width), selected=False))


def test_a_running_run_tells_how_far_and_until_when() -> None:
    run = view(
        "obstacle",
        epoch=41,
        epochs=100,
        gpus=tuple(range(16)),
        eta=Eta(8500, 8140, 8860, "last 5 epochs"),
        metrics=MetricTable(series={LOSS.name: LOSS}),
        headline=(LOSS.name,),
    )
    wide, narrow = text_of(run, 138), text_of(run, 78)
    for part in ("● obstacle", "running", "41/100", "±6 min", "box_loss", "1.08", "16 GPUs"):
        assert part in wide
    assert "±6m" in narrow
    assert "box_loss 1.08" in narrow


@pytest.mark.parametrize(
    ("remaining_s", "margin_s", "wide", "narrow"),
    [
        (48, 18, "48 s left ±18 s", "48 s left ±18 s"),
        (108, 18, "1m 48s left ±18 s", "1m 48s left ±18s"),
        (108, 70, "1m 48s left ±1 min", "1m 48s left ±1m"),
    ],
)
def test_an_end_within_two_minutes_is_told_as_the_time_that_is_left(
    remaining_s: float, margin_s: float, wide: str, narrow: str
) -> None:
    eta = Eta(remaining_s, remaining_s - margin_s, remaining_s + margin_s, "last 5 epochs")
    run = view("quickstart", epoch=4, epochs=10, eta=eta)
    assert f"  {wide}  " in text_of(run, 138)
    assert f"  {narrow}  " in text_of(run, 78)
    later = view("quickstart", epoch=4, epochs=10, eta=Eta(9000, 8640, 9360, "last 5 epochs"))
    for width in (138, 78):
        assert len(text_of(run, width)) == len(text_of(later, width))


def test_a_failed_run_shows_its_cause_instead_of_progress() -> None:
    run = view("epri", Phase.FAILED, problem="GPU 2 ran out of memory", epoch=3, epochs=100)
    assert "failed   GPU 2 ran out of memory" in text_of(run, 138)
    assert "failed · GPU 2 ran out of memory" in text_of(run, 78)


def test_a_running_run_with_a_problem_is_marked() -> None:
    assert "▲ stuck" in text_of(view("stuck", problem="no step for 12 min"), 100)


def test_a_lost_run_names_its_last_epoch() -> None:
    assert "epoch 31" in text_of(view("old", Phase.LOST, epoch=31), 100)


def test_nothing_is_invented_before_the_first_epoch() -> None:
    text = text_of(view("young", started=NOW - 4), 138)
    assert "ends –" in text
    assert "0/" not in text


def test_simulated_gpus_are_called_so() -> None:
    assert "2 sim GPUs" in text_of(view("flight", gpus=(0, 1), is_simulated=True), 138)


@pytest.mark.parametrize("width", [40, 58, 78, 98, 118, 138, 198])
@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("selected", [True, False])
def test_every_row_is_as_wide_as_the_list(width: int, phase: Phase, selected: bool) -> None:
    run = view("訓練-日本語-long-name-of-a-run", phase, epoch=3, epochs=5, started=NOW - 9)
    line = run_line(run, choose_columns((run,), width), selected=selected)
    assert cells(line) == width or width < 58


def many(count: int) -> tuple[RunView, ...]:
    return tuple(view(f"run-{number:03}") for number in range(count))


async def test_keys_move_the_selection_and_enter_opens() -> None:
    kept = Kept()
    app = Stage(RunList)
    async with app.run_test(size=(80, 10), message_hook=kept) as pilot:
        runs = app.query_one(RunList)
        runs.runs = many(30)
        runs.focus()
        await pilot.press("j", "down", "k", "down", "enter")
        opened = [message for message in kept if isinstance(message, RunList.Opened)]
        assert [message.run_id for message in opened] == ["run-002-20260101-120000"]
        await pilot.press("G")
        assert runs.index == 29
        assert any("run-029" in row for row in shown(app))
        await pilot.press("pageup")
        assert runs.index == 20
        await pilot.press("home")
        assert any("▌ ● run-000" in row for row in shown(app))


async def test_the_selection_follows_its_run_when_others_come_and_go() -> None:
    app = Stage(RunList)
    async with app.run_test(size=(80, 10)) as pilot:
        runs = app.query_one(RunList)
        runs.runs = many(3)
        runs.selected = runs.runs[1].run_id
        runs.runs = (view("newest"), *runs.runs)
        await pilot.pause()
        assert (runs.index, runs.selected) == (2, "run-001-20260101-120000")
        runs.runs = tuple(run for run in runs.runs if run.name != "run-001")
        await pilot.pause()
        assert runs.selected == "run-002-20260101-120000"
        runs.runs = ()
        await pilot.pause()
        assert runs.selected is None


async def test_a_click_selects_and_a_click_on_the_selected_row_opens() -> None:
    kept = Kept()
    app = Stage(RunList)
    async with app.run_test(size=(80, 10), message_hook=kept) as pilot:
        app.query_one(RunList).runs = many(3)
        await pilot.pause()
        await pilot.click(RunList, offset=(10, 2))
        assert app.query_one(RunList).index == 2
        assert not [message for message in kept if isinstance(message, RunList.Opened)]
        await pilot.click(RunList, offset=(10, 2))
        assert [message for message in kept if isinstance(message, RunList.Opened)]
