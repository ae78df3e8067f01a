"""Two results of one tool as a report for people: what changed, then every number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cockpit.analysis.tool_comparison import ComparedTable, Pair, ToolComparison, more_is_better
from cockpit.reports.markdown import code, table, words
from cockpit.reports.tools.columns import cell_text, heading
from cockpit.tool_runs.events import Finding
from cockpit.units import MISSING

MOST_ROWS: Final = 60
EQUAL: Final = 0.03
"""Within so much of 1 a ratio is told as the same: measurements repeat no better."""


def comparison_text(found: ToolComparison, before: str, after: str) -> str:
    """Return the report; `before` and `after` name the two results."""
    parts = [
        f"# {words(found.tool)}: {words(after)} against {words(before)}",
        *_partial(found, before, after),
        *_findings("New findings", found.appeared),
        *_findings("Gone", found.went),
        *_versions(found, before, after),
    ]
    for one in found.tables:
        parts += [f"## {words(one.name.replace('_', ' '))}", *_table(one, before, after)]
    if not found.tables:
        parts.append("Neither measured anything that can be compared.")
    return "\n\n".join(part for part in parts if part) + "\n"


def ratio_words(column: str, pair: Pair) -> str:
    """Return `1.12× better`, `0.80× worse`, `same` or `–`."""
    return change_words(column, pair.ratio)


def change_words(column: str, ratio: float | None) -> str:
    """Return a ratio in words, with a judgement where the column allows one."""
    if ratio is None:
        return MISSING
    if abs(ratio - 1) <= EQUAL:
        return "same"
    goal = more_is_better(column)
    judged = "" if goal is None else " better" if (ratio > 1) is goal else " worse"
    return f"{ratio:.2f}×{judged}"


def _partial(found: ToolComparison, before: str, after: str) -> list[str]:
    names = [name for name, is_partial in zip((before, after), found.is_partial, strict=True)
             if is_partial]  # fmt: skip
    return [f"**Partial: {words(' and '.join(names))} did not come to the end.**"] if names else []


def _findings(title: str, found: Sequence[Finding]) -> list[str]:
    lines = [f"- **{one.level}** {code(one.code)}: {words(one.what)}" for one in found]
    return [f"## {title}", "\n".join(lines)] if lines else []


def _versions(found: ToolComparison, before: str, after: str) -> list[str]:
    rows = [
        [words(name), words(old or MISSING), words(new or MISSING)]
        for name, (old, new) in found.versions.items()
    ]
    heads = ["", words(before), words(after)]
    return ["## Versions that differ", "\n".join(table(heads, rows, has_numbers=False))] * bool(
        rows
    )


def _table(one: ComparedTable, before: str, after: str) -> list[str]:
    usual = [
        [words(heading(column)), words(change_words(column, one.usual_ratio(column)))]
        for column in one.columns
    ]
    parts = ["\n".join(table(["over all rows", "usual change"], usual))] if one.rows else []
    heads = [words(heading(key)) for key in one.keys]
    heads += [text for column in one.columns
              for text in (words(heading(column)), words(after), "")]  # fmt: skip
    rows = [
        [
            *(words(cell_text(key, cell)) for key, cell in zip(one.keys, row.key, strict=True)),
            *(words(text) for column in one.columns for text in _cells(column, row.pairs[column])),
        ]
        for row in one.rows[:MOST_ROWS]
    ]
    parts += ["\n".join(table(heads, rows))] if rows else []
    more = len(one.rows) - len(rows)
    parts += [f"{more} more rows are not shown."] if more else []
    for name, keys in ((before, one.only_before), (after, one.only_after)):
        if keys:
            parts.append(f"Only in {words(name)}: {_keys(one, keys)}.")
    return parts


def _cells(column: str, pair: Pair) -> tuple[str, str, str]:
    old, new = cell_text(column, pair.before), cell_text(column, pair.after)
    return old, new, ratio_words(column, pair)


def _keys(one: ComparedTable, keys: Sequence[Sequence[object]]) -> str:
    told = [
        " ".join(f"{heading(name)} {cell}" for name, cell in zip(one.keys, key, strict=True))
        for key in keys[:MOST_ROWS]
    ]
    more = [f"{len(keys) - len(told)} more"] if len(keys) > len(told) else []
    return words("; ".join([*told, *more]))
