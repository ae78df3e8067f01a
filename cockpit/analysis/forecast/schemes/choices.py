"""What serves in which situation: document 002's decision table and its scenarios. Pure.

Every choice is made from what the compared schemes are: no name is known but to show what the guide
recommends.
"""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.analysis.forecast.schemes.scheme import Choice, SchemeRow
from cockpit.analysis.forecast.schemes.situations import SCENARIOS, SITUATIONS, Situation

Rows = Sequence[SchemeRow]


def choices_of(rows: Rows) -> tuple[Choice, ...]:
    """Return what serves in each situation of the guide's decision table."""
    return tuple(_choose(one, rows) for one in SITUATIONS)


def scenarios_of(rows: Rows) -> tuple[Choice, ...]:
    """Return what serves in each scenario of the guide."""
    return tuple(_choose(one, rows) for one in SCENARIOS)


def _choose(situation: Situation, rows: Rows) -> Choice:
    fitting = [
        row
        for row in rows
        if row.is_fit and not row.needs_port and all(test(row) for _, test in situation.needs)
    ]
    best = min(fitting, key=situation.rank, default=None)
    mixed = _currencies(fitting) if situation.is_by_cost else ()
    if best is not None and not best.is_free and len(mixed) > 1:
        best, why = None, f"prices in {' and '.join(mixed)} are not held against each other"
    elif best is None:
        why = f"none of these {_all_of([words for words, _ in situation.needs])}"
    else:
        why = situation.why(best)
    differs = _difference(situation, best, rows)
    return Choice(situation.title, situation.wish, best, why, situation.told, differs)


def _currencies(rows: Rows) -> tuple[str, ...]:
    return tuple(sorted({row.cost.currency for row in rows if row.cost and not row.is_free}))


def _all_of(needs: Sequence[str]) -> str:
    """Return `is free`, or `is all of: free, of a known time`."""
    return f"is {needs[0]}" if len(needs) == 1 else f"is all of: {', '.join(needs)}"


def _difference(situation: Situation, best: SchemeRow | None, rows: Rows) -> str:
    """Return why the guide's recommendation is not ours; empty where it is."""
    told = situation.told_accelerators
    if best is not None and best.scheme.accelerator.key in told:
        return ""
    theirs = next((row for row in rows if row.scheme.accelerator.key in told), None)
    if theirs is None:
        return "which is not compared here"
    name = f"here {theirs.scheme.name}"
    if not theirs.is_fit:
        return f"{name} has too little memory"
    if theirs.needs_port:
        return f"{name} would need its trainer ported to torch_xla"
    missing = [words for words, test in situation.needs if not test(theirs)]
    if missing:
        return f"{name} is not {' and not '.join(missing)}"
    return f"{name} would be: {situation.why(theirs)}"
