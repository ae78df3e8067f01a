"""From the flags of `cockpit estimate` and a preset to the question how long a training takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cockpit.analysis.question import (
    BATCH_PER_RANK,
    EPOCHS,
    FLAGS,
    GPU,
    IMGSZ,
    LIMITS,
    MODEL,
    Question,
    problems_of,
)
from cockpit.errors import InputError
from cockpit.launch.arguments import epochs_of, plan_batch
from cockpit.launch.gpus import parse_gpu_choice
from cockpit.presets.model import ArgValue, Preset

IMAGE_SIZES: Final = ("imgsz", "img-size", "img", "image-size", "crop-size", "base-size")
"""The names by which trainers know the image size."""


def question_of(flags: Mapping[str, str | None], preset: Preset | None) -> Question:
    """Return the question; flags win over the preset. Raises `InputError` with all problems."""
    texts = {name: text for name, text in flags.items() if text is not None}
    sources = dict.fromkeys(texts, "given")
    problems: list[str] = []
    if preset is not None:
        taken, sources = _with_preset(preset, texts, problems)
        texts = taken | texts
    question = Question(
        dataset_size=_count("dataset_size", texts, problems),
        gpus=_count("gpus", texts, problems),
        epochs=_count("epochs", texts, problems, EPOCHS),
        batch_per_rank=_count("batch_per_rank", texts, problems, BATCH_PER_RANK),
        imgsz=_count("imgsz", texts, problems, IMGSZ),
        model=texts.get("model", MODEL),
        gpu=texts.get("gpu", GPU),
        sources=sources,
    )
    problems += problems_of(question)
    if problems:
        raise InputError("\n".join(problems), remedy="cockpit estimate --help")
    return question


def _with_preset(
    preset: Preset, flags: Mapping[str, str], problems: list[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return what the preset adds to the flags, and where every value comes from."""
    taken = preset_values(preset, flags, problems)
    sources = {
        field: f"assumed, preset {preset.name} names none ({flag})" for field, flag in FLAGS.items()
    }
    sources["model"] += f": this is the time of {MODEL}, not of that preset"
    sources |= dict.fromkeys(taken, f"from preset {preset.name}")
    return taken, sources | dict.fromkeys(flags, "given")


def preset_values(preset: Preset, flags: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    """Return the fields of a question that a preset answers, as text."""
    values = {
        "model": _text(preset.args.get("model")),
        "epochs": _text(epochs_of(preset) or preset.args.get("epochs")),
        "imgsz": next(
            (_text(preset.args[word]) for word in IMAGE_SIZES if word in preset.args), None
        ),
        "gpus": _gpu_count(preset),
    }
    if "batch_per_rank" not in flags:
        values["batch_per_rank"] = _batch(preset, flags.get("gpus") or values["gpus"], problems)
    return {name: text for name, text in values.items() if text is not None}


def _batch(preset: Preset, gpus: str | None, problems: list[str]) -> str | None:
    if gpus is None or not gpus.isdecimal() or int(gpus) < 1:
        return None
    try:
        plan = plan_batch(preset, int(gpus))
    except InputError as error:
        problems.append(f"preset {preset.name}: {error.problem}; try --batch-per-rank")
        return None
    return None if plan is None else str(plan.batch_per_rank)


def _gpu_count(preset: Preset) -> str | None:
    """Return how many GPUs a preset is for, or None for `auto` and its like."""
    choice = parse_gpu_choice(preset.launch.gpus)
    count = len(choice.indices) if choice.indices is not None else choice.count
    return None if count is None else str(count)


def _text(value: ArgValue | None) -> str | None:
    if isinstance(value, tuple):
        return _text(value[0]) if value else None
    return None if value is None else str(value)


def _count(
    name: str, texts: Mapping[str, str], problems: list[str], assumed: int | None = None
) -> int:
    """Return a whole number; for a missing or wordy one, one that causes no further problem."""
    harmless = LIMITS[name][1] if name == "dataset_size" else LIMITS[name][0]
    text = texts.get(name)
    if text is None:
        if assumed is not None:
            return assumed
        problems.append(f"{FLAGS[name]} is missing: say how many {LIMITS[name][2]}")
        return harmless
    try:
        return int(text)
    except ValueError:
        problems.append(f"{FLAGS[name]} {text}: must be a whole number of {LIMITS[name][2]}")
        return harmless
