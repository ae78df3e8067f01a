"""A run as a report for people: how it ended and why, its figures, what it was told."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from cockpit import units
from cockpit.analysis.cause import Cause
from cockpit.reports.markdown import code, fenced, table, words
from cockpit.runs.gpu_figures import GpuFigures
from cockpit.runs.phase import glyph
from cockpit.views.eta_words import end_in_full
from cockpit.views.run_view import Checkpoint, RunView
from cockpit.views.trainer_settings import ordered
from cockpit.views.trainer_words import trainer_words

MOST_FILES: Final = 20
MOST_EVIDENCE: Final = 12
JOULE_IN_KWH: Final = 3.6e6


def run_markdown(view: RunView, cause: Cause | None, *, written: str) -> str:
    """Return the report; `written` says when and by what."""
    parts = [
        f"# {words(view.run_id)}",
        f"**{words(_verdict(view))}.**",
        "The GPUs are SIMULATED: no figure of theirs was measured." if view.is_simulated else "",
        *_cause(view, cause),
        *_metrics(view),
        *_gpus(view.gpu_figures),
        *_facts(view),
        *_command(view),
        *_settings(view),
        *_files(view),
        f"*{words(written)}*",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verdict(view: RunView) -> str:
    done = "" if view.epoch is None else str(view.epoch)
    total = f" of {view.epochs}" if view.epochs else ""
    epochs = f"{done or 0}{total} epochs" if done or total else ""
    took = f"took {units.duration(view.duration_s)}" if view.ended and view.duration_s else ""
    ends = end_in_full(view.eta, view.time) if view.eta else ""
    told = [f"{glyph(view.phase)} {view.phase}", epochs, took, ends]
    return ", ".join(filter(None, told))


def _cause(view: RunView, cause: Cause | None) -> list[str]:
    if cause is None:
        told = [words(f"{view.problem}.")] if view.problem else []
        remedy = [f"- try: {words(view.remedy)}"] if view.remedy else []
        return ["## What is wrong", *told, *remedy] if told else []
    parts = ["## Why it failed", f"{code(cause.code)}: {words(cause.what)}"]
    if cause.remedies:
        parts.append("\n".join(f"- try: {words(one)}" for one in cause.remedies))
    if cause.evidence:
        lines = [f"{one.line or units.MISSING}: {one.text}" for one in cause.evidence]
        parts += ["From the log:", fenced(lines[:MOST_EVIDENCE], "text")]
    return parts


def _metrics(view: RunView) -> list[str]:
    rows = []
    for name, series in view.metrics.series.items():
        if series.last is None:
            continue
        best = series.record
        at = f"{units.metric(best.value)} @{best.x:g}" if best else units.MISSING
        shown = code(name)
        rows.append([f"**{shown}**" if name in view.headline[:1] else shown, at,
                     f"{units.metric(series.last.value)} @{series.last.x:g}"])  # fmt: skip
    return ["## Metrics", "\n".join(table(["", "best", "last"], rows))] if rows else []


def _gpus(figures: Sequence[GpuFigures]) -> list[str]:
    rows = [
        [
            f"{one.gpu_index} {words(one.name)}",
            units.percent(one.mean_utilization_pct),
            f"{units.gib(one.peak_memory_bytes)} of {units.gib(one.memory_total_bytes)}",
            _rounded(one.peak_temperature_c),
            _rounded(one.mean_power_w),
            _rounded(None if one.energy_j is None else one.energy_j / JOULE_IN_KWH, 2),
            units.duration(one.throttled_s),
        ]
        for one in sorted(figures, key=lambda one: one.gpu_index)
    ]
    heads = ["GPU", "utilization", "peak memory GiB", "peak °C", "mean W", "kWh", "held down"]
    return ["## GPUs", "\n".join(table(heads, rows))] if rows else []


def _rounded(value: float | None, digits: int = 0) -> str:
    return units.MISSING if value is None else f"{value:,.{digits}f}"


def _facts(view: RunView) -> list[str]:
    asked = view.asked
    batch = ""
    if asked.global_batch is not None:
        batch = f"{asked.global_batch} = {asked.batch_per_rank} × {asked.world_size} ranks"
    git = f"{asked.git.commit}, {asked.git.changed_files} changed files" if asked.git else ""
    python = f"{asked.python} ({asked.python_version}), torch {asked.torch}" if asked.python else ""
    facts = [
        ("preset", view.preset),
        ("host", view.host),
        ("GPUs", ", ".join(map(str, view.gpus))),
        ("began", _moment(view.started)),
        ("ended", _moment(view.ended)),
        ("attempt", str(view.attempt) if view.attempt > 1 else ""),
        ("exit code", "" if view.exit_code is None else str(view.exit_code)),
        ("global batch", batch),
        ("speed", units.rate(view.samples_per_s, "samples") if view.samples_per_s else ""),
        ("data wait", "" if view.data_wait is None else f"{100 * view.data_wait:.0f} %"),
        ("trainer says", trainer_words(view.trainer)),
        ("python", python),
        ("git", git),
    ]
    rows = [[name, words(text)] for name, text in facts if text]
    return ["## Facts", "\n".join(table(["", ""], rows, has_numbers=False))] if rows else []


def _moment(time_s: float | None) -> str:
    if time_s is None:
        return ""
    return f"{datetime.fromtimestamp(time_s).astimezone():%Y-%m-%d %H:%M:%S}"


def _command(view: RunView) -> list[str]:
    asked = view.asked
    if not asked.argv:
        return []
    env = [f"{name}={shlex.quote(text)}" for name, text in asked.env.items()]
    lines = [f"cd {shlex.quote(str(asked.cwd))}", " ".join([*env, shlex.join(asked.argv)])]
    return ["## Command", fenced(lines, "sh")]


def _settings(view: RunView) -> list[str]:
    rows = [[code(name), code(text)] for name, text in ordered(view.settings)]
    return ["## Settings", "\n".join(table(["", ""], rows, has_numbers=False))] if rows else []


def _files(view: RunView) -> list[str]:
    lines = [
        _file(one.path, one.size_bytes, f"checkpoint{_readable(one)}")
        for one in view.checkpoints[:MOST_FILES]
    ]
    lines += [_file(one.path, one.size_bytes, "output") for one in view.outputs[:MOST_FILES]]
    lines += [f"- {code(str(view.results))}: the curves"] if view.results else []
    lines += [_file(view.log, view.log_bytes, "log")] if view.log.name else []
    return ["## Files", "\n".join(lines)] if lines else []


def _file(path: Path, size_bytes: int, what: str) -> str:
    return f"- {code(str(path))}: {words(what)}, {units.binary(size_bytes)}"


def _readable(one: Checkpoint) -> str:
    """Return what is known of whether it can be loaded; nothing where nobody looked."""
    if not one.is_checked:
        return ""
    return ", readable" if one.problem is None else f", CANNOT BE READ: {one.problem}"
