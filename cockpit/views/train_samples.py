"""How many samples an epoch of a preset has, and who says so: one answer for every face."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.calibrations.calibration import Calibration
from cockpit.launch.arguments import settings_of
from cockpit.presets.model import ArgValue, LaunchKind, Preset

KEY: Final = "estimate.train_samples"
"""Of a preset: what it says itself."""
FRACTION: Final = "fraction"
"""Ultralytics' argument: so much of the images is trained on."""
OWN_LAYERS: Final = ("preset", "config.toml")
"""What stands in files is older than a run; --set and the form are said just now."""
TELLING: Final = frozenset(
    {
        "data", "dataset", "datasets", "data_yaml", "dataset_dir", "data_dir", "data_root",
        "data_path", "split", "train_split", "fraction", "subset", "samples", "n_samples",
        "num_samples", "train_samples", "max_train_samples", "limit",
    }
)  # fmt: skip
"""Arguments on which it depends, with `_` for `-`."""


@dataclass(frozen=True, slots=True)
class Samples:
    """How many there are, and why."""

    count: int | None = None
    """None: nobody knows."""
    source: str = ""


def told_samples(preset: Preset) -> int | None:
    """Return how many a preset tells: of its data, the part that Ultralytics is told to take."""
    own = preset.estimate.train_samples
    fraction = settings_of(preset).get(FRACTION)
    if own is None or preset.launch.kind is not LaunchKind.ULTRALYTICS:
        return own
    if not isinstance(fraction, float) or not 0 < fraction < 1:
        return own
    return max(1, round(own * fraction))


def samples_of(
    preset: Preset, calibrations: Iterable[Calibration], host: str, home: Path | None = None
) -> Samples:
    """Return what was said for this once, else what the newest run of the same data had.

    Else what the preset says, else how many images lie where it looks for them. Of
    `calibrations`, the newest first, only those of `host` count.
    """
    own = told_samples(preset)
    layer = preset.sources.get(KEY, OWN_LAYERS[0])
    if own is not None and layer not in OWN_LAYERS:
        return Samples(preset.estimate.train_samples, f"from {layer}")
    told = _telling(settings_of(preset))
    ran = (one for one in calibrations if one.preset == preset.name and one.host == host)
    same = (one for one in ran if not one.args or _telling(one.args) == told)
    newest = next((one for one in same if one.train_samples), None)
    if newest is not None:
        return Samples(newest.train_samples, f"as in {newest.calibration_id.partition(':')[2]}")
    if own is not None:
        return Samples(own, f"from preset {preset.name}")
    from cockpit.views.train_images import count_train_images  # mostly not needed

    counted = count_train_images(preset, home or Path.home())
    return Samples() if counted is None else Samples(counted[0], f"counted in {counted[1]}")


def _telling(settings: Mapping[str, ArgValue] | Mapping[str, str]) -> dict[str, str]:
    """Return the arguments that tell of the data, as texts."""
    texts = {
        name.rpartition(".")[2].lower().replace("-", "_"): value for name, value in settings.items()
    }
    return {
        name: " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        for name, value in texts.items()
        if name in TELLING
    }
