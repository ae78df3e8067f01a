"""Where the ranks of an asked training would be: on this machine, an offer, or a named GPU.

Light, for an answer in no time: what needs a preset is in `question_preset`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cockpit.analysis.forecast.work import GIVEN
from cockpit.catalog.names import find_accelerator
from cockpit.catalog.rows import Accelerator, Runtime
from cockpit.devices.glance import Glance, glance
from cockpit.views.forecast import Known
from cockpit.views.question_flags import Question
from cockpit.views.this_device import cpu_name

GPU: Final = "rtx-2080"
"""Of document 001, assumed where nothing else is said."""
ONE: Final = "assumed, one (--gpus)"
ON_CPU: Final = "on the CPU"


@dataclass(frozen=True, slots=True)
class Here:
    """The machine at which this is asked."""

    gpus: Glance = field(default_factory=Glance)
    host: str = ""
    home: Path = field(default_factory=Path)


def look_here() -> Here:
    """Return this machine. Raises InputError for a COCKPIT_DEVICES that makes no sense."""
    return Here(glance(), os.uname().nodename, Path.home())


@dataclass(frozen=True, slots=True)
class Seat:
    """Where the ranks would be, and why there."""

    device: str
    world_size: int | None
    host: str | None
    device_source: str
    world_source: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a preset tells of its ranks."""

    preset: str
    gpus: int | None
    """None: as many as there are."""
    cpu_ranks: int = 1


def seat_of(question: Question, known: Known, here: Here) -> Seat:
    """Return where the flags put the ranks, else this machine's GPUs where it has so many."""
    named = named_seat(question, known, here)
    return _plain_seat(question, known, here) if named is None else named


def named_seat(
    question: Question, known: Known, here: Here, told: Told | None = None
) -> Seat | None:
    """Return where `--gpu` or `--offer` puts the ranks; None where none of both is given."""
    accelerator, offer = question.accelerator, question.offer
    if accelerator is None:
        is_wrong = question.is_given("gpu") or question.is_given("offer")  # said already
        return Seat(GPU, question.count("gpus") or 1, None, "", "") if is_wrong else None
    source = GIVEN if offer is None else f"of the offer {offer.key}"
    if accelerator.runtime is Runtime.CPU and offer is None:
        return cpu_seat(question, told.cpu_ranks if told else 1, here, source)
    count, world_source = question.given("gpus"), GIVEN
    if count is None and offer is not None:
        count, world_source = offer.count, source
    if count is None and told is not None:
        count, world_source = told.gpus, f"from preset {told.preset}"
    if accelerator.runtime is Runtime.XLA:
        return tpu_seat(accelerator, count, source)
    if count is None:
        count, world_source = question.count("gpus") or _one(question), ONE
    own = None if here.gpus.is_simulated else own_device(known, here)
    host = here.host if accelerator.key == own and offer is None else None
    return Seat(accelerator.key, count, host, source, world_source)


def tpu_seat(accelerator: Accelerator, count: int | None, source: str) -> Seat:
    """Return a rank for each core."""
    cores = accelerator.cores or 1
    world_source = f"{cores} cores of each" if cores > 1 else GIVEN
    return Seat(accelerator.key, (count or 1) * cores, None, source, world_source)


def _plain_seat(question: Question, known: Known, here: Here) -> Seat:
    """Return this machine's GPUs where it has so many, else the box of document 001."""
    given, own = question.given("gpus"), own_device(known, here)
    there = 0 if here.gpus.is_simulated else len(here.gpus.names)
    if own is not None and there and (given or 1) <= there:
        world_source = GIVEN if given else "all of this machine"
        return Seat(own, given or there, here.host, "this machine's", world_source)
    count, world_source = question.count("gpus") or _one(question), GIVEN if given else ONE
    return Seat(GPU, count, None, why_assumed(there), world_source)


def _one(question: Question) -> int | None:
    """Return one GPU where nobody told how many; None where it was told wrongly."""
    return None if question.is_given("gpus") else 1


def cpu_seat(question: Question, ranks: int, here: Here, source: str) -> Seat:
    """Return ranks on the processor of this machine."""
    count = question.given("gpus")
    return Seat(cpu_name(), count or ranks, here.host, source, GIVEN if count else ON_CPU)


def why_assumed(there: int) -> str:
    """Return why it is not this machine's GPUs, of which there are so many."""
    has = f"has only {there} GPU{'' if there == 1 else 's'}" if there else "has no GPU"
    return f"assumed, since this machine {has} (--gpu)"


def own_device(known: Known, here: Here) -> str | None:
    """Return the GPUs of this machine as `Work` means them; of several kinds the first."""
    if not here.gpus.names:
        return None
    name = here.gpus.names[0]
    found = find_accelerator(known.catalog, name)
    return name if found is None else found.key
