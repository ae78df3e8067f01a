"""When a run will end: its epochs, its bar and its trainer's settings, put together."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from cockpit.analysis.early_stopping import earliest_end
from cockpit.analysis.eta import Eta, Expected, Outlook, remaining
from cockpit.analysis.pace import LOOK_BACK
from cockpit.metrics.log_lines import parse_epoch_progress
from cockpit.metrics.readers import reads_log
from cockpit.metrics.series import Axis, MetricTable
from cockpit.metrics.speed_lines import SpeedWords
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import ReadRun
from cockpit.views.ending_settings import EndingSettingsFile

A_START: Final = (0, 0.0)
LONG_AGO: Final = 5
"""After so many epochs their mean says how long one takes, start-up or not."""


@dataclass(frozen=True, slots=True)
class Bar:
    """How far the newest lines of the log say that the epoch in work is."""

    part: float | None
    words: SpeedWords


class EndingWatch:
    """Foretells the end of one run, looked at again and again."""

    def __init__(self) -> None:
        self._settings = EndingSettingsFile()
        self._epoch: int | None = None
        self._seen: list[tuple[int, float]] = []
        """(epoch, seconds of training) of ends that were watched: not every trainer tells."""

    def eta(
        self,
        run: ReadRun,
        table: MetricTable,
        epochs: int | None,
        results: Path | None,
        bar: Bar,
        now_s: float,
        expected: Expected | None = None,
    ) -> Eta | None:
        """Return when the run ends; None for one that is over or of which nothing is known."""
        state = run.state
        began_s = (state.attempt_started or state.started) if state else None
        is_going = run.phase in (Phase.RUNNING, Phase.UNSUPERVISED)
        if not is_going or state is None or began_s is None:
            return None
        trained_s = state.earlier_s + max(0.0, now_s - began_s)
        is_found_log = results is not None and results == RunPaths(results.parent).log
        is_log = reads_log(run.record.reader) or is_found_log
        written_s = None if is_log else _modified(results)
        since_s = None if written_s is None else max(0.0, now_s - max(written_s, began_s))
        settings = self._settings.read(results, run.record.document)
        if table.axis is Axis.STEP:
            written_at_s = trained_s - (since_s or 0.0)
            return eta_by_steps(table, settings.max_steps, since_s, written_at_s)
        if table.epoch is None:
            spent_s = bar.words.elapsed_s or now_s - began_s
            return remaining((), epochs, spent_s, part=bar.part)
        self._watch(table.epoch, trained_s, since_s)
        if since_s is None and self._seen and self._seen[-1][0] == table.epoch:
            since_s = max(0.0, trained_s - self._seen[-1][1])
        outlook = Outlook(
            resumed_after=table.resumed_after,
            close_mosaic=settings.close_mosaic or 0,
            earliest_epoch=earliest_end(table.series, settings.patience, table.epoch),
            expected=expected if state.attempt == 1 else None,
        )
        ends = table.epoch_ends or self._watched(table.epoch, trained_s, bar.part)
        return remaining(ends, epochs, since_s, part=bar.part, outlook=outlook)

    def _watch(self, epoch: int, trained_s: float, since_s: float | None) -> None:
        """Note the end of an epoch, once.

        A log goes on being written after it: there it is the moment at which it was noticed,
        and of the epoch that is the last one at the first look nobody knows.
        """
        before, self._epoch = self._epoch, epoch
        if before is not None and epoch < before:
            self._seen.clear()
        elif epoch != before and (since_s is not None or before is not None):
            self._seen.append((epoch, max(0.0, trained_s - (since_s or 0.0))))
            del self._seen[:-LOOK_BACK]

    def _watched(
        self, epoch: int, trained_s: float, part: float | None
    ) -> Sequence[tuple[int, float]]:
        """Return the ends that were watched; before there are any, one by the time so far."""
        if not self._seen or self._seen[-1][0] != epoch:
            so_far = epoch + (0.5 if part is None else part)
            return ((epoch, trained_s * epoch / so_far),)
        first = self._seen[0][0]
        return (A_START, *self._seen) if first >= LONG_AGO and len(self._seen) > 1 else self._seen


def eta_by_steps(
    table: MetricTable, max_steps: int | None, since_s: float | None, written_at_s: float
) -> Eta | None:
    """Return the end of a training that counts steps, from the rows that it wrote.

    Where these bear no times, `written_at_s`, the seconds of training up to the last one, say
    how long a step takes. None where nobody knows how many steps there will be.
    """
    last = max((one.x[-1] for one in table.series.values() if one.x), default=0.0)
    if max_steps is None or last < 1:
        return None
    times = table.scales.get(Axis.TIME)
    if times is None or not times.x:
        steps = ((int(last), written_at_s),)
        return remaining(steps, max_steps, since_s, outlook=Outlook(what="step"))
    steps_of, walls = times.x[-LOOK_BACK:], times.values[-LOOK_BACK:]
    gaps = [after - before for before, after in pairwise(steps_of) if after > before]
    every = statistics.median(gaps) if gaps else steps_of[-1]
    if every <= 0:
        return None
    rows = {round(x / every): wall_s for x, wall_s in zip(steps_of, walls, strict=True)}
    left = max(0.0, max_steps - steps_of[-1]) / every
    ends = [(row, wall_s - walls[0]) for row, wall_s in sorted(rows.items())]
    return remaining(ends, max(rows) + math.ceil(left), since_s, outlook=Outlook(what="row"))


def part_of_epoch(table: MetricTable, words: Sequence[str], epoch: int | None) -> float | None:
    """Return how much of the epoch in work is done, from the results or the newest bar."""
    if table.epoch_part is not None:
        return table.epoch_part
    for line in reversed(words[-4:]):
        progress = parse_epoch_progress(line)
        if progress is not None:
            at, _, part = progress
            return part if at == (epoch or 0) + 1 else None
    return None


def _modified(file: Path | None) -> float | None:
    try:
        return file.stat().st_mtime if file is not None else None
    except OSError:
        return None
