"""`cockpit compare A B`: what differs between runs, and which is better."""

from __future__ import annotations

import math
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TextIO

import typer

from cockpit.errors import InputError

if TYPE_CHECKING:
    from cockpit.analysis.comparison.comparing import Comparison

NARROWEST: Final = 60
WIDEST: Final = 110


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="A B …", help="Runs, run folders, results files or archives."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write report, picture and JSON there."),
    ] = None,
    keys: Annotated[
        list[str] | None,
        typer.Option("--keys", metavar="NAME,…", help="Only these metrics."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(metavar="NAME=VALUE", help="Tell when each run reached it: mAP50=0.5."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare runs: settings, metrics, time and cost; the first is what others are held against.

    --out writes comparison_report.md, training_curves_comparison.png and comparison_results.json.
    """
    from cockpit.views.comparison import compare_runs

    found = compare_runs(runs, keys=_names(keys), target=parse_target(target))
    if as_json:
        from cockpit.cli.as_json import dump
        from cockpit.reports.comparison_json import comparison_object

        print(dump(comparison_object(found)))
    else:
        from cockpit.cli.comparison_text import lines_of

        columns = min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)
        print("\n".join(lines_of(found, columns)))
    if out is not None:
        _write(found, out, sys.stderr if as_json else sys.stdout)


def _write(found: Comparison, out: Path, stream: TextIO) -> None:
    """Write the files, and say which on `stream`."""
    from cockpit import locations
    from cockpit.analysis.comparison.words import writable
    from cockpit.reports.comparison_folder import write_comparison
    from cockpit.views.opened_list import remember

    written = write_comparison(found, out)
    with suppress(OSError):  # the comparison is written; the list of reports only lacks it
        remember(locations.compared_file(), out.expanduser().absolute())
    told = (f"wrote {writable(str(path))}" for path in written.paths)
    print("\n".join(["", *told]), file=stream)
    if written.problem:
        print(written.problem, file=sys.stderr)


def parse_target(text: str | None) -> tuple[str, float] | None:
    """Return `mAP50=0.5` as a name and a value; raises InputError."""
    if text is None:
        return None
    name, _, value = text.rpartition("=")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not name or not math.isfinite(number):
        raise InputError(f"--target {text}: no name and value", "--target metrics/mAP50=0.5")
    return name.strip(), number


def _names(texts: list[str] | None) -> tuple[str, ...]:
    return tuple(name.strip() for text in texts or () for name in text.split(",") if name.strip())
