"""What a trainer was told about its end: patience, the last epochs without mosaic, steps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.files import read_json, stamp
from cockpit.views.trainer_settings import read_settings, settings_of_preset, settings_stamp

STEP_KEYS: Final = ("max_steps", "max-steps", "total_steps", "total-steps", "train_steps")
TRAINER_STATE: Final = "trainer_state.json"
"""Hugging Face's Trainer writes its max_steps there."""


@dataclass(frozen=True, slots=True)
class EndingSettings:
    """None where nobody knows."""

    patience: int | None = None
    """Epochs without a better fitness after which Ultralytics stops."""
    close_mosaic: int | None = None
    """So many last epochs are trained without mosaic."""
    max_steps: int | None = None


class EndingSettingsFile:
    """Reads the settings beside a run's results again when they change."""

    def __init__(self) -> None:
        self._stamp: object = None
        self._settings = EndingSettings()

    def read(self, results: Path | None, document: Mapping[str, object]) -> EndingSettings:
        """Return what stands beside the results, else what the preset's `document` asked for."""
        now = None
        if results is not None:
            folder = results.parent
            now = (results, settings_stamp(folder), stamp(folder / TRAINER_STATE))
        if now != self._stamp or now is None:
            self._stamp = now
            written = read_settings(results.parent) if results is not None else {}
            told = {**settings_of_preset(document), **written}
            self._settings = as_settings(told, _state_steps(results))
        return self._settings


def as_settings(texts: Mapping[str, str], state_steps: int | None = None) -> EndingSettings:
    """Return what settings say of the end."""
    steps = (_count(texts.get(key)) for key in STEP_KEYS)
    return EndingSettings(
        patience=_count(texts.get("patience")),
        close_mosaic=_count(texts.get("close_mosaic")),
        max_steps=state_steps or next(filter(None, steps), None),
    )


def _state_steps(results: Path | None) -> int | None:
    if results is None:
        return None
    state = read_json(results.parent / TRAINER_STATE)
    steps = state.get("max_steps") if state is not None else None
    return steps if isinstance(steps, int) and steps > 0 else None


def _count(text: str | None) -> int | None:
    """Return a whole number above 0 that a setting holds."""
    found = re.fullmatch(r"[1-9]\d{0,11}", text.strip()) if text is not None else None
    return int(found[0]) if found else None
