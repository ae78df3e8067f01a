"""The options of a tool as a form: what was typed, what is wrong with it, the same command."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from cockpit.tool_runs.result import ToolAsked
from cockpit.tools.definition import Option, OptionKind, ToolDefinition, arguments_of
from cockpit.tui.form import SOURCE, Field

PYTHON: Final = "python"
PRESET: Final = "preset"
AUTO: Final = "auto"
ON, OFF = "on", "off"
UNSET: Final = "–"
"""How a value that is left to the tool stands in the form."""


@dataclass(frozen=True, slots=True)
class ToolForm:
    """A tool with what was typed so far."""

    definition: ToolDefinition
    edits: Mapping[str, str] = field(default_factory=dict)
    """By option, `python` and `preset` among them; what equals the default is not in it."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The options in their order, before them interpreter and preset where it takes them."""
        return tuple(self._field(option) for option in self._options())

    @property
    def notes(self) -> dict[str, str]:
        """What each option is for."""
        return {option.name: option.help for option in self._options()}

    @property
    def python(self) -> str:
        """The choice of interpreter."""
        return self.edits.get(PYTHON, AUTO)

    @property
    def preset(self) -> str | None:
        """The preset that it is about."""
        return self.edits.get(PRESET)

    @property
    def values(self) -> dict[str, str]:
        """What was chosen, without interpreter and preset."""
        return {key: text for key, text in self.edits.items() if key not in (PYTHON, PRESET)}

    @property
    def problems(self) -> list[str]:
        """One sentence for each wrong value."""
        own = {PRESET: self.preset} if self.preset else {}
        return self.definition.problems_of(self.values | own)

    def edited(self, key: str, text: str) -> ToolForm:
        """Return the form with another value; the default is no edit."""
        kept = {name: value for name, value in self.edits.items() if name != key}
        option = next((one for one in self._options() if one.name == key), None)
        text = "" if text == UNSET else text
        if option is not None and text not in ("", usual_value(option)):
            kept[key] = text
        return replace(self, edits=kept)

    def reverted(self, key: str) -> ToolForm:
        """Return the form with the default back in that field."""
        return self.edited(key, "")

    def command(self) -> str:
        """Return what does the same on the command line."""
        return command_of(self.definition, self.values, self.python, self.preset)

    def _options(self) -> tuple[Option, ...]:
        own = []
        if not self.definition.is_own:
            own.append(Option(PYTHON, OptionKind.TEXT, "auto, a path, or conda:NAME", AUTO))
        if self.definition.takes_preset:
            own.append(Option(PRESET, OptionKind.TEXT, "⏎ shows the list"))
        taken = {one.name for one in own}
        return (*own, *(one for one in self.definition.options if one.name not in taken))

    def _field(self, option: Option) -> Field:
        is_edited = option.name in self.edits
        value = self.edits.get(option.name, usual_value(option)) or UNSET
        source = SOURCE if is_edited else "usual" if value != UNSET else ""
        choices = option.choices if option.kind is OptionKind.CHOICE else ()
        if option.kind is OptionKind.FLAG:
            choices = (OFF, ON)
        elif choices and not option.default:
            choices = (UNSET, *choices)
        elif option.name == PRESET:
            choices = (value,)  # ⏎ asks for another one; the screen shows the list
        return Field(option.name, option.name, value, source, is_edited, choices)


def usual_value(option: Option) -> str:
    """Return the default of an option as the form shows it."""
    if option.kind is OptionKind.FLAG:
        return option.default or OFF
    return option.default


def form_of(definition: ToolDefinition, asked: ToolAsked | None) -> ToolForm:
    """Return the form as it was when that run was asked for, or an empty one."""
    form = ToolForm(definition)
    if asked is None:
        return form
    for key, text in asked.values.items():
        form = form.edited(key, text)
    return form.edited(PYTHON, asked.choice).edited(PRESET, asked.preset or "")


def command_of(
    definition: ToolDefinition, values: Mapping[str, str], python: str, preset: str | None
) -> str:
    """Return the command of `cockpit` that does the same."""
    words = ["cockpit", definition.name]
    words += ["--preset", preset] if preset else []
    words += arguments_of(definition, values)
    words += ["--python", python] if python not in ("", AUTO) else []
    return " ".join(map(shlex.quote, words))
