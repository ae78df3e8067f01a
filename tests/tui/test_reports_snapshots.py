"""What the reports look like, at two sizes; look at the report before you accept a change."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot

from . import reports
from .flight import app_with, wait_until
from .test_reports_screen import listed, opened
from .test_snapshots import SIZES, Compare

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="snapshots are compared on Python 3.11 only"
)


@pytest.fixture(autouse=True)
def same_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The paths on the screen are those of the test's own home, which is called ~."""
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize("size", SIZES)
def test_reports(snap_compare: Compare, size: tuple[int, int]) -> None:
    reports.several()

    async def before(pilot: Pilot[None]) -> None:
        screen = await listed(pilot)
        if screen.preview_box.display:
            await wait_until(pilot, lambda: bool(screen.preview.lines))
        await pilot.pause()

    assert snap_compare(app_with(), terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_no_reports(snap_compare: Compare, size: tuple[int, int]) -> None:
    async def before(pilot: Pilot[None]) -> None:
        await listed(pilot)

    assert snap_compare(app_with(), terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_a_report(snap_compare: Compare, size: tuple[int, int]) -> None:
    reports.several()

    async def before(pilot: Pilot[None]) -> None:
        await listed(pilot)
        await opened(pilot)

    assert snap_compare(app_with(), terminal_size=size, run_before=before)
