"""Schemes beside each other: `--compare`, `--budget`, `--deadline` and `--hosts`."""

from __future__ import annotations

from typing import Final

import typer

from cockpit.analysis.forecast.schemes.comparison import compare
from cockpit.analysis.forecast.schemes.hosts import compare_hosts
from cockpit.analysis.forecast.schemes.meeting import meet
from cockpit.cli import meeting_text, schemes_json, schemes_text
from cockpit.cli.as_json import dump
from cockpit.cli.estimate_acts import Asked
from cockpit.cli.stacked_table import wrapped
from cockpit.errors import InputError
from cockpit.views.forecast import with_own_price
from cockpit.views.question_amounts import parse_count, parse_deadline, parse_money
from cockpit.views.question_rules import MOST_HOSTS

OF_DOCUMENT: Final = (
    "assumed, as document 002 has it, a guide to training MSHNet: MSHNet on IRSTD-1k, 800 images "
    "of 256 px, 400 epochs, and the batch that it gives each device; --preset, or --model and "
    "--dataset-size, ask of another"
)


def answer(asked: Asked) -> None:
    """Print the answer. Raises InputError for names and amounts that mean nothing."""
    given = asked.given
    if given.compare is not None and given.gpu is not None:
        raise InputError(
            "--gpu: --compare names what is compared", f"--compare {given.compare},{given.gpu}"
        )
    if given.hosts is not None:
        value, lines = _hosts(asked)
    elif given.compare is not None:
        value, lines = _compared(asked, given.compare)
    else:
        value, lines = _met(asked)
    typer.echo(dump(value) if given.as_json else "\n".join(lines))


def _compared(asked: Asked, names: str) -> tuple[object, list[str]]:
    known = asked.known
    found = compare(
        asked.work,
        names.split(","),
        with_own_price(known, asked.work.device),
        known.calibrations,
        asked.terms,
        against=asked.given.against,
    )
    lines = schemes_text.lines(found, _room())
    if not asked.given.has_work:
        lines += ["", *wrapped(OF_DOCUMENT, _room())]
    return schemes_json.as_object(found), lines


def _met(asked: Asked) -> tuple[object, list[str]]:
    given, known = asked.given, asked.known
    budget = None if given.budget is None else parse_money(given.budget, "--budget", "of money")
    deadline = None if given.deadline is None else parse_deadline(given.deadline, asked.now_s)
    found = meet(
        asked.work,
        with_own_price(known, asked.work.device),
        known.calibrations,
        budget=budget,
        deadline_s=deadline,
        terms=asked.terms,
        currency=known.price.currency if known.price else "USD",
    )
    return schemes_json.shortlist_object(found), meeting_text.shortlist_lines(found, _room())


def _hosts(asked: Asked) -> tuple[object, list[str]]:
    given, known = asked.given, asked.known
    found = compare_hosts(
        asked.work,
        with_own_price(known, asked.work.device),
        known.calibrations,
        parse_count(given.hosts or "", "--hosts", "hosts", MOST_HOSTS),
        terms=asked.terms,
        names=_names(given.compare or given.offer),
    )
    return schemes_json.hosts_object(found), meeting_text.hosts_lines(found, _room())


def _names(text: str | None) -> list[str]:
    return [] if text is None else text.split(",")


def _room() -> int:
    """Return all of the terminal: a wide table says more."""
    import shutil

    return max(shutil.get_terminal_size().columns, 60)
