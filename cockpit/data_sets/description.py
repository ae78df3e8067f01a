"""A YOLO data.yaml: where its images are, and which classes there are. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SPLITS: Final = ("train", "val", "test")
NEEDED: Final = ("train", "val")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a description; `code` is the part behind `data.`."""

    code: str
    what: str


@dataclass(frozen=True, slots=True)
class Description:
    """What a data.yaml says, and what is wrong with it."""

    file: Path
    root: str | None
    """`path`, as it is written."""
    splits: Mapping[str, tuple[str, ...]]
    """train, val and test: folders or lists of images, as they are written."""
    names: tuple[str, ...] | None
    class_count: int | None
    keypoints: tuple[int, int] | None = None
    """kpt_shape: how many points, and how many numbers each."""
    downloads: bool = False
    """It says from where the trainer fetches the images itself."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """Top-level key to its line, from 1 on."""
    faults: tuple[Fault, ...] = ()

    def at(self, key: str) -> str:
        """Return `data.yaml:3` for a key, and only the file for one that is not written there."""
        line = self.lines.get(key)
        return f"{self.file}:{line}" if line else str(self.file)


_KEY: Final = re.compile(r"""["']?([A-Za-z_]\w*)["']?\s*:""")


def parse_description(text: str, file: Path) -> Description:
    """Return what a data.yaml says; raises ValueError for a text that is no table."""
    document = _parse(text)
    lines = {
        match[1]: number
        for number, line in enumerate(text.splitlines(), start=1)
        if (match := _KEY.match(line))
    }
    faults: list[Fault] = []
    names, count = _classes(document, file, lines, faults)
    if "val" not in document and "validation" in document:
        document["val"] = document["validation"]
    splits = {name: _places(document.get(name)) for name in SPLITS}
    for name in NEEDED:
        if not splits[name]:
            faults.append(Fault("paths", f"{file}: {name} is missing, or names no folder or list"))
    root = document.get("path")
    return Description(
        file=file,
        root=str(root) if isinstance(root, str) and root else None,
        splits={name: places for name, places in splits.items() if places},
        names=names,
        class_count=count,
        keypoints=_keypoints(document.get("kpt_shape")),
        downloads=bool(document.get("download")),
        lines=lines,
        faults=tuple(faults),
    )


def _parse(text: str) -> dict[str, object]:
    import yaml

    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
    if not isinstance(document, dict):
        raise ValueError("it must hold one table: path, train, val, names")
    return {str(key): value for key, value in document.items()}


def _classes(
    document: Mapping[str, object], file: Path, lines: Mapping[str, int], faults: list[Fault]
) -> tuple[tuple[str, ...] | None, int | None]:
    names, count = document.get("names"), _whole(document.get("nc"))
    at = f"{file}:{lines.get('names') or lines.get('nc') or 1}"
    if names is None and document.get("nc") is None:
        faults.append(Fault("names", f"{file}: neither names nor nc: no class is known"))
        return None, None
    if document.get("nc") is not None and count is None:
        what = f"{file}:{lines.get('nc', 1)}: nc is {document['nc']!r}, not a whole number"
        faults.append(Fault("names", what))
    if names is None:
        return None, count
    listed = tuple(_listed(names))
    if not listed:
        faults.append(Fault("names", f"{at}: names must be a list or a table of class names"))
        return None, count
    if isinstance(names, Mapping) and (gap := _gap(names)) is not None:
        what = f"{at}: names has {len(listed)} classes and no number {gap}; they count from 0 on"
        faults.append(Fault("names", what))
    if count is not None and count != len(listed):
        what = f"{at}: nc is {count}, and names lists {len(listed)}"
        faults.append(Fault("names", what))
    return listed, len(listed)


def _listed(names: object) -> Iterator[str]:
    """Yield the names in the order of their numbers."""
    if isinstance(names, Mapping):
        yield from (str(names[key]) for key in sorted(names, key=_number))
    elif isinstance(names, list | tuple):
        yield from map(str, names)


def _gap(names: Mapping[object, object]) -> int | None:
    """Return the first number that a table of names lacks, or None."""
    numbers = {_number(key) for key in names}
    return next((number for number in range(len(names)) if number not in numbers), None)


def _number(key: object) -> int:
    whole = _whole(key)
    return -1 if whole is None else whole


def _whole(value: object) -> int | None:
    """Return what Ultralytics takes for a whole number: 10, 10.0 and '10'."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    return int(number) if number.is_integer() else None


def _places(value: object) -> tuple[str, ...]:
    if isinstance(value, str) and value:
        return (value,)
    if isinstance(value, list):
        return tuple(str(item) for item in value if item)
    return ()


def _keypoints(value: object) -> tuple[int, int] | None:
    if isinstance(value, list) and len(value) == 2 and all(isinstance(x, int) for x in value):
        return value[0], value[1]
    return None
