"""The console grammar of a plain PyTorch DDP script, as document 004 shows it.

Epoch 3
  Batch [10/1234] - Loss: 2.3891
  Average Loss: 2.1234
  Time: 180.5s
  Throughput: 27.3 batches/sec
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Final

from cockpit.metrics.epochs import Curve, TrainingClock
from cockpit.metrics.log_lines import clean, split_prefix
from cockpit.metrics.series import MetricTable

LOSS: Final = "loss"
BATCHES_PER_S: Final = "batches_per_s"
"""Summed over all ranks, as the script prints it."""

_NUMBER: Final = r"(?P<value>[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+|nan|inf))"
_EPOCH: Final = re.compile(
    r"\s*Epoch:?\s+\[?(?P<epoch>\d{1,7})(?:\s*/\s*(?P<epochs>\d{1,7}))?\]?\s*"
)
_BAR: Final = re.compile(
    r"\s*Epoch:?\s+\[?(?P<epoch>\d{1,7})(?:\s*/\s*(?P<epochs>\d{1,7}))?\]?\s*:?[^|]*\d%\|[^|]*\|"
    r"\s*(?P<done>\d{1,12})/(?P<steps>\d{1,12})\s"
)
"""The same as a progress bar: `Epoch 7/100:  40%|####      | 10/25 [00:58<01:27]`."""
_BATCH: Final = re.compile(r"\s*Batch \[(?P<done>\d{1,12})/(?P<steps>\d{1,12})\]")
_AVERAGE: Final = re.compile(rf"\s*Average Loss:\s*{_NUMBER}", re.IGNORECASE)
_TIME: Final = re.compile(rf"\s*Time:\s*{_NUMBER}\s*s", re.IGNORECASE)
_THROUGHPUT: Final = re.compile(rf"\s*Throughput:\s*{_NUMBER}\s*batches/s", re.IGNORECASE)
_WORDS: Final = re.compile(r"epoch|batch|loss|time|throughput", re.IGNORECASE)
"""A line without any of these is passed over before it costs anything."""


class EpriLogReader:
    """Follows the first rank that speaks; an epoch is complete with its average loss."""

    def __init__(self) -> None:
        self._steps: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], None]], ...] = (
            (_BATCH, self._take_batch),
            (_AVERAGE, self._take_average),
            (_TIME, self._take_time),
            (_THROUGHPUT, self._take_throughput),
        )
        self.restart()

    def restart(self) -> None:
        """Forget everything."""
        self._rank: int | None = None
        self._epoch: int | None = None
        self._epochs: int | None = None
        self._part: float | None = None
        self._shift = 0
        self._loss = Curve()
        self._throughput = Curve()
        self._clock = TrainingClock()
        self._table: MetricTable | None = None

    def feed(self, lines: Sequence[str]) -> None:
        """Take whole lines of the log, progress bars and colours included."""
        if lines:
            self._table = None
        for line in lines:
            self._take(line)

    def table(self) -> MetricTable:
        """Return the curves so far."""
        if self._table is None:
            self._table = self._build()
        return self._table

    def _take(self, line: str) -> None:
        if _WORDS.search(line) is None:
            return
        rank, _ = split_prefix(line)
        text = clean(line)
        bar = _BAR.match(text)
        started = bar or _EPOCH.fullmatch(text)
        if started is not None and self._rank in (None, rank):
            self._rank = rank
            if bar is None or int(bar["epoch"]) != self._epoch:
                self._start_epoch(int(started["epoch"]), started["epochs"])
        if self._epoch is None or rank != self._rank:
            return
        if bar is not None:
            self._take_batch(bar)
            return
        for pattern, take in self._steps:
            if (found := pattern.match(text)) is not None:
                take(found)
                return

    def _start_epoch(self, epoch: int, epochs: str | None) -> None:
        """Begin an epoch; one that was done before takes itself and the later ones back."""
        self._epoch = epoch
        self._epochs = int(epochs) if epochs else self._epochs
        self._part = 0.0
        self._shift = 1 if epoch == 0 else self._shift
        for curve in (self._loss, self._throughput, self._clock):
            curve.cut(epoch)

    def _take_batch(self, found: re.Match[str]) -> None:
        done, steps = int(found["done"]), int(found["steps"])
        if steps and self._part is not None:
            self._part = min(done / steps, 1.0)

    def _take_average(self, found: re.Match[str]) -> None:
        self._part = None
        self._loss.put(self._now, float(found["value"]))

    def _take_time(self, found: re.Match[str]) -> None:
        length_s = float(found["value"])
        if math.isfinite(length_s) and length_s >= 0:
            self._clock.add(self._now, length_s)

    def _take_throughput(self, found: re.Match[str]) -> None:
        self._throughput.put(self._now, float(found["value"]))

    @property
    def _now(self) -> int:
        return self._epoch or 0

    def _build(self) -> MetricTable:
        curves = {LOSS: self._loss, BATCHES_PER_S: self._throughput}
        done = self._loss.epochs
        return MetricTable(
            series={
                name: curve.series(name, self._shift)
                for name, curve in curves.items()
                if curve.values
            },
            epoch=int(done[-1]) + self._shift if done else None,
            epochs=self._epochs,
            epoch_ends=self._clock.ends(self._shift),
            epoch_part=self._part,
        )
