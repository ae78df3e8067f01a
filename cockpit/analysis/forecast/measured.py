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

from cockpit.analysis.forecast.fit import Belief, Fitted, Observation, Values, fit
from cockpit.analysis.forecast.laws import Costs, Size, scaling_efficiency
from cockpit.analysis.forecast.likeness import Likeness, Subject, is_cpu, is_same_model, likeness
from cockpit.analysis.forecast.references import Reference, run_to_run
from cockpit.calibrations.calibration import Calibration, Kind

MOST: Final = 16
"""So many measurements are fitted, the likest; more would cost time and say nothing new."""

IMAGE, LAUNCH, SERIAL, VALIDATION, FIXED, TOOL, FOREIGN = range(7)
"""The unknowns: time of an image; the rest of a step, in batches; serial fraction; validation, in
images; fixed part of an epoch; what a tool's step takes of a real one, and one of another model."""

OPEN: Final = 3.0
"""The doubt of a belief that only measurements decide."""
LAUNCH_SHARE: Final = Belief(0.25, 1.2)
SERIAL_OF_GPUS: Final = Belief(0.11, 0.75)
SERIAL_OF_CPU: Final = Belief(0.45, 0.5)
VALIDATION_SHARE: Final = Belief(0.06, 0.8)
"""A fifth of the images, forward only, which is a third of the work. Assumed, as are the rest."""
FIXED_S: Final = 1.0
FIXED_SHARE: Final = 0.1
"""Of an epoch, where that is less."""
FIXED_DOUBT: Final = 1.0
TOOL_SHARE: Final = Belief(0.92, 0.25)
"""A tool loads no data."""

TOGETHER: Final = 0.7
"""So much of the least doubt of carrying over may be wrong in all evidence alike."""
STEP: Final = 0.05
"""The doubt of a step that a tool timed, as a logarithm,"""
PROBED: Final = 0.08
"""of one of a few dozen real ones,"""
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
    fitted: Fitted
    beliefs: tuple[Belief, ...]
    noise: float
    """Of the run that is asked about, as the standard deviation of a logarithm: as runs differ
    from each other, and what all evidence is wrong by together."""

    def costs(self, values: Values) -> Costs:
        """Return the costs that some values of the unknowns mean."""
        return costs_of(values, self.subject.work.batch_per_rank)

    def learnt(self, index: int) -> bool:
        """Whether measurements and not the belief decide about an unknown."""
        return self.fitted.doubt(index) < 0.6 * self.beliefs[index].doubt


def costs_of(values: Values, batch_per_rank: int) -> Costs:
    """Return the costs; what a step takes beside its images is counted in batches of the job."""
    image_s = math.exp(values[IMAGE])
    return Costs(
        image_s=image_s,
        launch_s=math.exp(values[LAUNCH]) * image_s * batch_per_rank,
        serial_fraction=math.exp(values[SERIAL]),
        validation_s=math.exp(values[VALIDATION]) * image_s,
        fixed_s=math.exp(values[FIXED]),
    )


def evidence_of(references: Sequence[Reference], subject: Subject) -> tuple[Evidence, ...]:
    """Return the references with how they stand to the job, the likest first."""
    found = [Evidence(one, likeness(one.newest, subject)) for one in references]
    found.sort(key=lambda one: (one.likeness.doubt, -one.reference.newest.time_s))
    return tuple(found[:MOST])


def knowledge_of(evidence: Sequence[Evidence], subject: Subject) -> Knowledge | None:
    """Return what the evidence says; None when none of it times the work that is asked about."""
    on_cpu = is_cpu(subject.work.device, subject.catalog)
    noise = run_to_run([one.reference for one in evidence], on_cpu=on_cpu)
    guess = _guess(evidence, subject, SERIAL_OF_CPU if on_cpu else SERIAL_OF_GPUS)
    if guess is None:
        return None
    scene = _Scene(subject, noise)
    observations = [seen for one in evidence for seen in scene.seen_in(one)]
    telling = [one for one in evidence if scene.seen_in(one)]
    common = TOGETHER * min(one.likeness.doubt for one in telling)
    epochs = subject.work.epochs
    unrest = telling[0].reference.epoch_to_epoch / math.sqrt(epochs)
    return Knowledge(
        subject, tuple(telling), fit(guess, observations), guess, math.hypot(noise, common, unrest)
    )


def _guess(
    evidence: Sequence[Evidence], subject: Subject, serial: Belief
) -> tuple[Belief, ...] | None:
    """Return what is believed before the fit, from the likest measurement of this work."""
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
            epoch_s = step_s * subject.size.steps
        alone_s = step_s * scaling_efficiency(serial.middle, size.ranks) / size.slowness
        images = size.batch_per_rank * size.area + LAUNCH_SHARE.middle * subject.size.batch_per_rank
        fixed = Belief(min(FIXED_S, FIXED_SHARE * epoch_s), FIXED_DOUBT)
        image = Belief(alone_s / images, OPEN)
        foreign = Belief(1.0, OPEN)
        return (image, LAUNCH_SHARE, serial, VALIDATION_SHARE, fixed, TOOL_SHARE, foreign)
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
    return is_same_model(one.reference.newest, subject.work, subject.catalog)


@dataclass(frozen=True, slots=True)
class _Scene:
    subject: Subject
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
            return [Observation(self._of(lambda costs: costs.step_s(size)), step_s, doubt)]
        doubt = math.hypot(
            self.noise / math.sqrt(reference.count),
            reference.epoch_to_epoch / math.sqrt(reference.epochs_done),
            one.likeness.doubt,
        )
        seen = [Observation(self._of(lambda costs: costs.epoch_s(size)), epoch_s, doubt)]
        if step_s is not None:
            share = min(size.steps * step_s / epoch_s, 0.98)
            seen.append(
                Observation(
                    self._of(lambda costs: 1 - costs.rest_s(size) / costs.epoch_s(size)),
                    share,
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
        unknown = TOOL if _is_ours(one, self.subject) else FOREIGN
        batch = self.subject.work.batch_per_rank

        def formula(values: Values) -> float:
            return costs_of(values, batch).step_s(size) * math.exp(values[unknown])

        unlike = one.likeness.doubt if one.likeness.differences else 0.0
        return Observation(formula, step_s, math.hypot(STEP, unlike if unknown == TOOL else 0.1))

    def _of(self, formula: Callable[[Costs], float]) -> Callable[[Values], float]:
        batch = self.subject.work.batch_per_rank
        return lambda values: formula(costs_of(values, batch))
