"""Presets from their files: found, read, checked; every problem at once, with file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cockpit import locations
from cockpit.errors import PresetError, nearest
from cockpit.presets import schema
from cockpit.presets.model import Origin
from cockpit.presets.values import Document, arg_problem, problem_of


@dataclass(frozen=True, slots=True)
class PresetEntry:
    """One preset of the list."""

    name: str
    file: Path
    origin: Origin
    summary: str
    problems: tuple[str, ...]
    """Why it cannot be used; empty for a good one."""


def preset_dirs() -> tuple[tuple[Origin, Path], ...]:
    """Return where presets are looked for, nearest first."""
    return (
        (Origin.PROJECT, Path.cwd() / "presets"),
        (Origin.YOURS, locations.config_dir() / "presets"),
        (Origin.SHIPPED, locations.shipped_presets_dir()),
    )


def find_presets() -> tuple[PresetEntry, ...]:
    """Return all presets by name; of two with one name the nearer."""
    found: dict[str, PresetEntry] = {}
    for origin, directory in preset_dirs():
        for file in sorted(directory.glob("*.toml")):
            if file.stem not in found:
                found[file.stem] = _entry(file, origin)
    return tuple(found[name] for name in sorted(found))


def find_preset(name: str) -> tuple[Path, Origin]:
    """Return the file of a preset; a path to a .toml file is taken as it is.

    Raises PresetError with the nearest name.
    """
    if name.endswith(".toml"):
        return _given_file(name)
    for origin, directory in preset_dirs():
        file = directory / f"{name}.toml"
        if "/" not in name and file.is_file():
            return file, origin
    known = [entry.name for entry in find_presets()]
    raise PresetError(f"no preset is called {name}{nearest(name, known)}", "cockpit presets")


def read_document(file: Path) -> Document:
    """Return the TOML document in `file`; raises PresetError where it cannot be read."""
    try:
        with file.open("rb") as stream:
            return tomllib.load(stream)
    except OSError as error:
        raise PresetError(f"{file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PresetError(f"{file}: not valid TOML: {error}") from error


def problems_of(document: Document) -> list[str]:
    """Return what is wrong with a preset document, one `key: problem` for each."""
    problems = [
        f"{key.name}: is missing ({key.meaning})"
        for key in schema.KEYS
        if key.is_required and not _has(document, key.name)
    ]
    for section, content in document.items():
        problems.extend(_section_problems(section, content))
    version = document.get("schema")
    if isinstance(version, int) and version != schema.SCHEMA:
        problems.append(f"schema: this cockpit reads schema {schema.SCHEMA}, not {version}")
    return problems


def _entry(file: Path, origin: Origin) -> PresetEntry:
    try:
        document = read_document(file)
    except PresetError as error:
        return PresetEntry(file.stem, file, origin, "", (error.problem,))
    summary = document.get("summary")
    text = summary if isinstance(summary, str) else ""
    return PresetEntry(file.stem, file, origin, text, tuple(problems_of(document)))


def _given_file(name: str) -> tuple[Path, Origin]:
    file = Path(name).expanduser().absolute()
    if not file.is_file():
        raise PresetError(f"{name}: no such file", "cockpit presets")
    return file, Origin.PROJECT


def _has(document: Document, dotted: str) -> bool:
    section, _, key = dotted.partition(".")
    content = document.get(section)
    return content is not None if not key else isinstance(content, dict) and key in content


def _section_problems(section: str, content: object) -> Iterator[str]:
    if section not in schema.SECTIONS:
        yield f"{section}: no such key{nearest(section, schema.SECTIONS)}"
    elif section in schema.BY_NAME:
        problem = problem_of(schema.BY_NAME[section], content)
        if problem:
            yield f"{section}: {problem}"
    elif section in schema.LISTS:
        yield from _list_problems(section, content)
    elif not isinstance(content, dict):
        yield f"{section}: must be a table: [{section}]"
    elif section == "args":
        yield from _args_problems("args", content)
    elif section == "env":
        yield from _env_problems(content)
    else:
        yield from _table_problems(section, content)


def _env_problems(content: Document) -> Iterator[str]:
    for name, value in content.items():
        if not isinstance(value, str):
            yield f"env.{name}: must be text, is {value!r}"
        elif not name or "=" in name or "\0" in name + value:
            yield f"env.{name}: the kernel takes no name with = and no NUL in a value"


def _table_problems(section: str, content: Document) -> Iterator[str]:
    known = [key.name for key in schema.KEYS if key.name.startswith(f"{section}.")]
    for name, value in content.items():
        dotted = f"{section}.{name}"
        if dotted in schema.OPEN_TABLES:
            if isinstance(value, dict):
                yield from _args_problems(dotted, value)
            else:
                yield f"{dotted}: must be a table"
        elif dotted not in schema.BY_NAME:
            yield f"{dotted}: no such key{nearest(dotted, known)}"
        elif problem := problem_of(schema.BY_NAME[dotted], value):
            yield f"{dotted}: {problem}"


def _args_problems(section: str, content: Document) -> Iterator[str]:
    for name, value in content.items():
        if problem := arg_problem(value):
            yield f"{section}.{name}: {problem}"


def _list_problems(section: str, content: object) -> Iterator[str]:
    known = schema.LISTS[section]
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        yield f"{section}: must be a list of tables: [[{section}]]"
        return
    for number, item in enumerate(content, 1):
        for name, value in item.items():
            if name not in known:
                yield f"{section} {number}: {name}: no such key{nearest(name, known)}"
            elif not isinstance(value, str):
                yield f"{section} {number}: {name}: must be text, is {value!r}"
        for name in (known[0], known[1]):
            if name not in item:
                yield f"{section} {number}: {name}: is missing"
