"""The training that is asked about, as far as time, memory and money depend on it. Values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

GIVEN: Final = "given"
"""The source of a value that a flag, or a field of a form, told."""


@dataclass(frozen=True, slots=True)
class Work:
    """Which training, on what. Missing values are None."""

    epochs: int
    world_size: int
    """Ranks over all hosts: one for each GPU, or those on a CPU."""
    batch_per_rank: int
    device: str
    """Key of the catalogue's accelerator where it is one, else as the driver names it."""
    train_samples: int | None = None
    model: str | None = None
    """Key of the catalogue's model where it is one, else as the trainer is told."""
    imgsz: int | None = None
    preset: str | None = None
    host: str | None = None
    """The machine on which it would run, by name; None: one of which nothing was measured here."""
    host_bytes: int | None = None
    """Memory of that machine, where it is known."""
    args: Mapping[str, str] = field(default_factory=dict)
    """What the trainer is told, as text; empty without a preset."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Field to where its value comes from, in words: `given`, `from preset x`, `assumed, …`."""

    @property
    def global_batch(self) -> int:
        """Samples of one step over all ranks."""
        return self.batch_per_rank * self.world_size

    @property
    def steps_per_epoch(self) -> int | None:
        """Steps of an epoch, the last one maybe smaller; None: nobody knows how many samples."""
        return None if self.train_samples is None else -(-self.train_samples // self.global_batch)
