"""What the reports look like, at two sizes; look at the report before you accept a change."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot

from cockpit.tui.app import CockpitApp
from cockpit.tui.screens.reports import PREVIEW_FROM_ROWS

from . import reports
from .flight import app_with, text_of, wait_until
from .test_reports_screen import listed, opened
from .test_snapshots import SIZES, Compare

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="snapshots are compared on Python 3.11 only"
)


@pytest.fixture(autouse=True)
def same_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The paths on the screen are those of the test's own home, which is called ~."""
    monkeypatch.setenv("HOME", str(tmp_path))


async def settled(pilot: Pilot[None]) -> None:
    """Wait until what was shown is laid out."""
    for _ in range(5):
        await pilot.pause(0.02)


@pytest.mark.parametrize("size", SIZES)
def test_reports(snap_compare: Compare, size: tuple[int, int]) -> None:
    reports.several()

    async def before(pilot: Pilot[None]) -> None:
        screen = await listed(pilot)
        app = screen.app
        assert isinstance(app, CockpitApp)
        await wait_until(pilot, lambda: "broken off" in text_of(app))
        await wait_until(pilot, lambda: bool(screen.told.lines))
        if size[1] >= PREVIEW_FROM_ROWS:
            await wait_until(pilot, lambda: "0.850 @10" in text_of(app))
        await settled(pilot)

    assert snap_compare(app_with(), terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_no_reports(snap_compare: Compare, size: tuple[int, int]) -> None:
    async def before(pilot: Pilot[None]) -> None:
        await listed(pilot)
        await settled(pilot)

    assert snap_compare(app_with(), terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_a_report(snap_compare: Compare, size: tuple[int, int]) -> None:
    reports.several()

    async def before(pilot: Pilot[None]) -> None:
        await listed(pilot)
        await opened(pilot)
        await settled(pilot)

    assert snap_compare(app_with(), terminal_size=size, run_before=before)
