"""`cockpit steptime`: where the time of a step goes, measured or read from a run's log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from cockpit.cli import training_options as shared
from cockpit.cli.options import Python

if TYPE_CHECKING:
    from cockpit.tool_runs.events import Finding
    from cockpit.views.step_split import StepSplit


def steptime(
    run: Annotated[
        shared.Text,
        typer.Option("--run", metavar="RUN", help="Measure nothing: read the log of a run."),
    ] = None,
    ranks: Annotated[
        shared.Text, typer.Option(metavar="COUNT", help="One for each GPU; on the CPU 2.")
    ] = None,
    sweep_workers: Annotated[
        shared.Text,
        typer.Option(metavar="COUNTS", help="Also with so many loader workers: 0,2,4,8."),
    ] = None,
    preset: shared.Preset = None,
    model: shared.Model = None,
    imgsz: shared.Imgsz = None,
    batch_per_rank: shared.Batch = None,
    steps: shared.Steps = None,
    blocks: shared.Blocks = None,
    workers: shared.Workers = None,
    backend: shared.Backend = None,
    gpus: shared.Gpus = None,
    amp: shared.Amp = None,
    decode_ms: shared.DecodeMs = None,
    limit: shared.Limit = None,
    python: Python = None,
    output: shared.Output = None,
    as_json: shared.AsJson = False,
) -> None:
    """Say where a step goes: data, copies, forward, backward, collective, optimizer."""
    flags = {
        "ranks": ranks,
        "model": model,
        "imgsz": imgsz,
        "batch-per-rank": batch_per_rank,
        "steps": steps,
        "blocks": blocks,
        "workers": workers,
        "backend": backend,
        "gpus": gpus,
        "amp": amp,
        "decode-ms": decode_ms,
        "limit": limit,
        "sweep-workers": sweep_workers,
    }
    if run is not None:
        given = [f"--{name}" for name, text in {**flags, "preset": preset}.items() if text]
        read_run(run, given, as_json=as_json)
        return
    from cockpit.cli.steptime_face import SteptimeFace
    from cockpit.cli.tool import run_in_terminal
    from cockpit.tools.start import ToolAsk
    from cockpit.tools.steptime import DEFINITION

    values = shared.values_of(DEFINITION, flags, preset)
    ask = ToolAsk(DEFINITION, values, shared.python_of(python, preset), preset)
    run_in_terminal(ask, SteptimeFace(), as_json=as_json, output=output)


def read_run(run: str, flags: list[str], *, as_json: bool) -> None:
    """Print what the log of a run tells of its steps. Raises InputError."""
    from cockpit.cli.printing import say
    from cockpit.errors import InputError
    from cockpit.views.opened import open_run
    from cockpit.views.step_split import read_split

    if flags:
        raise InputError(f"--run measures nothing, so {', '.join(flags)} has no meaning beside it")
    view = open_run(run)
    split = read_split(view)
    if as_json:
        print(json.dumps(as_object(split, view.run_id), indent=2))
    else:
        say("\n".join(lines(split, view.run_id)))


def lines(split: StepSplit, run_id: str) -> list[str]:
    """Return what a log tells, for people."""
    from cockpit.cli.findings import lines_of
    from cockpit.cli.scaling_face import figure
    from cockpit.cli.steptime_face import HEADER, phase_line
    from cockpit.views.step_split import SOURCE

    rate, step = figure(split.samples_per_s), figure(split.step_time_ms)
    table = [phase_line(part_values) for part_values in rows_of(split)]
    return [
        f"{run_id}, {SOURCE}",
        *([HEADER, *table] if table else []),
        f"{rate} samples/s, {step} ms for a step",
        *lines_of(finding_of(split)),
    ]


def as_object(split: StepSplit, run_id: str) -> dict[str, object]:
    """Return what a log tells, for `--json`."""
    from cockpit.views.step_split import SOURCE

    finding = finding_of(split)
    return {
        "source": SOURCE,
        "run_id": run_id,
        "samples_per_s": split.samples_per_s,
        "step_time_ms": split.step_time_ms,
        "rows": rows_of(split),
        "loaders": [],
        "findings": [
            {
                "level": finding.level,
                "code": finding.code,
                "what": finding.what,
                "remedy": finding.remedy,
            }
        ],
    }


def rows_of(split: StepSplit) -> list[dict[str, str | float | None]]:
    """Return the parts as rows of the table `steptime`."""
    return [
        {"phase": part.phase, "time_ms": part.time_ms, "share_pct": part.share_pct}
        for part in split.parts
    ]


def finding_of(split: StepSplit) -> Finding:
    """Return the one finding that names the cause."""
    from cockpit.tool_runs.events import Finding, Level

    level = Level.WARNING if split.waits else Level.NOTE
    remedy = "more loader workers, cached or smaller images" if split.waits else "cockpit steptime"
    return Finding(level, "scaling.cause", split.cause, remedy)
