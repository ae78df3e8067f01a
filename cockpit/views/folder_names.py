"""The names in a folder that others fill: there may be a hundred thousand pictures in it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

MOST_ENTRIES: Final = 10_000
"""Of a folder no more entries are looked at."""


def names_in(folder: Path, wanted: Iterable[str] = ()) -> list[str]:
    """Return the names in a folder, sorted; those that are wanted, however full it is."""
    found = {entry.name for entry in _entries(folder)}
    if len(found) >= MOST_ENTRIES:
        found |= {name for name in wanted if os.path.lexists(folder / name)}
    return sorted(found)


def folders_in(folder: Path) -> list[str]:
    """Return the names of the folders in a folder, sorted; links are left out."""
    return sorted(entry.name for entry in _entries(folder) if _is_folder(entry))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    entries: list[os.DirEntry[str]] = []
    try:
        with os.scandir(folder) as found:
            for entry in found:
                entries.append(entry)
                if len(entries) >= MOST_ENTRIES:
                    break
    except (OSError, ValueError):  # ValueError: a path with a NUL in it
        return entries
    return entries


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False
