"""How a run ended: its phase, the reason, and the figures that are kept of it."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cockpit.analysis.cause import Cause
from cockpit.analysis.log_line import LogLine, parse_log
from cockpit.analysis.loss_health import NAN, judge_losses
from cockpit.analysis.meanings import MEANINGS
from cockpit.files import read_end
from cockpit.metrics.series import MetricTable, ended_well
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.record import MetricSummary, RunRecord
from cockpit.supervise.journal import say
from cockpit.supervise.losses import rate_of
from cockpit.views.explain import cause_of_run
from cockpit.views.headline import headline_of
from cockpit.views.results import ResultsTail, results_path

END_BYTES: Final = 256 << 10
"""So much of the log's end is searched for the cause."""
SHORT_REMEDY: Final = "cockpit resume goes on; cockpit logs says why it ended"
_STOPPED_EARLY: Final = re.compile(
    r"stopped early|stopping (?:training )?early|no improvement (?:observed )?in (?:the )?last"
    r"|did not improve in the last|early.?stopp(?:ed|ing)[.!]*\s*$"
    r"|early.?stopp(?:ed|ing)[.!,:]*\s+(?:triggered|activated|condition|reached|now|because"
    r"|due to|at (?:the )?epoch|after (?:epoch|\d))",
    re.IGNORECASE,
)
"""That it stopped, in the words of Ultralytics, Lightning and hand-made loops.

That it might (`patience 50`) and that it counts (`EarlyStopping counter: 3 out of 7`) is no end.
"""
FULL_BYTES: Final = 256 << 10
"""Less than this is free: our own reserve may be all that is."""
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
    cause: str | None = None
    """The stable code of the problem, where it has one."""


def judge(
    record: RunRecord,
    paths: RunPaths,
    exit_code: int | None,
    *,
    was_asked: bool,
    epochs: int | None = None,
    batch: int | None = None,
    oom_kills: int = 0,
) -> Verdict:
    """Return the verdict on a job that is gone; keep a copy of results that lie elsewhere.

    `epochs` is how many this attempt was to do, `batch` that of one of its ranks; `oom_kills`: so
    many processes did the kernel kill for lack of memory meanwhile.
    """
    results = ResultsTail(record, paths)
    table = results.read_all()
    if exit_code == 0:
        table = ended_well(table)
    if table.series:
        keep_results(record.results or results.path, paths)
    epochs = epochs or record.epochs or table.epochs
    reached = Reached(table.epoch, epochs, stopped_early=has_stopped_early(paths.log))
    phase = phase_at_end(exit_code, reached, was_asked=was_asked)
    problem, remedy, code = table.problem, None, None
    if phase is Phase.FAILED and exit_code == 0:
        cause = cut_short(paths, f"exit code 0, but only {table.epoch} of {epochs} epochs")
        problem, remedy, code = cause.what, cause.remedy, cause.code
    elif phase is Phase.FAILED:
        cause = reason(
            paths,
            exit_code,
            is_complete=reached.is_complete,
            batch=batch,
            oom_kills=oom_kills,
        )
        if exit_code is None and cause.code == "unknown" and reached.is_short:
            said = f"ended after {table.epoch} of {epochs} epochs, and nobody saw how"
            cause = Cause("unknown", said, remedies=(SHORT_REMEDY,))
        problem, remedy, code = cause.what, cause.remedy, cause.code
    elif phase is Phase.SUCCEEDED and reached.is_short:
        problem = f"stopped early by its trainer, after epoch {table.epoch} of {epochs}"
    elif phase is Phase.SUCCEEDED and epochs and table.epoch is None and problem is None:
        problem = unread(record, paths)
    if phase is Phase.SUCCEEDED and problem is None:
        problem, remedy = useless(record, table)
    return Verdict(phase, problem, remedy, table.epoch, epochs, summarise(record, table), code)


def unread(record: RunRecord, paths: RunPaths) -> str | None:
    """Say that nothing bears out exit code 0: the preset names results, and no epoch is in them."""
    file = results_path(record, paths)
    if file is None:
        return None
    why = "holds no epoch of this run" if file.exists() else "does not exist"
    return f"exit code 0, but no epoch was seen: {file} {why}"


def useless(record: RunRecord, table: MetricTable) -> tuple[str | None, str | None]:
    """Say that a training that ended well taught nothing, and what to try: its loss is NaN."""
    for one in judge_losses(table, rate_of(record)):
        if one.code == NAN:
            return f"all went well, but {one.what}", one.remedy
    return None, None


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a training came."""

    epoch: int | None
    epochs: int | None
    stopped_early: bool = False
    """Its trainer says that it found no more improvement."""

    @property
    def is_complete(self) -> bool:
        """All epochs are done, or its trainer said that it needs no more."""
        return self.epoch is not None and self.epochs is not None and self.epoch >= self.epochs

    @property
    def is_short(self) -> bool:
        """Some epochs are missing, as far as the trainer tells."""
        return self.epoch is not None and self.epochs is not None and self.epoch < self.epochs


def has_stopped_early(log: Path) -> bool:
    """Say whether the end of a log tells that the trainer found no more improvement."""
    return any(_STOPPED_EARLY.search(line.text) for line in last_lines(log))


def keep_results(source: Path | None, paths: RunPaths) -> None:
    """Copy a results file that the next run will overwrite; a large or unwritable one stays.

    When it was last written is kept, too: that places its last row on the clock.
    """
    if source is None or source.is_relative_to(paths.root):
        return
    try:
        if source.is_file() and source.stat().st_size <= KEPT_BYTES:
            paths.kept_results.mkdir(exist_ok=True)
            shutil.copy2(source, paths.kept_results / source.name)
    except OSError as error:
        say(f"{source} cannot be kept: {error.strerror}")


def phase_at_end(exit_code: int | None, reached: Reached, *, was_asked: bool) -> Phase:
    """Return how the run ended. Pure.

    Exit code 0 is believed only as far as the epochs bear it out; without an exit code (adopted)
    the epochs decide.
    """
    if was_asked:
        return Phase.SUCCEEDED if exit_code == 0 and reached.is_complete else Phase.STOPPED
    if exit_code is None:
        is_done = reached.is_complete or (reached.epoch is not None and reached.stopped_early)
        return Phase.SUCCEEDED if is_done else Phase.FAILED
    is_short = reached.is_short and not reached.stopped_early
    return Phase.SUCCEEDED if exit_code == 0 and not is_short else Phase.FAILED


def reason(
    paths: RunPaths,
    exit_code: int | None,
    *,
    is_complete: bool,
    batch: int | None = None,
    oom_kills: int = 0,
) -> Cause:
    """Return why it failed; that all epochs were done is said first: the weights are there."""
    found, _ = cause_of_run(
        paths, exit_code, batch=batch, oom_kills=oom_kills, most_bytes=END_BYTES
    )
    cause = found or Cause("unknown", "ended, and nobody saw how")
    if cause.code == "unknown" and is_full(paths.root):
        meaning = MEANINGS["disk_full"]
        what = f"{meaning.what}, and took no more of the log: {cause.what}"
        cause = Cause("disk_full", what, remedies=meaning.remedies)
    if not is_complete:
        return cause
    return replace(cause, what=f"all epochs done, then {cause.what}")


def cut_short(paths: RunPaths, what: str) -> Cause:
    """Return why a job left early and called it a success: what its log says, where it does."""
    found, _ = cause_of_run(paths, None, most_bytes=END_BYTES)
    if found is None or found.code == "unknown":
        return Cause("unknown", what, remedies=(SHORT_REMEDY,))
    return replace(found, what=f"{what}: {found.what}")


def is_full(folder: Path) -> bool:
    """Say whether the disk of a folder takes next to nothing any more."""
    try:
        return shutil.disk_usage(folder).free < FULL_BYTES
    except OSError:
        return False


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
                    best.x if best else None,
                )
            )
    return tuple(found)
