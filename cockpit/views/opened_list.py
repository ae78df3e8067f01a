"""The paths that this user opened last, so that they stand on the Deck beside the own runs."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cockpit.files import read_json, write_json

MOST: Final = 20


def read_opened(file: Path) -> tuple[str, ...]:
    """Return the absolute paths, the one opened last first; empty where nothing was opened."""
    found = (read_json(file) or {}).get("opened")
    if not isinstance(found, list):
        return ()
    paths = (one.get("path") for one in found if isinstance(one, dict))
    return tuple(path for path in paths if isinstance(path, str) and path.startswith("/"))[:MOST]


def remember(file: Path, path: Path) -> None:
    """Put a path first. Raises OSError."""
    paths = [one for one in read_opened(file) if one != str(path)]
    _write(file, [str(path), *paths])


def forget(file: Path, text: str) -> bool:
    """Take a path out; False where it was not in. Raises OSError."""
    wanted = os.path.abspath(Path(text).expanduser())  # noqa: PTH100  # keeps links
    paths = read_opened(file)
    if wanted not in paths:
        return False
    _write(file, [one for one in paths if one != wanted])
    return True


def _write(file: Path, paths: Sequence[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    entries = [{"path": path} for path in paths[:MOST]]
    write_json(file, {"schema": 1, "written": round(time.time(), 3), "opened": entries})
