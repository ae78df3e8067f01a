"""TensorBoard's event files of one training, read on as they grow and as further ones come."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.files import CHUNK_BYTES, open_regular
from cockpit.metrics.reader import MetricsReader
from cockpit.metrics.tensorboard import EventFileReader

SIGN: Final = "tfevents"
"""Stands in the name of each."""
_BEGAN: Final = re.compile(r"tfevents\.(\d+)")


@dataclass(slots=True)
class _Place:
    """How far a file was read."""

    inode: int
    size: int
    offset: int = 0


class EventFiles:
    """Hands the bytes of one file, or of those in a folder, to a reader, those that began first."""

    def __init__(self, path: Path, since_s: float | None = None) -> None:
        """Take a file or a folder; `since_s`: what was last written before then is not read."""
        self._path = path
        self._since_s = since_s
        self._places: dict[Path, _Place] = {}

    def read_into(self, reader: MetricsReader) -> bool:
        """Read up to a chunk; return whether there is more."""
        if not isinstance(reader, EventFileReader):
            return False
        for file in self._files():
            try:
                has_more = self._read_file(file, reader)
            except OSError:
                continue
            if has_more:
                return True
        return False

    def _files(self) -> list[Path]:
        if not self._path.is_dir():
            return [self._path]
        found = [file for file in event_files(self._path) if not self._is_old(file)]
        return sorted(found, key=_began)

    def _is_old(self, file: Path) -> bool:
        if self._since_s is None or file in self._places:
            return False
        try:
            return file.stat().st_mtime < self._since_s
        except OSError:
            return True

    def _read_file(self, path: Path, reader: EventFileReader) -> bool:
        with open_regular(path) as file:
            stat = os.fstat(file.fileno())
            place = self._places.get(path)
            if place is not None and (stat.st_ino != place.inode or stat.st_size < place.size):
                reader.restart()
                self._places.clear()
                return True
            if place is None:
                place = self._places[path] = _Place(stat.st_ino, stat.st_size)
            place.size = stat.st_size
            if place.offset >= place.size:
                return False
            data = os.pread(file.fileno(), CHUNK_BYTES, place.offset)
        place.offset += len(data)
        place.offset += reader.feed_bytes(self._name(path), data)
        return bool(data)

    def _name(self, file: Path) -> str:
        return file.relative_to(self._path).as_posix() if self._path.is_dir() else file.name


def event_files(folder: Path) -> list[Path]:
    """Return the event files in a folder and in the folders right below it."""
    return [file for pattern in (f"*{SIGN}*", f"*/*{SIGN}*") for file in folder.glob(pattern)]


def _began(file: Path) -> tuple[float, str]:
    """Return when a file says it was begun, and its name."""
    found = _BEGAN.search(file.name)
    return (float(found[1]) if found else 0.0, file.name)
