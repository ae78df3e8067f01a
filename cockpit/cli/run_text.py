"""One run as labelled lines, for `cockpit show`. Pure."""

from __future__ import annotations

import shlex

from cockpit import units
from cockpit.analysis.alerts.limits import Targets
from cockpit.cli import words
from cockpit.cli.instrument_text import alert_lines, figure_lines, usage_line
from cockpit.views.run_view import RunView


def text_of(view: RunView, targets: Targets) -> list[str]:
    """Return the run as labelled lines."""
    facts = [
        *_state(view),
        *alert_lines(view),
        *_job(view),
        ("takes", usage_line(view)),
        *figure_lines(view, targets),
        *_metrics(view),
        *_files(view),
    ]
    width = max(len(label) for label, _ in facts)
    lines = [f"{label.ljust(width)}  {value}" for label, value in facts if value]
    return [f"{words.phase_word(view.phase)}  {view.run_id}", *lines]


def _state(view: RunView) -> list[tuple[str, str]]:
    exit_code = "" if view.exit_code is None else str(view.exit_code)
    return [
        ("problem", view.problem or ""),
        ("try", view.remedy or ""),
        ("epochs", words.progress(view)),
        ("attempt", str(view.attempt) if view.attempt > 1 else ""),
        ("time", words.ending(view)),
        ("exit code", exit_code),
        ("host", words.age_of_word(view) or view.host),
        ("runs on", f"{words.where(view)} {', '.join(view.asked.gpu_names)}".strip()),
        ("speed", units.rate(view.samples_per_s, "samples") if view.samples_per_s else ""),
    ]


def _job(view: RunView) -> list[tuple[str, str]]:
    asked = view.asked
    env = " ".join(f"{name}={shlex.quote(text)}" for name, text in asked.env.items())
    changes = asked.git.changed_files if asked.git else 0
    git = asked.git.commit + (f" + {changes} changed files" if changes else "") if asked.git else ""
    batch = ""
    if asked.global_batch is not None:
        batch = f"{asked.global_batch} = {asked.batch_per_rank} × {asked.world_size} ranks"
    processes = [
        ("process" if number == 0 else "", _process_line(view, number))
        for number in range(min(len(view.processes), 20))
    ]
    return [
        ("preset", view.preset),
        ("command", shlex.join(asked.argv)),
        ("in", str(asked.cwd)),
        ("environment", env),
        ("global batch", batch),
        ("python", f"{asked.python} ({asked.python_version}), torch {asked.torch}"),
        ("git", git),
        *processes,
    ]


def _process_line(view: RunView, number: int) -> str:
    process = view.processes[number]
    rank = "" if process.rank is None else f" {process.rank}"
    state = "alive" if process.is_alive else "gone"
    return f"{process.identity.pid:>7}  {process.role}{rank}  {state}"


def _metrics(view: RunView) -> list[tuple[str, str]]:
    lines = []
    for name, series in view.metrics.series.items():
        if series.last is None:
            continue
        best = series.best
        record = f"   best {units.metric(best.value)} @{best.x:.0f}" if best else ""
        lines.append((name, f"{units.metric(series.last.value)}{record}"))
    return lines


def _files(view: RunView) -> list[tuple[str, str]]:
    checkpoints = [
        (
            "checkpoint" if number == 0 else "",
            f"{one.path}  {units.binary(one.size_bytes)}, "
            f"{units.duration(view.time - one.modified)} old",
        )
        for number, one in enumerate(view.checkpoints[:8])
    ]
    return [
        *checkpoints,
        ("results", str(view.results or "")),
        ("log", f"{view.log}  {units.binary(view.log_bytes)}"),
        ("folder", str(view.directory)),
    ]
