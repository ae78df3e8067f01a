"""`trainer_state.json` of the Hugging Face Trainer: the newest checkpoint has the newest one."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Final

from cockpit.files import modified, read_end, stamp
from cockpit.metrics.reader import MetricsReader

NAME: Final = "trainer_state.json"
LONGEST_BYTES: Final = 16 << 20
"""A larger state is not read: it is parsed as a whole, and the screen would wait."""
SAME_MOMENT_S: Final = 60.0
"""States whose times lie so close may have been copied: there the number of the step counts."""
_CHECKPOINT: Final = re.compile(r"checkpoint-(\d{1,12})")


class StateFile:
    """Hands the newest state to a reader, whole, whenever there is another one."""

    def __init__(self, path: Path, since_s: float | None = None) -> None:
        """Take a state, or the folder that the checkpoints are written to.

        `since_s`: a state that was last written before then is not read.
        """
        self._folder = folder_of(path)
        self._path = path
        self._since_s = since_s
        self._stamp: str | None = None
        self.problem: str | None = None
        """Why the newest state is not read."""

    def read_into(self, reader: MetricsReader) -> bool:
        """Read what changed; there is never more to read."""
        newest = self._newest()
        if newest is None or (changed := stamp(newest)) == self._stamp:
            return False
        try:
            size, text = read_end(newest, LONGEST_BYTES)
        except OSError:
            return False
        self._stamp, self.problem = changed, None
        if size > LONGEST_BYTES:
            self.problem = f"{newest.name} is larger than {LONGEST_BYTES >> 20} MiB: it is not read"
            return False
        reader.restart()
        reader.feed(text.split("\n"))
        return False

    def _newest(self) -> Path | None:
        found = newest_state(self._folder) if self._folder else self._path
        if found is None or self._since_s is None:
            return found
        return found if modified(found) >= self._since_s else None


def folder_of(path: Path) -> Path | None:
    """Return the folder whose checkpoints hold the states; None for a state on its own."""
    if path.is_dir() and not _CHECKPOINT.fullmatch(path.name):
        return path
    checkpoint = path.parent if path.name == NAME else path
    return checkpoint.parent if _CHECKPOINT.fullmatch(checkpoint.name) else None


def newest_state(folder: Path) -> Path | None:
    """Return the state that was written last below a folder, or None."""
    found = [*folder.glob(f"checkpoint-*/{NAME}"), *folder.glob(NAME)]
    latest_s = max(map(modified, found), default=0.0)
    late = [path for path in found if latest_s - modified(path) <= SAME_MOMENT_S]
    return max(late, key=lambda path: (_step_of(path), modified(path)), default=None)


def _step_of(path: Path) -> float:
    """Return the step of a state's folder; the one that stands outside is written at the end."""
    number = _CHECKPOINT.fullmatch(path.parent.name)
    return math.inf if number is None else int(number[1])
