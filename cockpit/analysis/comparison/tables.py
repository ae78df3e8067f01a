"""A comparison as tables of texts, which the terminal, the report and the screen lay out alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cockpit import units
from cockpit.analysis.comparison.comparing import Comparison
from cockpit.analysis.comparison.effort import Effort, EpochBasis
from cockpit.analysis.comparison.names import short_name
from cockpit.analysis.comparison.standing import ComparedMetric, Delta, Standing, best_of, value_of
from cockpit.analysis.comparison.subject import Subject
from cockpit.analysis.comparison.target import Reach
from cockpit.analysis.comparison.words import at, both_deltas, delta_words
from cockpit.metrics.series import Axis
from cockpit.units import MISSING, metric

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WH_J: Final = 3600


@dataclass(frozen=True, slots=True)
class Row:
    """One thing over all runs."""

    name: str
    cells: tuple[str, ...]
    """By run."""
    deltas: tuple[str, ...] = ()
    """By run after the first."""
    full_deltas: tuple[str, ...] = ()
    """The same with what is left out there, where there is room for it."""
    winner: int | None = None
    """The run with the best value."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title."""

    title: str
    facts: str
    """What the numbers are, beside the title."""
    rows: tuple[Row, ...]


def letter(number: int) -> str:
    """Return what a run is called in the heads of a table: A to Z, then A2 and so on."""
    turn, at_letter = divmod(number, len(LETTERS))
    return LETTERS[at_letter] + (str(turn + 1) if turn else "")


def all_tables(found: Comparison) -> tuple[Table, ...]:
    """Return the tables that have rows, what matters most first."""
    tables = (
        best_table(found),
        last_table(found),
        same_table(found),
        effort_table(found),
        settings_table(found),
    )
    return tuple(table for table in tables if table.rows)


def best_table(found: Comparison) -> Table:
    """Return the best value of each metric, and where it stands."""

    def row(one: ComparedMetric) -> Row:
        cells = tuple(at(standing.best) for standing in one.standings)
        return _metric_row(one, cells, lambda s: value_of(s.best), lambda delta: delta.best)

    kept = [one for one in found.metrics if any(each.best for each in one.standings)]
    axis = found.axis or "place"
    return Table("Best values", f"@ {axis}", tuple(map(row, kept)))


def last_table(found: Comparison) -> Table:
    """Return the last value of each metric."""

    def row(one: ComparedMetric) -> Row:
        cells = tuple(metric(value_of(standing.last)) for standing in one.standings)
        return _metric_row(one, cells, lambda s: value_of(s.last), lambda delta: delta.last)

    return Table("Last values", "", tuple(map(row, found.metrics)))


def same_table(found: Comparison) -> Table:
    """Return the best values up to where all runs have been; empty where all are as long."""

    def row(one: ComparedMetric) -> Row:
        cells = tuple(at(standing.best_by_same) for standing in one.standings)
        return _metric_row(
            one, cells, lambda s: value_of(s.best_by_same), lambda delta: delta.best_by_same
        )

    axis = found.axis or Axis.EPOCH
    kept = [
        one for one in found.metrics
        if one.same_x is not None and one.same_x == found.same_x
        and any(each.best_by_same for each in one.standings)
    ]  # fmt: skip
    title = f"Best up to {axis} {found.same_x or 0:g}"
    return Table(title, "the last that all runs reached", tuple(map(row, kept)))


def effort_table(found: Comparison) -> Table:
    """Return what the runs took; rows that nobody can fill are left out, save hours and cost."""
    efforts = found.efforts
    rows = [
        _ratio_row("duration", efforts, lambda one: one.duration_s, units.duration),
        replace(
            _ratio_row("time per epoch", efforts, lambda one: one.epoch_s, seconds),
            cells=tuple(map(_epoch_words, efforts)),
        ),
        _ratio_row("samples/s", efforts, lambda one: one.samples_per_s, lambda v: f"{v:,.0f}"),
        _target_row(found),
        Row("GPUs", tuple(map(gpu_words, found.subjects))),
        _ratio_row("GPU hours", efforts, lambda one: one.gpu_hours, _hours),
        _ratio_row("energy", efforts, lambda one: one.energy_j, energy),
        _ratio_row("cost", efforts, lambda one: one.cost, lambda v: _money(v, found)),
        _ratio_row("peak GPU memory", efforts, lambda one: one.peak_memory_bytes, units.binary),
    ]
    always = ("duration", "GPU hours", "cost")
    kept = [row for row in rows if row and (row.name in always or set(row.cells) != {MISSING})]
    return Table("Time and cost", "", tuple(kept))


def settings_table(found: Comparison) -> Table:
    """Return the settings that differ."""
    settings = found.settings
    told = [
        f"{settings.equal} equal",
        f"{len(settings.partly)} told by some runs only" if settings.partly else "",
        f"{settings.places} that only say where it writes" if settings.places else "",
    ]
    rows = tuple(
        Row(one.name, tuple(value or MISSING for value in one.values)) for one in settings.differing
    )
    return Table("Settings that differ", ", ".join(filter(None, told)), rows)


def gpu_words(subject: Subject) -> str:
    """Return `4x RTX 2080`, `CPU` or `–`."""
    if subject.gpu_count is None:
        return MISSING
    if subject.gpu_count == 0:
        return "CPU"
    word = "SIMULATED " if subject.is_simulated else ""
    names = ", ".join(dict.fromkeys(subject.gpu_names)) or "GPU"
    return f"{word}{subject.gpu_count}x {names}"


def seconds(value: float) -> str:
    """Return a short duration with the digit that whole seconds would hide."""
    return f"{value:.2f} s" if value < 10 else units.duration(value)


def energy(joules: float) -> str:
    """Return `12 Wh` or `1.24 kWh`."""
    watt_hours = joules / WH_J
    if watt_hours >= 1000:
        return f"{watt_hours / 1000:.2f} kWh"
    return f"{watt_hours:.1f} Wh" if watt_hours < 10 else f"{watt_hours:.0f} Wh"


def _metric_row(
    one: ComparedMetric,
    cells: tuple[str, ...],
    value: Callable[[Standing], float | None],
    delta: Callable[[Delta], float | None],
) -> Row:
    values = [value(standing) for standing in one.standings]
    deltas = tuple(delta_words(one, delta(each), values[0]) for each in one.deltas[1:])
    full = tuple(both_deltas(one, delta(each), values[0]) for each in one.deltas[1:])
    winner = best_of(one.goal, values) if one.is_comparable else None
    return Row(one.name, cells, deltas, full, winner)


def _ratio_row(
    name: str,
    efforts: Sequence[Effort],
    value: Callable[[Effort], float | None],
    words: Callable[[float], str],
) -> Row:
    values = [value(one) for one in efforts]
    cells = tuple(MISSING if one is None else words(one) for one in values)
    return Row(name, cells, tuple(_ratio(one, values[0]) for one in values[1:]))


def _ratio(value: float | None, base: float | None) -> str:
    if value is None or not base:
        return MISSING
    return f"×{value / base:.2f}"


def _target_row(found: Comparison) -> Row | None:
    target = found.target
    if target is None:
        return None
    value = f"{target.value:g}" if target.is_asked else metric(target.value)
    cells = tuple(_reach_words(reach, found.axis) for reach in target.reached)
    times = [reach.seconds for reach in target.reached]
    deltas = tuple(_ratio(one, times[0]) for one in times[1:])
    return Row(f"to {short_name(target.name)} {value}", cells, deltas)


def _reach_words(reach: Reach, axis: Axis | None) -> str:
    if reach.x is None:
        return "never"
    place = f"{axis or 'at'} {reach.x:g}"
    return place if reach.seconds is None else f"{units.duration(reach.seconds)} @{reach.x:g}"


def _epoch_words(effort: Effort) -> str:
    if effort.epoch_s is None:
        return MISSING
    about = "≈ " if effort.epoch_basis is EpochBasis.DURATION else ""
    return f"{about}{seconds(effort.epoch_s)}"


def _hours(hours: float) -> str:
    return "0" if hours == 0 else f"{hours:.2f}" if hours >= 0.1 else f"{hours:.3f}"


def _money(amount: float, found: Comparison) -> str:
    currency = found.price.currency if found.price else ""
    digits = 0 if amount >= 100 else 2
    return f"{currency} {amount:,.{digits}f}".strip()
