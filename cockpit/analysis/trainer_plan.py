"""Whether a trainer uses what was planned for it, by its own words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cockpit.metrics.series import TrainerFacts
from cockpit.runs.alert import Alert, AlertLevel

FEWER: Final = "run.fewer-gpus"
"""The trainer uses fewer GPUs or ranks than it was given."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run was given."""

    gpus: int
    """0: it is to run on the CPU."""
    ranks: int
    starts_ranks: bool
    """They are started as processes of their own, by torchrun: each may speak of itself only."""


def judge_trainer(
    facts: TrainerFacts, planned: Planned, lines: Mapping[str, int], log: str, since: float
) -> Alert | None:
    """Return the alert that GPUs or ranks lie idle, or None.

    `lines` and `log` are its evidence: which line of which file told each fact.
    """
    found = _unused(facts, planned)
    if found is None:
        return None
    fact, used, given, things = found
    line = f", line {lines[fact]}" if lines.get(fact) else ""
    what = f"the trainer uses {used} of {given} planned {things} ({log}{line})"
    return Alert(FEWER, AlertLevel.PROBLEM, "run", what, _remedy(used, given, things), since)


def _unused(facts: TrainerFacts, planned: Planned) -> tuple[str, int, int, str] | None:
    """Return the fact, what is used of it, what was given, and what it is."""
    used, world = facts.gpus_used, facts.world_size
    if planned.gpus and used == 0:
        return "gpus_used", 0, planned.gpus, _plural(planned.gpus, "GPU")
    speaks_for_all = not planned.starts_ranks or planned.ranks == 1
    if planned.gpus > 1 and used is not None and speaks_for_all and used < planned.gpus:
        is_spread = world is not None and world >= planned.gpus
        if not is_spread:
            return "gpus_used", used, planned.gpus, "GPUs"
    if world is not None and world < planned.ranks and planned.ranks > 1:
        things = "GPUs" if planned.gpus == planned.ranks else "ranks"
        return "world_size", world, planned.ranks, things
    return None


def _remedy(used: int, given: int, things: str) -> str:
    if used == 0:
        return (
            "it trains on the CPU: look whether torch sees the GPUs (cockpit check) "
            "and which device the script asks for"
        )
    return (
        f"stop it and give it {used} {things.removesuffix('s') if used == 1 else things}, "
        f"or look how the script is told of {given}: its device argument, "
        "a CUDA_VISIBLE_DEVICES of its own, a kind of launch that starts ranks"
    )


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
