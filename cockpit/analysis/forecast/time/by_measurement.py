"""The time of a run by what was measured on its machine, in numbers and sentences. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Final

from cockpit.analysis.forecast.band import Band, within
from cockpit.analysis.forecast.fitting.beliefs import LAUNCH, REST, SERIAL
from cockpit.analysis.forecast.fitting.fit import NINE_OF_TEN
from cockpit.analysis.forecast.fitting.likeness import Subject, is_exact
from cockpit.analysis.forecast.fitting.measured import (
    Evidence,
    Knowledge,
    knowledge_of,
)
from cockpit.analysis.forecast.result import Tier, TimeForecast
from cockpit.analysis.forecast.time.by_catalog import END_S, START_OF_CPU_S, START_S
from cockpit.analysis.forecast.time.outcome import Ends, Outcome, outcome_of
from cockpit.analysis.forecast.time.published import cores_of
from cockpit.analysis.forecast.time.words import (
    counted,
    few_steps_sentence,
    scaling_sentence,
    work_sentences,
)
from cockpit.calibrations.calibration import Kind
from cockpit.units import short_duration as short

START_TO_START: Final = 0.14
"""Deviation of the logarithm of a start, or an end, from run to run. Assumed."""
START_BY_SIZE: Final = 0.2
"""The same for each e-fold of the samples or the ranks: data sets are scanned and cached."""
END_OF_START: Final = Band(0.1, 0.4, 1.5)
"""What the end takes of a start that was measured, where only probes were: they end early.
Assumed."""
CLOSE: Final = 0.1
"""Evidence whose doubt is larger than the least by no more than this is as like as that."""
TRAININGS: Final = (Kind.RUN, Kind.PROBE)
TIERS: Final = {
    Kind.RUN: Tier.RUNS,
    Kind.SCALING: Tier.TOOLS,
    Kind.STEPTIME: Tier.TOOLS,
    Kind.MEMORY: Tier.TOOLS,
    Kind.PROBE: Tier.PROBE,
}


def forecast_by_measurement(evidence: Sequence[Evidence], subject: Subject) -> TimeForecast | None:
    """Return the forecast; None when none of the evidence times this work."""
    knowledge = knowledge_of(evidence, subject)
    if knowledge is None:
        return None
    ends = _ends(knowledge)
    size, epochs = subject.size, subject.work.epochs
    found = outcome_of(knowledge.fitted, knowledge.costs, size, epochs, ends, knowledge.noise)
    return TimeForecast(
        total_s=found.total_s,
        epoch_s=found.epoch_s,
        start_s=found.start_s,
        end_s=found.end_s,
        second_extra_s=_second_extra_s(knowledge),
        tier=_tier(knowledge),
        evidence=_title(knowledge),
        basis=_basis(knowledge, found),
        steps_per_epoch=size.steps if subject.has_samples else None,
        step_s=found.step_s if subject.has_samples else None,
        efficiency=None if _ran_on_as_many_ranks(knowledge) else found.efficiency,
        is_efficiency_measured=size.ranks > 1 and knowledge.learnt(SERIAL),
        epoch_share_fixed=found.share_fixed if subject.has_samples else None,
        is_as_asked=any(
            is_exact(one.likeness) for one in knowledge.evidence if one.kind in TRAININGS
        ),
    )


def _tier(knowledge: Knowledge) -> Tier:
    """Return the best tier of what is nearly as like the job as the likest evidence is."""
    limit = knowledge.evidence[0].likeness.doubt + CLOSE
    return min(TIERS[one.kind] for one in knowledge.evidence if one.likeness.doubt <= limit)


def _ends(knowledge: Knowledge) -> Ends:
    is_processor = knowledge.subject.lookup.is_cpu(knowledge.subject.work.device)
    start_s = _measured_end(knowledge, [one.reference.start_s for one in knowledge.evidence])
    end_s = _measured_end(knowledge, [one.reference.end_s for one in knowledge.evidence])
    if end_s is None and start_s is not None:
        end_s = start_s * END_OF_START  # a machine that starts quickly ends quickly
    return Ends(start_s or (START_OF_CPU_S if is_processor else START_S), end_s or END_S)


def _measured_end(knowledge: Knowledge, times: Sequence[float | None]) -> Band | None:
    """Return the mean of what the evidence took, each weighed by how like it is; or None."""
    size = knowledge.subject.size
    total, weights = 0.0, 0.0
    for one, time_s in zip(knowledge.evidence, times, strict=True):
        if time_s is None:
            continue
        theirs = one.likeness.size
        doubt = math.hypot(
            START_TO_START / math.sqrt(one.reference.count),
            one.likeness.doubt,
            START_BY_SIZE * math.log(theirs.samples / size.samples),
            START_BY_SIZE * math.log(theirs.ranks / size.ranks),
        )
        total += math.log(time_s) / doubt**2
        weights += doubt**-2
    if weights == 0:
        return None
    doubt = math.hypot(START_TO_START, knowledge.noise, weights**-0.5)
    return within(math.exp(total / weights), math.exp(NINE_OF_TEN * doubt))


def _second_extra_s(knowledge: Knowledge) -> float | None:
    """Return the middle of what runs of the same preset told."""
    preset = knowledge.subject.work.preset
    runs = (run for one in knowledge.evidence for run in one.reference.calibrations)
    told = [
        run.second_extra_s
        for run in runs
        if run.preset == preset and run.second_extra_s is not None
    ]
    return statistics.median(told) if told else None


def _title(knowledge: Knowledge) -> str:
    counts: dict[str, int] = {}
    for one in knowledge.evidence:
        newest = one.reference.newest
        what = newest.kind.value
        if newest.kind in (Kind.RUN, Kind.PROBE):
            what = f"{what} of {newest.preset or newest.model or 'this work'}"
        counts[what] = counts.get(what, 0) + one.reference.count
    parts = [_several(count, what) for what, count in counts.items()]
    return f"{' and '.join(parts[:3])} here"


def _several(count: int, what: str) -> str:
    noun, _of, owner = what.partition(" of ")
    return counted(count, noun) + (f" of {owner}" if owner else "")


def _basis(knowledge: Knowledge, found: Outcome) -> tuple[str, ...]:
    subject, size = knowledge.subject, knowledge.subject.size
    work, likest = subject.work, knowledge.evidence[0]
    sentences = [f"measured here: {_seen(likest)}", *_differences(likest)]
    others = sum(one.reference.count for one in knowledge.evidence[1:])
    if others:
        sentences.append(f"{counted(others, 'other measurement')} of this machine taken with it")
    sentences += _carried(knowledge, likest)
    if size.ranks > 1 or likest.likeness.size.ranks > 1:
        sentences.append(_scaling(knowledge, found))
    if all(one.reference.start_s is None for one in knowledge.evidence):
        start = found.start_s
        sentences.append(
            f"assumed: {short(start.likely)} to start ({short(start.low)} to {short(start.high)})"
        )
    if subject.assumed_samples:
        sentences.append(subject.assumed_samples)
    sentences += work_sentences(work, subject.lookup, assumed_only=True)
    few = None
    if subject.has_samples:
        on_cpu = subject.lookup.is_cpu(work.device)
        few = few_steps_sentence(size.steps, found.share_fixed, on_cpu=on_cpu)
    return (*sentences, few) if few else tuple(sentences)


def _seen(one: Evidence) -> str:
    """Return what a reference measured, and of what."""
    newest, reference = one.reference.newest, one.reference
    size = one.likeness.size
    of = [
        counted(size.ranks, "rank"),
        f"batch {size.batch_per_rank:g} each",
    ]
    if newest.train_samples is not None:
        of.append(counted(newest.train_samples, "sample"))
    if newest.imgsz is not None:
        of.append(f"{newest.imgsz} px")
    what = _several(
        reference.count, f"{newest.kind.value} of {newest.preset or newest.model or ''}"
    )
    where = ", ".join(of)
    if reference.epoch_s is not None:
        said = f"{what} with {where}: an epoch took {short(reference.epoch_s)}"
        low_s, high_s = newest.epoch_low_s, newest.epoch_high_s
        if not newest.is_bounded or low_s is None or high_s is None:
            return said
        return (
            f"{said} ({short(low_s)} to {short(high_s)}); none was timed alone, only the run or a "
            "part of it, and the range is wider for it"
        )
    if reference.step_s is not None:
        return f"{what} with {where}: a step took {short(reference.step_s)}"
    best = max(newest.points, key=lambda point: point.world_size)
    return (
        f"{what}: {best.samples_per_s:,.3g} samples/s on {counted(best.world_size, 'rank')}, batch "
        f"{best.batch_per_rank} each"
    )


def _differences(one: Evidence) -> list[str]:
    return [
        f"it differs, and the range is wider for it: {what}" for what in one.likeness.differences
    ]


def _carried(knowledge: Knowledge, likest: Evidence) -> list[str]:
    """Return what had to be carried over by which law."""
    size, theirs = knowledge.subject.size, likest.likeness.size
    likely = knowledge.likely
    sentences = []
    if theirs.batch_per_rank != size.batch_per_rank or theirs.area != 1.0:
        ratio = likely.alone_s(size) / likely.alone_s(theirs) * theirs.slowness
        sentences.append(
            f"carried over to batch {size.batch_per_rank:g}"
            + (" and another image size" if theirs.area != 1.0 else "")
            + f": a step costs {ratio:.2g} times as much on one rank, "
            + ("as measured here" if knowledge.learnt(LAUNCH) else "assumed")
        )
    if theirs.samples != size.samples:
        share = likely.rest_s(size) / likely.epoch_s(size)
        sentences.append(
            f"carried over to {counted(round(size.samples), 'sample')}, {size.steps:,} steps an "
            f"epoch: {share:.0%} of an epoch is validation and fixed time, "
            + ("as measured here" if knowledge.learnt(REST) else "assumed")
        )
    return sentences


def _ran_on_as_many_ranks(knowledge: Knowledge) -> bool:
    """Whether the likest evidence ran on as many ranks, so that no law of scaling is needed."""
    likest = knowledge.evidence[0]
    ranks = knowledge.subject.work.world_size
    return likest.likeness.size.ranks == ranks and likest.reference.epoch_s is not None


def _scaling(knowledge: Knowledge, found: Outcome) -> str:
    subject, ranks = knowledge.subject, knowledge.subject.work.world_size
    if _ran_on_as_many_ranks(knowledge):
        return f"scaling: none to assume, measured on {counted(ranks, 'rank')} as asked"
    likest = knowledge.evidence[0]
    return scaling_sentence(
        found.serial_fraction,
        max(ranks, likest.likeness.size.ranks),
        is_measured=knowledge.learnt(SERIAL),
        on_cpu=subject.lookup.is_cpu(subject.work.device),
        cores=cores_of(subject.work.device),
    )
