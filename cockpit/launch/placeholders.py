"""What stands in braces in a preset, and what it becomes. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cockpit.presets.model import ArgValue, Preset, Scalar

_PLACEHOLDER: Final = re.compile(r"\{(?P<literal>\{[a-z_]+(?::[^}]*)?\})\}|\{(?P<name>[a-z_]+)\}")
OF_RUN: Final = re.compile(r"\{(best|last):([^}]*)\}")
"""The best or last weights of another run; filled in before a plan is made."""


def fill(text: str, places: Mapping[str, str]) -> str:
    """Return `text` with every known placeholder filled in, and `{{out}}` as the text `{out}`.

    Unknown braces stay.
    """
    return _PLACEHOLDER.sub(
        lambda match: match["literal"] or places.get(match["name"], match[0]), text
    )


def fill_value(value: ArgValue, places: Mapping[str, str]) -> ArgValue:
    """Return an argument's value with its placeholders filled in."""
    if isinstance(value, tuple):
        return tuple(_fill_scalar(item, places) for item in value)
    return _fill_scalar(value, places)


def _fill_scalar(value: Scalar, places: Mapping[str, str]) -> Scalar:
    return fill(value, places) if isinstance(value, str) else value


def names_port(preset: Preset) -> bool:
    """Say whether a preset asks for a free port: `{port}` in its arguments or environment."""
    texts = (*preset.args.values(), *preset.env.values(), *preset.launch.positional)
    return any("{port}" in str(text) for text in texts)
