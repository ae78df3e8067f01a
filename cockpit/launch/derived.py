"""A changed copy of a trainer's own JSON or YAML file; the original is never touched. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cockpit.errors import InputError, nearest
from cockpit.presets.model import ArgValue, DerivedFile


def changed_copy(text: str, derived: DerivedFile) -> str:
    """Return the settings in `text` with the dotted keys of `derived.set` changed.

    Raises InputError when the text holds no table or a key is not in it: a trainer would
    silently ignore a misspelt one.
    """
    file = derived.file
    suffix = Path(file).suffix.lower()
    if suffix not in FORMATS:
        raise InputError(f"{file}: is neither JSON nor YAML", ", ".join(FORMATS))
    parse, dump = FORMATS[suffix]
    try:
        document = parse(text)
    except ValueError as error:
        raise InputError(f"{file}: cannot be understood: {error}") from error
    if not isinstance(document, dict):
        raise InputError(f"{file}: must hold one table of settings")
    for dotted, value in derived.set.items():
        _change(document, dotted, value, file)
    return dump(document)


def _change(document: dict[str, object], dotted: str, value: ArgValue, file: str) -> None:
    *path, last = dotted.split(".")
    table = document
    for name in path:
        inner = table.get(name)
        if not isinstance(inner, dict):
            raise InputError(f"{file}: {dotted}: no table {name}{nearest(name, table)}")
        table = inner
    if last not in table:
        raise InputError(f"{file}: {dotted}: no such key{nearest(last, table)}")
    table[last] = list(value) if isinstance(value, tuple) else value


def _dump_json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _parse_yaml(text: str) -> object:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


def _dump_yaml(document: object) -> str:
    import yaml

    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=10_000))


FORMATS: Final[Mapping[str, tuple[Callable[[str], object], Callable[[object], str]]]] = (
    MappingProxyType(
        {
            ".json": (json.loads, _dump_json),
            ".yaml": (_parse_yaml, _dump_yaml),
            ".yml": (_parse_yaml, _dump_yaml),
        }
    )
)
"""By the file's suffix: how it is read and written."""
