"""The rows of the catalogue: accelerators, offers, models, and what documents measured. Values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Runtime(StrEnum):
    """What a training script must be written for."""

    CUDA = "cuda"
    ROCM = "rocm"
    """Of AMD: torch calls its GPUs cuda too, but not every operation is there."""
    XLA = "xla"
    CPU = "cpu"

    @property
    def is_gpu(self) -> bool:
        """One rank has one of them, and a script for one maker's runs on the other's."""
        return self in (Runtime.CUDA, Runtime.ROCM)


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One kind of device. Missing figures are None."""

    key: str
    """As typed: `rtx-2080`, `tpu-v2-8`, `cpu`."""
    name: str
    """As written by its maker: `RTX 2080`."""
    runtime: Runtime
    source: str
    date: str
    """When the source was read, as in 2026-11."""
    memory_bytes: int | None = None
    gb_per_s: float | None = None
    """Memory bandwidth, 10^9 bytes a second."""
    tflops_fp32: float | None = None
    tflops_half: float | None = None
    """Peak in fp16 or bfloat16 with fp32 accumulation, dense."""
    power_w: float | None = None
    """Of the whole board under load, as its maker rates it."""
    cores: int | None = None
    """Chips or cores that one such device is made of: 8 for a TPU v2-8."""


WEEK_H: Final = 168.0
MONTH_H: Final = 730.0
"""Hours of a month: a year has 8760."""


@dataclass(frozen=True, slots=True)
class Quota:
    """So many hours are granted each week or month."""

    hours: float
    period_h: float
    period: str
    """`week`, `month`."""

    @property
    def month_hours(self) -> float:
        """How many of them a month has."""
        return self.hours * MONTH_H / self.period_h


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to get an accelerator: rented by the hour, in a notebook, or bought."""

    key: str
    """As typed: `p3.2xlarge`, `colab-pro-a100`, `own-rtx-4090`."""
    name: str
    accelerator: str
    """Key of the accelerator."""
    source: str
    date: str
    count: int = 1
    """So many of them in one host."""
    currency: str = "USD"
    hour: float | None = None
    """Price of a host for an hour."""
    hour_high: float | None = None
    """Where the source gives a range."""
    spot_hour: float | None = None
    interruptions_per_hour: float | None = None
    """Of a spot host, on average."""
    month: float | None = None
    """A subscription."""
    purchase: float | None = None
    """Price of the hardware."""
    lifetime_months: float | None = None
    """Over which the purchase is spread."""
    electricity_hour: float | None = None
    """What an hour under load costs in electricity, where the source tells it so."""
    kwh: float | None = None
    """Price of a kilowatt hour, for hardware of one's own: before `electricity_hour`."""
    session_hours: float | None = None
    """After so long a session is ended, whatever runs in it."""
    month_hours: float | None = None
    """A quota: so many hours a month; what needs more waits for the next month, and pays it."""
    week_hours: float | None = None
    """The same by the week."""
    note: str = ""

    @property
    def quota(self) -> Quota | None:
        """The hours that it grants; None: all that there are."""
        if self.week_hours is not None:
            return Quota(self.week_hours, WEEK_H, "week")
        return None if self.month_hours is None else Quota(self.month_hours, MONTH_H, "month")


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """What a model weighs and computes."""

    key: str
    """`yolo11n`, `mshnet`."""
    source: str
    date: str
    params: float
    """How many."""
    gflops: float
    """One forward pass of one image at `imgsz`, a multiply and an add counted as two."""
    imgsz: int = 640
    activation_bytes: float | None = None
    """Of one training image at `imgsz` in mixed precision, where somebody measured it."""


@dataclass(frozen=True, slots=True)
class DocumentTime:
    """A time that a guide gives for one model on one accelerator."""

    document: str
    model: str
    accelerator: str
    """Empty: the guide names none."""
    count: int
    batch_per_rank: int
    epochs: int
    epoch_s: float
    total_s: float
    """The middle, where the guide gives a range."""
    train_samples: int | None = None
    imgsz: int | None = None
    total_low_s: float | None = None
    total_high_s: float | None = None
    """The ends of such a range."""
    logged_epoch_s: float | None = None
    """What an epoch took by the log that the guide's own authors kept, where there is one."""


@dataclass(frozen=True, slots=True)
class DocumentMemory:
    """A memory that a guide gives for one batch on one accelerator."""

    document: str
    model: str
    accelerator: str
    batch_per_rank: int
    imgsz: int
    used_bytes: int | None
    """None: it does not fit, says the guide."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """All tables, the user's rows before the shipped ones. Lookups are in `names.py`."""

    accelerators: Mapping[str, Accelerator] = field(default_factory=dict)
    offers: Mapping[str, Offer] = field(default_factory=dict)
    models: Mapping[str, ModelEntry] = field(default_factory=dict)
    document_times: tuple[DocumentTime, ...] = ()
    document_memories: tuple[DocumentMemory, ...] = ()
