"""`cockpit check`: is this environment fit to train, and for this preset?"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cockpit.cli.options import Devices, use_devices
from cockpit.errors import InputError

if TYPE_CHECKING:
    from cockpit.cli.check_text import Names
    from cockpit.tool_runs.events import Finding, Measurement
    from cockpit.tool_runs.layout import ToolPaths
    from cockpit.tools.check import CheckRequest

NOT_FIT: Final = 3


def check(
    preset: Annotated[
        str | None, typer.Option("--preset", metavar="NAME", help="Also for this preset.")
    ] = None,
    python: Annotated[
        str | None,
        typer.Option("--python", metavar="PYTHON", help="auto, a path, or conda:NAME."),
    ] = None,
    gpus: Annotated[
        str | None,
        typer.Option(
            "--gpus",
            help="Where two training steps are tried: cpu, all, a count (4) or indices (0,1);"
            " the free ones unless said.",
        ),
    ] = None,
    no_ddp: Annotated[bool, typer.Option("--no-ddp", help="Try no training steps.")] = False,
    script: Annotated[
        Path | None,
        typer.Option("--script", metavar="FILE", help="Look also into a training script."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    as_markdown: Annotated[
        bool,
        typer.Option("--markdown", help="Print a block for a bug report, without your name."),
    ] = False,
    names: Annotated[
        bool, typer.Option("--names", help="With --markdown: keep home, user and host.")
    ] = False,
    devices: Devices = None,
) -> None:
    """Say whether this environment is fit to train, asked in the training Python.

    Exit 0 when it is, 3 when a problem was found (with --strict also a warning).
    """
    if as_json and as_markdown:
        raise InputError("--json and --markdown are two forms", "one of the two")
    if script is not None and not script.is_file():
        raise InputError(f"--script {script}: no such file")
    use_devices(devices)
    # Imported here, so that `cockpit --help` need not wait for it.
    from cockpit.cli.check_text import markdown
    from cockpit.cli.findings import to_json
    from cockpit.presets.resolve import resolve
    from cockpit.tools.check import CheckRequest
    from cockpit.tools.check_verdict import is_fit

    chosen = resolve(preset) if preset is not None else None
    wanted = script.absolute() if script is not None else None
    request = CheckRequest(python, chosen, gpus, not no_ddp, wanted, strict, on_kept=_write_reports)
    is_quiet = as_json or as_markdown
    now_s = time.time()
    is_live = not is_quiet and sys.stdout.isatty()
    findings, measured, versions = _follow(request, now_s, is_live=is_live)
    if as_json:
        about = {"preset": chosen.name if chosen else None, "time": now_s, "versions": versions}
        print(to_json(findings, measured, about, is_strict=strict))
    elif as_markdown:
        print(markdown(findings, _version(), None if names else _names(), is_strict=strict))
    else:
        _print_end(findings, is_strict=strict)
    if not is_fit(findings, is_strict=strict):
        raise typer.Exit(NOT_FIT)


def _follow(
    request: CheckRequest, now_s: float, *, is_live: bool
) -> tuple[list[Finding], list[Measurement], dict[str, str | None]]:
    """Take all events; print what is found at once where somebody watches."""
    from cockpit.cli.findings import lines_of
    from cockpit.cli.tool import ProgressLine
    from cockpit.tool_runs.events import Finding, Measurement, Progress, Started
    from cockpit.tools.check import check_events

    findings: list[Finding] = []
    measured: list[Measurement] = []
    versions: dict[str, str | None] = {"cockpit": _version()}
    line = ProgressLine()
    try:
        for event in check_events(request, os.environ, now_s):
            if isinstance(event, Progress):
                line.show(event)
            elif isinstance(event, Started):
                versions |= event.versions
            elif isinstance(event, Measurement):
                measured.append(event)
            elif isinstance(event, Finding):
                findings.append(event)
                if is_live:
                    line.clear()
                    print("\n".join(lines_of(event)), flush=True)
    finally:
        line.clear()
    return findings, measured, versions


def _write_reports(paths: ToolPaths) -> None:
    from cockpit.reports.tools.folder import write_reports
    from cockpit.tool_runs.result import read_asked, read_result

    for problem in write_reports(read_result(paths), read_asked(paths), paths.root).problems:
        print(problem, file=sys.stderr)


def _print_end(findings: list[Finding], *, is_strict: bool) -> None:
    """Print what is to be fixed first; where nobody watched, everything in that order."""
    from cockpit.cli.check_text import fix_first, whole_text
    from cockpit.tools.check_verdict import verdict

    lines = fix_first(findings) if sys.stdout.isatty() else whole_text(findings)
    print("\n".join([*lines, verdict(findings, is_strict=is_strict)]))


def _version() -> str:
    from importlib.metadata import version

    return version("cockpit")


def _names() -> Names:
    import getpass
    import socket

    from cockpit.cli.check_text import Names

    return Names(str(Path.home()), getpass.getuser(), socket.gethostname())
