"""How long a training will take before it has begun. Pure.

    T = t_start + epochs * (steps * t_step(n) + t_val + t_fixed)
    steps = ceil(images / (batch_per_rank * n))
    t_step(n) = batch_per_rank * t_image / efficiency(n)
    efficiency(n) = 1 / (n * (e + (1 - e) / n))

`e` is the Karp-Flatt serial fraction: what one more GPU costs every other one. `t_image` comes
from `workload`. Each term has a range, and the range of the total takes all of them at their
ends: it is wide because nothing was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cockpit.analysis.question import FLAGS, Question, problems_of
from cockpit.analysis.workload import Workload, get_workload
from cockpit.errors import InputError


@dataclass(frozen=True, slots=True)
class Band:
    """An assumed number and how far off it may be."""

    low: float
    likely: float
    high: float


SERIAL_FRACTION: Final = Band(0.037, 0.11, 0.43)
"""Low: 3.6x on 4 GPUs, as document 004 claims. Likely and high: 3.0x on 4 and 2.0x on 8 GPUs of
one machine with RTX 2080 Ti, ultralytics/yolov5#1860."""
SLOWNESS: Final = Band(0.5, 1.0, 2.0)
"""On the time per image: data loading, driver and clocks are unknown. Assumed."""
LEAST_STEP_S: Final = Band(0.02, 0.05, 0.1)
"""Launching the kernels of a step takes this long, however small the images. Assumed."""
VALIDATION_SHARE: Final = 1 / 12
"""Of the time of an epoch on one GPU: a quarter of the images, forward only (a third of the
work), on one rank. Assumed."""
FIXED_S: Final = Band(0.5, 1.5, 5.0)
"""Of each epoch, for checkpoint, loaders and logging. Assumed."""
START_S: Final = Band(10.0, 30.0, 120.0)
"""Imports, scan of the data set, process group, first kernels. Assumed."""
FEW_STEPS: Final = 20


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is expected of a training; its fields are the keys of the JSON output."""

    dataset_size: int
    epochs: int
    gpus: int
    global_batch: int
    steps_per_epoch: int
    scaling_efficiency: float
    """1.0 is linear."""
    effective_speedup: float
    """Against one GPU."""
    epoch_s: float
    total_s: float
    total_s_low: float
    total_s_high: float
    basis: tuple[str, ...]
    """What the numbers rest on, one sentence each."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """One choice of every assumed number."""

    serial_fraction: float
    slowness: float
    least_step_s: float
    fixed_s: float
    start_s: float


_BANDS: Final = (SERIAL_FRACTION, SLOWNESS, LEAST_STEP_S, FIXED_S, START_S)
_LOW: Final = _Terms(*(band.low for band in _BANDS))
_LIKELY: Final = _Terms(*(band.likely for band in _BANDS))
_HIGH: Final = _Terms(*(band.high for band in _BANDS))


def estimate(question: Question) -> Estimate:
    """Return the expected time; raises `InputError` with all problems of the question."""
    if problems := problems_of(question):
        raise InputError("\n".join(problems))
    work = get_workload(question.model, question.imgsz, question.gpu)
    efficiency = scaling_efficiency(_LIKELY.serial_fraction, question.gpus)
    return Estimate(
        dataset_size=question.dataset_size,
        epochs=question.epochs,
        gpus=question.gpus,
        global_batch=question.global_batch,
        steps_per_epoch=question.steps_per_epoch,
        scaling_efficiency=efficiency,
        effective_speedup=question.gpus * efficiency,
        epoch_s=_epoch_s(question, work, _LIKELY),
        total_s=_total_s(question, work, _LIKELY),
        total_s_low=_total_s(question, work, _LOW),
        total_s_high=_total_s(question, work, _HIGH),
        basis=_basis(question, work),
    )


def scaling_efficiency(serial_fraction: float, gpus: int) -> float:
    """Return the share of ideal speed-up that Amdahl's law leaves: 1.0 is linear."""
    return 1 / (gpus * (serial_fraction + (1 - serial_fraction) / gpus))


def _total_s(question: Question, work: Workload, terms: _Terms) -> float:
    return terms.start_s + question.epochs * _epoch_s(question, work, terms)


def _epoch_s(question: Question, work: Workload, terms: _Terms) -> float:
    image_s = work.image_s * terms.slowness
    alone_s = max(question.batch_per_rank * image_s, terms.least_step_s)
    step_s = alone_s / scaling_efficiency(terms.serial_fraction, question.gpus)
    validation_s = question.dataset_size * image_s * VALIDATION_SHARE
    return question.steps_per_epoch * step_s + validation_s + terms.fixed_s


def _basis(question: Question, work: Workload) -> tuple[str, ...]:
    lines = [
        "nothing was measured: published figures and assumptions only; a few epochs of the real "
        "run say more",
        *_work_basis(question, work),
        f"one {work.gpu} alone: {1 / work.image_s:,.0f} images/s, calculated from YOLOv5n (a day "
        f"for 300 epochs of COCO on a V100, yolov5 README) by GFLOPs^0.54, pixels and memory "
        f"bandwidth; range {SLOWNESS.low:g} to {SLOWNESS.high:g} times the time",
        _scaling_basis(question),
        f"assumed: {FIXED_S.likely:g} s an epoch for checkpoint and loaders ({FIXED_S.low:g} to "
        f"{FIXED_S.high:g} s), {START_S.likely:g} s to start ({START_S.low:g} to {START_S.high:g} "
        "s), a validation set a quarter as large, on one rank",
    ]
    if question.batch_per_rank * work.image_s < LEAST_STEP_S.likely:
        lines.append(
            f"assumed: a step takes at least {LEAST_STEP_S.likely:g} s to launch, which is more "
            "than its images need"
        )
    if question.steps_per_epoch < FEW_STEPS:
        lines.append(
            f"only {question.steps_per_epoch} steps an epoch: the fixed times decide, more GPUs "
            "hardly help"
        )
    return tuple(lines)


def _work_basis(question: Question, work: Workload) -> list[str]:
    values = {
        "model": f"{work.model}, {work.gflops:g} GFLOPs at 640 px in Ultralytics' table",
        "imgsz": f"{question.imgsz} px",
        "batch_per_rank": f"{question.batch_per_rank} images per GPU and step",
        "gpu": f"{work.gpu}, {work.gb_per_s} GB/s in NVIDIA's data sheet",
        "epochs": f"{question.epochs} epochs",
    }
    return [
        f"{text}: {question.sources.get(name) or f'assumed, since {FLAGS[name]} was not given'}"
        for name, text in values.items()
    ]


def _scaling_basis(question: Question) -> str:
    if question.gpus == 1:
        return "scaling: none, one GPU"
    low, high = (
        scaling_efficiency(fraction, question.gpus)
        for fraction in (SERIAL_FRACTION.high, SERIAL_FRACTION.low)
    )
    return (
        f"scaling: assumed, not measured; Karp-Flatt serial fraction {SERIAL_FRACTION.likely:g}, "
        "the best published measurement (ultralytics/yolov5#1860, 4x 2080 Ti), range "
        f"{SERIAL_FRACTION.low:g} to {SERIAL_FRACTION.high:g}: {low:.0%} to {high:.0%} efficient "
        f"on {question.gpus} GPUs"
    )
