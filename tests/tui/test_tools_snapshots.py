"""What the Tools look like, at two sizes; look at the report before you accept a change."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from . import tool_runs
from .flight import app_with, text_of, wait_until

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="snapshots are compared on Python 3.11 only"
)
SIZES = [pytest.param((80, 24), id="80x24"), pytest.param((140, 40), id="140x40")]
Compare = Callable[..., bool]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("steps", range(6), ids=["check", *tool_runs.MADE_UP])
def test_last_result(snap_compare: Compare, steps: int, size: tuple[int, int]) -> None:
    tool_runs.keep_all()

    async def before(pilot: Pilot[None]) -> None:
        await tool_runs.opened(pilot, ["down"] * steps)

    assert snap_compare(app_with(), terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_options(snap_compare: Compare, size: tuple[int, int]) -> None:
    async def before(pilot: Pilot[None]) -> None:
        app, _ = await tool_runs.opened(pilot, ["down", "enter"])
        await wait_until(pilot, lambda: "as in 0,1" in text_of(app))

    assert snap_compare(app_with(), terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_running(snap_compare: Compare, size: tuple[int, int]) -> None:
    app = app_with()
    app.begin_tool = tool_runs.held("memory", 12)

    async def before(pilot: Pilot[None]) -> None:
        app, _ = await tool_runs.opened(pilot, ["down", "down", "R"])
        await wait_until(pilot, lambda: " 152 " in text_of(app))

    assert snap_compare(app, terminal_size=size, run_before=before)
