"""How fast a device trains a model, from published figures. Pure; nothing here is measured.

The anchor: YOLOv5n, s, m, l, x take 1, 2, 4, 6, 8 days for 300 epochs of COCO at 640 px on one
V100 (ultralytics/yolov5, README of v7.0, read 2026-11). Their time per image grows with
GFLOPs^0.58, within 15 %. Between GPUs the speed goes by memory bandwidth and both peaks, each to a
power that is assumed: small networks in mixed precision wait for memory, but not only, and a GPU
without tensor cores does not gain from half precision.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from cockpit.catalog.rows import Accelerator, ModelEntry, Runtime

COCO_IMAGES: Final = 118_287
"""train2017."""
ANCHOR_IMAGE_S: Final = 86_400 / (300 * COCO_IMAGES) * 0.87
"""YOLOv5n on a V100: one day for 300 epochs, so 2.4 ms an image. An eighth is taken off for
launching steps of 64 images and for validating on 5,000, which are counted apart."""
ANCHOR_GFLOPS: Final = 4.5
ANCHOR_GB_PER_S: Final = 900
ANCHOR_TFLOPS: Final = 15.7
ANCHOR_TFLOPS_HALF: Final = 125
BANDWIDTH_POWER: Final = 0.5
"""Assumed, as the next two: they add up to 1."""
TFLOPS_POWER: Final = 0.3
HALF_POWER: Final = 0.2
ANCHOR_PIXELS: Final = 640
MODEL_EXPONENT: Final = 0.58

BACKWARD_TOO: Final = 3
"""Training on an image computes so many times what the forward pass alone does."""
CPU_TFLOPS_A_CORE: Final = 0.1
"""Peak in fp32 of a core with AVX-512 at 3 GHz, two threads to a core; assumed."""
CPU_REACHED: Final = 0.3
"""The share of it that a training reaches. On 2 cores of an AMD EPYC (docs/measurements.md,
Estimates) yolo11n reached 0.18 at 128 px and 0.12 at 64 px, the plain convolutions of quickstart
0.6."""
CPU_CORES: Final = 8
"""Assumed where nobody says how many."""

_CORES: Final = re.compile(r"(\d+) cores?\b")


@dataclass(frozen=True, slots=True)
class ImageTime:
    """What one device alone needs to train on one image."""

    seconds: float
    factor: float
    """It may be so many times longer or shorter."""
    how: str
    """From what it was calculated, in words."""


def image_time(
    model: ModelEntry, imgsz: int, accelerator: Accelerator, device: str = ""
) -> ImageTime | None:
    """Return the time of an image; None where no figure of the device is published.

    `device` is how its driver names it, which tells the cores of a processor.
    """
    if accelerator.runtime is Runtime.CPU:
        return _on_cpu(model, imgsz, accelerator, device)
    seconds = _on_anchor_s(model, imgsz)
    found = _speed(accelerator)
    if found is None:
        return None
    speed, how, factor = found
    if accelerator.runtime is Runtime.XLA:
        how, factor = f"{how}, as if it were a GPU", 2 * factor
    return ImageTime(
        seconds / speed,
        factor,
        "calculated from YOLOv5n (a day for 300 epochs of COCO on a V100, yolov5 README) by "
        f"GFLOPs^{MODEL_EXPONENT}, pixels and {how}",
    )


def _speed(accelerator: Accelerator) -> tuple[float, str, float] | None:
    """Return how many V100s a device is worth, by which figures, and the factor of doubt."""
    single, half = accelerator.tflops_fp32, accelerator.tflops_half
    half = half or single  # without tensor cores half precision is no faster
    parts = [
        ("memory bandwidth", accelerator.gb_per_s, ANCHOR_GB_PER_S, BANDWIDTH_POWER),
        ("peak FLOPS", single, ANCHOR_TFLOPS, TFLOPS_POWER),
        ("peak FLOPS in half precision", half, ANCHOR_TFLOPS_HALF, HALF_POWER),
    ]
    known = [(how, value / of, power) for how, value, of, power in parts if value]
    if not known:
        return None
    powers = sum(power for _, _, power in known)
    speed = math.prod(ratio ** (power / powers) for _, ratio, power in known)
    has_bandwidth = accelerator.gb_per_s is not None
    return speed, " and ".join(how for how, _, _ in known), 2.0 if has_bandwidth else 3.0


def model_slowness(model: ModelEntry | None, other: ModelEntry | None) -> float | None:
    """Return how many times as long `model` takes as `other`; None where one is not known."""
    if model is None or other is None:
        return None
    return _on_anchor_s(model, ANCHOR_PIXELS) / _on_anchor_s(other, ANCHOR_PIXELS)


def device_slowness(one: Accelerator | None, other: Accelerator | None) -> float | None:
    """Return how many times as long `one` takes as `other`; None where one is not known."""
    ours = image_time(_NOMINAL, ANCHOR_PIXELS, one) if one else None
    theirs = image_time(_NOMINAL, ANCHOR_PIXELS, other) if other else None
    return ours.seconds / theirs.seconds if ours and theirs else None


def _on_anchor_s(model: ModelEntry, imgsz: int) -> float:
    gflops = model.gflops * (ANCHOR_PIXELS / model.imgsz) ** 2
    return (
        ANCHOR_IMAGE_S
        * math.pow(gflops / ANCHOR_GFLOPS, MODEL_EXPONENT)
        * (imgsz / ANCHOR_PIXELS) ** 2
    )


def cores_of(device: str) -> int | None:
    """Return the cores that a processor's name tells: `cpu: AMD EPYC, 2 cores`."""
    found = _CORES.search(device)
    return int(found.group(1)) if found else None


def _on_cpu(model: ModelEntry, imgsz: int, accelerator: Accelerator, device: str) -> ImageTime:
    """Return the time by what is computed: a processor does not wait for memory."""
    cores = cores_of(device) or accelerator.cores
    tflops = accelerator.tflops_fp32 or (cores or CPU_CORES) * CPU_TFLOPS_A_CORE
    what = f"{cores} cores" if cores else f"a processor that nobody named, as if of {CPU_CORES}"
    gflops = BACKWARD_TOO * model.gflops * (imgsz / model.imgsz) ** 2
    return ImageTime(
        gflops / (tflops * 1000 * CPU_REACHED),
        4.0 if cores or accelerator.tflops_fp32 else 8.0,
        f"calculated from its GFLOPs, three times for training, and {what}; assumed: each computes "
        f"{CPU_TFLOPS_A_CORE * 1000:g} GFLOPS at its peak and reaches {CPU_REACHED:.0%} of it",
    )


_NOMINAL: Final = ModelEntry("", "", "", params=2.6e6, gflops=6.5)
