"""`cockpit memory`: which batch size fits, how fast each one is, and into the preset with it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cockpit.cli.options import Python
from cockpit.cli.training_options import Amp, AsJson, Model, Output, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cockpit.presets.model import Preset
    from cockpit.tool_runs.result import ToolResult
    from cockpit.tools.start import ToolAsk


def memory(
    preset: Annotated[
        Text,
        typer.Option(metavar="NAME", help="Model, image size, optimizer of a preset; flags win."),
    ] = None,
    model: Model = None,
    batch_sizes: Annotated[
        Text, typer.Option(metavar="LIST", help="Measure exactly these: 4,8,16,32,64.")
    ] = None,
    imgsz: Annotated[
        Text, typer.Option(metavar="PIXELS", help="640; several for a table: 320,480,640.")
    ] = None,
    optimizer: Annotated[Text, typer.Option(help="sgd (with momentum) or adamw.")] = None,
    amp: Amp = None,
    gpu: Annotated[Text, typer.Option(metavar="INDEX", help="Which one; else the first.")] = None,
    device: Annotated[Text, typer.Option(help="auto, cuda, or cpu for host memory.")] = None,
    limit: Annotated[
        Text, typer.Option(metavar="SIZE", help="As on a card of this size: 8GiB.")
    ] = None,
    margin: Annotated[
        Text, typer.Option(metavar="PERCENT", help="Of the memory, left free; 10.")
    ] = None,
    largest: Annotated[
        Text, typer.Option("--max", metavar="BATCH", help="The largest to try; 512.")
    ] = None,
    steps: Annotated[
        Text, typer.Option(metavar="COUNT", help="Measured for each; 10, on the CPU 3.")
    ] = None,
    verify_steps: Annotated[
        Text, typer.Option(metavar="COUNT", help="That the answer must hold for; 50.")
    ] = None,
    ranks: Annotated[
        Text, typer.Option(metavar="COUNT", help="For the global batch; else all GPUs.")
    ] = None,
    limit_probe: Annotated[
        Text,
        typer.Option(metavar="SECONDS", help="For a batch of a preset's own command; 120."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the batch that was found into the preset.")
    ] = False,
    python: Python = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Train a few real steps of each batch size, and find the largest one that holds."""
    from cockpit.cli.memory_face import MemoryFace
    from cockpit.cli.tool import run_in_terminal
    from cockpit.errors import InputError
    from cockpit.presets.resolve import resolve

    flags = {
        "model": model,
        "batch-sizes": batch_sizes,
        "imgsz": imgsz,
        "optimizer": optimizer,
        "amp": amp,
        "gpu": gpu,
        "device": device,
        "limit": limit,
        "margin": margin,
        "max": largest,
        "steps": steps,
        "verify-steps": verify_steps,
        "ranks": ranks,
        "limit-probe": limit_probe,
    }
    if apply and preset is None:
        raise InputError("--apply writes into a preset, and none is named", "--preset NAME")
    found = resolve(preset) if preset is not None else None
    given = {name: text for name, text in flags.items() if text is not None}
    ask = _ask(found, preset, given, python)
    result = run_in_terminal(ask, MemoryFace(), as_json=as_json, output=output)
    if apply and found is not None:
        _apply(found, result, int(ask.values.get("ranks") or 1))


def _ask(
    preset: Preset | None, name: str | None, given: Mapping[str, str], python: str | None
) -> ToolAsk:
    """Return what is asked of the tool: flags, then the preset. Raises what is wrong with them."""
    from cockpit.cli.printing import say
    from cockpit.tools.memory import DEFINITION
    from cockpit.tools.memory_preset import PresetWork, work_of
    from cockpit.tools.start import ToolAsk, refuse

    refuse(DEFINITION, given)
    work = PresetWork({}) if preset is None else work_of(preset, given)
    values = {**work.values, **given}
    refuse(DEFINITION, values)
    if not work.arguments:
        _refuse_here(values)
    choice = python or (preset.launch.python if preset else "auto")
    if preset is not None and work.arguments:
        choice = _look_ahead(preset, given, python)
        work = work_of(preset, given, choice)
    for note in work.notes:
        say(note, sys.stderr)
    is_built_there = values.get("model", "").endswith((".yaml", ".pt"))
    modules = ("torch", "ultralytics") if is_built_there else ("torch",)
    return ToolAsk(
        DEFINITION, values, choice, name, work.arguments, () if work.arguments else modules
    )


def _refuse_here(values: Mapping[str, str]) -> None:
    """Raise for a GPU that is asked for by name and is not there."""
    from cockpit.cli.training_options import count_gpus
    from cockpit.errors import EnvironmentNotFit, InputError
    from cockpit.tools.memory import problems_here

    if not values.get("gpu") and values.get("device") != "cuda":
        return
    count = count_gpus(values)
    problems = problems_here(values, count)
    if problems:
        raise InputError("\n".join(problems), "cockpit gpus tells their indices")
    if count == 0:
        raise EnvironmentNotFit(
            "--device cuda: this machine has no GPU", "--device cpu measures host memory"
        )


def _look_ahead(preset: Preset, given: Mapping[str, str], python: str | None) -> str:
    """Return the training interpreter; raises what would keep every probe from starting."""
    from cockpit import locations
    from cockpit.runs.layout import RunPaths
    from cockpit.supervise.probe_plan import ProbeOrder, prepare_probe
    from cockpit.tools.memory_preset import gpus_of

    order = ProbeOrder(str(preset.file), 1, python, gpus_of(given))
    return str(prepare_probe(order, RunPaths(locations.runs_dir() / "probe")).python.path)


def _apply(preset: Preset, result: ToolResult, ranks: int) -> None:
    """Write the batch that the tool names into the preset, and say what changed."""
    from cockpit.cli.printing import say
    from cockpit.errors import InputError
    from cockpit.presets.batch_edit import write_batch
    from cockpit.reports.tools.memory_facts import memory_facts

    batch = memory_facts(result).chosen
    if batch is None:
        what = f"nothing was written into {preset.name}: there is a batch for each image size"
        raise InputError(what, "--apply with one --imgsz")
    say(write_batch(preset, batch, ranks), sys.stderr)
