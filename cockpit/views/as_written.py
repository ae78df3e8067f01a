"""What the written files of a run tell of it: run.json, state.json, the attempt. Pure."""

from __future__ import annotations

from dataclasses import replace

from cockpit.analysis.throughput import World
from cockpit.metrics.series import MetricSeries, MetricTable
from cockpit.runs.attempt import AttemptRecord
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import ReadRun
from cockpit.runs.record import MetricSummary, RunRecord, StateRecord
from cockpit.views.run_view import Asked, GitState, Opened, RunView
from cockpit.views.trainer_settings import settings_of_preset


def view_as_written(
    run: ReadRun, paths: RunPaths, now_s: float, opened: Opened | None = None
) -> RunView:
    """Return what the record and the state say; curves, log and files are not looked at."""
    record = run.record
    view = RunView(
        run_id=str(opened.path) if opened else paths.run_id,
        name=record.name,
        preset=record.preset,
        directory=paths.root,
        phase=run.phase,
        time=now_s,
        host=record.host,
        is_remote=run.is_remote,
        created=record.created,
        is_simulated=record.is_simulated,
        gpus=run.gpus,
        settings=settings_of_preset(record.document),
        opened=opened,
        supervisor_is_alive=run.has_supervisor,
        log=paths.log,
    )
    return view if run.state is None else _with_state(view, run.state)


def _with_state(view: RunView, state: StateRecord) -> RunView:
    is_over = view.phase.is_over
    return replace(
        view,
        last_sign=state.touched,
        started=state.started,
        attempt_started=state.attempt_started,
        earlier_s=state.earlier_s,
        ended=state.ended,
        exit_code=state.exit_code,
        attempt=state.attempt,
        queue_place=None if is_over else state.queue_place,
        next_attempt=None if is_over else state.next_attempt,
        cause=state.cause,
        supervisor=state.supervisor,
        alerts=() if is_over else state.alerts,
        gpu_figures=state.gpu_figures,
        usage=None if is_over else state.usage,
        rank_memory_bytes=state.rank_memory_bytes,
    )


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
        gpu_names=record.gpu_names or (started.gpu_names if started else ()),
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
