"""One run, looked at again and again: what changed is read, the rest is remembered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cockpit.analysis.throughput import data_wait, samples_per_s
from cockpit.calibrations.calibration import Foretold
from cockpit.calibrations.lines import foretold_in
from cockpit.files import read_json
from cockpit.metrics.series import MetricTable, ended_well
from cockpit.metrics.speed_lines import SpeedWords, speed_of
from cockpit.processes.identity import is_alive
from cockpit.runs.attempt import AttemptRecord, parse_attempt
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import ReadRun, read_processes, read_run
from cockpit.runs.record import ProcessRecord, RunRecord, StateRecord
from cockpit.views.as_written import (
    as_asked,
    problem_of,
    table_of,
    view_as_written,
    world_of,
)
from cockpit.views.eta import Bar, EndingWatch, part_of_epoch
from cockpit.views.expected import expected_of
from cockpit.views.gpu_ranks import planned_ranks
from cockpit.views.headline import headline_of
from cockpit.views.left_files import LeftFiles
from cockpit.views.results import ResultsTail
from cockpit.views.run_copy import as_copy
from cockpit.views.run_view import Opened, RunProcess, RunView
from cockpit.views.tail import last_words
from cockpit.views.trainer_facts import TrainerWatch

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
        if is_over and run.state is not None and run.state.exit_code == 0:
            table = ended_well(table)
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
        log_bytes, words = (0, ()) if is_listed else last_words(self.paths.log)
        speed = SpeedWords() if run.phase.is_over else speed_of(words)
        view = view_as_written(run, self.paths, now_s, self._opened)
        view = self._with_curves(view, run, table, speed)
        if is_listed:
            return view
        view = self._with_end(replace(view, log_bytes=log_bytes), run, words, speed)
        return self._with_files(view, run)

    def _with_curves(
        self, view: RunView, run: ReadRun, table: MetricTable, speed: SpeedWords
    ) -> RunView:
        """Add what the curves tell, and where they come from."""
        record, state, tail = run.record, run.state, self._results
        epoch = table.epoch if table.epoch is not None else (state.epoch if state else None)
        problem, remedy = problem_of(run, table, epoch)
        started = self._started_attempt(state)
        asked = as_asked(record, started)
        ranked = started or record
        view = replace(
            view,
            problem=problem,
            remedy=remedy,
            metrics=table,
            epoch=epoch,
            epochs=(state.epochs if state else None) or record.epochs or table.epochs,
            samples_per_s=samples_per_s(table, speed, world_of(asked)),
            data_wait=data_wait(table.series, speed),
            results=record.results,
            trainer=table.facts,
            reader=record.reader,
            asked=asked,
            headline=headline_of(table, record.headline),
            gpu_ranks=planned_ranks(ranked.gpu_uuids, ranked.world_size),
        )
        if tail is None:
            return view
        return replace(
            view,
            reading=tail.part_read,
            results=tail.path,
            results_written=tail.written,
            found=tail.found_words,
            reader=tail.reader,
        )

    def _with_end(
        self, view: RunView, run: ReadRun, words: Sequence[str], speed: SpeedWords
    ) -> RunView:
        """Add how far the epoch in work is, and when the run ends, as foretold and as it runs."""
        table, foretold, eta = view.metrics, self._read_foretold(), None
        part = None if view.phase.is_over else part_of_epoch(table, words, view.epoch)
        if view.reading is None:
            bar, expected = Bar(part, speed), expected_of(foretold)
            eta = self._ending.eta(run, table, view.epochs, view.results, bar, view.time, expected)
        return replace(view, epoch_part=part, foretold=foretold, eta=eta)

    def _with_files(self, view: RunView, run: ReadRun) -> RunView:
        """Add what lies and runs beside it, and what its trainer says of itself."""
        left = self._left_files(run.record, is_over=view.phase.is_over)
        trainer = self._trainer_watch(run.record)
        facts = trainer.read(view.metrics.facts)
        is_going = run.state is not None and not view.phase.is_over
        noticed = trainer.alerts(run, view.asked) if is_going else ()
        processes = () if self._opened else read_processes(self.paths)
        return replace(
            view,
            trainer=facts,
            alerts=(*view.alerts, *noticed),
            checkpoints=left.checkpoints(view.metrics, view.headline, view.time),
            outputs=left.outputs(view.time, view.results),
            processes=tuple(map(as_process, processes)),
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


def as_process(record: ProcessRecord) -> RunProcess:
    """Return a recorded process with whether it still runs."""
    alive = is_alive(record.identity)
    return RunProcess(record.identity, record.role, record.rank, record.argv, alive)
