"""A changed copy of a trainer's own settings file; the original is never touched. Pure."""

from __future__ import annotations

import json

from cockpit.errors import InputError, nearest
from cockpit.presets.model import ArgValue, ConfigFile


def changed_config(text: str, config: ConfigFile) -> str:
    """Return the JSON in `text` with the dotted keys of `config.set` changed.

    Raises InputError when the text is no JSON object or a key is not in it: a trainer would
    silently ignore a misspelt one.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InputError(f"{config.file}: not valid JSON: {error}") from error
    if not isinstance(document, dict):
        raise InputError(f"{config.file}: must hold one JSON object")
    for dotted, value in config.set.items():
        _change(document, dotted, value, config.file)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


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
