"""From the flags of `cockpit estimate`, a preset and this machine to the work that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cockpit.analysis.forecast.work import Work
from cockpit.errors import InputError
from cockpit.launch.arguments import settings_of
from cockpit.presets.model import ArgValue, BatchScope, Preset
from cockpit.views.forecast import Known
from cockpit.views.preset_question import IMAGE_SIZES
from cockpit.views.preset_work import MODELS, Place, work_of_preset
from cockpit.views.question_flags import FLAGS, GIVEN, Question, batch_problem
from cockpit.views.question_seat import Here, Seat, seat_of
from cockpit.views.train_images import count_train_images

DOCUMENT_001: Final[Mapping[str, str]] = MappingProxyType(
    {"epochs": "100", "batch_per_rank": "16", "imgsz": "640", "model": "yolo11n"}
)
"""Its work is assumed where nothing else is said."""
DOCUMENT_002: Final[Mapping[str, str]] = MappingProxyType(
    {"dataset_size": "800", "epochs": "400", "imgsz": "256", "model": "mshnet"}
)
"""IRSTD-1k as MSHNet is trained on it; the batch depends on the device."""
FLAG_OF: Final = {"train_samples": "dataset_size", "device": "gpu", "world_size": "gpus"}
"""Field of `Work` to that of a question, where they differ."""


def work_of_question(
    flags: Mapping[str, str | None],
    preset: Preset | None,
    known: Known,
    here: Here,
    assumed: Mapping[str, str] = MappingProxyType({}),
) -> Work:
    """Return the work; flags win over the preset. Raises `InputError` with all problems at once.

    `flags` are the fields of `question_flags.FLAGS` as texts; those of `assumed` count where
    neither a flag nor the preset tells.
    """
    question = Question(flags, known.catalog, {**DOCUMENT_001, **assumed})
    seat = seat_of(question, preset, known, here)
    if seat.world_size is None:
        question.miss("gpus")
    if preset is None:
        work = _plain_work(question, seat)
    else:
        work = _preset_work(question, preset, seat, known, here)
    if work.train_samples is None and preset is None:
        question.miss("dataset_size")
    samples = work.train_samples
    if not question.problems and samples is not None and work.global_batch > samples:
        question.problems.append(batch_problem(samples, work.world_size, work.batch_per_rank))
    if question.problems:
        raise InputError("\n".join(question.problems), remedy="cockpit estimate --help")
    return work


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


def _plain_work(question: Question, seat: Seat) -> Work:
    sources = {"device": seat.device_source, "world_size": seat.world_source}
    names = ("train_samples", "epochs", "batch_per_rank", "imgsz", "model")
    for name in names:
        flag = FLAG_OF.get(name, name)
        sources[name] = GIVEN if question.is_given(flag) else f"assumed ({FLAGS[flag]})"
    return Work(
        epochs=question.count("epochs") or 1,
        world_size=seat.world_size or 1,
        batch_per_rank=question.count("batch_per_rank") or 1,
        device=seat.device,
        train_samples=question.count("dataset_size"),
        model=question.model.key if question.model else None,
        imgsz=question.count("imgsz"),
        host=seat.host,
        sources=sources,
    )


def _preset_work(question: Question, preset: Preset, seat: Seat, known: Known, here: Here) -> Work:
    samples, samples_source = _samples(question, preset, known, here)
    world_size = seat.world_size or 1
    changed = preset
    for name, value in changes_of(question, preset, world_size).items():
        changed = changed.with_setting(name, value)
    place = Place(seat.device, world_size, seat.host)
    # A wrong one is said already, and must cause no second complaint.
    batch = question.given("batch_per_rank") or (1 if question.is_given("batch_per_rank") else None)
    try:
        work = work_of_preset(
            changed, place, known.catalog, batch_per_rank=batch, train_samples=samples
        )
    except InputError as error:
        question.problems.append(f"preset {preset.name}: {error.problem}; try --batch-per-rank")
        work = work_of_preset(
            changed, place, known.catalog, batch_per_rank=1, train_samples=samples
        )
    sources = {"device": seat.device_source, "world_size": seat.world_source}
    if samples is not None:
        sources["train_samples"] = samples_source
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


def _samples(
    question: Question, preset: Preset, known: Known, here: Here
) -> tuple[int | None, str]:
    """Return how many samples an epoch has, as far as the preset itself does not tell, and why."""
    if question.is_given("dataset_size"):
        return question.given("dataset_size"), GIVEN
    ran = (one for one in known.calibrations if one.preset == preset.name and one.train_samples)
    newest = next(ran, None)
    if newest is not None:
        return newest.train_samples, f"as in {newest.calibration_id.partition(':')[2]}"
    counted = count_train_images(preset, here.home)
    return (None, "") if counted is None else (counted[0], f"counted in {counted[1]}")
