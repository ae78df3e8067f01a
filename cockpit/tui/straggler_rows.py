"""The ranks of a run as rows: each value with its deviation from the fellows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cockpit.devices.throttle import ALARMING, Throttle, throttle_words
from cockpit.tui.gpu_board_rows import split
from cockpit.tui.ink import Line, fit, pad, push_right, select
from cockpit.tui.stragglers import Measure, RankRow, Trait
from cockpit.tui.widgets.gpu_table import TableColumn
from cockpit.units import MISSING

TRAITS: Final = (Trait.UTILIZATION, Trait.POWER, Trait.TEMPERATURE, Trait.CLOCK, Trait.LAG)
HEADS: Final = {
    Trait.UTILIZATION: "load %",
    Trait.POWER: "W",
    Trait.TEMPERATURE: "temp",
    Trait.CLOCK: "MHz",
    Trait.LAG: "behind",
}
WIDE_TRAIT, NARROW_TRAIT = 14, 8
DEVIATIONS_FROM: Final = 96
"""Columns from which each value stands with its deviation."""


def straggler_columns(width: int) -> tuple[TableColumn, ...]:
    """Return the columns for so many cells; deviations give way, then loads and temperatures."""
    trait = WIDE_TRAIT if width >= DEVIATIONS_FROM else NARROW_TRAIT
    fixed = [TableColumn(6, "rank"), TableColumn(6, "GPU")]
    shown = list(TRAITS)
    for dropped in (Trait.UTILIZATION, Trait.TEMPERATURE, Trait.POWER):
        if 12 + len(shown) * trait + 10 > width and dropped in shown:
            shown.remove(dropped)
    columns = [*fixed, *(TableColumn(trait, HEADS[one]) for one in shown)]
    rest = width - sum(column.width for column in columns)
    if rest >= 10:
        columns.append(TableColumn(rest, "   held back by", is_left=True))
    return tuple(columns)


def straggler_row(
    row: RankRow, columns: tuple[TableColumn, ...], *, is_selected: bool
) -> tuple[Line, ...]:
    """Return the row of a rank, one line for each column."""
    mark = ("▌", "accent") if is_selected else (" ", "text")
    rank = MISSING if row.rank is None else str(row.rank)
    look = "strong" if is_selected else "text"
    head = ((mark, (rank.rjust(5), look)), push_right(((row.sample.label, "muted"),), 6))
    rest = columns[2:]
    if row.sample.is_lost:
        why = (row.sample.problem or "").partition(":")[2].strip()
        line: Line = (("  ✗ lost", "danger bold"), (f"  {why}", "text"))
        lines = (*head, *split(line, [column.width for column in rest]))
    else:
        lines = (*head, *(_cell(row, column) for column in rest))
    return tuple(select(line) for line in lines) if is_selected else lines


def _cell(row: RankRow, column: TableColumn) -> Line:
    if column.is_left:
        return pad(_held_back(row, column.width), column.width)
    trait = next(trait for trait, head in HEADS.items() if head == column.head)
    line = _measured(trait, row.measures, is_wide=column.width >= WIDE_TRAIT)
    return push_right(line, column.width)


def _measured(trait: Trait, measures: Mapping[Trait, Measure], *, is_wide: bool) -> Line:
    measure = measures[trait]
    if measure.value is None:
        return ((MISSING, "faint"), (" " * 6 if is_wide else "", "text"))
    unit = {Trait.TEMPERATURE: "°", Trait.LAG: "%"}.get(trait, "")
    value = f"{measure.value:.0f}{unit}"
    if not is_wide:
        return ((f"▲{value}", "attention"),) if measure.departs else ((value, "text"),)
    text = _deviation(trait, measure)
    if measure.departs:
        return ((f"▲{value}", "attention"), (text.rjust(6), "attention bold"))
    return ((value, "text"), (text.rjust(6), "faint"))


def _deviation(trait: Trait, measure: Measure) -> str:
    """Return `+3`, `−22%`, or `=` where nothing tells it from its fellows."""
    if trait in (Trait.POWER, Trait.CLOCK):
        share = measure.deviation_pct
        return "" if share is None else _signed(share, "%")
    unit = "%" if trait is Trait.LAG else ""
    return "" if measure.deviation is None else _signed(measure.deviation, unit)


def _signed(value: float, unit: str) -> str:
    whole = round(value)
    if whole == 0:
        return "="
    return f"{'+' if whole > 0 else '−'}{abs(whole)}{unit}"


def _held_back(row: RankRow, width: int) -> Line:
    throttle = row.sample.throttle
    if throttle is None:
        return (("   ", "text"), (MISSING, "faint"))
    words = throttle_words(throttle & ~Throttle.IDLE)
    text = fit(", ".join(words), max(0, width - 5)).rstrip()
    if throttle & ALARMING:
        return ((f"   ▲ {text}", "attention"),)
    return ((f"   {text}", "muted"),)
