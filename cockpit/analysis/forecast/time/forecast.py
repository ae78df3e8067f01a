"""How long a training will take, by the best that is known. Pure.

All that was measured on the machine for this preset or model is taken together (`measured`): runs,
scaling and steptime, probes. Each counts by how like it is and by how much it saw, so that a probe
of exactly this configuration beats a run that differs widely. Where nothing was measured, a guide's
own table answers for a model outside the family that the published speeds are of, and published
figures for the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cockpit.analysis.forecast.fitting.likeness import (
    Subject,
    is_same_model,
    is_same_trainer,
    samples_by_steps,
    speaks_for,
)
from cockpit.analysis.forecast.fitting.lookup import Lookup
from cockpit.analysis.forecast.fitting.measured import evidence_of
from cockpit.analysis.forecast.fitting.references import Reference, references_of
from cockpit.analysis.forecast.result import TimeForecast
from cockpit.analysis.forecast.time.by_catalog import forecast_by_catalog
from cockpit.analysis.forecast.time.by_documents import (
    claim_sentence,
    claims_of,
    forecast_by_documents,
)
from cockpit.analysis.forecast.time.by_measurement import forecast_by_measurement
from cockpit.analysis.forecast.time.narrowing import narrow
from cockpit.analysis.forecast.time.words import span
from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration, Kind
from cockpit.catalog.names import find_model
from cockpit.catalog.rows import Catalog

ANCHOR_FAMILY: Final = "yolo"
NOMINAL_STEPS: Final = 100
"""Of an epoch, where nobody knows: it only splits its time into steps and what is beside them."""


def forecast_time(
    work: Work, calibrations: Sequence[Calibration], catalog: Catalog
) -> TimeForecast | None:
    """Return how long the work takes, and on what that rests; None when nothing is known of it."""
    lookup = Lookup(catalog)
    found = _by_measurement(work, calibrations, lookup) or _by_others(work, lookup)
    return None if found is None else replace(found, narrow=narrow(found, work))


def _by_others(work: Work, lookup: Lookup) -> TimeForecast | None:
    """Return the forecast where nothing was measured here.

    The published speeds are of the YOLO family, whose trainers load and augment on all cores. A
    guide that tells the time of another trainer at least speaks of that one.
    """
    published = forecast_by_catalog(work, lookup)
    if _is_of_anchor_family(work, lookup):
        return None if published is None else _with_claims(published, work, lookup)
    claimed = forecast_by_documents(work, lookup)
    if claimed is None or published is None:
        return claimed or published
    beside = (
        f"published speeds of the GPU and the model's GFLOPs would give "
        f"{span(published.total_s)} in all: they know nothing of this trainer's data loading",
    )
    return replace(claimed, basis=claimed.basis + beside, published_s=published.total_s)


def _with_claims(published: TimeForecast, work: Work, lookup: Lookup) -> TimeForecast:
    """Return a forecast with what guides say of the same model, device and count beside it."""
    device, whole = lookup.accelerator(work.device), lookup.by_device(work)
    beside = tuple(
        claim_sentence(row)
        for row in claims_of(work, lookup)
        if row.count == whole.world_size and device is lookup.accelerator(row.accelerator)
    )
    return replace(published, basis=published.basis + beside)


def _is_of_anchor_family(work: Work, lookup: Lookup) -> bool:
    model = lookup.model(work.model)
    return model is not None and model.key.startswith(ANCHOR_FAMILY)


def why_unknown(work: Work, catalog: Catalog) -> str:
    """Return why nothing can be said of the time of a work, and what would change that."""
    if work.train_samples is None:
        return "nobody knows how many samples it trains on; try --dataset-size"
    if work.model is None or find_model(catalog, work.model) is None:
        return _unknown_model(work)
    return (
        f"no speed is published for the device {work.device}, and nothing was measured on it here"
    )


def _unknown_model(work: Work) -> str:
    """Return why nothing is known of work whose model has no row; a probe helps where it runs."""
    model = "its model, which it does not name" if work.preset else "a model that nobody named"
    model = model if work.model is None else f"the model {work.model}"
    name = work.preset or "NAME"
    named = f"name a known model ([estimate] model of {name}) or give it a row in catalog.toml"
    if work.preset is not None and work.host is None:
        return (
            f"no speed is published for {model}, and what is measured on this machine does not "
            f"speak for {work.device}; {named}, or ask on a machine with {work.device}"
        )
    return (
        f"no speed is published for {model}, and no run of it was measured here; try a probe "
        f"(cockpit estimate --preset {name} --probe), or {named}"
    )


def _by_measurement(
    work: Work, calibrations: Sequence[Calibration], lookup: Lookup
) -> TimeForecast | None:
    there = [one for one in calibrations if speaks_for(one, work, lookup)]
    runs = references_of(one for one in there if is_same_trainer(one, work, lookup))
    tools = [
        Reference((one,))
        for one in there
        if one.kind is Kind.SCALING
        or (one.kind is Kind.STEPTIME and is_same_model(one, work, lookup))
    ]
    subject = _subject(work, runs, lookup)
    if subject is None:
        return None
    return forecast_by_measurement(evidence_of([*runs, *tools], subject), subject)


def _subject(work: Work, runs: Sequence[Reference], lookup: Lookup) -> Subject | None:
    """Return the work with its number of samples; None where nothing tells it."""
    if work.train_samples is not None:
        return Subject(work, lookup, work.train_samples)
    told = next((one.newest for one in runs if one.newest.train_samples), None)
    if told is not None and told.train_samples is not None:
        return Subject(
            work,
            lookup,
            told.train_samples,
            f"{told.train_samples:,} samples: assumed, as in the newest run (--dataset-size)",
        )
    timed = next((one.newest for one in runs if one.newest.epoch_s), None)
    if timed is None:
        return None
    samples = samples_by_steps(timed, work) or NOMINAL_STEPS * work.global_batch
    why = "the data set: assumed to be that of those runs (--dataset-size)"
    return Subject(work, lookup, samples, why, has_samples=False)
