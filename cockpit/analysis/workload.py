"""How fast one GPU trains one model, from published figures. Pure; nothing here is measured.

The anchor: YOLOv5n, s, m, l, x take 1, 2, 4, 6, 8 days for 300 epochs of COCO at 640 px on one
V100 (ultralytics/yolov5, README of v7.0, read 2026-11). Their time per image grows with
GFLOPs^0.54, within 15 %.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

from cockpit.errors import InputError, nearest

COCO_IMAGES: Final = 118_287
"""train2017."""
ANCHOR_IMAGE_S: Final = 86_400 / (300 * COCO_IMAGES)
"""YOLOv5n on a V100: one day for 300 epochs, so 2.4 ms an image."""
ANCHOR_GFLOPS: Final = 4.5
ANCHOR_GB_PER_S: Final = 900
ANCHOR_PIXELS: Final = 640
MODEL_EXPONENT: Final = 0.54

GFLOPS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "yolov5n": 4.5,
        "yolov5s": 16.5,
        "yolov5m": 49.0,
        "yolov5l": 109.1,
        "yolov5x": 205.7,
        "yolov8n": 8.7,
        "yolov8s": 28.6,
        "yolov8m": 78.9,
        "yolov8l": 165.2,
        "yolov8x": 257.8,
        "yolov8n-seg": 12.6,
        "yolov8s-seg": 42.6,
        "yolov8m-seg": 110.2,
        "yolov8l-seg": 220.5,
        "yolov8x-seg": 344.1,
        "yolo11n": 6.5,
        "yolo11s": 21.5,
        "yolo11m": 68.0,
        "yolo11l": 86.9,
        "yolo11x": 194.9,
        "yolo11n-seg": 9.7,
        "yolo11s-seg": 33.0,
        "yolo11m-seg": 113.2,
        "yolo11l-seg": 132.2,
        "yolo11x-seg": 296.4,
    }
)
"""Forward pass at 640 px, 80 classes: the tables in Ultralytics' READMEs and docs, 2026-11."""

GB_PER_S: Final[Mapping[str, int]] = MappingProxyType(
    {
        "GTX 1080 Ti": 484,
        "RTX 2060": 336,
        "RTX 2070": 448,
        "RTX 2080": 448,
        "RTX 2080 Super": 496,
        "RTX 2080 Ti": 616,
        "RTX 3060": 360,
        "RTX 3070": 448,
        "RTX 3080": 760,
        "RTX 3090": 936,
        "RTX 4090": 1008,
        "RTX A5000": 768,
        "RTX A6000": 768,
        "T4": 320,
        "V100": 900,
        "A10": 600,
        "A30": 933,
        "A40": 696,
        "L4": 300,
        "L40S": 864,
        "A100": 1555,
        "H100": 3350,
        "H200": 4800,
    }
)
"""Memory bandwidth, NVIDIA's data sheets. Small networks in mixed precision wait for memory;
it orders the GPUs from 2080 to A100 as public training benchmarks do."""


_TRIMMINGS: Final = re.compile(r"nvidia|geforce|tesla|quadro|\b(?:sxm\d?|pcie|hbm\d?e?|\d+gb)\b")
"""What drivers write around the name."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One model at one image size on one kind of GPU."""

    model: str
    gflops: float
    """Of one forward pass at 640 px."""
    imgsz: int
    gpu: str
    gb_per_s: int

    @property
    def image_s(self) -> float:
        """Seconds that one GPU alone needs to train on one image."""
        return (
            ANCHOR_IMAGE_S
            * math.pow(self.gflops / ANCHOR_GFLOPS, MODEL_EXPONENT)
            * (self.imgsz / ANCHOR_PIXELS) ** 2
            * (ANCHOR_GB_PER_S / self.gb_per_s)
        )


def find_model(name: str) -> str | None:
    """Return the model of the table that a name or a weights file means, or None."""
    word = PurePath(name.strip().lower()).name
    for ending in (".pt", ".yaml", ".yml"):
        word = word.removesuffix(ending)
    return word if word in GFLOPS else None


def find_gpu(name: str) -> str | None:
    """Return the GPU of the table that a name means: `rtx2080`, `NVIDIA A100-SXM4-80GB`."""
    word = _plain(_TRIMMINGS.sub(" ", name.lower()))
    return next((known for known in GB_PER_S if _plain(known) == word), None)


def get_workload(model: str, imgsz: int, gpu: str) -> Workload:
    """Return the work by the names people use; raises `InputError` for one that is not known."""
    known_model, known_gpu = find_model(model), find_gpu(gpu)
    if known_model is None:
        raise InputError(unknown_model(model))
    if known_gpu is None:
        raise InputError(unknown_gpu(gpu))
    return Workload(known_model, GFLOPS[known_model], imgsz, known_gpu, GB_PER_S[known_gpu])


def unknown_model(name: str) -> str:
    """Return the sentence for a model that is not in the table."""
    guess = nearest(name.lower(), GFLOPS) or f"; known are {', '.join(GFLOPS)}"
    return f"no speed is known for a model {name!r}{guess}"


def unknown_gpu(name: str) -> str:
    """Return the sentence for a GPU that is not in the table."""
    guess = nearest(name.upper(), GB_PER_S) or f"; known are {', '.join(GB_PER_S)}"
    return f"no speed is known for a GPU {name!r}{guess}"


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
