"""`cockpit estimate`: how long a training will take, and on what that rests."""

from __future__ import annotations

import json
import shutil
import textwrap
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cockpit import units

if TYPE_CHECKING:
    from cockpit.analysis.estimate import Estimate

LABEL_WIDTH: Final = 20
WIDEST: Final = 100


def estimate(
    dataset_size: Annotated[
        str | None, typer.Option(metavar="IMAGES", help="Training images.")
    ] = None,
    gpus: Annotated[str | None, typer.Option(metavar="COUNT", help="How many GPUs.")] = None,
    epochs: Annotated[str | None, typer.Option(metavar="COUNT", help="Assumed: 100.")] = None,
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="Take the work from a preset; flags win.")
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Assumed: yolo11n.")] = None,
    imgsz: Annotated[str | None, typer.Option(metavar="PIXELS", help="Assumed: 640.")] = None,
    gpu: Annotated[str | None, typer.Option(metavar="NAME", help="Assumed: RTX 2080.")] = None,
    batch_per_rank: Annotated[
        str | None,
        typer.Option("--batch-per-rank", "--batch", metavar="IMAGES", help="Per GPU. Assumed: 16."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say how long a training will take before it starts, as a range with its reasons."""
    from dataclasses import asdict

    from cockpit.analysis import estimate as judgement
    from cockpit.cli.question import ask

    flags = {
        "dataset_size": dataset_size,
        "gpus": gpus,
        "epochs": epochs,
        "batch_per_rank": batch_per_rank,
        "imgsz": imgsz,
        "model": model,
        "gpu": gpu,
    }
    found = judgement.estimate(ask(flags, preset))
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2))
        return
    width = min(shutil.get_terminal_size().columns, WIDEST)
    typer.echo("\n".join(lines(found, width)))


def lines(found: Estimate, width: int) -> list[str]:
    """Return the estimate for people, the reasons wrapped at `width`."""
    rows = {
        "data set": f"{found.dataset_size:,} images",
        "epochs": f"{found.epochs:,}",
        "GPUs": f"{found.gpus:,}",
        "global batch": f"{found.global_batch:,}",
        "steps per epoch": f"{found.steps_per_epoch:,}",
        "scaling efficiency": f"{found.scaling_efficiency:.0%} (assumed)",
        "effective speed-up": f"{found.effective_speedup:.1f}x",
        "time per epoch": f"about {short(found.epoch_s)}",
        "total": f"{short(found.total_s_low)} to {short(found.total_s_high)}, "
        f"about {short(found.total_s)}",
    }
    return [
        "Training time, estimated and not measured",
        *(f"  {label:<{LABEL_WIDTH}}{value}" for label, value in rows.items()),
        "rests on:",
        *(line for reason in found.basis for line in wrapped(reason, width)),
    ]


def short(seconds: float) -> str:
    """Return a duration, with a decimal where whole seconds would hide it."""
    return f"{seconds:.1f} s" if seconds < 10 else units.duration(seconds)


def wrapped(reason: str, width: int) -> list[str]:
    """Return one reason as a list item."""
    return textwrap.wrap(
        reason, width, initial_indent="  - ", subsequent_indent="    ", break_long_words=False
    )
