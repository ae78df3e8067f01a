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
from cockpit.cli.printing import say
from cockpit.cli.text_width import plain
from cockpit.errors import CockpitError

ALL = "all"


def obey_list(given: Given) -> None:
    """List, learn or forget. Raises InputError for a run or an id that is not there."""
    if given.catalog:
        _print_catalog(as_json=given.as_json)
    elif given.calibrations:
        _print_calibrations(as_json=given.as_json)
    elif given.forget:
        _forget(given.forget, as_json=given.as_json)
    elif given.learn is not None:
        _learn(given.learn, given.gpu, as_json=given.as_json)


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
    say("\n".join(f"forgotten: {plain(one)}" for one in gone) or "nothing was there to forget")


def _learn(source: str, gpu: str | None, *, as_json: bool) -> None:
    from cockpit.views.calibrating import learn

    found = learn(source, gpu)
    problem = append_calibration(locations.calibrations_file(), found)
    if problem is not None:
        raise CockpitError(problem)
    if as_json:
        typer.echo(dump(calibrations_text.objects([found])[0]))
        return
    typer.echo("\n".join(calibrations_text.lines([found], columns())))
    say(f"kept; forget it: cockpit estimate --forget {found.calibration_id}", sys.stderr)
