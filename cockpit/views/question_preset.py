"""A preset in a question to `cockpit estimate`: where it would run here, and what its work is."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cockpit.analysis.forecast.work import GIVEN, Work
from cockpit.catalog.rows import Runtime
from cockpit.errors import InputError
from cockpit.launch.arguments import plan_batch, settings_of
from cockpit.launch.gpus import ONE_PROCESS, parse_gpu_choice
from cockpit.presets.model import ArgValue, BatchScope, LaunchKind, Preset
from cockpit.views.forecast import Known
from cockpit.views.preset_question import IMAGE_SIZES
from cockpit.views.preset_work import MODELS, Ranks, model_of, work_of_preset
from cockpit.views.question_flags import Question
from cockpit.views.question_seat import (
    GPU,
    ON_CPU,
    Here,
    Seat,
    Told,
    cpu_seat,
    named_seat,
    own_device,
    tpu_seat,
    why_assumed,
)
from cockpit.views.this_device import cpu_name
from cockpit.views.train_samples import Samples, samples_of

TPU: Final = "tpu-v2-8"
"""Of document 002, assumed for a preset that is for a TPU."""
XLA_MODULES: Final = frozenset({"torch_xla", "torch_tpu"})
"""A trainer that needs one of these may run on a TPU, whatever starts it."""
XLA_ON_GPUS: Final = ("CUDA", "GPU")
"""What PJRT_DEVICE is called where torch_xla trains on GPUs."""


def work_with_preset(question: Question, preset: Preset, known: Known, here: Here) -> Work:
    """Return the work; what is wrong with the question goes to its problems."""
    _require_runtime(question, preset)
    seat = _preset_seat(question, preset, known, here)
    if seat.world_size is None:
        question.miss("gpus")
    world_size = seat.world_size or 1
    changed = preset
    for name, value in changes_of(question, preset, world_size).items():
        changed = changed.with_setting(name, value)
    _require_epochs(question, changed)
    ranks = Ranks(seat.device, world_size, seat.host)
    samples = _samples(question, changed, known, here)
    # A wrong one is said already, and must cause no second complaint.
    batch = question.given("batch_per_rank") or (1 if question.is_given("batch_per_rank") else None)
    try:
        work = work_of_preset(changed, ranks, known.catalog, batch_per_rank=batch, samples=samples)
    except InputError as error:
        question.problems.append(f"preset {preset.name}: {error.problem}; try --batch-per-rank")
        work = work_of_preset(changed, ranks, known.catalog, batch_per_rank=1, samples=samples)
    sources = {"device": seat.device_source, "world_size": seat.world_source}
    told = ("epochs", "batch_per_rank", "imgsz", "model")
    sources |= {name: GIVEN for name in told if question.is_given(name)}
    has_model = question.is_given("model") and question.model is not None
    return replace(
        work,
        epochs=question.given("epochs") or work.epochs,
        imgsz=question.given("imgsz") or work.imgsz,
        model=question.model.key if has_model and question.model else work.model,
        sources={**work.sources, **sources},
    )


def changes_of(question: Question, preset: Preset, world_size: int) -> dict[str, ArgValue]:
    """Return the settings of its trainer that the flags change, by their names."""
    settings = settings_of(preset)
    changes: dict[str, ArgValue] = {}
    epochs, imgsz = question.given("epochs"), question.given("imgsz")
    if epochs is not None and preset.epochs_argument in settings:
        changes[str(preset.epochs_argument)] = epochs
    size = next((name for name in IMAGE_SIZES if name in settings), None)
    if imgsz is not None and size is not None:
        changes[size] = imgsz
    named = next((name for name in MODELS if name in settings), None)
    if question.is_given("model") and named is not None:
        changes[named] = question.text("model")
    batch, means = question.given("batch_per_rank"), preset.batch
    if batch is not None and means is not None and means.argument in settings:
        changes[means.argument] = batch * (world_size if means.scope is BatchScope.GLOBAL else 1)
    return changes


def _require_epochs(question: Question, preset: Preset) -> None:
    """Say where the preset's epochs are no whole number: `nan`, `2.5`."""
    value = settings_of(preset).get(preset.epochs_argument or "epochs")
    if isinstance(value, float) and not value.is_integer() and not question.is_given("epochs"):
        name = preset.epochs_argument or "epochs"
        said = f"preset {preset.name}: {name} = {value:g} is no whole number of epochs"
        question.problems.append(f"{said}; try --epochs 100")


def _require_runtime(question: Question, preset: Preset) -> None:
    """Say where its trainer cannot run on what `--gpu` or `--offer` names."""
    accelerator, offer = question.accelerator, question.offer
    if accelerator is None or accelerator.runtime is Runtime.CPU or may_be_both(preset):
        return
    is_for_xla = preset.launch.kind is LaunchKind.XLA
    if is_for_xla is (accelerator.runtime is Runtime.XLA):
        return
    flag = f"--gpu {accelerator.key}" if offer is None else f"--offer {offer.key}"
    trainer = "torch_xla" if is_for_xla else f"GPUs (kind {preset.launch.kind})"
    needs = "for GPUs" if is_for_xla else "of kind xla"
    question.problems.append(
        f"{flag}: preset {preset.name} does not run there, its trainer is for {trainer}; "
        f"try a preset {needs}"
    )


def may_be_both(preset: Preset) -> bool:
    """Say whether nothing tells that its trainer runs on GPUs alone, or on TPUs alone."""
    if preset.launch.kind is LaunchKind.XLA:
        return preset.env.get("PJRT_DEVICE", "").upper() in XLA_ON_GPUS
    return not XLA_MODULES.isdisjoint(preset.launch.modules)


def _preset_seat(question: Question, preset: Preset, known: Known, here: Here) -> Seat:
    """Return where the flags put the ranks, else where a launch of the preset would put them."""
    launch, count = preset.launch, question.given("gpus")
    there = 0 if here.gpus.is_simulated else len(here.gpus.names)
    told = _told_gpus(preset)
    ranks = launch.cpu_ranks or 1 if launch.kind is LaunchKind.TORCHRUN else 1
    named = named_seat(question, known, here, Told(preset.name, told, ranks))
    if named is not None:
        return named
    said = GIVEN if count else f"from preset {preset.name}"
    if launch.kind is LaunchKind.XLA:
        source = "assumed, since the preset is for a TPU (--gpu)"
        return tpu_seat(known.catalog.accelerators[TPU], count, source)
    wants_gpus = launch.cpu_ranks is None and (count or told) is not None
    if here.gpus.is_simulated and not wants_gpus:
        source = "this machine's, since its GPUs are SIMULATED"
        if launch.kind is LaunchKind.TORCHRUN:
            return cpu_seat(question, ranks, here, source)
        return Seat(cpu_name(), ranks, here.host, source, ON_CPU)
    if launch.gpus == "cpu":
        return cpu_seat(question, ranks, here, "this machine's")
    own = own_device(known, here)
    if own is not None and (count or told or 1) <= there:
        planned = 1 if launch.kind in ONE_PROCESS else told or there
        return Seat(own, count or planned, here.host, "this machine's", said)
    # More ranks than one on a CPU only torchrun starts.
    is_for_cpu = count in (None, 1) or launch.kind is LaunchKind.TORCHRUN
    if not there and launch.cpu_ranks is not None and is_for_cpu:
        return cpu_seat(question, ranks, here, "this machine's, which has no GPU")
    guide = _guide_device(preset, count or told, known)
    if guide is not None:
        return Seat(
            guide[0], count or told or 1, None, f"assumed, as in document {guide[1]} (--gpu)", said
        )
    return Seat(GPU, count or told, None, why_assumed(there), said)


def _samples(question: Question, preset: Preset, known: Known, here: Here) -> Samples:
    """Return how many samples an epoch has: the flag wins."""
    if question.is_given("dataset_size"):
        return Samples(question.given("dataset_size"), GIVEN)
    return samples_of(preset, known.calibrations, here.host, here.home)


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
