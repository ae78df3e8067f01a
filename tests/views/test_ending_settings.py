from __future__ import annotations

from pathlib import Path

from cockpit.views.ending_settings import EndingSettings, EndingSettingsFile, as_settings
from cockpit.views.trainer_settings import parse_yaml

DATA = Path(__file__).parents[1] / "data" / "eta"


def test_real_arguments_of_ultralytics_are_read() -> None:
    text = (DATA / "shapes_100_stopped_early_args.yaml").read_text(encoding="utf-8")
    assert as_settings(parse_yaml(text)) == EndingSettings(patience=2, close_mosaic=10)


def test_what_is_no_number_is_not_known() -> None:
    texts = {"patience": "null", "close_mosaic": "0", "max_steps": "-1"}
    assert as_settings(texts) == EndingSettings()
    assert as_settings({"patience": "1e99", "max_steps": "many"}) == EndingSettings()


def test_what_was_written_counts_more_than_what_was_asked(tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    asked = {"args": {"patience": 30, "close_mosaic": 5, "max_steps": 100}}
    file = EndingSettingsFile()
    assert file.read(None, asked) == EndingSettings(30, 5, 100)
    assert file.read(results, asked) == EndingSettings(30, 5, 100)
    (tmp_path / "args.yaml").write_text("patience: 50\n")
    (tmp_path / "trainer_state.json").write_text('{"max_steps": 7}')
    assert file.read(results, asked) == EndingSettings(50, 5, 7)


def test_a_broken_state_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "trainer_state.json").write_text('{"max_steps": "soon"')
    assert EndingSettingsFile().read(tmp_path / "results.csv", {}) == EndingSettings()
