"""From the flags of `cockpit estimate`, a preset and this machine to the work that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cockpit.analysis.forecast.work import GIVEN, Work
from cockpit.errors import InputError
from cockpit.views.forecast import Known
from cockpit.views.question_flags import FLAGS, Question, batch_problem
from cockpit.views.question_seat import Here, seat_of

if TYPE_CHECKING:
    from cockpit.presets.model import Preset

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
    *,
    needs_time: bool = True,
) -> Work:
    """Return the work; flags win over the preset. Raises `InputError` with all problems at once.

    `flags` are the fields of `question_flags.FLAGS` as texts; those of `assumed` count where
    neither a flag nor the preset tells. Without `needs_time` a named model need not tell its data:
    whether it fits is known without.
    """
    question = Question(flags, known.catalog, {**DOCUMENT_001, **assumed})
    if preset is None:
        is_named = question.is_given("model") and question.model is not None
        work = _plain_work(question, known, here, needs_samples=needs_time or not is_named)
    else:
        from cockpit.views.question_preset import work_with_preset

        work = work_with_preset(question, preset, known, here)
    samples = work.train_samples
    if not question.problems and samples is not None and work.global_batch > samples:
        question.problems.append(batch_problem(samples, work.world_size, work.batch_per_rank))
    if question.problems:
        raise InputError("\n".join(question.problems), remedy="cockpit estimate --help")
    return work


def _plain_work(question: Question, known: Known, here: Here, *, needs_samples: bool) -> Work:
    seat = seat_of(question, known, here)
    if needs_samples and question.count("dataset_size") is None:
        question.miss("dataset_size")
    sources = {"device": seat.device_source, "world_size": seat.world_source}
    names = ("train_samples", "epochs", "batch_per_rank", "imgsz", "model")
    for name in names:
        flag = FLAG_OF.get(name, name)
        sources[name] = GIVEN if question.is_given(flag) else f"assumed ({FLAGS[flag]})"
    imgsz = question.count("imgsz")
    if question.is_given("model") and question.model and not question.is_given("imgsz"):
        imgsz, sources["imgsz"] = question.model.imgsz, "the model's own (--imgsz)"
    return Work(
        epochs=question.count("epochs") or 1,
        world_size=seat.world_size or 1,
        batch_per_rank=question.count("batch_per_rank") or 1,
        device=seat.device,
        train_samples=question.count("dataset_size"),
        model=question.model.key if question.model else None,
        imgsz=imgsz,
        host=seat.host,
        sources=sources,
    )
