"""A probe's training while it runs: what shows its steps, when to stop looking, and its end."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.analysis.log_line import PROGRESS
from cockpit.files import open_regular, stamp
from cockpit.metrics.log_lines import strip_codes
from cockpit.supervise.job import Job
from cockpit.supervise.members import Members
from cockpit.supervise.stop import kill

STEADY_S: Final = 5.0
"""Without a new peak for so long after it has trained a little, a training takes what it takes."""
PATIENT: Final = 4
"""So many times longer where only one sign of its training was seen, or the answer is verified."""
SIGNS: Final = 2
"""A first line may stand there before the first step: it takes another one to tell that it goes."""
NEW_PEAK: Final = 1.01
"""Less growth than this is no new peak."""
GRACE_S: Final = 1.0
"""A probe has nothing to save."""
UNKILLABLE_S: Final = 10.0
TAIL_BYTES: Final = 16 << 10
LOOK_S: Final = 0.05
_LINE: Final = re.compile(rb"[\r\n]+")


class Signs:
    """What shows that a training trains: lines of progress, and results that grow."""

    def __init__(self, log: Path, results: Path | None) -> None:
        self._log = log
        self._results = results
        self._before = stamp(results) if results else None
        self._log_stamp: str | None = None
        self._seen: set[str] = set()

    def count(self) -> int:
        """Return how many signs there were; results alone are enough of them."""
        if self._results is not None and stamp(self._results) != self._before:
            return SIGNS
        now = stamp(self._log)
        if now != self._log_stamp and len(self._seen) < SIGNS:
            self._log_stamp = now
            self._seen |= {text for text in last_texts(self._log) if PROGRESS.search(text)}
        return min(SIGNS, len(self._seen))


def last_texts(log: Path) -> list[str]:
    """Return the last lines of a log, each state of a progress bar as one; empty without a log."""
    try:
        with open_regular(log) as file:
            file.seek(max(0, file.seek(0, 2) - TAIL_BYTES))
            parts = _LINE.split(file.read(TAIL_BYTES))
    except OSError:
        return []
    return [strip_codes(one.decode("utf-8", "replace")) for one in parts if one.strip()]


@dataclass(slots=True)
class Watch:
    """The peak so far, and since when there was no new one; moments are monotonic seconds."""

    began_s: float
    limit_s: float
    is_longer: bool = False
    peak_bytes: int = 0
    signs: int = 0
    _peak_s: float = 0.0
    _signs_s: float | None = None

    def take(self, used_bytes: int | None, signs: int, now_s: float) -> None:
        """Take one look at it."""
        if used_bytes is not None and used_bytes > self.peak_bytes:
            if used_bytes > self.peak_bytes * NEW_PEAK:
                self._peak_s = now_s
            self.peak_bytes = used_bytes
        if signs > self.signs:
            self.signs, self._signs_s = signs, now_s

    def is_steady(self, now_s: float) -> bool:
        """Say whether it has trained for a while and took no more memory."""
        if self._signs_s is None or self.peak_bytes == 0:
            return False
        is_sure = self.signs >= SIGNS and not self.is_longer
        patience_s = STEADY_S if is_sure else PATIENT * STEADY_S
        return now_s - max(self._signs_s, self._peak_s) >= patience_s

    def is_late(self, now_s: float) -> bool:
        """Say whether it has taken as long as it may."""
        return now_s - self.began_s >= self.limit_s

    def doubt(self, now_s: float) -> str:
        """Return why its memory may be more than what was seen; empty for no reason."""
        if not self.is_late(now_s):
            return ""
        if self.signs == 0:
            return f"its log showed no step within {self.limit_s:.0f} s: its peak until then counts"
        if not self.is_steady(now_s) and now_s - self._peak_s < STEADY_S:
            return f"its memory still grew when the {self.limit_s:.0f} s of a probe were over"
        return ""


def end_job(job: Job, members: Members, foreign_pids: Collection[int]) -> bool:
    """End every process of a probe, those that left its tree too; False: the kernel holds one."""
    members.scan(job.identity.pid, foreign_pids, by_mark=True)
    job.terminate()
    until_s = time.monotonic() + GRACE_S
    while time.monotonic() < until_s and (job.poll() is None or members.alive()):
        time.sleep(LOOK_S)
        members.scan(job.identity.pid, foreign_pids)
    until_s = time.monotonic() + UNKILLABLE_S
    while time.monotonic() < until_s:
        members.scan(job.identity.pid, foreign_pids, by_mark=True)
        kill(members.alive())
        members.chase()
        if job.poll() is not None and not members.alive():
            return True
        time.sleep(LOOK_S)
    return False
