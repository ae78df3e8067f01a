"""Options that several commands share, spelt and explained once."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from cockpit.errors import InputError

Run = Annotated[str, typer.Argument(metavar="RUN", help="A prefix of the run id, or last.")]
RunOrPath = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A prefix of the run id, last, or a path: a folder, results file, log, tar or zip. "
        "A run id wins, unless the text holds a / or is a file.",
    ),
]
Preset = Annotated[str, typer.Argument(metavar="PRESET", help="Its name, or a .toml file.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a value: args.epochs=3."),
]
Devices = Annotated[
    str | None,
    typer.Option(
        "--devices",
        metavar="SPEC",
        help="auto, none, nvml, or simulated:16x2080; counts more than COCKPIT_DEVICES.",
    ),
]
Gpus = Annotated[
    str | None, typer.Option("--gpus", help="auto, all, cpu, a count (4) or indices (0,1).")
]
Python = Annotated[str | None, typer.Option("--python", help="auto, a path, or conda:NAME.")]
Queue = Annotated[bool, typer.Option("--queue", help="Wait in order until the GPUs are free.")]
Share = Annotated[bool, typer.Option("--share", help="Use GPUs that others use all the same.")]
Follow = Annotated[
    bool, typer.Option("--follow", help="Print the log until the end; exit 4 if it fails.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the exact command and start nothing.")
]
RunAsJson = Annotated[bool, typer.Option("--json", help="Print the run as JSON.")]


def use_devices(spec: str | None) -> None:
    """Let --devices count for this process and all that it starts. Raises InputError."""
    if spec is None:
        return
    from cockpit.devices.spec import VARIABLE, parse_spec

    parse_spec(spec, "--devices")
    os.environ[VARIABLE] = spec


def parse_settings(texts: list[str] | None) -> tuple[tuple[str, str], ...]:
    """Return `args.epochs=3` as pairs; raises InputError naming every text that is none."""
    given = texts or []
    wrong = [text for text in given if "=" not in text or text.startswith("=")]
    if wrong:
        raise InputError(f"--set {', '.join(wrong)}: no value", "--set args.epochs=3")
    pairs = [text.partition("=") for text in given]
    return tuple((key.strip(), value) for key, _, value in pairs)


def require_one_way(*, queue: bool, share: bool) -> None:
    """Raise InputError where both ways to come to GPUs are asked for."""
    if queue and share:
        raise InputError("--queue waits for free GPUs, --share does not", "one of the two")
