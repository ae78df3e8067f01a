"""The launch form as a value: fields of a preset, what was changed, and the request it makes.

No Textual in here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from cockpit.presets.model import ArgValue, DerivedFile, Preset
from cockpit.supervise.request import RunRequest

NAME: Final = "name"
PYTHON: Final = "launch.python"
GPUS: Final = "launch.gpus"
START: Final = "start"
NOW, QUEUE, SHARE = "now", "queue", "share"
STARTS: Final = (NOW, QUEUE, SHARE)
"""When it begins: at once on free GPUs, in the queue, or at once on GPUs that others use."""
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
    choices: tuple[str, ...] = ()
    """Where it takes only these, in the order in which ⏎ goes through them."""

    @property
    def next_choice(self) -> str:
        """The choice after the one that is taken."""
        at = self.choices.index(self.value) + 1 if self.value in self.choices else 0
        return self.choices[at % len(self.choices)]


@dataclass(frozen=True, slots=True)
class Form:
    """A preset with the edits made so far."""

    preset: Preset
    edits: Mapping[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[Field, ...]:
        """Name, python and GPUs, then arguments and files in the preset's order, then the start."""
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
        own = {NAME, PYTHON, GPUS, START}
        return RunRequest(
            preset=self.preset.name,
            overrides=tuple((key, text) for key, text in self.edits.items() if key not in own),
            gpus=self.edits.get(GPUS),
            python=self.edits.get(PYTHON),
            name=self.edits.get(NAME),
            source=SOURCE,
            queues=self.edits.get(START) == QUEUE,
            shares=self.edits.get(START) == SHARE,
        )

    def _keys(self) -> list[tuple[str, str]]:
        keys = [(NAME, "name"), (PYTHON, "python"), (GPUS, "gpus")]
        keys += [(f"args.{name}", name) for name in self.preset.args]
        for section, derived in self._derived.items():
            keys += [(f"{section}.set.{name}", name) for name in derived.set]
        return [*keys, (START, "start")]

    @property
    def _derived(self) -> dict[str, DerivedFile]:
        both = {"config": self.preset.config, "data": self.preset.data}
        return {section: derived for section, derived in both.items() if derived is not None}

    def _field(self, key: str, label: str) -> Field:
        is_edited = key in self.edits
        value = self.edits[key] if is_edited else self._preset_value(key)
        usual = "" if key == START else "preset"
        source = SOURCE if is_edited else self.preset.sources.get(key, usual)
        choices = STARTS if key == START else ()
        return Field(key, label, value, source, is_edited, choices)

    def _preset_value(self, key: str) -> str:
        if key == NAME:
            return self.preset.name
        if key == PYTHON:
            return self.preset.launch.python
        if key == GPUS:
            return self.preset.launch.gpus
        if key == START:
            return NOW
        section, _, name = key.partition(".")
        if section == "args":
            return show_value(self.preset.args[name])
        return show_value(self._derived[section].set[name.removeprefix("set.")])


def show_value(value: ArgValue) -> str:
    """Return a value as one types it: `true`, `0.01`, `[1, 2]`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(show_value(part) for part in value) + "]"
    return str(value)
