"""When a line of a run's log was written, from the sizes that its supervisor noted each second."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from cockpit.files import open_regular

_RECORD: Final = re.compile(rb'\{"t":\s*(\d+(?:\.\d+)?),\s*"bytes":\s*(\d+)\}')
_STEP_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class _Record:
    time: float
    size_bytes: int


class LogTimes:
    """Looks into the record by halves, so that its length does not matter."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def at(self, offset: int) -> float | None:
        """Return when the log was first so long, in seconds since the epoch; None: nobody saw."""
        found = self._first(lambda record: record.size_bytes >= offset)
        return found.time if found else None

    def size_at(self, time_s: float) -> int | None:
        """Return how long the log was when that time began; None where there is no record."""
        last = self._last_before(lambda record: record.time >= time_s)
        return last.size_bytes if last else (0 if self._first(lambda _: True) else None)

    def _first(self, is_late: Callable[[_Record], bool]) -> _Record | None:
        return self._search(is_late)[1]

    def _last_before(self, is_late: Callable[[_Record], bool]) -> _Record | None:
        return self._search(is_late)[0]

    def _search(self, is_late: Callable[[_Record], bool]) -> tuple[_Record | None, _Record | None]:
        """Return the last record that is not late, and the first one that is."""
        try:
            with open_regular(self._path) as file:
                low, high = 0, os.fstat(file.fileno()).st_size
                while high - low > _STEP_BYTES:
                    middle = (low + high) // 2
                    records = _records(file, middle, _STEP_BYTES)
                    if not records or is_late(records[0]):
                        high = middle
                    else:
                        low = middle
                early: _Record | None = None
                for record in _records(file, low, 3 * _STEP_BYTES):
                    if is_late(record):
                        return early, record
                    early = record
        except OSError:
            return None, None
        return early, None


def _records(file: BinaryIO, offset: int, size_bytes: int) -> list[_Record]:
    data = os.pread(file.fileno(), size_bytes, offset)
    return [_Record(float(found[1]), int(found[2])) for found in _RECORD.finditer(data)]
