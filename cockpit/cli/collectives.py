"""`cockpit collectives`: how fast the ranks of this machine talk to each other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cockpit.cli.options import Python

if TYPE_CHECKING:
    from cockpit.tools.collectives import Here
    from cockpit.tools.definition import Values

Text = str | None


def collectives(
    op: Annotated[Text, typer.Option(help="all_reduce,broadcast; else all five.")] = None,
    sizes: Annotated[
        Text, typer.Option(help="1KiB:64MiB (doubling), 1KiB:1GiB:4, or 1MiB,16MiB.")
    ] = None,
    backend: Annotated[Text, typer.Option(help="nccl (GPUs), gloo (CPU) or auto.")] = None,
    ranks: Annotated[
        Text, typer.Option(metavar="COUNT", help="One for each GPU; on the CPU 2.")
    ] = None,
    gpus: Annotated[Text, typer.Option(metavar="INDICES", help="0,1; else all.")] = None,
    dtype: Annotated[Text, typer.Option(help="float32, bfloat16, …")] = None,
    iterations: Annotated[Text, typer.Option(metavar="COUNT", help="Timed; 20.")] = None,
    warmup: Annotated[Text, typer.Option(metavar="COUNT", help="Before that; 5.")] = None,
    pairs: Annotated[bool, typer.Option(help="Every pair of ranks, too.")] = True,
    limit: Annotated[
        Text, typer.Option(metavar="SECONDS", help="Without a sign of life a rank hangs; 60.")
    ] = None,
    python: Python = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="DIR", help="Where the reports go.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Time the collectives as nccl-tests do, and say whether they are right. Also: cockpit nccl."""
    from cockpit.cli.collectives_face import CollectivesFace
    from cockpit.cli.tool import run_in_terminal
    from cockpit.tools.collectives import DEFINITION
    from cockpit.tools.start import ToolAsk, refuse

    flags = {
        "op": op,
        "sizes": sizes,
        "backend": backend,
        "ranks": ranks,
        "gpus": gpus,
        "dtype": dtype,
        "iterations": iterations,
        "warmup": warmup,
        "no-pairs": None if pairs else "on",
        "limit": limit,
    }
    values = {name: value for name, value in flags.items() if value is not None}
    refuse(DEFINITION, values)
    refuse_here(values)
    ask = ToolAsk(DEFINITION, values, python or "auto")
    run_in_terminal(ask, CollectivesFace(), as_json=as_json, output=output)


def refuse_here(values: Values) -> None:
    """Raise InputError for what this machine cannot give."""
    from cockpit.errors import InputError
    from cockpit.tools.collectives import problems_here

    problems = problems_here(values, _look_here(values))
    if problems:
        raise InputError("\n".join(problems), "cockpit collectives --help")


def _look_here(values: Values) -> Here:
    from cockpit.cli.torch_gpus import torch_gpus
    from cockpit.tools.collectives import Here

    host_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    gpus = None if values.get("backend") == "gloo" else torch_gpus()
    if gpus is None:
        return Here(host_memory_bytes=host_bytes)
    memory = [gpu.memory_total_bytes for gpu in gpus if gpu.memory_total_bytes is not None]
    return Here(len(gpus), min(memory, default=None), host_bytes)
