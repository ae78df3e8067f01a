"""A run folder of cockpit that was copied here: its paths lead elsewhere, its phase is hearsay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cockpit.files import stamp
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import ReadRun
from cockpit.runs.record import RunRecord


def as_copy(run: ReadRun, paths: RunPaths) -> ReadRun:
    """Return a run as its copy tells it: an end that was written is true, anything else is not.

    A copy of a run that was running says nothing of now.
    """
    written = run.state.phase if run.state is not None else None
    phase = written if written is not None and written.is_over else Phase.OPENED
    record = relocated(run.record, paths)
    return replace(run, record=record, phase=phase, is_remote=True, has_supervisor=False)


def relocated(record: RunRecord, paths: RunPaths) -> RunRecord:
    """Return the record with the paths that lie inside of the copy; others are of another disk."""
    is_kept = record.results and stamp(paths.kept_results / record.results.name) is not None
    results = record.results if is_kept else _inside(record.results, record.run_id, paths.root)
    checkpoint = _inside(record.checkpoint, record.run_id, paths.root)
    return replace(record, results=results, results_before=None, checkpoint=checkpoint)


def _inside(path: Path | None, run_id: str, root: Path) -> Path | None:
    """Return where a file of the run's folder lies in its copy; None for one outside of it."""
    if path is None:
        return None
    if path.is_relative_to(root):  # it was made relative to the copy before
        return path
    parts = path.parts
    if run_id not in parts:
        return None
    return root.joinpath(*parts[parts.index(run_id) + 1 :])
