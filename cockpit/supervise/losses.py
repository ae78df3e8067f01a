"""The losses of a run as its supervisor watches them: somebody is told when they go wrong."""

from __future__ import annotations

import time
from typing import Final

from cockpit.analysis.loss_health import LossFinding, judge_losses, learning_rate_of
from cockpit.metrics.readers import reads_log
from cockpit.runs.alert import Alert
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord
from cockpit.supervise.journal import say
from cockpit.views.results import ResultsTail

CHUNKS: Final = 2
"""MiB that are read at most at each look: a supervisor costs next to nothing."""
MOST_BYTES: Final = 512 << 10
"""Larger results are not watched: a number may be two bytes in a file and is sixteen in memory."""
MOST_LOG_BYTES: Final = 8 << 20
"""Nor is a larger log: of an epoch only the last line is kept, but each is looked at."""
HEAVY: Final = frozenset({"tensorboard", "hf"})
"""Readers that load a library of tens of MiB, or a whole file again and again."""


class LossWatch:
    """Reads the results of one attempt as they grow, and says what is wrong with the losses."""

    def __init__(self, record: RunRecord, paths: RunPaths) -> None:
        self._tail: ResultsTail | None = ResultsTail(record, paths)
        self._rate = rate_of(record)
        self._since: dict[str, float] = {}

    def look(self) -> tuple[Alert, ...]:
        """Return what is wrong now; call it every few seconds."""
        if self._tail is None:
            return ()
        self._tail.find()
        if self._tail.reader in HEAVY:
            self._tail = None
            return ()
        if self._is_too_large(self._tail):
            say(f"{self._tail.path} is too large: its losses are watched no more")
            self._tail = None
            return ()
        findings = judge_losses(self._tail.read(CHUNKS), self._rate)
        codes = {one.code for one in findings}
        self._since = {code: at for code, at in self._since.items() if code in codes}
        return tuple(map(self._alert, findings))

    def _alert(self, one: LossFinding) -> Alert:
        since = self._since.setdefault(one.code, time.time())
        return Alert(one.code, one.level, "run", one.what, one.remedy, since)

    def _is_too_large(self, tail: ResultsTail) -> bool:
        most = MOST_LOG_BYTES if reads_log(tail.reader) else MOST_BYTES
        try:
            return tail.path is not None and tail.path.stat().st_size > most
        except OSError:
            return False


def rate_of(record: RunRecord) -> tuple[str, float] | None:
    """Return the learning rate that was asked for, in an argument or the trainer's own file."""
    args = record.document.get("args")
    config = record.document.get("config")
    settings = config.get("set") if isinstance(config, dict) else None
    return learning_rate_of(
        args if isinstance(args, dict) else {}, settings if isinstance(settings, dict) else {}
    )
