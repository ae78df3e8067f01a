"""`cockpit open PATH`: show what any trainer wrote, as if it had been started here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cockpit.cli.main import has_screen, open_screen
from cockpit.cli.printing import say
from cockpit.errors import CockpitError, InputError

if TYPE_CHECKING:
    from cockpit.views.run_view import RunView


def open_path(
    path: Annotated[
        str | None,
        typer.Argument(metavar="PATH", help="A folder, results file, log, tar or zip; or a run."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    forget: Annotated[
        str | None, typer.Option("--forget", metavar="PATH", help="Take it off the list.")
    ] = None,
) -> None:
    """Open the screen on results that cockpit did not launch; without PATH: what was opened.

    Any folder that a trainer writes to, any results file or log, a run folder of another machine,
    or a tar or zip of one. It is read on while it grows. It stays on the Deck until forgotten.
    """
    from cockpit import locations
    from cockpit.views import opened_list

    if forget is not None:
        forget_path(forget)
    elif path is None:
        for one in opened_list.read_opened(locations.opened_file()):
            say(one)
    else:
        show(path, as_json=as_json)


def show(text: str, *, as_json: bool) -> None:
    """Show what a path holds: on the screen, or as `cockpit show` prints it."""
    from cockpit.cli.show import print_run

    is_printed = as_json or not has_screen()
    view = remembered(text, with_curves=is_printed)
    if is_printed:
        print_run(view, as_json=as_json)
    else:
        open_screen(open_run=view.run_id)


def remembered(text: str, *, with_curves: bool) -> RunView:
    """Return the run that a text names; what was not started here stays on the Deck from now on.

    Raises InputError.
    """
    from cockpit import locations
    from cockpit.errors import RunNotFound
    from cockpit.views.opened import open_run
    from cockpit.views.opened_list import remember

    try:
        view = open_run(text, with_curves=with_curves)
    except RunNotFound as error:
        wanted = "a folder that a trainer writes to, a results file, a log, a tar or zip"
        raise InputError(error.problem, wanted) from None
    if view.opened is not None:
        try:
            remember(locations.opened_file(), view.opened.path)
        except OSError as error:
            say(f"it will not stay on the Deck: {error}", sys.stderr)
    return view


def forget_path(text: str) -> None:
    """Take a path off the list of what was opened. Raises InputError where it is not on it."""
    from cockpit import locations
    from cockpit.views.opened_list import forget

    try:
        is_known = forget(locations.opened_file(), text)
    except OSError as error:
        raise CockpitError(f"the list cannot be written: {error}") from None
    if not is_known:
        raise InputError(f"{text} is not on the list of what was opened", "cockpit open lists it")
    say(f"{text} is forgotten; nothing of it was touched", sys.stderr)
