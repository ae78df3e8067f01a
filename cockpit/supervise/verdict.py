"""How a run ended: its phase, the reason, and the figures that are kept of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cockpit.analysis.cause import Cause, find_cause
from cockpit.analysis.log_line import LogLine, parse_log
from cockpit.files import read_end
from cockpit.metrics.series import MetricTable
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.record import MetricSummary, RunRecord
from cockpit.supervise.journal import say
from cockpit.views.headline import headline_of
from cockpit.views.results import ResultsTail

END_BYTES: Final = 256 << 10
"""So much of the log's end is searched for the cause."""
KEPT_BYTES: Final = 32 << 20
"""A results file larger than this is not copied."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The end of a run."""

    phase: Phase
    problem: str | None
    remedy: str | None
    epoch: int | None
    epochs: int | None
    summary: tuple[MetricSummary, ...]


def judge(record: RunRecord, paths: RunPaths, exit_code: int | None, *, was_asked: bool) -> Verdict:
    """Return the verdict on a job that is gone; keep a copy of results that lie elsewhere."""
    table = ResultsTail(record, paths).read_all()
    if table.series:
        keep_results(record, paths)
    epochs = record.epochs or table.epochs
    is_complete = epochs is not None and table.epoch is not None and table.epoch >= epochs
    phase = phase_at_end(exit_code, was_asked=was_asked, is_complete=is_complete)
    cause = reason(paths.log, exit_code, is_complete=is_complete) if phase is Phase.FAILED else None
    return Verdict(
        phase,
        problem=cause.what if cause else table.problem,
        remedy=cause.remedy if cause else None,
        epoch=table.epoch,
        epochs=epochs,
        summary=summarise(record, table),
    )


def keep_results(record: RunRecord, paths: RunPaths) -> None:
    """Copy a results file that the next run will overwrite; a large or unwritable one stays."""
    source = record.results
    if source is None or source.is_relative_to(paths.root):
        return
    try:
        if source.stat().st_size <= KEPT_BYTES:
            paths.kept_results.mkdir(exist_ok=True)
            shutil.copyfile(source, paths.kept_results / source.name)
    except OSError as error:
        say(f"{source} cannot be kept: {error.strerror}")


def phase_at_end(exit_code: int | None, *, was_asked: bool, is_complete: bool) -> Phase:
    """Return how the run ended. Without an exit code (adopted) the epochs reached decide. Pure."""
    if was_asked:
        return Phase.SUCCEEDED if exit_code == 0 and is_complete else Phase.STOPPED
    if exit_code is None:
        return Phase.SUCCEEDED if is_complete else Phase.FAILED
    return Phase.SUCCEEDED if exit_code == 0 else Phase.FAILED


def reason(log: Path, exit_code: int | None, *, is_complete: bool) -> Cause:
    """Return why it failed; that all epochs were done is said first: the weights are there."""
    cause = find_cause(last_lines(log), exit_code) or Cause("unknown", "ended, and nobody saw how")
    if not is_complete:
        return cause
    return replace(cause, what=f"all epochs done, then {cause.what}")


def last_lines(log: Path) -> list[LogLine]:
    """Return the cleaned lines at the end of a log of any size, each with its rank."""
    try:
        _, text = read_end(log, END_BYTES)
    except OSError:
        return []
    return parse_log(text, None)


def summarise(record: RunRecord, table: MetricTable) -> tuple[MetricSummary, ...]:
    """Return the last and best of the headline metrics."""
    found = []
    for name in headline_of(table, record.headline)[:4]:
        series = table.series[name]
        if series.last is not None:
            best = series.best
            found.append(
                MetricSummary(
                    name,
                    series.last.value,
                    best.value if best else None,
                    best.epoch if best else None,
                )
            )
    return tuple(found)
