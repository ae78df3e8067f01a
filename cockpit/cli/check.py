"""`cockpit check`: is this environment fit to train, and for this preset?"""

from __future__ import annotations

import os
import time
from typing import Annotated, Final

import typer

NOT_FIT: Final = 3


def check(
    preset: Annotated[
        str | None, typer.Option("--preset", metavar="NAME", help="Also for this preset.")
    ] = None,
    python: Annotated[
        str | None,
        typer.Option("--python", metavar="PYTHON", help="auto, a path, or conda:NAME."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say whether this environment is fit to train, asked in the training Python."""
    # Imported here, so that `cockpit --help` need not wait for it.
    from cockpit.cli.findings import lines_of, to_json, verdict
    from cockpit.presets.resolve import resolve
    from cockpit.tools.check import CheckRequest, is_fit
    from cockpit.tools.check import check as find

    request = CheckRequest(python, resolve(preset) if preset is not None else None)
    findings = []
    for finding in find(request, os.environ, time.time()):
        findings.append(finding)
        if not as_json:
            print("\n".join(lines_of(finding)), flush=True)
    print(to_json(findings) if as_json else verdict(findings, is_strict=strict))
    if not is_fit(findings, is_strict=strict):
        raise typer.Exit(NOT_FIT)
