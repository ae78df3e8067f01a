"""The flags that `scaling` and `steptime` share, and what a preset and this machine say to them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cockpit.tools.definition import ToolDefinition

Text = str | None
Preset = Annotated[
    Text, typer.Option(metavar="NAME", help="Model, image size and batch of a preset; flags win.")
]
Model = Annotated[
    Text, typer.Option(help="synthetic, an Ultralytics .yaml or .pt, or package.module:function.")
]
Imgsz = Annotated[Text, typer.Option(metavar="PIXELS", help="On GPUs 640, on the CPU 64.")]
Batch = Annotated[
    Text,
    typer.Option(
        "--batch-per-rank", "--batch", metavar="SAMPLES", help="On GPUs 16, on the CPU 8."
    ),
]
Steps = Annotated[Text, typer.Option(metavar="COUNT", help="Of a block; 20, on the CPU 8.")]
Blocks = Annotated[Text, typer.Option(metavar="COUNT", help="Their median counts; 7.")]
Workers = Annotated[
    Text, typer.Option(metavar="COUNT", help="Of the data loader; up to 8, on the CPU 0.")
]
Backend = Annotated[Text, typer.Option(help="nccl (GPUs), gloo (CPU) or auto.")]
Gpus = Annotated[Text, typer.Option(metavar="INDICES", help="0,1; else all.")]
Amp = Annotated[Text, typer.Option(help="Mixed precision: on, off, or auto (on GPUs).")]
DecodeMs = Annotated[Text, typer.Option(metavar="MS", help="CPU work made up for each sample; 0.")]
Limit = Annotated[
    Text, typer.Option(metavar="SECONDS", help="Without a sign of life a rank hangs; 120.")
]
Output = Annotated[
    Path | None, typer.Option("--output", metavar="DIR", help="Where the reports go.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def values_of(
    definition: ToolDefinition, flags: Mapping[str, str | None], preset: str | None
) -> dict[str, str]:
    """Return what was chosen: flags, then the preset. Raises InputError with all problems."""
    from cockpit.errors import InputError
    from cockpit.tools.start import refuse
    from cockpit.tools.training_values import problems_here

    given = {name: text for name, text in flags.items() if text is not None}
    values = {**(preset_values(preset, given) if preset is not None else {}), **given}
    refuse(definition, values)
    problems = problems_here(values, count_gpus(values), _free_bytes())
    if problems:
        raise InputError("\n".join(problems), f"cockpit {definition.name} --help")
    return values


def preset_values(name: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return what a preset of Ultralytics tells of the work. Raises InputError."""
    from cockpit.errors import InputError
    from cockpit.presets.resolve import resolve
    from cockpit.tools.training_values import is_model, rank_numbers
    from cockpit.views import preset_question

    preset, problems = resolve(name), list[str]()
    # Its batch may be that of all GPUs: then each rank gets its part, as in the training.
    ranks = rank_numbers(given.get("ranks", ""))
    told = preset_question.preset_values(
        preset, {"gpus": str(max(ranks))} if ranks else {}, problems
    )
    names = {"model": "model", "imgsz": "imgsz", "batch-per-rank": "batch_per_rank"}
    values = {option: told[field] for option, field in names.items() if field in told}
    if "model" not in given and not is_model(values.get("model", "")):
        what = f"preset {preset.name} names no model that can be trained apart from its script"
        raise InputError(what, "--model NAME.yaml, or --model package.module:function")
    if problems and "batch-per-rank" not in given:
        raise InputError("\n".join(problems), "--batch-per-rank 16")
    return values


def python_of(python: str | None, preset: str | None) -> str:
    """Return the choice of interpreter: the flag, then the preset's, then auto."""
    from cockpit.presets.resolve import resolve

    return python or (resolve(preset).launch.python if preset is not None else "auto")


def _free_bytes() -> int | None:
    """Return how much memory a new process could have; None where nobody can say."""
    import re

    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) << 10 if found else None


def count_gpus(values: Mapping[str, str]) -> int | None:
    """Return how many GPUs torch could get; None where nobody can say. Simulated ones are none."""
    from cockpit.cli.torch_gpus import torch_gpus

    gpus = None if values.get("backend") == "gloo" else torch_gpus()
    return None if gpus is None else len(gpus)
