"""The time of a run by published figures, where nothing was measured. Pure."""

from __future__ import annotations

import math
from typing import Final

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.fitting.beliefs import SERIAL_OF_CPU, SERIAL_OF_GPUS
from cockpit.analysis.forecast.fitting.fit import NINE_OF_TEN, Belief, Values, about, fit
from cockpit.analysis.forecast.fitting.laws import Costs, Size
from cockpit.analysis.forecast.fitting.lookup import Lookup
from cockpit.analysis.forecast.result import Tier, TimeForecast
from cockpit.analysis.forecast.time.outcome import Ends, Outcome, outcome_of
from cockpit.analysis.forecast.time.published import ImageTime, cores_of, image_time
from cockpit.analysis.forecast.time.words import (
    few_steps_sentence,
    scaling_sentence,
    work_sentences,
)
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.rows import ModelEntry
from cockpit.units import short_duration as short

START_S: Final = Band(10.0, 30.0, 120.0)
"""Imports, scan of the data set, process group, first kernels. Assumed."""
START_OF_CPU_S: Final = Band(2.5, 8.0, 60.0)
"""3 to 5 s with what it reads in the cache (docs/measurements.md, Estimates), else much more."""
END_S: Final = Band(0.5, 3.0, 20.0)
"""The last checkpoint, a last validation, the goodbye of the process group. Assumed."""
FIXED_S: Final = Band(0.1, 1.0, 5.0)
"""Of each epoch, for checkpoint, loaders and logging. Assumed."""
LAUNCH_S: Final = Band(0.003, 0.015, 0.08)
"""Of each step, however small its images: launching kernels. Assumed."""
VALIDATION_SHARE: Final = 1 / 12
"""Of the time of an epoch on one GPU: a quarter of the images, forward only (a third of the
work), on one rank. Assumed."""
BUSBW_GB_PER_S: Final = 5.0
"""Of gradients between GPUs without NVLink. Assumed."""

IMAGE, LAUNCH, SERIAL_FRACTION, VALIDATION, FIXED, SENDING = range(6)


def forecast_by_catalog(work: Work, lookup: Lookup) -> TimeForecast | None:
    """Return the forecast; None when model, device or number of samples are not known."""
    model = lookup.model(work.model)
    accelerator = lookup.accelerator(work.device)
    if model is None or accelerator is None or work.train_samples is None:
        return None
    image = image_time(model, work.imgsz or model.imgsz, accelerator, work.device)
    if image is None:
        return None
    on_cpu = lookup.is_cpu(work.device)
    beliefs = _beliefs(model, image, on_cpu=on_cpu)
    whole = lookup.by_device(work)
    size = Size(work.train_samples, whole.batch_per_rank, whole.world_size)
    ends = Ends(START_OF_CPU_S if on_cpu else START_S, END_S)
    found = outcome_of(fit(beliefs, []), _costs, size, work.epochs, ends)
    return TimeForecast(
        total_s=found.total_s,
        epoch_s=found.epoch_s,
        start_s=found.start_s,
        tier=Tier.CATALOG,
        evidence="published figures, nothing was measured",
        basis=_basis(work, size, lookup, image, found),
        steps_per_epoch=size.steps,
        step_s=found.step_s,
        efficiency=found.efficiency,
        epoch_share_fixed=found.share_fixed,
    )


def _beliefs(model: ModelEntry, image: ImageTime, *, on_cpu: bool) -> tuple[Belief, ...]:
    return (
        about(image.seconds, math.log(image.factor) / NINE_OF_TEN),
        _belief(LAUNCH_S),
        SERIAL_OF_CPU if on_cpu else SERIAL_OF_GPUS,
        about(VALIDATION_SHARE, 0.5),
        _belief(FIXED_S),
        about(4 * model.params / (BUSBW_GB_PER_S * 1e9), 0.6),
    )


def _belief(band: Band) -> Belief:
    return about(band.likely, math.log(band.width) / (2 * NINE_OF_TEN))


def _costs(values: Values) -> Costs:
    image_s = math.exp(values[IMAGE])
    return Costs(
        image_s=image_s,
        launch_s=math.exp(values[LAUNCH]),
        serial_fraction=math.exp(values[SERIAL_FRACTION]),
        validation_s=math.exp(values[VALIDATION]) * image_s,
        fixed_s=math.exp(values[FIXED]),
        gradients_s=math.exp(values[SENDING]),
    )


def _basis(
    work: Work, size: Size, lookup: Lookup, image: ImageTime, found: Outcome
) -> tuple[str, ...]:
    start = found.start_s
    low, high = 1 / image.factor, image.factor
    sentences = [
        "nothing was measured: published figures and assumptions only; a few epochs of the real "
        "run say more",
        *work_sentences(work, lookup, assumed_only=False),
        f"one of it alone: {1 / image.seconds:,.3g} images/s, {image.how}; range {low:.2g} to "
        f"{high:g} times the time",
        "scaling: none, one rank"
        if size.ranks == 1
        else scaling_sentence(
            found.serial_fraction,
            size.ranks,
            is_measured=False,
            on_cpu=lookup.is_cpu(work.device),
            cores=cores_of(work.device),
        ),
        f"assumed: {short(FIXED_S.likely)} an epoch for checkpoint and loaders "
        f"({short(FIXED_S.low)} to {short(FIXED_S.high)}), {short(start.likely)} to start "
        f"({short(start.low)} to {short(start.high)}), a validation set a quarter as large, on one "
        "rank",
    ]
    if size.batch_per_rank * image.seconds < LAUNCH_S.likely:
        sentences.append(
            f"assumed: a step takes {short(LAUNCH_S.likely)} to launch, which is more than its "
            "images need"
        )
    on_cpu = lookup.is_cpu(work.device)
    few = few_steps_sentence(size.steps, found.share_fixed, on_cpu=on_cpu)
    return (*sentences, few) if few else tuple(sentences)
