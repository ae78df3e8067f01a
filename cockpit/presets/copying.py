"""A preset of one's own, made from another one; comments and order are kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from cockpit.errors import InputError
from cockpit.presets.load import read_document

_NAME: Final = re.compile(r"[\w-][\w.-]*")


def copy_preset(source: Path, name: str, directory: Path) -> Path:
    """Write `directory`/`name`.toml as a copy of `source` and return it.

    A script that lay beside the source is named by its whole path, since the copy lies elsewhere.
    Raises InputError for a name that is taken or is no file's.
    """
    import tomlkit
    from tomlkit.items import Table

    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} cannot be a preset's name", "letters, digits, - and _")
    target = directory / f"{name}.toml"
    if target.exists():
        raise InputError(f"{target} exists already", "another name, or edit it")
    read_document(source)  # a sentence for a file that is no TOML
    document = tomlkit.parse(source.read_text(encoding="utf-8"))
    launch = document.get("launch")
    if isinstance(launch, Table) and "script" in launch and "workdir" not in launch:
        launch["script"] = str((source.parent / Path(str(launch["script"]))).absolute())
    directory.mkdir(parents=True, exist_ok=True)
    with target.open("x", encoding="utf-8") as file:
        file.write(tomlkit.dumps(document))
    return target
