"""`cockpit runs`: every run, newest first."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cockpit.views.run_view import RunView


def runs(
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:
    """List all runs, newest first; then what was opened (cockpit open)."""
    from cockpit import locations
    from cockpit.cli.as_json import dump, run_object
    from cockpit.runs.catalog import list_runs
    from cockpit.views.registry import Registry

    views = Registry(locations.runs_dir(), with_curves=False, opened=locations.opened_file()).read(
        time.time()
    )
    known = {view.run_id for view in views}
    for paths in list_runs(locations.runs_dir()):
        if paths.run_id not in known:
            print(f"{paths.run_id} is left out: its run.json cannot be read", file=sys.stderr)
    if as_json:
        print(dump([run_object(view) for view in views]))
    elif not views:
        print("no run yet; a first one, without data or GPU: cockpit run quickstart")
    else:
        print("\n".join(table(views)))


def table(views: Sequence[RunView]) -> list[str]:
    """Return the rows: state, id, epochs, end, where, headline; a problem on a line of its own."""
    from cockpit.cli import words
    from cockpit.cli.printing import shown

    rows = [
        (
            words.phase_word(view.phase),
            shown(view.run_id),
            words.progress(view),
            words.ending(view),
            words.where(view),
            words.headline(view) or words.age_of_word(view),
        )
        for view in views
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for view, row in zip(views, rows, strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join(cells).rstrip())
        if view.problem:
            lines.append(f"  {shown(view.problem)}")
    return lines
