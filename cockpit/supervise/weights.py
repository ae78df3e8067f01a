"""The weights that a run left: found by the run's name, and looked for on disk."""

from __future__ import annotations

from pathlib import Path

from cockpit import locations
from cockpit.errors import EnvironmentNotFit
from cockpit.files import read_json
from cockpit.runs.catalog import find_run, list_runs
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord, parse_run


def record_of(text: str) -> tuple[RunPaths, RunRecord]:
    """Return the run that a unique prefix of an id names, or `last`. Raises RunNotFound."""
    runs_dir = locations.runs_dir()
    run_id = find_run(text, [paths.run_id for paths in list_runs(runs_dir)])
    paths = RunPaths(runs_dir / run_id)
    record = parse_run(read_json(paths.run))
    if record is None:
        raise EnvironmentNotFit(f"{paths.run} cannot be read", "cockpit runs")
    return paths, record


def weights_of(which: str, text: str) -> str:
    """Return the path of a run's `best` or `last` weights; raises EnvironmentNotFit, RunNotFound.

    `text` names the run as everywhere.
    """
    return existing_weights(which, record_of(text)[1])


def existing_weights(which: str, record: RunRecord) -> str:
    """Return the same of a record."""
    path = weights_path(which, record)
    if path is None:
        raise EnvironmentNotFit(
            f"{record.run_id}: its preset does not say where its {which} weights are",
            f"give weights.{which} in {record.preset_file}, and run it again",
        )
    if not path.exists():
        raise EnvironmentNotFit(
            f"{record.run_id} has no {which} weights: {path} does not exist",
            f"cockpit show {record.run_id} lists what it left",
        )
    return str(path)


def weights_path(which: str, record: RunRecord) -> Path | None:
    """Return where they should be; the last ones of an older record are its checkpoint."""
    return record.best if which == "best" else record.last or record.checkpoint
