"""What a preset is, in the words of a page: where it departs, what comes before and after. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from cockpit.presets.model import Preset, Step
from cockpit.tui.file_facts import home

NARROWEST: Final = 40


def about(preset: Preset, width: int) -> str:
    """Return the page, wrapped to `width` cells."""
    width = max(NARROWEST, width)
    lines = [*_wrapped(preset.summary, width, ""), f"{home(preset.file)} ({preset.origin})"]
    if preset.departures:
        lines += ["", "departs from its document"]
    for number, one in enumerate(preset.departures, start=1):
        lines += _wrapped(f"{number}  {one.document}", width, "  ", "     ")
        lines += [*_wrapped(one.why, width, "     "), ""]
    lines += ["", *_resume(preset, width)]
    if preset.prepare:
        lines += ["", f"before the first run: cockpit run {preset.name} --prepare"]
        lines += _steps(preset.prepare, width)
    if preset.after:
        lines += ["", "after a run: key e on its screen, or cockpit after RUN"]
        lines += _steps(preset.after, width)
    return "\n".join(lines)


def _resume(preset: Preset, width: int) -> Iterator[str]:
    if preset.resume is None or preset.resume.args is None:
        yield "a run that ended cannot be continued: its trainer has no way to"
        return
    yield from _wrapped(f"a run that ended continues from {preset.resume.checkpoint}", width, "")


def _steps(steps: Sequence[Step], width: int) -> Iterator[str]:
    for number, step in enumerate(steps, start=1):
        yield from _wrapped(f"{step.name or number}  {step.what}", width, "  ", "     ")
        yield from _wrapped(step.command, width, "     ")
        if step.done_when:
            yield from _wrapped(f"done when {step.done_when} is there", width, "     ")


def _wrapped(text: str, width: int, first: str, rest: str | None = None) -> list[str]:
    later = first if rest is None else rest
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False
    )
