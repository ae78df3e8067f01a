"""`cockpit scaling`: how far training scales, where to stop, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from cockpit.cli import training_options as shared
from cockpit.cli.options import Python


def scaling(
    ranks: Annotated[
        shared.Text,
        typer.Option(metavar="COUNTS", help="8 for 1, 2, 4, 8, or a list: 1,3,6; else all GPUs."),
    ] = None,
    mode: Annotated[
        shared.Text,
        typer.Option(help="weak: a batch for each rank. strong: they share it. both."),
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
    """Train for a moment on 1, 2, 4, … ranks, and say what more of them bring."""
    from cockpit.cli.scaling_face import ScalingFace
    from cockpit.cli.tool import run_in_terminal
    from cockpit.tools.scaling import DEFINITION
    from cockpit.tools.start import ToolAsk

    flags = {
        "ranks": ranks,
        "mode": mode,
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
    }
    values = shared.values_of(DEFINITION, flags, preset)
    ask = ToolAsk(DEFINITION, values, shared.python_of(python, preset), preset)
    run_in_terminal(ask, ScalingFace(), as_json=as_json, output=output)
