"""What a person asks for, before anything about it is known; loaded in no time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a person asks for, on the command line or in the form."""

    preset: str
    overrides: tuple[tuple[str, str], ...] = ()
    """Dotted keys and texts."""
    gpus: str | None = None
    python: str | None = None
    name: str | None = None
    source: str = "--set"
    queues: bool = False
    """Wait until the GPUs are free."""
    shares: bool = False
    """Use GPUs that others use."""
    step: tuple[str, str] | None = None
    """A run and the name of one of its [[after]] steps, which is run instead of the trainer."""
