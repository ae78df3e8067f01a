"""The epoch that a checkpoint was written in, read without torch and without running anything."""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

LARGEST_BYTES: Final = 64 << 20
"""A checkpoint's structure without its tensors; what is larger is not looked through."""
MOST_STEPS: Final = 2_000_000
EPOCH: Final = "epoch"
_SKIPPED: Final = ("BINPUT", "LONG_BINPUT", "PUT", "MEMOIZE")
"""What stands between a key and its value."""


def read_epoch(path: Path) -> int | None:
    """Return the number under `epoch`, as the trainer wrote it; None where there is none.

    Ultralytics writes -1 into the checkpoint of a training that is over.
    """
    try:
        data = _structure(path)
        return _find_epoch(data) if data else None
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return None


def _structure(path: Path) -> bytes | None:
    """Return the pickle of a checkpoint: a member of its zip, or the file itself."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES)
    with zipfile.ZipFile(path) as archive:
        inside = next((i for i in archive.infolist() if i.filename.endswith("data.pkl")), None)
        if inside is None or inside.file_size > LARGEST_BYTES:
            return None
        return archive.read(inside)


def _find_epoch(data: bytes) -> int | None:
    steps = _steps(data)
    for name, value in steps:
        if value != EPOCH or "UNICODE" not in name:
            continue
        following = next(((n, v) for n, v in steps if n not in _SKIPPED), None)
        if following is not None and isinstance(following[1], int) and "INT" in following[0]:
            return following[1]
    return None


def _steps(data: bytes) -> Iterator[tuple[str, object]]:
    """Yield the operations of a pickle, up to where it is cut."""
    steps = pickletools.genops(data)
    for _ in range(MOST_STEPS):
        try:
            operation, value, _position = next(steps)
        except (StopIteration, ValueError, IndexError, EOFError, KeyError, UnicodeError):
            return
        yield operation.name, value
