"""The training that an estimate is asked for, and what can be wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from cockpit.analysis.workload import find_gpu, find_model, unknown_gpu, unknown_model

FLAGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dataset_size": "--dataset-size",
        "gpus": "--gpus",
        "epochs": "--epochs",
        "batch_per_rank": "--batch-per-rank",
        "imgsz": "--imgsz",
        "model": "--model",
        "gpu": "--gpu",
    }
)
"""Field of `Question` to the flag that sets it."""

LIMITS: Final[Mapping[str, tuple[int, int, str]]] = MappingProxyType(
    {
        "dataset_size": (1, 10**12, "training images"),
        "gpus": (1, 100_000, "GPUs"),
        "epochs": (1, 1_000_000, "epochs"),
        "batch_per_rank": (1, 1_000_000, "images"),
        "imgsz": (32, 16_384, "pixels"),
    }
)
"""Field to the least and the greatest value, and what it counts."""


EPOCHS: Final = 100
BATCH_PER_RANK: Final = 16
IMGSZ: Final = 640
MODEL: Final = "yolo11n"
GPU: Final = "RTX 2080"
"""The work of document 001, assumed where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which training, on what."""

    dataset_size: int
    """Training images."""
    gpus: int
    epochs: int = EPOCHS
    batch_per_rank: int = BATCH_PER_RANK
    imgsz: int = IMGSZ
    model: str = MODEL
    gpu: str = GPU
    sources: Mapping[str, str] = field(default_factory=dict)
    """Field to where its value comes from, in words; a field without a source was assumed."""

    @property
    def global_batch(self) -> int:
        """Images of one step over all GPUs."""
        return self.batch_per_rank * self.gpus

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps of an epoch; the last one may be smaller."""
        return -(-self.dataset_size // self.global_batch)


def problems_of(question: Question) -> list[str]:
    """Return every problem in one sentence each, with the flag and what to try."""
    counts = {name: getattr(question, name) for name in LIMITS}
    problems = [text for name, value in counts.items() for text in limit_problem(name, value)]
    if find_model(question.model) is None:
        problems.append(f"--model: {unknown_model(question.model)}")
    if find_gpu(question.gpu) is None:
        problems.append(f"--gpu: {unknown_gpu(question.gpu)}")
    if not problems and question.global_batch > question.dataset_size:
        problems.append(batch_problem(question))
    return problems


def limit_problem(name: str, value: int) -> list[str]:
    """Return the sentence for a number outside its limits, or nothing."""
    least, most, what = LIMITS[name]
    if value < least:
        return [f"{FLAGS[name]} {value}: must be at least {least} {what}"]
    if value > most:
        return [f"{FLAGS[name]} {value}: must be at most {most:,} {what}"]
    return []


def batch_problem(question: Question) -> str:
    """Return the sentence for a global batch above the data set, with values that would fit."""
    per_rank = question.dataset_size // question.gpus
    gpus = question.dataset_size // question.batch_per_rank
    ways = [f"--batch-per-rank {per_rank}"] if per_rank else []
    ways += [f"--gpus {gpus}"] if gpus else []
    return (
        f"--batch-per-rank {question.batch_per_rank} on {question.gpus} GPUs is a global batch of "
        f"{question.global_batch}, above the {question.dataset_size} images of --dataset-size; "
        f"try {' or '.join(ways) or '--batch-per-rank 1 --gpus 1'}"
    )
