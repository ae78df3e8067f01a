"""From a preset to the work that an estimate is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from cockpit.analysis.forecast.work import Work
from cockpit.catalog.names import find_accelerator, find_model
from cockpit.catalog.rows import Catalog
from cockpit.launch.arguments import epochs_of, plan_batch, settings_of
from cockpit.presets.model import ArgValue, Preset
from cockpit.views.preset_question import IMAGE_SIZES
from cockpit.views.this_device import cpu_name
from cockpit.views.train_samples import Samples, told_samples

MODELS: Final = ("model", "cfg", "arch", "model-name", "model_name")
"""The arguments by which trainers name what they train, best first."""
ASSUMED_EPOCHS: Final = 100


@dataclass(frozen=True, slots=True)
class Ranks:
    """The ranks that would train a preset."""

    device: str
    """As in `Work`."""
    world_size: int = 1
    host: str | None = None
    """None: a machine of which nothing was measured here."""


def device_of(gpu_names: Sequence[str], catalog: Catalog) -> str:
    """Return the device that `Work` means by these GPUs; without any, this machine's processor."""
    if not gpu_names:
        return cpu_name()
    found = find_accelerator(catalog, gpu_names[0])
    return gpu_names[0] if found is None else found.key


def work_of_preset(
    preset: Preset,
    ranks: Ranks,
    catalog: Catalog,
    *,
    batch_per_rank: int | None = None,
    samples: Samples | None = None,
) -> Work:
    """Return the work; what the preset does not tell is assumed, and its source says so.

    Without `samples` those that the preset itself tells count.
    Raises InputError for a global batch that cannot be divided among the ranks.
    """
    said = f"from preset {preset.name}"
    sources: dict[str, str] = {}
    epochs = epochs_of(preset) or _whole(preset.args.get("epochs"))
    sources["epochs"] = said if epochs else "assumed, the preset names none (--epochs)"
    if batch_per_rank is None:
        plan = plan_batch(preset, ranks.world_size)
        batch_per_rank = None if plan is None else plan.batch_per_rank
    sources["batch_per_rank"] = (
        said if batch_per_rank else "assumed, the preset names none (--batch-per-rank)"
    )
    found = samples or Samples(told_samples(preset), said)
    if found.count is not None and found.source:
        sources["train_samples"] = found.source
    settings = settings_of(preset)
    imgsz = next((_whole(settings[word]) for word in IMAGE_SIZES if word in settings), None)
    return Work(
        epochs=epochs or ASSUMED_EPOCHS,
        world_size=ranks.world_size,
        batch_per_rank=batch_per_rank or 1,
        device=ranks.device,
        train_samples=found.count,
        model=model_of(preset, catalog),
        imgsz=imgsz,
        preset=preset.name,
        host=ranks.host,
        args={name: text_of(value) for name, value in settings.items()},
        sources=sources | {"model": said, "imgsz": said},
    )


def model_of(preset: Preset, catalog: Catalog) -> str | None:
    """Return what a preset trains: a key of the catalogue, else as its trainer is told."""
    settings = settings_of(preset)
    told = [str(settings[name]) for name in MODELS if settings.get(name)]
    for name in (preset.estimate.model, *told):
        found = None if name is None else find_model(catalog, name)
        if found is not None:
            return found.key
    return preset.estimate.model or (PurePath(told[0]).name if told else None)


def text_of(value: ArgValue) -> str:
    """Return a setting as text; a list with blanks between."""
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _whole(value: ArgValue | None) -> int | None:
    first = value[0] if isinstance(value, tuple) and value else value
    return first if isinstance(first, int) and not isinstance(first, bool) and first > 0 else None
