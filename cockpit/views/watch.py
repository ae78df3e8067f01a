"""One run, looked at again and again: what changed is read, the rest is remembered."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from cockpit.analysis.throughput import World, data_wait, samples_per_s
from cockpit.calibrations.calibration import Foretold
from cockpit.calibrations.lines import foretold_in
from cockpit.files import read_json
from cockpit.metrics.series import MetricSeries, MetricTable
from cockpit.metrics.speed_lines import SpeedWords, speed_of
from cockpit.processes.identity import is_alive
from cockpit.runs.attempt import AttemptRecord, parse_attempt
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import ReadRun, read_processes, read_run
from cockpit.runs.record import MetricSummary, ProcessRecord, RunRecord, StateRecord
from cockpit.views.eta import Bar, EndingWatch, part_of_epoch
from cockpit.views.expected import expected_of
from cockpit.views.gpu_ranks import planned_ranks
from cockpit.views.headline import headline_of
from cockpit.views.left_files import LeftFiles
from cockpit.views.results import ResultsTail
from cockpit.views.run_copy import as_copy
from cockpit.views.run_view import Asked, GitState, Opened, RunProcess, RunView
from cockpit.views.tail import last_words
from cockpit.views.trainer_facts import TrainerWatch
from cockpit.views.trainer_settings import settings_of_preset

LOST_PERIOD_S: Final = 10.0
"""Looking for processes of a lost run reads every environment: not each second."""


class RunWatch:
    """Reads one run into RunViews. Cheap when nothing changed."""

    def __init__(self, paths: RunPaths, opened: Opened | None = None) -> None:
        """Take the folder; `opened`: it is a copy, whose run belongs to somebody else."""
        self.paths = paths
        self._opened = opened
        self._left: LeftFiles | None = None
        self._record: RunRecord | None = None
        self._results: ResultsTail | None = None
        self._ending = EndingWatch()
        self._trainer: TrainerWatch | None = None
        self._foretold: Foretold | None = None
        self._attempt: AttemptRecord | None = None
        self._attempts_read = 1
        """The first is no resume."""
        self._resumed_after: set[float] = set()
        self._final: RunView | None = None
        self._final_stamp = 0
        self._looked_s = 0.0

    def read(
        self, now_s: float, *, with_curves: bool = True, patience_s: float = math.inf
    ) -> RunView | None:
        """Return the run at `now_s`, or None when its folder holds none.

        Without curves a run that is over is shown from its state alone: a list of a thousand
        old runs opens no results file. A lost one is read all the same: nobody wrote its end.
        Results that take longer than `patience_s` come in parts; the view says how far they are.
        """
        if self._final is not None and self._is_still(self._final, now_s):
            return replace(self._final, time=now_s)
        stamp = self._stamp()
        run = read_run(self.paths, self._record)
        if run is None:
            return None
        if self._opened is not None:
            run = as_copy(run, self.paths)
        self._record = run.record
        is_over = run.phase.is_over
        if is_over and run.phase is not Phase.LOST and not with_curves:
            return self._view(run, table_of(run), now_s, is_listed=True)
        table = self._with_resumes(self._read_results(run, patience_s), run.state)
        view = self._view(run, table, now_s)
        if is_over and view.reading is None:
            self._final, self._final_stamp = view, stamp
            self._looked_s = now_s
        return view

    def _read_results(self, run: ReadRun, patience_s: float) -> MetricTable:
        tail, is_over = self._results, run.phase.is_over
        is_in_part = tail is not None and tail.part_read is not None
        if tail is not None and not is_over and not is_in_part:
            return tail.read()
        if tail is None or not is_in_part:  # at the end the supervisor may have kept a copy
            patience_s = patience_s if tail is None else math.inf
            self._results = tail = ResultsTail(run.record, self.paths)
        return tail.read_all(patience_s=patience_s)

    def _started_attempt(self, state: StateRecord | None) -> AttemptRecord | None:
        """Return what was really started last; it is written once."""
        number = state.attempt if state is not None else 1
        if number == 1 and self._record is not None and not self._record.queues:
            return None  # run.json says it already
        if self._attempt is None or self._attempt.attempt != number:
            self._attempt = parse_attempt(read_json(self.paths.attempt(number)))
        return self._attempt

    def _read_foretold(self) -> Foretold | None:
        """Return what was foretold; it is written once."""
        if self._foretold is None:
            self._foretold = foretold_in(read_json(self.paths.forecast))
        return self._foretold

    def _planned_ranks(self, record: RunRecord, state: StateRecord | None) -> dict[str, int | None]:
        started = self._started_attempt(state) or record
        return planned_ranks(started.gpu_uuids, started.world_size)

    def _with_resumes(self, table: MetricTable, state: StateRecord | None) -> MetricTable:
        """Return the curves with the epochs after which an attempt went on.

        A trainer that appends neatly leaves no trace of it in its results.
        """
        for number in range(self._attempts_read + 1, (state.attempt if state else 1) + 1):
            attempt = parse_attempt(read_json(self.paths.attempt(number)))
            if attempt is None:
                break
            self._attempts_read = number
            if attempt.checkpoint is not None and attempt.epoch:
                self._resumed_after.add(float(attempt.epoch))
        known = self._resumed_after | set(table.resumed_after)
        if known == set(table.resumed_after):
            return table
        return replace(table, resumed_after=tuple(sorted(known)))

    def _is_still(self, final: RunView, now_s: float) -> bool:
        """Say whether a run that was over still is: lost ones are looked for again, but seldom."""
        is_due = final.phase is Phase.LOST and abs(now_s - self._looked_s) > LOST_PERIOD_S
        return self._final_stamp == self._stamp() and not is_due

    def _stamp(self) -> int:
        try:
            return self.paths.state.stat().st_mtime_ns
        except OSError:
            return 0

    def _view(
        self, run: ReadRun, table: MetricTable, now_s: float, *, is_listed: bool = False
    ) -> RunView:
        """Return the run; `is_listed`: without its log, processes and checkpoints."""
        record, state = run.record, run.state
        log_bytes, words = (0, ()) if is_listed else last_words(self.paths.log)
        epochs = (state.epochs if state else None) or record.epochs or table.epochs
        epoch = table.epoch if table.epoch is not None else (state.epoch if state else None)
        problem, remedy = problem_of(run, table, epoch)
        asked = as_asked(record, self._started_attempt(state))
        is_over = run.phase.is_over
        speed = SpeedWords() if is_over else speed_of(words)
        reading = self._results.part_read if self._results else None
        part = None if is_over else part_of_epoch(table, words, epoch)
        results = self._results.path if self._results else record.results
        headline = headline_of(table, record.headline)
        left = None if is_listed else self._left_files(record, is_over=run.phase.is_over)
        trainer = None if is_listed else self._trainer_watch(record)
        foretold = None if is_listed else self._read_foretold()
        return RunView(
            run_id=str(self._opened.path) if self._opened else self.paths.run_id,
            name=record.name,
            preset=record.preset,
            directory=self.paths.root,
            phase=run.phase,
            time=now_s,
            host=record.host,
            is_remote=run.is_remote,
            last_sign=state.touched if state else None,
            created=record.created,
            started=state.started if state else None,
            attempt_started=state.attempt_started if state else None,
            earlier_s=state.earlier_s if state else 0.0,
            ended=state.ended if state else None,
            exit_code=state.exit_code if state else None,
            problem=problem,
            remedy=remedy,
            is_simulated=record.is_simulated,
            gpus=run.gpus,
            attempt=state.attempt if state else 1,
            queue_place=state.queue_place if state and not run.phase.is_over else None,
            next_attempt=state.next_attempt if state and not run.phase.is_over else None,
            cause=state.cause if state else None,
            metrics=table,
            epoch=epoch,
            epochs=epochs,
            epoch_part=part,
            reading=reading,
            eta=None
            if reading is not None
            else self._ending.eta(
                run, table, epochs, results, Bar(part, speed), now_s, expected_of(foretold)
            ),
            foretold=foretold,
            samples_per_s=samples_per_s(table, speed, world_of(asked)),
            data_wait=data_wait(table.series, speed),
            results=results,
            results_written=self._results.written if self._results else None,
            found=self._results.found_words if self._results else None,
            trainer=trainer.read(table.facts) if trainer else table.facts,
            reader=self._results.reader if self._results else record.reader,
            checkpoints=left.checkpoints(table, headline, now_s) if left else (),
            outputs=left.outputs(now_s, results) if left else (),
            settings=settings_of_preset(record.document),
            opened=self._opened,
            processes=()
            if is_listed or self._opened
            else tuple(map(as_process, read_processes(self.paths))),
            supervisor=state.supervisor if state else None,
            supervisor_is_alive=run.has_supervisor,
            log=self.paths.log,
            log_bytes=log_bytes,
            asked=asked,
            headline=headline,
            alerts=(*state.alerts, *(trainer.alerts(run, asked) if trainer else ()))
            if state and not is_over
            else (),
            gpu_figures=state.gpu_figures if state else (),
            gpu_ranks=self._planned_ranks(record, state),
            usage=state.usage if state and not run.phase.is_over else None,
        )

    def _trainer_watch(self, record: RunRecord) -> TrainerWatch:
        if self._trainer is None:
            self._trainer = TrainerWatch(self.paths.log, record.reader)
        return self._trainer

    def _left_files(self, record: RunRecord, *, is_over: bool) -> LeftFiles:
        """Return what looks for files; anew at the end, for that look is kept."""
        if self._left is None or is_over:
            since = None if self._opened else record.created
            place = record.checkpoint
            self._left = LeftFiles((self.paths.out,), expected=place, since=since, is_over=is_over)
        return self._left


def problem_of(
    run: ReadRun, table: MetricTable, epoch: int | None
) -> tuple[str | None, str | None]:
    """Return what is wrong with the run and what to try."""
    last = f"epoch {epoch} is the last one done" if epoch else "no epoch was finished"
    match run.phase:
        case Phase.LOST:
            resume = f"cockpit resume {run.record.run_id}"
            if run.state is None or run.state.job is None:
                return "its supervisor was killed before the job began", "start it again"
            if run.state.phase is Phase.QUEUED:
                waited = f"its supervisor was killed between two attempts: {run.state.problem}"
                return waited, resume
            what = f"gone, and nobody saw how: the supervisor and the job were both killed; {last}"
            return what, resume if run.record.checkpoint else "start it again"
        case Phase.UNSUPERVISED if run.state and run.state.phase is Phase.STOPPING:
            what = "the supervisor was killed while it stopped the run, the job is still there"
            return what, f"cockpit stop {run.record.run_id}"
        case Phase.UNSUPERVISED:
            return "the supervisor is gone, the job goes on", f"cockpit adopt {run.record.run_id}"
        case _:
            if run.state is not None and run.state.problem:
                return run.state.problem, run.state.remedy
            return table.problem, None


def table_of(run: ReadRun) -> MetricTable:
    """Return the curves' ends as they are kept in the state of a run that is over."""
    summary = run.state.summary if run.state else ()
    series = {one.name: _two_points(one, run.state.epoch if run.state else None) for one in summary}
    return MetricTable(series=series, epoch=run.state.epoch if run.state else None)


def as_process(record: ProcessRecord) -> RunProcess:
    """Return a recorded process with whether it still runs."""
    alive = is_alive(record.identity)
    return RunProcess(record.identity, record.role, record.rank, record.argv, alive)


def as_asked(record: RunRecord, started: AttemptRecord | None) -> Asked:
    """Return what was asked and, of its newest attempt, what was started, for people."""
    git = None
    if record.git_commit is not None:
        git = GitState(record.git_commit, record.git_changed_files or 0)
    return Asked(
        argv=started.argv if started else record.argv,
        env=dict(started.env if started else record.env),
        cwd=started.cwd if started else record.cwd,
        world_size=started.world_size if started else record.world_size,
        global_batch=started.global_batch if started else record.global_batch,
        batch_per_rank=started.batch_per_rank if started else record.batch_per_rank,
        gpu_names=record.gpu_names,
        python=record.python,
        python_version=record.python_version,
        torch=record.torch,
        git=git,
    )


def world_of(asked: Asked) -> World:
    """Return what a step of all its ranks sees."""
    return World(asked.world_size, asked.batch_per_rank, asked.global_batch)


def _two_points(summary: MetricSummary, epoch: int | None) -> MetricSeries:
    points = {float(epoch or 1): summary.last}
    if summary.best is not None and summary.best_epoch is not None:
        points.setdefault(summary.best_epoch, summary.best)
    epochs = tuple(sorted(points))
    return MetricSeries(summary.name, epochs, tuple(points[at] for at in epochs))
