"""Runs as JSON: the contract that scripts rely on. Missing values are null; times epoch seconds."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict

from cockpit.files import SURROGATES
from cockpit.metrics.series import MetricSeries
from cockpit.processes.identity import start_time_s
from cockpit.runs.phase import Phase
from cockpit.views.foretold import outcome_of
from cockpit.views.run_view import Checkpoint, RunProcess, RunView


def run_object(view: RunView) -> dict[str, object]:
    """Return one entry of `cockpit runs --json`."""
    return {
        "run_id": view.run_id,
        "preset": view.preset,
        "name": view.name,
        "phase": view.phase,
        "epoch": view.epoch,
        "epochs": view.epochs,
        "eta_s": round(view.eta.remaining_s, 1) if view.eta else None,
        "started": view.started,
        "ended": view.ended,
        "exit_code": view.exit_code,
        "gpus": list(view.gpus),
        "dir": str(view.directory),
    }


def show_object(view: RunView) -> dict[str, object]:
    """Return what `cockpit show --json` prints."""
    asked = view.asked
    return run_object(view) | {
        "problem": view.problem,
        "cause": view.cause,
        "eta": asdict(view.eta) if view.eta else None,
        "foretold": foretold_object(view),
        "samples_per_s": view.samples_per_s,
        "data_wait": view.data_wait,
        "attempt": view.attempt,
        "queue_place": view.queue_place,
        "next_attempt": view.next_attempt,
        "remedy": view.remedy,
        "argv": list(asked.argv),
        "env": dict(asked.env),
        "cwd": str(asked.cwd),
        "processes": [process_object(one) for one in view.processes],
        "metrics": {name: metric_object(series) for name, series in view.metrics.series.items()},
        "host": view.host,
        "gpu_names": list(asked.gpu_names),
        "simulated": view.is_simulated,
        "python": asked.python,
        "torch": asked.torch,
        "git": asdict(asked.git) if asked.git else None,
        "results": str(view.results) if view.results else None,
        "reader": view.reader,
        "found": view.found,
        "trainer": asdict(view.trainer),
        "checkpoints": [checkpoint_object(one) for one in view.checkpoints],
        "outputs": [
            {"path": str(one.path), "size_bytes": one.size_bytes, "modified": one.modified}
            for one in view.outputs
        ],
        "settings": dict(view.settings),
        "opened": opened_object(view),
        "log": str(view.log) if view.log.name else None,
        "alerts": [asdict(alert) for alert in view.alerts],
        "gpu_figures": [asdict(figures) for figures in view.gpu_figures],
        "gpu_ranks": dict(view.gpu_ranks),
        "usage": asdict(view.usage) if view.usage else None,
    }


def process_object(one: RunProcess) -> dict[str, object]:
    """Return one process of a run."""
    return {
        "pid": one.identity.pid,
        "start_time": start_time_s(one.identity),
        "role": one.role,
        "rank": one.rank,
        "alive": one.is_alive,
    }


def foretold_object(view: RunView) -> dict[str, object] | None:
    """Return what was foretold, and beside it what is known of the truth; null without the one.

    `epoch_s` and `end_s` are low, likely and high; null where no measurement told them.
    `error_pct` is by how much the prediction was longer than the truth, as a share of the truth.
    """
    if view.foretold is None:
        return None
    outcome = outcome_of(view)
    return asdict(view.foretold) | {
        "took_s": outcome.took_s if outcome else None,
        "error_pct": round(outcome.error_pct, 1) if outcome else None,
        "is_inside": outcome.is_inside if outcome else None,
    }


def checkpoint_object(one: Checkpoint) -> dict[str, object]:
    """Return a checkpoint; `readable` is null where nobody looked yet."""
    return {
        "path": str(one.path),
        "size_bytes": one.size_bytes,
        "modified": one.modified,
        "epoch": one.epoch,
        "name_says": one.said or None,
        "readable": (one.problem is None) if one.is_checked else None,
        "problem": one.problem,
    }


def opened_object(view: RunView) -> dict[str, object] | None:
    """Return what was opened; null for a run that was started here."""
    if view.opened is None:
        return None
    path, kind = str(view.opened.path), view.opened.kind
    return {"path": path, "kind": kind, "last_written": view.last_sign}


def metric_object(series: MetricSeries) -> Mapping[str, object]:
    """Return the last and the best value of a curve, each with its epoch."""
    last, best = series.last, series.best
    return {
        "last": _finite(last.value) if last else None,
        "last_epoch": last.x if last else None,
        "best": _finite(best.value) if best else None,
        "best_epoch": best.x if best else None,
    }


def dump(value: object) -> str:
    """Return JSON that every parser takes: NaN has become null."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode(errors=SURROGATES).decode()


def verdict_code(phase: Phase) -> int:
    """Return the exit code that tells a training's verdict: 0, or 4 when it did not succeed."""
    return 0 if phase is Phase.SUCCEEDED else 4


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
