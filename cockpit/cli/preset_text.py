"""A preset as lines of text, for `cockpit presets show`. Pure."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Final

from cockpit import units
from cockpit.presets.model import Needs, Preset, Step

NARROWEST: Final = 60
SOURCE_WIDTH: Final = 11
_PLAIN: Final = re.compile(r"[\w@%+=:,./~{}-]+")
"""Words that a shell takes as they are, but for braces, which stand for something."""


def values_of(preset: Preset) -> dict[str, object]:
    """Return every value of a preset by its dotted key, section by section."""
    parts: dict[str, Mapping[str, object]] = {
        "launch": asdict(preset.launch),
        "args": preset.args,
        "env": preset.env,
        "config": _derived(preset, "config"),
        "data": _derived(preset, "data"),
        "batch": asdict(preset.batch) if preset.batch else {},
        "epochs": {"argument": preset.epochs_argument},
        "needs": _needs(preset.needs),
        "metrics": asdict(preset.metrics),
        "resume": asdict(preset.resume) if preset.resume else {},
        "weights": asdict(preset.weights),
        "retry": asdict(preset.retry) if preset.retry.attempts else {},
    }
    found = {
        f"{section}.{key}": value for section, part in parts.items() for key, value in part.items()
    }
    always = ("args.", "env.", "config.set.", "data.set.")  # theirs may be empty on purpose
    return {
        key: value
        for key, value in found.items()
        if key.startswith(always) or value not in (None, (), "")
    }


def source_of(preset: Preset, key: str) -> str:
    """Return which layer gave a value: preset, config.toml, --set; or that it is the default."""
    section = ".".join(key.split(".")[:2])
    return preset.sources.get(key) or preset.sources.get(section) or "default"


def explain(preset: Preset, width: int = 80) -> list[str]:
    """Return a preset as lines: values with their sources, steps, departures from a document."""
    width = max(width, NARROWEST)
    lines = [f"{preset.name} ({preset.origin})", *_wrapped(preset.summary, width)]
    lines.append(str(preset.file))
    values = values_of(preset)
    for section in dict.fromkeys(key.split(".")[0] for key in values):
        mine = {key: value for key, value in values.items() if key.split(".")[0] == section}
        lines += ["", *_value_lines(preset, mine, width)]
    if preset.prepare:
        lines += ["", f"prepare, once: cockpit run {preset.name} --prepare"]
        lines += _step_lines(preset.prepare, width)
    if preset.after:
        lines += ["", "after a run: cockpit after RUN STEP"]
        lines += _step_lines(preset.after, width)
    if preset.departures:
        lines += ["", "departs from its document"]
    for departure in preset.departures:
        lines += [f"  {departure.document}", *_wrapped(departure.why, width, "    ")]
    return lines


def text_of(value: object) -> str:
    """Return a value as a preset would be asked for it; an empty text shows its quotes."""
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, str) and not value.strip() else str(value)


def _derived(preset: Preset, section: str) -> dict[str, object]:
    derived = preset.config if section == "config" else preset.data
    if derived is None:
        return {}
    values = {f"set.{key}": value for key, value in derived.set.items()}
    return {"file": derived.file, "argument": derived.argument, **values}


def _needs(needs: Needs) -> dict[str, object]:
    found: dict[str, object] = {}
    for field in fields(needs):
        value = getattr(needs, field.name)
        name = field.name.removesuffix("_bytes")
        found[name] = units.binary(value) if name != field.name and value is not None else value
    return found


def _value_lines(preset: Preset, values: Mapping[str, object], width: int) -> list[str]:
    """Return one section, each value by the key that --set takes."""
    left = max(map(len, values))
    room = max(width - left - SOURCE_WIDTH - 4, 20)
    lines = []
    for key, value in values.items():
        first, *rest = textwrap.wrap(text_of(value), room, break_on_hyphens=False) or [""]
        lines.append(f"{key.ljust(left)}  {first.ljust(room)}  {source_of(preset, key)}".rstrip())
        lines += [" " * (left + 2) + line for line in rest]
    return lines


def _step_lines(steps: tuple[Step, ...], width: int) -> list[str]:
    lines = []
    for number, step in enumerate(steps, 1):
        lines += _wrapped(f"{step.name or number}: {step.what}", width, "  ", "    ")
        lines += [f"    {line}" for line in command_lines(step.command, width - 4)]
        where = f"in {step.workdir}" if step.workdir else ""
        done = f"done when {step.done_when} is there" if step.done_when else ""
        note = ", ".join(filter(None, (where, done)))
        lines += _wrapped(f"({note})", width, "    ") if note else []
    return lines


def command_lines(command: str, width: int) -> list[str]:
    """Return a command in lines that can be pasted together."""
    try:
        split = shlex.split(command)
    except ValueError:
        return [command]
    words = [word if _PLAIN.fullmatch(word) else shlex.quote(word) for word in split]
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) + 3 > width:
            lines[-1] += " \\"
            lines.append("  " + word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines


def _wrapped(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        width,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_on_hyphens=False,
        break_long_words=False,
    )
