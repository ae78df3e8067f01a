"""How many images a preset trains on, counted where that takes no time."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cockpit.data_sets.description import Description, parse_description
from cockpit.data_sets.images import find_images
from cockpit.data_sets.places import Base, Rule, find_splits
from cockpit.data_sets.ultralytics import read_settings
from cockpit.errors import InputError
from cockpit.files import open_regular
from cockpit.launch.arguments import settings_of
from cockpit.launch.derived import changed_copy
from cockpit.launch.placeholders import fill_value
from cockpit.presets.check import workdir_path
from cockpit.presets.model import LaunchKind, Preset

DESCRIPTIONS: Final = ("data", "data-yaml", "data_yaml", "dataset")
FOLDERS: Final = ("dataset-dir", "dataset_dir", "data-dir", "data_dir", "data-root", "data_root")
NAME_LISTS: Final = ("trainval.txt", "train.txt")
"""In a folder of data: the names of the images to train on, one a line."""
MOST: Final = 50_000
"""To list more takes longer than an estimate may."""


def count_train_images(preset: Preset, home: Path) -> tuple[int, Path] | None:
    """Return how many there are and where; None where nobody knows, or there are too many."""
    workdir = workdir_path(preset)
    places = {"preset_dir": str(preset.file.parent)}
    settings = {
        name.rpartition(".")[2]: str(fill_value(value, places))
        for name, value in settings_of(preset).items()
        if isinstance(value, str)
    }
    named = preset.data.file if preset.data else _first(settings, DESCRIPTIONS, ".yaml", ".yml")
    if named is not None:
        file = _absolute(named, workdir)
        return None if file is None else _described(preset, file, workdir, home)
    folder = _absolute(_first(settings, FOLDERS), workdir)
    return None if folder is None else _listed(folder)


def _described(
    preset: Preset, file: Path, workdir: Path | None, home: Path
) -> tuple[int, Path] | None:
    description = _read(preset, file)
    if description is None:
        return None
    uses = "ultralytics" in (*preset.launch.modules, preset.launch.kind)
    is_own = preset.launch.kind is LaunchKind.ULTRALYTICS or uses
    base = Base(
        Rule.ULTRALYTICS if is_own else Rule.WORKDIR,
        workdir or file.parent,
        file.parent,
        read_settings(os.environ, home).get("datasets_dir"),
    )
    return _count(find_splits(description, base).get("train", ()))


def _read(preset: Preset, file: Path) -> Description | None:
    try:
        with open_regular(file) as opened:
            text = opened.read().decode("utf-8-sig")
        return parse_description(changed_copy(text, preset.data) if preset.data else text, file)
    except (OSError, ValueError, RecursionError, InputError):
        return None  # `check --preset` says what is wrong with it


def _count(places: Sequence[Path]) -> tuple[int, Path] | None:
    there = [place for place in places if place.exists()]
    found = find_images(there, MOST)
    return (len(found.files), there[0]) if found.files and found.is_whole else None


def _listed(folder: Path) -> tuple[int, Path] | None:
    for name in NAME_LISTS:
        try:
            with open_regular(folder / name) as opened:
                count = sum(bool(line.strip()) for line in opened)
        except OSError:
            continue
        if count:
            return count, folder / name
    return None


def _first(settings: Mapping[str, str], names: Sequence[str], *endings: str) -> str | None:
    texts = [settings[name] for name in names if name in settings]
    wanted = [text for text in texts if not endings or text.endswith(endings)]
    return next((text for text in wanted if text and "{" not in text), None)


def _absolute(text: str | None, workdir: Path | None) -> Path | None:
    if text is None:
        return None
    path = Path(text).expanduser()
    if path.is_absolute():
        return path
    return None if workdir is None else workdir / path
