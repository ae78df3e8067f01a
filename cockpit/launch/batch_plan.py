"""The batch of a launch: all of its plan that an estimate needs, and quick to load. A value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """The batch arithmetic of a plan."""

    batch_per_rank: int
    world_size: int
    accumulation_steps: int = 1
    lr: float | None = None
    """The learning rate that linear scaling gives; None where the preset does not ask for it."""

    @property
    def global_batch(self) -> int:
        """Samples for one optimizer step over the whole world."""
        return self.batch_per_rank * self.world_size * self.accumulation_steps
