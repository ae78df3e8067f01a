"""Scripted memory curves of a training: what a GPU would show at each batch size."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True)
class Curve:
    """Two lines that meet in a kink, rounded up to whole steps of the allocator."""

    fixed_bytes: int
    small_bytes: int
    """For each sample below the kink."""
    large_bytes: int
    """For each sample above it."""
    kink: int = 0
    step_bytes: int = 1

    def at(self, batch: int) -> int:
        below = min(batch, self.kink)
        used = self.fixed_bytes + self.small_bytes * below + self.large_bytes * (batch - below)
        return -(-used // self.step_bytes) * self.step_bytes
