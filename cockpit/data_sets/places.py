"""Where the images of a description lie: each trainer has its own rule for a relative path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cockpit.data_sets.description import Description


class Rule(StrEnum):
    """How a relative path is understood."""

    ULTRALYTICS = "ultralytics"
    """`path`, else the file's folder; where that is not there, below its datasets_dir"""
    WORKDIR = "workdir"
    """below `path` in the folder where the job runs, as YOLOv5 and YOLOv7 do"""


@dataclass(frozen=True, slots=True)
class Base:
    """What relative paths of a description may start from."""

    rule: Rule
    workdir: Path
    folder: Path
    """Of the data.yaml that the trainer is given, which may be a copy."""
    datasets_dir: Path | None = None
    """Ultralytics' setting; None where it is not known."""


def root_of(description: Description, base: Base) -> Path:
    """Return the folder that the splits are relative to; it need not be there."""
    if base.rule is Rule.WORKDIR:
        return base.workdir / Path(description.root or "")
    root = Path(description.root) if description.root else base.folder
    if root.is_absolute():
        return root
    near = base.workdir / root
    if near.exists() or base.datasets_dir is None:
        return near
    return base.datasets_dir / root


def find_splits(description: Description, base: Base) -> Mapping[str, tuple[Path, ...]]:
    """Return the folders and lists of every split, absolute; they need not be there.

    As check_det_dataset of Ultralytics 8.4 finds them.
    """
    root = root_of(description, base)
    return {
        split: tuple(_place(root, written, base.rule) for written in places)
        for split, places in description.splits.items()
    }


def _place(root: Path, written: str, rule: Rule) -> Path:
    place = (root / written).absolute()
    if rule is Rule.ULTRALYTICS and written.startswith("../") and not place.exists():
        place = (root / written[3:]).absolute()
    return place.resolve() if rule is Rule.ULTRALYTICS else place
