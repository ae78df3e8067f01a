"""The memory of a training from its model's size and its image size, without any measurement here.

Weights, gradients, optimizer and EMA follow from the number of parameters (accelerate and
Ultralytics keep them in fp32, autocast adds copies in half precision). Activations are measured
figures where the catalogue has one of the model, else the law below. It was fitted to what public
logs of Ultralytics show as GPU_mem at 640 px in mixed precision, without the fixed part, in MB an
image (read 2026-11): yolov8n 122 at batch 16 (RTX 3050) and 143 at batch 8 (T4); yolov8l 645
at 16 (T4); yolov8x 850 at 16 (T4, its memory full); yolo11n 165 at 16 (T4,
fasafa/Sign-Language-Detection); yolo11s 254, m 508, l 644, x 920 at 25 (RTX 3090,
Naquoc17/TimeOfFlight-Project). AutoBatch's tables agree, forward and backward alone: yolov8s 243
(ultralytics #4679, T4), yolov8n 106 (#1451, RTX 4090, 480 px), yolov5s 185 (yolov5 #5092, A100),
yolov5n 101 and m 325 (yolov5 #9287, RTX 3070, 416 px). ResNet-50 keeps 82.7 MiB an image at 224 px
in fp32 with 8.2 GFLOPs (measured on a CPU, torch 2.13): 354 at 640 px in half precision.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.forecast.band import NOTHING, Band, exactly, within
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.rows import Accelerator, ModelEntry

LAW_BYTES: Final = 50e6
"""Of one image of 640 px in mixed precision, for a model of 1 GFLOP at that size."""
LAW_POWER: Final = 0.52
"""Activations grow with this power of the FLOPs: wider layers compute more than they keep."""
LAW_PIXELS: Final = 640
LAW_FACTOR: Final = 1.4
"""All figures above lie within it."""
MEASURED_FACTOR: Final = 1.25
"""Where the catalogue has a figure of one machine; versions, objects and allocator differ."""
UNSEEN_FACTOR: Final = 1.6
"""For models of other families than those the law was fitted to."""
FP32: Final = 2.0
"""Times the activations of mixed precision: 1.98 to 1.99 for yolov8n to yolo11s (saved tensors)."""
CONTEXT_BYTES: Final = Band(0.3e9, 0.45e9, 0.6e9)
"""CUDA itself, by GPU and version."""
NCCL_BYTES: Final = Band(0.1e9, 0.25e9, 0.5e9)
"""Buffers of several ranks: a few hundred MB, unmeasured here."""
SINGLE_STATE: Final = frozenset({"sgd", "nag", "musgd", "rmsprop"})
"""Optimizers that keep one value for each weight; all others are taken to keep two."""
FAMILIES: Final = ("yolo", "rtdetr", "resnet")
"""Of these the law's figures are, or they are built of the same blocks."""
OTHER_TRAINERS: Final = ("yolov6", "yolov7")
"""YOLOs that others than Ultralytics train: in mixed precision and with an EMA too."""
ACTIVATIONS: Final = "activations: "
"""Begins that part of a model's source that tells where its activations are from."""
CHECKPOINTED: Final = Band(0.2, 0.5, 1.0)
"""Of the activations is kept with gradient checkpointing, by where the checkpoints are. Assumed."""
CHECKPOINTING: Final = (
    "gradient_checkpointing", "gradient-checkpointing", "activation_checkpointing",
    "grad_checkpointing", "use_checkpoint",
)  # fmt: skip
"""What trainers call it."""
AMP: Final = ("amp", "fp16", "bf16")
"""What trainers call mixed precision."""
MULTI_SCALE: Final = ("multi_scale", "multi-scale")
"""What YOLOs call images of another size at each step."""
SCALES: Final = 0.5
"""So much larger or smaller where a trainer tells no share: YOLOv5 and YOLOv7."""
STRIDE: Final = 32
"""Their sizes are multiples of it."""
HALF, FULL = 2, 4
YES: Final = frozenset({"true", "1", "yes", "on"})
NO: Final = frozenset({"false", "0", "no", "off"})


@dataclass(frozen=True, slots=True)
class Calculated:
    """What one rank takes: a fixed part, and so much more for each image."""

    fixed: Mapping[str, Band]
    image: Mapping[str, Band]
    basis: tuple[str, ...]

    def need(self, batch: int) -> Band:
        """Return the memory of one rank with this batch."""
        return total(self.parts(batch).values())

    def parts(self, batch: int) -> Mapping[str, Band]:
        """Return what that is made of."""
        return {**self.fixed, **{name: one.times(batch) for name, one in self.image.items()}}


def total(parts: Iterable[Band]) -> Band:
    """Return the sum of parts."""
    return sum(parts, NOTHING)


def calculate(work: Work, model: ModelEntry, accelerator: Accelerator | None) -> Calculated:
    """Return the calculation for this model on a GPU, or on one core of a TPU."""
    is_gpu = accelerator is None or accelerator.runtime.is_gpu
    has_amp, amp_words = wants_amp(work, model)
    pixels, size_words = largest_pixels(work, work.imgsz or model.imgsz)
    weights = FULL + HALF * has_amp
    states = 1 if _optimizer(work) in SINGLE_STATE else 2
    fixed = {
        "weights": exactly(model.params * weights),
        "gradients": exactly(model.params * FULL),
        "optimizer": exactly(model.params * FULL * states),
    }
    trainer = _trainer(model)
    if trainer:
        fixed["EMA"] = exactly(model.params * FULL)
    if is_gpu:
        fixed["context"] = CONTEXT_BYTES
    fixed |= of_several_ranks(work.world_size, model.params, is_gpu=is_gpu)
    activations, words = activations_of(model, pixels, has_amp=has_amp)
    if is_checkpointed(work.args):
        activations = _of_checkpoints(activations)
        words += "; gradient checkpointing keeps a part of them: 20 to 100 %, assumed"
    image = {"activations": activations, "input": exactly(3.0 * pixels**2 * FULL)}
    basis = (
        f"{words}, {amp_words}{size_words}",
        f"{model.params / 1e6:.3g} M parameters: weights, gradients, {states}x for the optimizer"
        + ("" if work.args.get("optimizer") or states == 1 else ", as for Adam (assumed)")
        + (f", and one copy for the EMA of {trainer}" if trainer else ""),
    )
    return Calculated(fixed, image, basis)


def of_several_ranks(world_size: int, params: float, *, is_gpu: bool) -> dict[str, Band]:
    """Return what each rank takes besides because there are others."""
    if world_size < 2:
        return {}
    buckets = {"DDP buckets": exactly(params * FULL)}
    return buckets | ({"NCCL": NCCL_BYTES} if is_gpu else {})


def activations_of(model: ModelEntry, pixels: int, *, has_amp: bool) -> tuple[Band, str]:
    """Return the activations of one training image, and where they come from."""
    dtype = 1.0 if has_amp else FP32
    if model.activation_bytes is not None:
        likely = model.activation_bytes * (pixels / model.imgsz) ** 2 * dtype
        source = model.source.rpartition(ACTIVATIONS)[2]
        what = f"activations of {model.key} after {source} ({model.date})"
        return within(likely, MEASURED_FACTOR), f"{what}, {_of(pixels, model.imgsz)}"
    likely = law_bytes(model.gflops, model.imgsz) * (pixels / LAW_PIXELS) ** 2 * dtype
    is_known = model.key.startswith(FAMILIES)
    what = f"activations by a law of {model.gflops:g} GFLOPs at {model.imgsz} px"
    what += ", fitted to public logs of YOLO models" + (
        "" if is_known else ": another family than this one"
    )
    return within(likely, LAW_FACTOR if is_known else UNSEEN_FACTOR), f"{what}; at {pixels} px"


def law_bytes(gflops: float, imgsz: int) -> float:
    """Return the activations of an image of 640 px in mixed precision."""
    at_640 = gflops * (LAW_PIXELS / imgsz) ** 2
    return LAW_BYTES * math.pow(at_640, LAW_POWER)


def wants_amp(work: Work, model: ModelEntry | None) -> tuple[bool, str]:
    """Say whether it trains in mixed precision, and how that is known."""
    told = told_amp(work.args)
    if told is not None:
        return told, "in mixed precision" if told else "in fp32"
    trainer = None if model is None else _trainer(model)
    if trainer:
        return True, f"in mixed precision, as {trainer} does unless told otherwise"
    return False, "in fp32 (assumed)"


def told_amp(args: Mapping[str, str]) -> bool | None:
    """Return whether a trainer is told to train in mixed precision; None: it is told nothing."""
    told = [args[name].lower() for name in AMP if name in args]
    if any(one in YES for one in told):
        return True
    return False if any(one in NO for one in told) else None


def scale_share(args: Mapping[str, str]) -> float:
    """Return by what share of its size an image may be larger at some step; 0: never."""
    told = next((args[name] for name in MULTI_SCALE if name in args), "").lower()
    if told in YES - {"1"}:
        return SCALES
    try:
        share = float(told)
    except ValueError:
        return 0.0
    return SCALES if share == 1 else share if 0 < share < 1 else 0.0


def largest_pixels(work: Work, pixels: int) -> tuple[int, str]:
    """Return the largest side that an image has at some step, and why it is not the one asked."""
    share = scale_share(work.args)
    if not share:
        return pixels, ""
    largest = int(pixels * (1 + share) + STRIDE - 1) // STRIDE * STRIDE
    return largest, f"; the largest of multi-scale around {pixels} px"


def is_checkpointed(args: Mapping[str, str]) -> bool:
    """Say whether activations are computed again in the backward pass, not kept."""
    return any(args.get(name, "").lower() in YES for name in CHECKPOINTING)


def _of_checkpoints(band: Band) -> Band:
    part = CHECKPOINTED
    return Band(band.low * part.low, band.likely * part.likely, band.high * part.high)


def _optimizer(work: Work) -> str:
    return work.args.get("optimizer", "").lower()


def _trainer(model: ModelEntry) -> str | None:
    """Return whose trainer has an EMA and trains in mixed precision; None: that is not known."""
    if model.key.startswith(OTHER_TRAINERS):
        return "its trainer"
    return "Ultralytics" if model.key.startswith(("yolo", "rtdetr")) else None


def _of(pixels: int, measured: int) -> str:
    return f"at {pixels} px" if pixels == measured else f"carried from {measured} to {pixels} px"
