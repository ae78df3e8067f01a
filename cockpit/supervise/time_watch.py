"""A training looked at from its start: which steps and epochs were done when, by its own files."""

from __future__ import annotations

import math
import re
import time
from pathlib import Path
from typing import Final

from cockpit.analysis.step_pace import Beginning, Mark
from cockpit.analysis.throughput import SAMPLES, STEP_TIMES, last_of
from cockpit.files import modified, open_regular, stamp
from cockpit.metrics.readers import AUTO
from cockpit.metrics.series import Axis, MetricTable, TrainerFacts
from cockpit.metrics.step_counts import parse_step_count
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord
from cockpit.views.results import ResultsTail
from cockpit.views.trainer_facts import TrainerWatch

CHUNK_BYTES: Final = 1 << 20
LONGEST_FRAME: Final = 1 << 14
SEARCH_S: Final = 0.5
"""So often results are looked for whose place nobody named."""
_FRAME: Final = re.compile(rb"[\r\n]+")


class FrameTail:
    """Hands out what a log shows anew: its lines, and each state of a bar, the unfinished too."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._offset = 0
        self._rest = b""

    def read(self) -> list[str]:
        """Return the new frames, oldest first."""
        try:
            with open_regular(self._log) as file:
                file.seek(self._offset)
                chunk = file.read(CHUNK_BYTES)
        except OSError:
            return []
        if not chunk:
            return []
        self._offset += len(chunk)
        frames = _FRAME.split(self._rest + chunk)
        self._rest = frames[-1][-LONGEST_FRAME:]
        return [one.decode("utf-8", "replace") for one in frames if one.strip()]


class TimeWatch:
    """Looks at a training again and again; what it saw lies in `seen`."""

    def __init__(self, record: RunRecord, paths: RunPaths, train_samples: int | None) -> None:
        """Take what runs, and where; `train_samples` as its preset says."""
        self._paths = paths
        self._began = time.time()
        self._looked = self._began
        self._global_batch = record.global_batch
        self._train_samples = train_samples
        self._frames = FrameTail(paths.log)
        self._results = ResultsTail(record, paths)
        self._trainer = TrainerWatch(paths.log, record.reader)
        self._stamps: tuple[str | None, ...] = ()
        self._searches = record.reader == AUTO
        self._read_at = 0.0
        self._table = MetricTable()
        self.seen = Beginning()

    @property
    def facts(self) -> TrainerFacts:
        """What the trainer said of itself."""
        return self._trainer.read(self._table.facts)

    @property
    def train_samples(self) -> int | None:
        """Of an epoch, by the trainer or else by the preset."""
        return self.facts.train_samples or self._train_samples

    def look(self) -> float:
        """Take what is new, and return the seconds since the job was started."""
        now = time.time()
        log, results = stamp(self._paths.log), self._results.path
        stamps = (log, stamp(results) if results else None)
        is_due = self._searches and now - self._read_at >= SEARCH_S
        if stamps != self._stamps or is_due:
            self._take_frames(self._written(self._paths.log, now, since=self._looked))
            self._take_table(now)
            self._stamps = stamps
        self._looked = now
        return now - self._began

    def _take_frames(self, moment_s: float) -> None:
        for frame in self._frames.read():
            count = parse_step_count(frame)
            if count is not None:
                self.seen.take(Mark(moment_s, count.done, count.total, count.is_steps))

    def _take_table(self, now: float) -> None:
        self._read_at = now
        table = self._results.read()
        path = self._results.path
        moment_s = self._written(path, now, since=self._began) if path else now - self._began
        if table.epoch is not None and table.epoch > self.seen.epochs:
            self.seen.ends.append((table.epoch, moment_s))
        if table.axis is Axis.STEP and not self.seen.bars():
            last = max((one.x[-1] for one in table.series.values() if one.x), default=0.0)
            self.seen.take(Mark(moment_s, last, math.inf))
        if table.epoch_part is not None and self._has_parts_only():
            self.seen.take(Mark(moment_s, table.epoch_part, 1.0, is_steps=False))
        self._table = table
        self._learn_sizes()

    def _has_parts_only(self) -> bool:
        """Say whether no bar was seen: only a reader tells how far the epoch is."""
        return all(bar[-1].total == 1.0 for bar in self.seen.bars())

    def _learn_sizes(self) -> None:
        """Note what turns epochs into steps."""
        batch, samples, series = self._global_batch, self.train_samples, self._table.series
        if batch and samples:
            self.seen.steps_per_epoch = -(-samples // batch)
        rate = last_of(series, SAMPLES)
        of_rate = batch / rate if batch and rate and rate > 0 else None
        self.seen.told_step_s = of_rate or last_of(series, STEP_TIMES)

    def _written(self, path: Path, now: float, *, since: float) -> float:
        """Return when a file was last written, if that was since then; else now.

        Results that are searched for may have been there for a while when they are found.
        """
        written = modified(path)
        return (written if since <= written <= now else now) - self._began
