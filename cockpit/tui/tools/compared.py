"""Two results of a tool held against each other, as a page of text. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cockpit.analysis.tool_comparison import (
    ComparedRow,
    ComparedTable,
    Pair,
    ToolComparison,
    more_is_better,
)
from cockpit.tool_runs.events import Finding
from cockpit.tool_runs.result import ToolAsked
from cockpit.tui.tools.tables import text
from cockpit.tui.tools.words import one_line
from cockpit.units import MISSING, metric

TOLD: Final[tuple[str, ...]] = (
    "busbw_gb_per_s", "gb_per_s", "samples_per_s", "driver_used_bytes", "allocated_bytes",
    "peak_rss_bytes", "time_ms", "batch_per_rank", "time_us",
)  # fmt: skip
"""The columns that a comparison is about, most wanted first."""
MOST_ROWS: Final = 40
SAME: Final = 0.02
"""A ratio this close to 1 is no change."""
KEY_WIDTH: Final = 26


def options_words(before: ToolAsked | None, after: ToolAsked | None) -> str:
    """Return which options differ: `options differ: ranks 2 before, 4 after`."""
    if before is None or after is None:
        return "what was asked is not known of both"
    first = {**before.values, "preset": before.preset or ""}
    second = {**after.values, "preset": after.preset or ""}
    differ = [
        f"{name} {first.get(name) or 'as usual'} before, {second.get(name) or 'as usual'} after"
        for name in dict.fromkeys([*first, *second])
        if (first.get(name) or "") != (second.get(name) or "")
    ]
    return one_line("options differ: " + "; ".join(differ)) if differ else "asked the same"


def comparison_text(found: ToolComparison, before: str, after: str, asked: str = "") -> str:
    """Return which is which, what changed in each table, and the findings that came and went."""
    lines = [*([asked, ""] if asked else []), f"before  {before}{_partial(found.is_partial[0])}",
             f"after   {after}{_partial(found.is_partial[1])}"]  # fmt: skip
    for name, (old, new) in found.versions.items():
        lines.append(one_line(f"{name}: {old or MISSING} before, {new or MISSING} after"))
    for table in found.tables:
        lines += ["", *_table(table)]
    lines += _findings("came", found.appeared)
    lines += _findings("went", found.went)
    return "\n".join(lines)


def _partial(is_partial: bool) -> str:
    return "  (partial: not everything was measured)" if is_partial else ""


def _table(table: ComparedTable) -> Iterator[str]:
    columns = [name for name in TOLD if name in table.columns] or list(table.columns)
    if not columns:
        return
    column = columns[0]
    usual = table.usual_ratio(column)
    yield f"{table.name}: {column.replace('_', ' ')}" + (
        "" if usual is None else f", usually {_change(usual, column)}"
    )
    yield f"{'':{KEY_WIDTH}}{'before':>10}{'after':>10}  change"
    for row in table.rows[:MOST_ROWS]:
        yield _row(row, row.pairs.get(column, Pair(None, None)), column)
    if len(table.rows) > MOST_ROWS:
        yield f"and {len(table.rows) - MOST_ROWS} more"
    for word, keys in (("before", table.only_before), ("after", table.only_after)):
        if keys:
            yield f"{len(keys)} measured only {word}"


def _row(row: ComparedRow, pair: Pair, column: str) -> str:
    key = " ".join(text(part) for part in row.key if part is not None)
    ratio = pair.ratio
    told = MISSING if ratio is None else _change(ratio, column)
    return f"{key:{KEY_WIDTH}.{KEY_WIDTH}}{metric(pair.before):>10}{metric(pair.after):>10}  {told}"


def _change(ratio: float, column: str) -> str:
    if abs(ratio - 1) < SAME:
        return "the same"
    is_more = ratio > 1
    better = more_is_better(column)
    word = "" if better is None else " better" if better is is_more else " worse"
    return f"{'+' if is_more else '−'}{100 * abs(ratio - 1):.0f} %{word}"


def _findings(word: str, findings: tuple[Finding, ...]) -> list[str]:
    if not findings:
        return []
    return ["", f"findings that {word}", *(f"  {one_line(one.what)}" for one in findings)]
