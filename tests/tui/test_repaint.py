"""A screen that something else wrote on can be painted anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.terminal import Terminal
from tests.waiting import wait_until


def test_ctrl_l_paints_what_already_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path))
    monkeypatch.setenv("COCKPIT_DEVICES", "none")
    terminal = Terminal()
    try:
        wait_until(lambda: terminal.shows("none yet") and terminal.shows("ram"))
        terminal.press("\x0c")
        wait_until(lambda: terminal.shows("palette") and terminal.shows("ram"))
    finally:
        terminal.kill()
