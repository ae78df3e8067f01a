"""A preset with every layer applied: file < config.toml < command line or form."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from cockpit import locations
from cockpit.errors import PresetError, nearest
from cockpit.presets import schema
from cockpit.presets.build import build_preset
from cockpit.presets.check import problems_of_preset
from cockpit.presets.load import find_preset, problems_of, read_document
from cockpit.presets.model import LaunchKind, Origin, Preset
from cockpit.presets.schema import ValueType
from cockpit.presets.values import Document, arg_problem, parse_text

NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})
DERIVED: Final = {
    "config": "its trainer reads no settings file",
    "data": "its trainer is given no data file",
}
"""Files of the trainer of which a changed copy is made; what it means that there is none."""


def resolve(
    name: str, overrides: Mapping[str, str] = NO_OVERRIDES, *, source: str = "--set"
) -> Preset:
    """Return the preset called `name` with all layers applied.

    `overrides` are dotted keys and texts, as `args.epochs` and `3`. Raises PresetError that
    holds all problems at once, each with its file and key.
    """
    file, origin = find_preset(name)
    document = read_document(file)
    problems = [f"{file}: {problem}" for problem in problems_of(document)]
    if problems:
        raise _error(problems, f"edit {file}")
    sources = dict.fromkeys(_keys(document), "preset")
    merged: dict[str, Any] = copy.deepcopy(dict(document))
    problems += _apply_settings(merged, sources, file.stem)
    for dotted, text in overrides.items():
        problems += [f"{source} {dotted}: {text}" for text in _apply(merged, dotted, text)]
        sources[dotted] = source
    if not problems:
        problems += [f"{file}: {problem}" for problem in problems_of(merged)]
    if problems:
        raise _error(problems, f"cockpit presets show {name}")
    return build_preset(file.stem, file, origin, merged, sources)


def rebuild(
    name: str,
    file: Path,
    origin: Origin,
    document: Document,
    sources: Mapping[str, str],
    changes: Mapping[str, str] = NO_OVERRIDES,
    *,
    source: str = "--set",
) -> Preset:
    """Return the preset of a document that was merged before, with some keys changed.

    Raises PresetError that holds all problems at once.
    """
    merged: dict[str, Any] = copy.deepcopy(dict(document))
    problems = []
    for dotted, text in changes.items():
        problems += [f"{source} {dotted}: {text}" for text in _apply(merged, dotted, text)]
    problems += [] if problems else problems_of(merged)
    if problems:
        raise _error(problems, f"cockpit presets show {name}")
    return build_preset(name, file, origin, merged, {**sources, **dict.fromkeys(changes, source)})


def load_file(file: Path) -> Preset:
    """Return the preset in `file` alone, without the user's settings."""
    document = read_document(file)
    problems = [f"{file}: {problem}" for problem in problems_of(document)]
    if problems:
        raise _error(problems, f"edit {file}")
    sources = dict.fromkeys(_keys(document), "preset")
    return build_preset(file.stem, file, Origin.PROJECT, document, sources)


def problems_of_file(file: Path) -> list[str]:
    """Return everything that is wrong with the preset in `file`: types, and how its parts fit.

    Raises PresetError where the file cannot be read.
    """
    document = read_document(file)
    problems = problems_of(document)
    sound = _without(document, [problem.partition(":")[0] for problem in problems])
    preset = build_preset(file.stem, file, Origin.PROJECT, sound, {})
    return [f"{file}: {problem}" for problem in [*problems, *problems_of_preset(preset)]]


def _without(document: Document, wrong: list[str]) -> Document:
    """Return the document as it can be looked at further: without the values of wrong keys."""
    sound: dict[str, Any] = copy.deepcopy(dict(document))
    for key in wrong:
        section, _, name = key.partition(".")
        table = sound.get(section)
        if not name or not isinstance(table, dict):
            sound.pop(section.split(" ")[0], None)
        elif section == "args" and name in table:
            table[name] = 1  # still there for those that point to it
        else:
            table.pop(name, None)
    launch = sound.setdefault("launch", {})
    needs_none = LaunchKind.PYTHON if "script" in launch else LaunchKind.ULTRALYTICS
    launch.setdefault("kind", needs_none)
    return sound


def _error(problems: list[str], remedy: str) -> PresetError:
    return PresetError("\n".join(problems), remedy)


def _keys(document: Document) -> list[str]:
    found = []
    for section, content in document.items():
        if isinstance(content, dict):
            found += [f"{section}.{name}" for name in content]
        else:
            found.append(section)
    return found


def _apply_settings(merged: dict[str, Any], sources: dict[str, str], name: str) -> list[str]:
    """Lay `[presets.NAME]` of the user's config.toml over the preset; return the problems."""
    file = locations.settings_file()
    if not file.is_file():
        return []
    table = read_document(file).get("presets", {})
    layer = table.get(name, {}) if isinstance(table, dict) else {}
    if not isinstance(layer, dict):
        return [f"{file}: presets.{name}: must be a table"]
    for section, content in layer.items():
        if isinstance(content, dict) and isinstance(merged.get(section, {}), dict):
            merged.setdefault(section, {}).update(content)
            sources.update({f"{section}.{key}": "config.toml" for key in content})
        else:
            merged[section] = content
            sources[section] = "config.toml"
    return [f"{file}: presets.{name}: {problem}" for problem in problems_of(merged)]


def _apply(merged: dict[str, Any], dotted: str, text: str) -> list[str]:
    """Set one key from its text; return what is wrong with it."""
    section, _, name = dotted.partition(".")
    if section == "args" and name:
        return _apply_arg(merged, name, text)
    if section == "env" and name:
        merged.setdefault("env", {})[name] = text
        return []
    if section in DERIVED and name.startswith("set."):
        if section not in merged:
            return [f"the preset has no [{section}]: {DERIVED[section]}"]
        table = merged[section].setdefault("set", {})
        table[name.removeprefix("set.")] = parse_text(text)
        return []
    key = schema.BY_NAME.get(dotted)
    if key is None:
        known = [*schema.BY_NAME, *(f"args.{argument}" for argument in merged.get("args", {}))]
        return [f"no such key{nearest(dotted, known)}"]
    is_text = key.type in (ValueType.TEXT, ValueType.SIZE, ValueType.GPUS)
    value = text if is_text else parse_text(text)
    if name:
        merged.setdefault(section, {})[name] = value
    else:
        merged[section] = value
    return []


def _apply_arg(merged: dict[str, Any], name: str, text: str) -> list[str]:
    if "." in name:
        return ["arguments are not nested; give the name as the trainer knows it: args.NAME=…"]
    args = merged.setdefault("args", {})
    meant = get_close_matches(name, list(args), n=1, cutoff=0.8)
    if name not in args and meant:
        return [
            f"the preset has args.{meant[0]}, not args.{name}; if the trainer has both, "
            "write the new one into the preset"
        ]
    before = args.get(name)
    value = parse_text(text)
    if isinstance(before, str) and not isinstance(value, str):
        value = text
    quoted = text[:1] in ("'", '"')
    problem = arg_problem(value, None if quoted else before)
    args[name] = value
    return [problem] if problem else []
