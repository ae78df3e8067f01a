"""Whether a trainer uses what was planned for it, by its own words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cockpit.metrics.series import TrainerFacts
from cockpit.runs.alert import Alert, AlertLevel

FEWER: Final = "run.fewer-gpus"
"""The trainer uses fewer GPUs or ranks than it was given."""
ON_CPU: Final = (
    "look whether torch sees the GPUs (cockpit check), and which device the script asks for"
)
ALONE: Final = (
    "each rank may train alone: look whether the script calls init_process_group and reads RANK "
    "and WORLD_SIZE"
)
TOLD: Final = (
    "look which GPUs the script is told to use: its device argument, "
    "a CUDA_VISIBLE_DEVICES of its own"
)


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run was given."""

    gpus: int
    """0: it is to run on the CPU."""
    ranks: int
    starts_ranks: bool
    """They are started as processes of their own, by torchrun: each may speak of itself only."""


@dataclass(frozen=True, slots=True)
class _Unused:
    """What lies idle."""

    fact: str
    what: str
    remedy: str


def judge_trainer(
    facts: TrainerFacts, planned: Planned, lines: Mapping[str, int], log: str, since: float
) -> Alert | None:
    """Return the alert that GPUs or ranks lie idle, or None.

    `lines` and `log` are its evidence: which line of which file told each fact.
    """
    found = _unused(facts, planned)
    if found is None:
        return None
    line = f", line {lines[found.fact]}" if lines.get(found.fact) else ""
    what = f"the trainer {found.what} ({log}{line})"
    return Alert(FEWER, AlertLevel.PROBLEM, "run", what, found.remedy, since)


def _unused(facts: TrainerFacts, planned: Planned) -> _Unused | None:
    """Return what is not used of what was given, or None.

    A rank that torchrun started may speak of its own GPU only; that there is none it says for all.
    """
    used, world = facts.gpus_used, facts.world_size
    given = f"{planned.gpus} planned GPU{'' if planned.gpus == 1 else 's'}"
    if planned.gpus and used == 0:
        return _Unused("gpus_used", f"uses none of {given}: it says that it is on the CPU", ON_CPU)
    if planned.ranks > 1 and planned.starts_ranks:
        if world is not None and world < planned.ranks:
            what = f"counts {world} of {planned.ranks} planned ranks"
            return _Unused("world_size", what, ALONE)
        return None
    if used is not None and used < planned.gpus and (world or 0) < planned.gpus:
        remedy = f"stop it and give it --gpus {used}, or {TOLD}"
        return _Unused("gpus_used", f"uses {used} of {given}", remedy)
    return None
