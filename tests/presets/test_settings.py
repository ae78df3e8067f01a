from __future__ import annotations

from pathlib import Path

import pytest

from cockpit import locations
from cockpit.presets.settings import read_table


@pytest.fixture(autouse=True)
def _own_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def write(text: str) -> None:
    locations.config_dir().mkdir(parents=True)
    locations.settings_file().write_text(text, encoding="utf-8")


def test_without_a_file_nothing_is_set() -> None:
    assert read_table("alerts") == (None, ())


def test_a_table_is_returned_as_it_stands() -> None:
    write("[alerts]\nhot_c = 80\n[targets]\nmemory_pct = [60, 90]\n")
    assert read_table("alerts") == ({"hot_c": 80}, ())
    assert read_table("targets") == ({"memory_pct": [60, 90]}, ())
    assert read_table("notices") == (None, ())


def test_a_broken_file_says_why() -> None:
    write("[alerts\n")
    table, problems = read_table("alerts")
    assert table is None
    assert len(problems) == 1
    assert "not valid TOML" in problems[0]
