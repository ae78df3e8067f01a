from __future__ import annotations

from pathlib import Path

import pytest

from cockpit import locations
from cockpit.analysis.alerts.limits import Limits, Targets
from cockpit.views.instrument_settings import InstrumentSettings, read_instrument_settings


@pytest.fixture(autouse=True)
def _own_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def write(text: str) -> None:
    locations.config_dir().mkdir(parents=True)
    locations.settings_file().write_text(text, encoding="utf-8")


def test_without_a_file_everything_is_as_usual() -> None:
    assert read_instrument_settings() == InstrumentSettings(Limits(), Targets())


def test_both_tables_are_read() -> None:
    write("[alerts]\nhot_c = 80\n[targets]\nmemory_pct = [60, 90]\n")
    settings = read_instrument_settings()
    assert settings.limits == Limits(hot_c=80.0)
    assert settings.targets == Targets(memory_pct=(60.0, 90.0))
    assert settings.problems == ()


def test_what_is_wrong_is_told_with_its_file_and_counts_as_not_given() -> None:
    write("[alerts]\nhott_c = 80\nhot_s = 30\n[targets]\ntemperature_c = 'hot'\n")
    settings = read_instrument_settings()
    file = locations.settings_file()
    assert settings.problems == (
        f"{file}: alerts.hott_c: no such key (did you mean hot_c?)",
        f"{file}: targets.temperature_c: must be a number",
    )
    assert settings.limits == Limits(hot_s=30.0)


def test_a_broken_file_says_why() -> None:
    write("[alerts\n")
    settings = read_instrument_settings()
    assert settings.limits == Limits()
    assert len(settings.problems) == 1
    assert "not valid TOML" in settings.problems[0]


def test_a_table_that_there_is_not_is_told() -> None:
    write("[alert]\nhot_c = 80\n")
    (problem,) = read_instrument_settings().problems
    assert problem.endswith(": [alert]: no such table (did you mean alerts?)")
