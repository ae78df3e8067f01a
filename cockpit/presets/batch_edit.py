"""Writes a batch size that was found into a preset; comments and order are kept."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit import locations
from cockpit.errors import InputError, PresetError
from cockpit.presets.load import read_document
from cockpit.presets.model import BatchScope, Origin, Preset

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


def write_batch(preset: Preset, batch_per_rank: int, ranks: int) -> str:
    """Write the batch of a preset and return what was changed, in one sentence.

    A preset of the user's is changed in its file; for a shipped one `[presets.NAME]` of
    config.toml is. A batch that counts all GPUs becomes `batch_per_rank` times `ranks`. Raises
    InputError for a preset that does not say what its batch argument is, PresetError when the
    file cannot be written.
    """
    if preset.batch is None:
        what = f"preset {preset.name} has no [batch]: nobody knows which argument it is"
        raise InputError(what, "add [batch] argument and scope to it")
    is_global = preset.batch.scope is BatchScope.GLOBAL
    batch = batch_per_rank * (ranks if is_global else 1)
    keys, value = _place(preset, preset.batch.argument, batch)
    is_shipped = preset.origin is Origin.SHIPPED
    file = locations.settings_file() if is_shipped else preset.file
    where = ["presets", preset.name, *keys] if is_shipped else keys
    _write(file, where, value)
    dotted = ".".join([*where, preset.batch.argument] if isinstance(value, dict) else where)
    settings = preset.config.set if isinstance(value, dict) and preset.config else preset.args
    old = settings.get(preset.batch.argument)
    was = "" if old is None else f", it was {old}"
    how = f" ({batch_per_rank} for each of {ranks} GPUs)" if is_global and ranks > 1 else ""
    return f"{file}: {dotted} = {batch}{how}{was}"


def _place(preset: Preset, argument: str, batch: int) -> tuple[list[str], Any]:
    """Return the keys of the value, and it; a nested one is written with its whole table."""
    if argument not in preset.args and preset.config and argument in preset.config.set:
        # config.toml replaces the table as a whole.
        return ["config", "set"], {**preset.config.set, argument: batch}
    return ["args", argument], batch


def _write(file: Path, keys: list[str], value: Any) -> None:
    """Set one value in a TOML file."""
    import tomlkit

    try:
        if file.is_file():
            read_document(file)  # a sentence for a file that is no TOML
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        document = tomlkit.parse(text)
        _set(document, keys, value)
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        draft.write_text(tomlkit.dumps(document), encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        problem = f"cannot write {file}: {error.strerror}"
        raise PresetError(problem, "see its permissions") from error


def _set(document: TOMLDocument, keys: list[str], value: Any) -> None:
    import tomlkit

    table: MutableMapping[str, Any] = document
    for depth, key in enumerate(keys[:-1]):
        if key not in table:
            # [presets.NAME.args] needs no heading of its own for each of the tables above it.
            table[key] = tomlkit.table(is_super_table=depth < len(keys) - 2)
        table = table[key]
    before = table.get(keys[-1])
    if isinstance(value, dict) and isinstance(before, dict):
        for name, one in value.items():
            if before.get(name) != one:
                before[name] = one
    else:
        table[keys[-1]] = value
