"""What of a question to an estimate excludes each other, or means nothing alone. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

MOST_HOSTS: Final = 1000
MOST_CHECKPOINT_EPOCHS: Final = 1_000_000
MOST_RUNS: Final = 100_000
"""In a month."""
PROBE_STEPS: Final = 50
"""So many a probe trains where nobody says how many."""
MOST_STEPS: Final = 100_000
"""Of a probe."""
EXCLUSIVE: Final = (
    ("compare", "budget"),
    ("compare", "deadline"),
    ("hosts", "budget"),
    ("hosts", "deadline"),
    ("compare", "offer"),
    ("budget", "offer"),
    ("deadline", "offer"),
    ("price", "offer"),
    ("price", "compare"),
    ("price", "budget"),
    ("probe", "offer"),
)
NEEDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "settings": ("preset",),
        "probe": ("preset",),
        "probe_steps": ("probe",),
        "python": ("probe",),
        "against": ("compare",),
        "spot": ("offer", "compare", "budget", "deadline", "hosts"),
    }
)
"""Name to those of which one must be there for it to mean anything."""


def conflicts(typed: Collection[str], asked: Collection[str]) -> list[str]:
    """Return a sentence for each conflict among what was typed; only what can be asked is named."""
    problems = [
        f"{flag_of(one)} and {flag_of(other)} exclude each other"
        for one, other in EXCLUSIVE
        if one in typed and other in typed
    ]
    return problems + [
        f"{flag_of(name)}: only with {' or '.join(flag_of(one) for one in needed if one in asked)}"
        for name, needed in NEEDS.items()
        if name in typed and not any(one in typed for one in needed)
    ]


def flag_of(name: str) -> str:
    """Return how a flag is typed: `--set`, `--runs-per-month`."""
    return "--set" if name == "settings" else f"--{name.replace('_', '-')}"
