"""The whole comparison of some runs, as one value that every face shows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.analysis.comparison.effort import Effort, effort_of
from cockpit.analysis.comparison.names import (
    SameMetric,
    counts_losses_differently,
    is_loss,
    key_of,
    same_metrics,
)
from cockpit.analysis.comparison.settings import ComparedSettings, compare_settings
from cockpit.analysis.comparison.standing import ComparedMetric, compare_metric
from cockpit.analysis.comparison.subject import Subject, marks
from cockpit.analysis.comparison.target import Target, reach_target, weakest_best
from cockpit.analysis.comparison.verdict import Verdict, judge, primary_metric
from cockpit.analysis.price import Price
from cockpit.errors import InputError, nearest
from cockpit.metrics.series import Axis, Goal


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two or more runs beside each other; the first is what the others are measured against."""

    subjects: tuple[Subject, ...]
    marks: tuple[tuple[str, ...], ...]
    """By run: what has to be known before its numbers are believed."""
    metrics: tuple[ComparedMetric, ...]
    """Of at least two runs: what matters most first."""
    only_in: tuple[tuple[str, ...], ...]
    """By run: the metrics that no other run has."""
    settings: ComparedSettings
    efforts: tuple[Effort, ...]
    verdict: Verdict
    target: Target | None
    price: Price | None = None
    axis: Axis | None = None
    """What the curves are laid along; None: not the same in all runs."""
    notes: tuple[str, ...] = ()
    """What a reader could stumble over, without full stops."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What the runs are called."""
        return tuple(subject.label for subject in self.subjects)

    @property
    def same_x(self) -> float | None:
        """The last place that all runs reached; None where all end there anyway."""
        return next((one.same_x for one in self.metrics if one.same_x is not None), None)


def compare(
    subjects: Sequence[Subject],
    *,
    keys: Sequence[str] = (),
    target: tuple[str, float] | None = None,
    price: Price | None = None,
) -> Comparison:
    """Return the comparison, of these metrics only where `keys` names some.

    Raises InputError for fewer than two runs, nothing in common, an unknown key or target.
    """
    if len(subjects) < 2:
        raise InputError("a comparison needs two runs", "cockpit compare A B")
    tables = [subject.table for subject in subjects]
    found = same_metrics(tables)
    shared = require_shared(subjects, found)
    axes = {table.axis for table in tables}
    axis = axes.pop() if len(axes) == 1 else None
    differs = counts_losses_differently(tables)
    compared = [
        _compared(one, subjects, has_one_axis=axis is not None, losses_differ=differs)
        for one in shared
    ]
    chosen = [_find(key, compared) for key in keys] or compared
    primary = primary_metric(chosen, subjects)
    wanted = None if target is None else (_find(target[0], compared), target[1])
    return Comparison(
        tuple(subjects),
        tuple(map(marks, subjects)),
        tuple(chosen if keys else sorted(chosen, key=lambda one: _rank(one, primary, subjects))),
        tuple(_only_in(number, found) for number in range(len(subjects))),
        compare_settings([subject.settings for subject in subjects]),
        tuple(effort_of(subject, price) for subject in subjects),
        judge(primary, subjects, axis),
        _target(wanted, primary, subjects),
        price,
        axis,
        _notes(chosen, subjects),
    )


def require_shared(
    subjects: Sequence[Subject], found: Sequence[SameMetric]
) -> tuple[SameMetric, ...]:
    """Return those of the found metrics that two runs have; raises InputError without any."""
    shared = tuple(one for one in found if one.run_count > 1)
    if not shared:
        raise InputError(_nothing_shared(subjects, found), "compare runs of the same task")
    return shared


def _compared(
    same: SameMetric, subjects: Sequence[Subject], *, has_one_axis: bool, losses_differ: bool
) -> ComparedMetric:
    pairs = zip(same.names, subjects, strict=True)
    curves = [None if name is None else subject.table.series[name] for name, subject in pairs]
    is_comparable = not (losses_differ and is_loss(same.name))
    return compare_metric(same, curves, has_one_axis=has_one_axis, is_comparable=is_comparable)


def _find(key: str, compared: Sequence[ComparedMetric]) -> ComparedMetric:
    """Return the metric of that name, under whichever run's name; raises InputError."""
    for one in compared:
        if key in one.same.names:
            return one
    found = [one for one in compared if key_of(key) in (key_of(one.name), _tail(one.name))]
    if len(found) == 1:
        return found[0]
    known = [one.name for one in compared]
    raise InputError(
        f"the runs share no metric {key!r}{nearest(key, known)}", f"one of {', '.join(known)}"
    )


def _tail(name: str) -> str:
    return key_of(name).rpartition("/")[2]


def _rank(
    one: ComparedMetric, primary: ComparedMetric | None, subjects: Sequence[Subject]
) -> tuple[int, int]:
    """Return where a metric stands: headline, what shall rise, losses of validation, the rest."""
    if one is primary:
        return 0, 0
    headline = [key_of(name) for subject in subjects for name in subject.headline]
    if key_of(one.name) in headline:
        return 1, headline.index(key_of(one.name))
    if one.goal is Goal.UP:
        return 2, 0
    return (3 if "val" in one.name.lower() else 4 if one.goal is Goal.DOWN else 5), 0


def _only_in(number: int, found: Sequence[SameMetric]) -> tuple[str, ...]:
    mine = [one.names[number] for one in found if one.run_count == 1]
    return tuple(name for name in mine if name is not None)


def _target(
    wanted: tuple[ComparedMetric, float] | None,
    primary: ComparedMetric | None,
    subjects: Sequence[Subject],
) -> Target | None:
    if wanted is not None:
        return reach_target(*wanted, subjects, is_asked=True)
    value = weakest_best(primary) if primary is not None else None
    if primary is None or value is None:
        return None
    return reach_target(primary, value, subjects, is_asked=False)


def _notes(compared: Sequence[ComparedMetric], subjects: Sequence[Subject]) -> tuple[str, ...]:
    notes = []
    renamed = [one.same for one in compared if one.same.is_renamed]
    if renamed:
        pairs = (" = ".join(dict.fromkeys(filter(None, same.names))) for same in renamed)
        notes.append(f"taken as the same metric: {', '.join(pairs)}")
    if not all(one.is_comparable for one in compared):
        notes.append(
            "the runs do not write the same losses, so those of one name may be counted "
            "differently and are not held against each other"
        )
    if len({subject.table.axis for subject in subjects}) > 1:
        notes.append("one counts epochs and another steps: nothing is compared at the same place")
    return tuple(notes)


def _nothing_shared(subjects: Sequence[Subject], found: Sequence[SameMetric]) -> str:
    for number, subject in enumerate(subjects):
        if not _only_in(number, found):
            why = f": {subject.table.problem}" if subject.table.problem else ""
            return f"{subject.label} has no metrics to compare{why}"
    first, second = (", ".join(_only_in(number, found)[:4]) for number in range(2))
    return (
        f"the runs have no metric in common: {subjects[0].label} has {first}; "
        f"{subjects[1].label} has {second}"
    )
