"""What an estimate can rest on: listed, learnt and forgotten."""

from __future__ import annotations

import sys
import time
from datetime import datetime

import typer

from cockpit import locations
from cockpit.calibrations.file import append_calibration, forget, read_calibrations
from cockpit.cli import calibrations_text
from cockpit.cli.as_json import dump
from cockpit.cli.estimate_acts import columns
from cockpit.cli.estimate_given import Given
from cockpit.errors import CockpitError, InputError

ALL = "all"


def obey_list(given: Given) -> None:
    """List, learn or forget. Raises InputError for a run or an id that is not there."""
    if given.catalog:
        _print_catalog(as_json=given.as_json)
    elif given.calibrations:
        _print_calibrations(as_json=given.as_json)
    elif given.forget:
        _forget(given.forget, as_json=given.as_json)
    elif given.learn:
        _learn(given.learn, as_json=given.as_json)


def _print_catalog(*, as_json: bool) -> None:
    from cockpit.catalog.load import read_catalog
    from cockpit.cli import catalog_text

    catalog = read_catalog(locations.catalog_file())
    if as_json:
        typer.echo(dump(catalog_text.as_object(catalog)))
        return
    today = datetime.fromtimestamp(time.time()).astimezone().date()
    typer.echo("\n".join(catalog_text.lines(catalog, columns(), today)))


def _print_calibrations(*, as_json: bool) -> None:
    found = read_calibrations(locations.calibrations_file())
    if as_json:
        typer.echo(dump(calibrations_text.objects(found)))
        return
    typer.echo("\n".join(calibrations_text.lines(found, columns())))


def _forget(ids: list[str], *, as_json: bool) -> None:
    file = locations.calibrations_file()
    if ALL in ids:
        ids = [one.calibration_id for one in read_calibrations(file)]
    gone = forget(file, ids) if ids else ()
    if as_json:
        typer.echo(dump({"forgotten": list(gone)}))
        return
    typer.echo("\n".join(f"forgotten: {one}" for one in gone) or "nothing was there to forget")


def _learn(text: str, *, as_json: bool) -> None:
    from cockpit.views.opened import watch_run
    from cockpit.views.run_calibration import calibration_of_run

    view = watch_run(text).read(time.time())
    found = None if view is None else calibration_of_run(view)
    if found is None:
        what = f"{text} teaches nothing: it must be over, and have done two epochs of known length"
        raise InputError(what, "cockpit show RUN")
    problem = append_calibration(locations.calibrations_file(), found)
    if problem is not None:
        raise CockpitError(problem)
    if as_json:
        typer.echo(dump(calibrations_text.objects([found])[0]))
        return
    typer.echo("\n".join(calibrations_text.lines([found], columns())))
    print(f"kept; forget it: cockpit estimate --forget {found.calibration_id}", file=sys.stderr)
