"""From the flags of `cockpit estimate` to the question that they make with a preset."""

from __future__ import annotations

from collections.abc import Mapping

from cockpit.analysis.question import Question


def ask(flags: Mapping[str, str | None], preset_name: str | None) -> Question:
    """Return the question; flags win over the preset. Raises `InputError` with all problems."""
    from cockpit.presets.resolve import resolve
    from cockpit.views.preset_question import question_of

    return question_of(flags, None if preset_name is None else resolve(preset_name))
