"""What a GPU costs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Price:
    """What a GPU costs, as the user says."""

    gpu_hour: float
    currency: str = "USD"
    source: str = "[cost] of config.toml"
    """Where it was told."""
