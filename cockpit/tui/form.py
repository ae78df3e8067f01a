"""The launch form as a value: fields of a preset, what was changed, and the request it makes.

No Textual in here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from cockpit.presets.model import ArgValue, Preset
from cockpit.supervise.prepare import RunRequest

NAME: Final = "name"
PYTHON: Final = "launch.python"
GPUS: Final = "launch.gpus"
SOURCE: Final = "form"
"""The layer that edits of the form belong to."""


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the form."""

    key: str
    label: str
    value: str
    source: str
    """preset, yours, form …"""
    is_edited: bool


@dataclass(frozen=True, slots=True)
class Form:
    """A preset with the edits made so far."""

    preset: Preset
    edits: Mapping[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[Field, ...]:
        """Name, python and GPUs first, then the arguments in the preset's order."""
        return tuple(self._field(key, label) for key, label in self._keys())

    def edited(self, key: str, value: str) -> Form:
        """Return the form with another value; the preset's own value is no edit."""
        kept = {name: text for name, text in self.edits.items() if name != key}
        if value != self._preset_value(key):
            kept[key] = value
        return replace(self, edits=kept)

    def reverted(self, key: str) -> Form:
        """Return the form with the preset's value back in that field."""
        return self.edited(key, self._preset_value(key))

    def request(self) -> RunRequest:
        """Return what the supervisor is asked to prepare."""
        own = {NAME, PYTHON, GPUS}
        return RunRequest(
            preset=self.preset.name,
            overrides=tuple((key, text) for key, text in self.edits.items() if key not in own),
            gpus=self.edits.get(GPUS),
            python=self.edits.get(PYTHON),
            name=self.edits.get(NAME),
            source=SOURCE,
        )

    def _keys(self) -> list[tuple[str, str]]:
        keys = [(NAME, "name"), (PYTHON, "python"), (GPUS, "gpus")]
        keys += [(f"args.{name}", name) for name in self.preset.args]
        if self.preset.config:
            keys += [(f"config.set.{name}", name) for name in self.preset.config.set]
        return keys

    def _field(self, key: str, label: str) -> Field:
        is_edited = key in self.edits
        value = self.edits[key] if is_edited else self._preset_value(key)
        source = SOURCE if is_edited else self.preset.sources.get(key, "preset")
        return Field(key, label, value, source, is_edited)

    def _preset_value(self, key: str) -> str:
        if key == NAME:
            return self.preset.name
        if key == PYTHON:
            return self.preset.launch.python
        if key == GPUS:
            return self.preset.launch.gpus
        if key.startswith("args."):
            return show_value(self.preset.args[key.removeprefix("args.")])
        config = self.preset.config
        return show_value(config.set[key.removeprefix("config.set.")]) if config else ""


def show_value(value: ArgValue) -> str:
    """Return a value as one types it: `true`, `0.01`, `[1, 2]`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(show_value(part) for part in value) + "]"
    return str(value)
