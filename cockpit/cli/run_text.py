"""One run as labelled lines, for `cockpit show`. Pure."""

from __future__ import annotations

import shlex
from typing import Final

from cockpit import units
from cockpit.analysis.alerts.limits import Targets
from cockpit.cli import words
from cockpit.cli.files_text import file_lines
from cockpit.cli.instrument_text import alert_lines, figure_lines, usage_line
from cockpit.cli.text_width import plain
from cockpit.views.foretold import foretold_words
from cockpit.views.run_view import RunView
from cockpit.views.trainer_settings import ordered
from cockpit.views.trainer_words import trainer_words

MOST_SETTINGS: Final = 24


def text_of(view: RunView, targets: Targets) -> list[str]:
    """Return the run as labelled lines."""
    facts = [
        *_state(view),
        *alert_lines(view),
        *(_job(view) if view.asked.argv else ()),
        *_settings(view),
        ("takes", usage_line(view)),
        *figure_lines(view, targets),
        *_metrics(view),
        *file_lines(view),
    ]
    width = max(len(label) for label, _ in facts)
    lines = [f"{label.ljust(width)}  {value}" for label, value in facts if value]
    return [f"{words.phase_word(view.phase)}  {view.run_id}", *lines]


def _state(view: RunView) -> list[tuple[str, str]]:
    exit_code = "" if view.exit_code is None else str(view.exit_code)
    return [
        ("is", f"{view.opened.kind}, not started here" if view.opened else ""),
        ("problem", view.problem or ""),
        ("try", view.remedy or ""),
        ("epochs", words.progress(view)),
        ("attempt", str(view.attempt) if view.attempt > 1 else ""),
        ("time", words.ending_in_full(view)),
        ("rests on", view.eta.basis if view.eta else ""),
        ("foretold", foretold_words(view)),
        ("exit code", exit_code),
        ("host", words.age_of_word(view) or view.host),
        ("runs on", f"{words.where(view)} {', '.join(view.asked.gpu_names)}".strip()),
        ("speed", units.rate(view.samples_per_s, "samples") if view.samples_per_s else ""),
        ("trainer says", trainer_words(view.trainer)),
        ("data wait", "" if view.data_wait is None else f"{100 * view.data_wait:.0f} %"),
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


def _settings(view: RunView) -> list[tuple[str, str]]:
    """Return what the trainer of an opened run was told; of an own one the command says it."""
    if view.asked.argv:
        return []
    pairs = [f"{plain(key)}={plain(value)}" for key, value in ordered(view.settings)]
    more = f" … {len(pairs) - MOST_SETTINGS} more" if len(pairs) > MOST_SETTINGS else ""
    return [("settings", " ".join(pairs[:MOST_SETTINGS]) + more)]


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
        best = series.record
        record = f"   best {units.metric(best.value)} @{best.x:.0f}" if best else ""
        lines.append((plain(name), f"{units.metric(series.last.value)}{record}"))
    return lines
