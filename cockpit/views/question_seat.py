"""Where the ranks of an asked training would be: on this machine, an offer, or a named GPU."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cockpit.catalog.names import find_accelerator
from cockpit.catalog.rows import Accelerator, Runtime
from cockpit.devices.glance import Glance, glance
from cockpit.errors import InputError
from cockpit.launch.arguments import plan_batch
from cockpit.launch.gpus import ONE_PROCESS, parse_gpu_choice
from cockpit.presets.model import LaunchKind, Preset
from cockpit.runs.reader import hostname
from cockpit.views.forecast import Known
from cockpit.views.preset_work import model_of
from cockpit.views.question_flags import GIVEN, Question
from cockpit.views.this_device import cpu_name

GPU: Final = "rtx-2080"
"""Of document 001, assumed where nothing else is said."""
TPU: Final = "tpu-v2-8"
"""Of document 002, assumed for a preset that is for a TPU."""


@dataclass(frozen=True, slots=True)
class Here:
    """The machine at which this is asked."""

    gpus: Glance = field(default_factory=Glance)
    host: str = ""
    home: Path = field(default_factory=Path)


def look_here() -> Here:
    """Return this machine. Raises InputError for a COCKPIT_DEVICES that makes no sense."""
    return Here(glance(), hostname(), Path.home())


@dataclass(frozen=True, slots=True)
class Seat:
    """Where the ranks would be, and why there."""

    device: str
    world_size: int | None
    host: str | None
    device_source: str
    world_source: str


def seat_of(question: Question, preset: Preset | None, known: Known, here: Here) -> Seat:
    """Return where the flags put the ranks, else where the preset would be launched here."""
    if question.accelerator is not None:
        return _named_seat(question, question.accelerator, preset, known, here)
    if question.is_given("gpu") or question.is_given("offer"):
        return Seat(GPU, question.count("gpus") or 1, None, "", "")  # wrong, and said
    if preset is None:
        return _plain_seat(question, known, here)
    return _preset_seat(question, preset, known, here)


def _named_seat(
    question: Question, accelerator: Accelerator, preset: Preset | None, known: Known, here: Here
) -> Seat:
    """Return where `--gpu` or `--offer` puts the ranks."""
    offer = question.offer
    source = GIVEN if offer is None else f"of the offer {offer.key}"
    if accelerator.runtime is Runtime.CPU and offer is None:
        ranks = preset.launch.cpu_ranks if preset is not None else 1
        return _cpu_seat(question, ranks or 1, here, source)
    own = None if here.gpus.is_simulated else _own_device(known, here)
    count, world_source = question.count("gpus"), GIVEN
    if count is None and offer is not None:
        count, world_source = offer.count, source
    if count is None and preset is not None:
        count, world_source = _told_gpus(preset), f"from preset {preset.name}"
    if accelerator.runtime is Runtime.XLA:
        return _tpu_seat(accelerator, count, source)
    host = here.host if accelerator.key == own and offer is None else None
    return Seat(accelerator.key, count, host, source, world_source)


def _tpu_seat(accelerator: Accelerator, count: int | None, source: str) -> Seat:
    """Return a rank for each core."""
    cores = accelerator.cores or 1
    world_source = f"{cores} cores of each" if cores > 1 else GIVEN
    return Seat(accelerator.key, (count or 1) * cores, None, source, world_source)


def _plain_seat(question: Question, known: Known, here: Here) -> Seat:
    """Return this machine's GPUs where it has so many, else the box of document 001."""
    count, own = question.count("gpus"), _own_device(known, here)
    there = 0 if here.gpus.is_simulated else len(here.gpus.names)
    if own is not None and there and (count or 1) <= there:
        world_source = GIVEN if count else "all of this machine"
        return Seat(own, count or there, here.host, "this machine's", world_source)
    return Seat(GPU, count, None, _why_assumed(there), GIVEN)


def _preset_seat(question: Question, preset: Preset, known: Known, here: Here) -> Seat:
    """Return where a launch of the preset would put its ranks here."""
    launch, count = preset.launch, question.count("gpus")
    there = len(here.gpus.names)
    said = GIVEN if count else f"from preset {preset.name}"
    if launch.kind is LaunchKind.XLA:
        source = "assumed, since the preset is for a TPU (--gpu)"
        return _tpu_seat(known.catalog.accelerators[TPU], count, source)
    ranks = launch.cpu_ranks or 1 if launch.kind is LaunchKind.TORCHRUN else 1
    if here.gpus.is_simulated:
        source = "this machine's, since its GPUs are SIMULATED"
        return Seat(cpu_name(), ranks, here.host, source, "on the CPU")
    if launch.gpus == "cpu":
        return _cpu_seat(question, ranks, here, "this machine's")
    own, told = _own_device(known, here), _told_gpus(preset)
    if own is not None and (count or told or 1) <= there:
        planned = 1 if launch.kind in ONE_PROCESS else told or there
        return Seat(own, count or planned, here.host, "this machine's", said)
    if not there and launch.cpu_ranks is not None and count is None:
        return _cpu_seat(question, ranks, here, "this machine's, which has no GPU")
    guide = _guide_device(preset, count or told, known)
    if guide is not None:
        return Seat(guide[0], count or told or 1, None, f"assumed, as in {guide[1]} (--gpu)", said)
    return Seat(GPU, count or told, None, _why_assumed(there), said)


def _cpu_seat(question: Question, ranks: int, here: Here, source: str) -> Seat:
    count = question.count("gpus")
    return Seat(cpu_name(), count or ranks, here.host, source, GIVEN if count else "on the CPU")


def _why_assumed(there: int) -> str:
    has = f"has only {there} GPU{'' if there == 1 else 's'}" if there else "has no GPU"
    return f"assumed, since this machine {has} (--gpu)"


def _told_gpus(preset: Preset) -> int | None:
    """Return how many GPUs the preset asks for; None for `auto` and its like, unless it is one."""
    choice = parse_gpu_choice(preset.launch.gpus)
    count = len(choice.indices) if choice.indices is not None else choice.count
    return 1 if count is None and preset.launch.kind in ONE_PROCESS else count


def _guide_device(preset: Preset, gpus: int | None, known: Known) -> tuple[str, str] | None:
    """Return the device on which a guide trains this preset's model with its batch, and the guide.

    Of several the one for as many samples a step.
    """
    model, count = model_of(preset, known.catalog), gpus or 1
    try:
        plan = plan_batch(preset, count)
    except InputError:
        return None  # said where the batch is asked for
    rows = [row for row in known.catalog.document_times if row.model == model]
    same = [
        row
        for row in rows
        if plan is not None and row.batch_per_rank * row.count == plan.global_batch
    ]
    return (same[0].accelerator, same[0].document) if same else None


def _own_device(known: Known, here: Here) -> str | None:
    """Return the GPUs of this machine as `Work` means them; of several kinds the first."""
    if not here.gpus.names:
        return None
    name = here.gpus.names[0]
    found = find_accelerator(known.catalog, name)
    return name if found is None else found.key
