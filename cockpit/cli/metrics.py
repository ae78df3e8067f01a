"""`cockpit metrics RUN`: every curve of a run, for people, for scripts and for spreadsheets."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cockpit.cli import options

if TYPE_CHECKING:
    from cockpit.views.run_view import RunView


def metrics(
    run: options.RunOrPath = "last",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a row for each x.")] = False,
    keys: Annotated[
        list[str] | None,
        typer.Option("--keys", metavar="A,B,…", help="Only these series; * and ? fit any."),
    ] = None,
) -> None:
    """Print the curves of a run, a folder, a results file or a log.

    With --json or --csv every value: x is the epoch, from 1, or the step.
    """
    from cockpit.cli import curves_table, curves_text
    from cockpit.cli.printing import say
    from cockpit.errors import InputError
    from cockpit.metrics.gaps import gap_words
    from cockpit.views.opened import open_run

    if as_json and as_csv:
        raise InputError("--json and --csv exclude each other", "one of the two")
    view = open_run(run)
    names = curves_table.chosen(view.metrics, keys or ())
    if not view.metrics.series:
        raise InputError(*why_none(view))
    if view.metrics.problem:
        say(view.metrics.problem, sys.stderr)
    if view.metrics.gaps:
        say(f"{view.results} is large: {gap_words(view.metrics)}", sys.stderr)
    if as_json:
        sys.stdout.writelines(curves_table.json_pieces(view.metrics, view.reader, names))
    elif as_csv:
        sys.stdout.writelines(curves_table.csv_lines(view.metrics, names))
    else:
        print("\n".join(curves_text.lines(view.metrics, names)))


def why_none(view: RunView) -> tuple[str, str]:
    """Return why a run has no curves, and what to try."""
    if view.results is None:
        why = view.metrics.problem or "its preset names no results, and none were found"
        return f"{view.run_id} has no curves: {why}", f"cockpit logs {view.run_id}"
    why = view.metrics.problem or f"no row stands in {view.results} yet"
    return f"{view.run_id} has no curves: {why}", f"cockpit show {view.run_id}"
