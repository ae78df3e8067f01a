"""The time of a run by what was measured on its machine: runs, tools, probes. Pure.

All of it is taken together. Each measurement says what a step or an epoch cost in its own
configuration; the laws carry that over to the one that is asked about, and the numbers of the laws
(what a step costs without images, the serial fraction, the fixed part of an epoch) are fitted to
all measurements at once, from beliefs that hold where none tells. So a law counts as measured as
soon as references differ in what it is about, and a measurement counts the less, the more its
configuration differs and the fewer real epochs it saw.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cockpit.analysis.forecast.fitting.beliefs import (
    FOREIGN,
    FOREIGN_SERIAL,
    OF_COSTS,
    TOOL,
    TOOL_SERIAL,
    VALIDATION_SHARE,
    CostsOnce,
    beliefs_of,
    costs_of,
)
from cockpit.analysis.forecast.fitting.fit import (
    Belief,
    Fitted,
    Observation,
    Values,
    fit,
    strain,
)
from cockpit.analysis.forecast.fitting.laws import Costs, Size
from cockpit.analysis.forecast.fitting.likeness import (
    Likeness,
    Subject,
    is_exact,
    is_same_model,
    likeness,
)
from cockpit.analysis.forecast.fitting.references import Reference, run_to_run
from cockpit.calibrations.calibration import Calibration, Kind

MOST: Final = 16
"""So many measurements are fitted, the likest; more would cost time and say nothing new."""

CONTRADICTION: Final = 1.5
"""Measurements that differ by more than so many times their doubts contradict each other."""
LEARNT: Final = 0.8
"""An unknown whose doubt fell to this share of that of its belief was measured."""
TOGETHER: Final = 0.7
"""So much of the least doubt of carrying over may be wrong in all evidence alike."""
STEP: Final = 0.05
"""The doubt of a step that a tool timed, as a logarithm,"""
PROBED: Final = 0.08
"""of one of a few dozen real ones,"""
FIRST_EPOCHS: Final = 0.1
"""of an epoch that a probe saw: one of the first,"""
SHARE: Final = 0.05
"""and of what the steps took of an epoch."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reference or tool result, and how it stands to the job."""

    reference: Reference
    likeness: Likeness

    @property
    def kind(self) -> Kind:
        """Return what measured it."""
        return self.reference.newest.kind


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the evidence says together."""

    subject: Subject
    evidence: tuple[Evidence, ...]
    """The likest first."""
    base: Size
    """The job whose costs the unknowns are."""
    fitted: Fitted
    beliefs: tuple[Belief, ...]
    noise: float
    """Of the run that is asked about, as the standard deviation of a logarithm: as runs differ
    from each other, and what all evidence is wrong by together."""

    def costs(self, values: Values) -> Costs:
        """Return the costs that some values of the unknowns mean."""
        return costs_of(values, self.base)

    @property
    def likely(self) -> Costs:
        """Return the likeliest costs."""
        return self.costs(self.fitted.values)

    def learnt(self, index: int) -> bool:
        """Whether measurements tell an unknown, and not the belief alone."""
        return self.fitted.doubt(index) < LEARNT * self.beliefs[index].doubt


def evidence_of(references: Sequence[Reference], subject: Subject) -> tuple[Evidence, ...]:
    """Return the references with how they stand to the job, the likest first."""
    found = [Evidence(one, likeness(one.newest, subject)) for one in references]
    found.sort(
        key=lambda one: (
            one.kind is Kind.SCALING and not _is_ours(one, subject),
            one.likeness.doubt,
            one.reference.newest.is_bounded,
            -one.reference.newest.time_s,
        )
    )
    return _probe_before_unlike(found)[:MOST]


def _probe_before_unlike(found: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Return a probe of exactly the job alone, unless a run of it is there, too.

    The laws that would carry other runs over are less sure than the steps that it saw.
    """
    exact = [one for one in found if is_exact(one.likeness)]
    if any(one.kind is Kind.RUN for one in exact):
        return tuple(found)
    return tuple(one for one in exact if one.kind is Kind.PROBE) or tuple(found)


def knowledge_of(evidence: Sequence[Evidence], subject: Subject) -> Knowledge | None:
    """Return what the evidence says; None when none of it times the work that is asked about."""
    on_cpu = subject.lookup.is_cpu(subject.work.device)
    noise = run_to_run([one.reference for one in evidence], on_cpu=on_cpu)
    guess = _guess(evidence, subject, on_cpu=on_cpu)
    if guess is None:
        return None
    base, beliefs = guess
    scene = _Scene(subject, CostsOnce(base), noise)
    observations = [seen for one in evidence for seen in scene.seen_in(one)]
    telling = [one for one in evidence if scene.seen_in(one)]
    common = TOGETHER * min(one.likeness.doubt for one in telling)
    epochs = subject.work.epochs
    unrest = telling[0].reference.epoch_to_epoch / math.sqrt(epochs)
    fitted = fit(beliefs, observations)
    # What contradicts each other is worth less than it says, each for itself.
    strained = strain(fitted, beliefs, observations)
    if strained > CONTRADICTION:
        fitted = fit(beliefs, [replace(one, doubt=strained * one.doubt) for one in observations])
    return Knowledge(
        subject,
        tuple(telling),
        base,
        fitted,
        beliefs,
        math.hypot(noise, common, unrest),
    )


def _guess(
    evidence: Sequence[Evidence], subject: Subject, *, on_cpu: bool
) -> tuple[Size, tuple[Belief, ...]] | None:
    """Return the likest measurement's job and what is believed of it before the fit."""
    for one in evidence:
        size, reference = one.likeness.size, one.reference
        step_s = reference.step_s or _step_of_points(reference.newest, subject)
        epoch_s = reference.epoch_s
        if epoch_s is None and step_s is None:
            continue
        if one.kind in (Kind.SCALING, Kind.STEPTIME) and not _is_ours(one, subject):
            continue
        if step_s is None:
            step_s = 0.8 * (epoch_s or 0.0) / size.steps
        if epoch_s is None:
            epoch_s = step_s * size.steps / (1 - VALIDATION_SHARE)
        return size, beliefs_of(epoch_s, step_s, size.ranks, on_cpu=on_cpu)
    return None


def _step_of_points(calibration: Calibration, subject: Subject) -> float | None:
    """Return a step by the point of a scaling nearest to the job."""
    ranks = subject.work.world_size
    points = [point for point in calibration.points if point.samples_per_s > 0]
    if not points:
        return None
    near = min(points, key=lambda point: abs(math.log(point.world_size / ranks)))
    return near.batch_per_rank * near.world_size / near.samples_per_s


def _is_ours(one: Evidence, subject: Subject) -> bool:
    return is_same_model(one.reference.newest, subject.work, subject.lookup)


@dataclass(frozen=True, slots=True)
class _Scene:
    subject: Subject
    costs: CostsOnce
    noise: float

    def seen_in(self, one: Evidence) -> list[Observation]:
        """Return what a reference or tool result saw."""
        match one.kind:
            case Kind.RUN | Kind.PROBE:
                return self._in_run(one)
            case Kind.STEPTIME:
                return self._in_steps(one)
            case Kind.SCALING:
                return self._in_scaling(one)
            case Kind.MEMORY:
                return []

    def _in_run(self, one: Evidence) -> list[Observation]:
        size, reference = one.likeness.size, one.reference
        step_s, epoch_s = reference.step_s, reference.epoch_s
        if epoch_s is None:
            if step_s is None:
                return []
            doubt = math.hypot(self.noise, PROBED, one.likeness.doubt)
            return [self._of(lambda costs: costs.step_s(size), step_s, doubt)]
        doubt = math.hypot(
            self.noise / math.sqrt(reference.count),
            reference.epoch_to_epoch / math.sqrt(reference.epochs_done),
            FIRST_EPOCHS if one.kind is Kind.PROBE else 0.0,
            reference.bound_doubt,
            one.likeness.doubt,
        )
        seen = [self._of(lambda costs: costs.epoch_s(size), epoch_s, doubt)]
        if step_s is not None:
            in_steps = min(size.steps * step_s / epoch_s, 0.98)
            seen.append(
                self._of(
                    lambda costs: size.steps * costs.step_s(size) / costs.epoch_s(size),
                    in_steps,
                    math.hypot(SHARE, one.likeness.doubt / 2),
                )
            )
        return seen

    def _in_steps(self, one: Evidence) -> list[Observation]:
        step_s, size = one.reference.step_s, one.likeness.size
        if step_s is None:
            return []
        return [self._tool_step(one, size, step_s)]

    def _in_scaling(self, one: Evidence) -> list[Observation]:
        size = one.likeness.size
        return [
            self._tool_step(
                one,
                replace(size, batch_per_rank=point.batch_per_rank, ranks=point.world_size),
                point.batch_per_rank * point.world_size / point.samples_per_s,
            )
            for point in one.reference.newest.points
            if point.samples_per_s > 0
        ]

    def _tool_step(self, one: Evidence, size: Size, step_s: float) -> Observation:
        is_ours = _is_ours(one, self.subject)
        ratio, serial = (TOOL, TOOL_SERIAL) if is_ours else (FOREIGN, FOREIGN_SERIAL)

        def formula(values: Values) -> float:
            costs = self.costs(values)
            fraction = costs.serial_fraction * math.exp(values[serial])
            return replace(costs, serial_fraction=fraction).step_s(size) * math.exp(values[ratio])

        unlike = one.likeness.doubt if is_ours and one.likeness.differences else 0.0
        unknowns = (*OF_COSTS, ratio, serial)
        return Observation(formula, step_s, math.hypot(STEP, unlike), unknowns)

    def _of(self, formula: Callable[[Costs], float], value: float, doubt: float) -> Observation:
        costs = self.costs
        return Observation(lambda values: formula(costs(values)), value, doubt, OF_COSTS)
