"""The time of a run by what a training guide claims of its own model. Pure.

A claim is taken like a run that somebody else made and nobody checked: carried over by the same
laws, with a wide range.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from cockpit.analysis.forecast.band import Band, exactly
from cockpit.analysis.forecast.fitting.fit import NINE_OF_TEN
from cockpit.analysis.forecast.fitting.likeness import Subject
from cockpit.analysis.forecast.fitting.lookup import Lookup
from cockpit.analysis.forecast.fitting.measured import (
    Evidence,
    Knowledge,
    evidence_of,
    knowledge_of,
)
from cockpit.analysis.forecast.fitting.references import Reference
from cockpit.analysis.forecast.result import Tier, TimeForecast
from cockpit.analysis.forecast.time.by_catalog import START_OF_CPU_S, START_S
from cockpit.analysis.forecast.time.outcome import Ends, outcome_of
from cockpit.analysis.forecast.time.words import (
    counted,
    few_steps_sentence,
    scaling_sentence,
    work_sentences,
)
from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration, Kind
from cockpit.catalog.rows import DocumentTime
from cockpit.units import short_duration as short

CLAIM: Final = math.log(2.5) / NINE_OF_TEN
"""A claim may be so many times too long or short: those of the guides contradict themselves by
factors of 2 to 15. Deviation of a logarithm."""
TOO_LONG: Final = Band(1 / 15, 1.0, 1.0)
"""And much too long: one claim is 11 times what a log shows (003), one 6.5 times its own formula
(001), one 15 times what published speeds give (002)."""
NOMINAL_STEPS: Final = 100
"""Of an epoch, where the guide names no data set."""


def claims_of(work: Work, lookup: Lookup) -> tuple[DocumentTime, ...]:
    """Return what guides say of this model on this device, or else on others of its kind."""
    device = lookup.accelerator(work.device)
    if device is None or work.model is None:
        return ()
    model = lookup.model(work.model)
    key = model.key if model is not None else work.model.strip().lower()
    rows = [row for row in lookup.catalog.document_times if row.model == key and row.accelerator]
    exact = [row for row in rows if row.accelerator == device.key]
    alike = [
        row
        for row in rows
        if (other := lookup.accelerator(row.accelerator)) and other.runtime is device.runtime
    ]
    return tuple(exact or alike)


def forecast_by_documents(work: Work, lookup: Lookup) -> TimeForecast | None:
    """Return the forecast by guides alone; None when none of them speaks of it."""
    claims = claims_of(work, lookup)
    if not claims:
        return None
    subject = _subject(work, lookup, claims)
    references = [Reference((_as_run(row, work),)) for row in claims]
    knowledge = knowledge_of(evidence_of(references, subject), subject)
    return None if knowledge is None else _told(knowledge, claims, work)


def claim_sentence(row: DocumentTime) -> str:
    """Return what a guide says, as its claim."""
    ranks = f"{row.count} x {row.accelerator}" if row.count > 1 else row.accelerator
    samples = f" of {row.train_samples:,} samples" if row.train_samples else ""
    logged = row.logged_epoch_s
    truth = f"its own log shows {short(logged)}" if logged is not None else "nobody checked it"
    return (
        f"document {row.document} claims {short(row.epoch_s)} an epoch{samples} for {row.model} "
        f"on {ranks} at batch {row.batch_per_rank} each; {truth}"
    )


def _subject(work: Work, lookup: Lookup, claims: tuple[DocumentTime, ...]) -> Subject:
    work = lookup.by_device(work)  # as the claims count
    told = next((row.train_samples for row in claims if row.train_samples), None)
    if told is not None and work.train_samples is not None:
        return Subject(work, lookup, work.train_samples)
    if told is not None:
        return Subject(work, lookup, told, f"{told:,} samples: as in the guide (--dataset-size)")
    # Of as many steps whatever the data set: by the number that is asked about, more images would
    # make the same epoch of the guide one of shorter steps, and those are cheaper to carry over.
    has_samples = work.train_samples is not None
    why = (
        "the guide names no data set: assumed, the same"
        if has_samples
        else "the data set: assumed to be that of the guide (--dataset-size)"
    )
    return Subject(work, lookup, NOMINAL_STEPS * work.global_batch, why, has_samples=has_samples)


def _steps(subject: Subject) -> int:
    """Return the steps of an epoch of the data set that is asked about."""
    samples = subject.work.train_samples
    return (subject.size if samples is None else replace(subject.size, samples=samples)).steps


def _as_run(row: DocumentTime, work: Work) -> Calibration:
    return Calibration(
        calibration_id=f"document:{row.document}",
        kind=Kind.RUN,
        time_s=0.0,
        host="",
        device=row.accelerator,
        preset=work.preset,
        model=work.model,
        imgsz=row.imgsz,
        batch_per_rank=row.batch_per_rank,
        world_size=row.count,
        train_samples=row.train_samples,
        epochs=row.epochs,
        epoch_s=row.logged_epoch_s or row.epoch_s,
        epochs_done=row.epochs,
    )


def _told(knowledge: Knowledge, claims: tuple[DocumentTime, ...], work: Work) -> TimeForecast:
    subject, size = knowledge.subject, knowledge.subject.size
    steps = _steps(subject)
    on_cpu = subject.lookup.is_cpu(work.device)
    ends = Ends(START_OF_CPU_S if on_cpu else START_S, Band(0.0, 0.0, 0.0))
    noise = math.hypot(knowledge.noise, CLAIM)
    found = outcome_of(knowledge.fitted, knowledge.costs, size, work.epochs, ends, noise)
    is_logged = any(row.logged_epoch_s is not None for row in claims)
    claimed = exactly(1.0) if is_logged else TOO_LONG
    epoch_s, total_s = found.epoch_s * claimed, found.total_s * claimed
    likest = knowledge.evidence[0]
    what = "the log that a guide's authors kept" if is_logged else "the claim of a guide"
    sentences = [
        f"nothing was measured here: {what}, {epoch_s.width:.2g} times from end to end",
        *(claim_sentence(row) for row in claims),
        *(f"carried over since it was {what}" for what in likest.likeness.differences),
    ]
    if size.ranks > 1 and not _has_ranks(knowledge.evidence, size.ranks):
        sentences.append(
            scaling_sentence(found.serial_fraction, size.ranks, is_measured=False, on_cpu=on_cpu)
        )
    if subject.assumed_samples:
        sentences.append(subject.assumed_samples)
    sentences += work_sentences(work, subject.lookup, assumed_only=True)
    few = None
    if subject.has_samples:
        few = few_steps_sentence(steps, found.share_fixed, on_cpu=on_cpu)
    documents = sorted({row.document for row in claims})
    return TimeForecast(
        total_s=total_s,
        epoch_s=epoch_s,
        start_s=found.start_s,
        tier=Tier.DOCUMENTS,
        evidence=f"{'the log' if is_logged else 'the claim'} of "
        f"{counted(len(documents), 'guide')}: document {', '.join(documents)}",
        basis=(*sentences, few) if few else tuple(sentences),
        steps_per_epoch=steps if subject.has_samples else None,
        step_s=found.step_s.times(size.steps / steps) if subject.has_samples else None,
        efficiency=found.efficiency,
        epoch_share_fixed=found.share_fixed,
    )


def _has_ranks(evidence: tuple[Evidence, ...], ranks: int) -> bool:
    return any(one.likeness.size.ranks == ranks for one in evidence)
