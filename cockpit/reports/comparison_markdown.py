"""A comparison as a report for people: the verdict first, then what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cockpit.analysis.comparison.comparing import Comparison
from cockpit.analysis.comparison.effort import EpochBasis
from cockpit.analysis.comparison.settings import Setting
from cockpit.analysis.comparison.standing import SPREAD_POINTS
from cockpit.analysis.comparison.tables import (
    Row,
    Table,
    best_table,
    effort_table,
    last_table,
    letter,
    same_table,
    settings_table,
)
from cockpit.reports.markdown import code, table, words
from cockpit.units import MISSING

MOST_PARTLY: Final = 40
"""So many settings that only some runs tell are listed; the JSON holds all."""


def markdown_of(
    found: Comparison,
    *,
    written: str,
    picture: str | None,
    problem: str = "",
    files: Sequence[str],
) -> str:
    """Return the report; `written` says when and by what, `picture` is a file beside it.

    `problem` says why there is no picture.
    """
    parts = [
        f"# Comparison of {_and([words(label) for label in found.labels])}",
        f"**{words(found.verdict.text)}.**",
        *_runs(found),
        *([f"![Training curves of the runs over each other]({picture})"] if picture else []),
        words(_sentence(problem)) if problem else "",
        *_results(found),
        *_effort(found),
        *_settings(found),
        *_how(found),
        "## Files",
        "\n".join(f"- `{name}`: {what}" for name, what in _FILES.items() if name in files),
        f"*{words(written)}*",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


_FILES: Final = {
    "comparison_report.md": "this report",
    "training_curves_comparison.png": "the curves over each other",
    "comparison_results.json": "all numbers, for programs",
}


def _runs(found: Comparison) -> list[str]:
    rows = []
    for number, subject in enumerate(found.subjects):
        done = MISSING if subject.epoch is None else str(subject.epoch)
        total = f"/{subject.epochs}" if subject.epochs else ""
        state = subject.state or ("" if subject.is_over else "not over")
        rows.append(
            [letter(number), words(subject.label), state or MISSING, f"{done}{total}",
             code(subject.source)]
        )  # fmt: skip
    marks = [
        f"- {letter(number)}, {words(subject.label)}: {words(text)}"
        for number, (subject, told) in enumerate(zip(found.subjects, found.marks, strict=True))
        for text in told
    ]
    return [
        "\n".join(table(["", "run", "state", "epochs", "read from"], rows, has_numbers=False)),
        "To be known first:\n\n" + "\n".join(marks) if marks else "",
    ]


def _results(found: Comparison) -> list[str]:
    parts = ["## Results", *_table(best_table(found), found), *_table(last_table(found), found)]
    same = same_table(found)
    if same.rows:
        parts += [f"### {same.title}", "The runs are not equally long: this is the last that all "
                  "reached.", _grid(same, found)]  # fmt: skip
    only = [
        f"Only {words(label)} has {', '.join(map(code, names))}."
        for label, names in zip(found.labels, found.only_in, strict=True)
        if names
    ]
    return [*parts, "\n".join(only), "\n".join(f"{words(_sentence(note))}" for note in found.notes)]


def _table(one: Table, found: Comparison) -> list[str]:
    return [f"### {one.title}", _grid(one, found)] if one.rows else []


def _grid(one: Table, found: Comparison) -> str:
    """Return a table with the best of each row in bold."""
    labels = [words(label) for label in found.labels]
    deltas = max((len(row.deltas) for row in one.rows), default=0)
    first = labels[0] if len(labels) > 2 else "difference"
    heads = ["", *labels]
    heads += [f"{label} against {first}" if len(labels) > 2 else first for label in labels[1:]][
        :deltas
    ]
    return "\n".join(table(heads, [_cells(row, deltas) for row in one.rows]))


def _cells(row: Row, deltas: int) -> list[str]:
    cells = [
        f"**{words(cell)}**" if row.winner == number else words(cell)
        for number, cell in enumerate(row.cells)
    ]
    told = [*(row.full_deltas or row.deltas), *[""] * (deltas - len(row.deltas))]
    return [code(row.name), *cells, *map(words, told)]


def _effort(found: Comparison) -> list[str]:
    one = effort_table(found)
    rows = [[words(row.name), *_cells(row, len(found.labels) - 1)[1:]] for row in one.rows]
    heads = ["", *map(words, found.labels), *["ratio"] * (len(found.labels) - 1)]
    return ["## Time and cost", "\n".join(table(heads, rows))]


def _settings(found: Comparison) -> list[str]:
    settings = found.settings
    parts = ["## Settings that differ"]
    one = settings_table(found)
    if one.rows:
        heads = ["", *map(words, found.labels)]
        rows = [[code(row.name), *map(_value, row.cells)] for row in one.rows]
        parts.append("\n".join(table(heads, rows, has_numbers=False)))
    elif not settings.untold:
        parts.append("None of those that all runs tell.")
    untold = [words(found.labels[number]) for number in settings.untold]
    if untold:
        parts.append(f"Nothing tells the settings of {_and(untold)}.")
    places = f" {settings.places} more only say where a run writes." if settings.places else ""
    parts.append(f"{settings.equal} are equal in all runs.{places}")
    if settings.partly and not untold:
        parts.append("Told by some runs only:\n\n" + _partly(settings.partly, found))
    return parts


def _partly(settings: Sequence[Setting], found: Comparison) -> str:
    lines = []
    for number, label in enumerate(found.labels):
        told = [
            code(f"{one.name} = {one.values[number]}")
            for one in settings[:MOST_PARTLY]
            if one.values[number] is not None
        ]
        if told:
            lines.append(f"- {words(label)}: {', '.join(told)}")
    more = len(settings) - MOST_PARTLY
    return "\n".join([*lines, *([f"- and {more} more in the JSON"] if more > 0 else [])])


def _value(text: str) -> str:
    return text if text == MISSING else code(text)


def _how(found: Comparison) -> list[str]:
    axis = f"{found.axis}s" if found.axis else "values"
    told = [
        f"{words(found.labels[0])} is what the others are held against: a difference is the "
        "other run minus this one.",
        "Values of 0 to 1 of which more is better are compared in percentage points, all others "
        "relative to the first run.",
        f"A difference counts as clear when it is larger than what the metric varied by itself "
        f"over the last {SPREAD_POINTS} {axis} (highest minus lowest) of either run, and when it "
        "does not come from one run having trained longer.",
        "Each run was made once: another seed alone may shift the result by more than that.",
        "After a resume the last row of each epoch counts.",
    ]
    if found.target is not None:
        why = "as asked" if found.target.is_asked else "the best value of the weakest run"
        told.append(
            f"The time to {code(found.target.name)} {found.target.value:.4g} ({why}) is that of "
            "training up to the end of the first epoch that reached it."
        )
    if any(effort.duration_is_training for effort in found.efforts):
        told.append("Where nobody told how long a run took, its duration is that of its epochs.")
    if any(effort.epoch_basis is EpochBasis.DURATION for effort in found.efforts):
        told.append("≈ marks a time per epoch that is the whole duration by the epochs.")
    if found.price is not None:
        price = f"{words(found.price.currency)} {found.price.gpu_hour:g}"
        told.append(f"A GPU hour costs {price}, as config.toml says.")
    else:
        told.append("There is no cost without `[cost] gpu_hour` in config.toml.")
    return ["## How it was computed", "\n".join(f"- {one}" for one in told)]


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _and(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
