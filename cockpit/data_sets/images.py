"""The images of a split: found in folders and lists, as YOLO trainers find them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cockpit.files import open_regular

SUFFIXES: Final = frozenset(
    (
        "avif",
        "bmp",
        "dng",
        "heic",
        "heif",
        "jp2",
        "jpeg",
        "jpg",
        "mpo",
        "png",
        "tif",
        "tiff",
        "webp",
    )
)
"""IMG_FORMATS of Ultralytics 8.4, in any case."""
MOST: Final = 1_000_000
"""So many images of a split are listed; paths of more would fill hundreds of megabytes."""
LARGEST_LIST_BYTES: Final = 256 << 20


@dataclass(slots=True)
class ImageList:
    """The images of a split."""

    files: list[str] = field(default_factory=list)
    """Absolute; texts, because a hundred thousand Path objects take seconds."""
    is_whole: bool = True
    """False when there are more than MOST: what is counted is `at least`."""
    dangling: list[str] = field(default_factory=list)
    """Links that point nowhere."""
    unread: list[str] = field(default_factory=list)
    """Folders and lists that cannot be read, each with why."""
    lists: list[str] = field(default_factory=list)
    """The lists of images that were read."""


def find_images(places: Sequence[Path], most: int = MOST) -> ImageList:
    """Return the images in folders, at any depth, and those that lists name."""
    found = ImageList()
    for place in places:
        names = _in_folder(str(place), found) if place.is_dir() else _in_list(place, found)
        for name in names:
            if len(found.files) == most:
                found.is_whole = False
                return found
            found.files.append(name)
    return found


def is_image(name: str) -> bool:
    """Say whether a file's name is that of an image."""
    return name.rpartition(".")[2].lower() in SUFFIXES


def label_path(image: str, *, first: bool = False) -> str:
    """Return where an image's labels lie: the last `/images/` becomes `/labels/`.

    `first`: the first one instead, as YOLOv7 does it.
    """
    inner, labels = f"{os.sep}images{os.sep}", f"{os.sep}labels{os.sep}"
    parts = image.split(inner, 1) if first else image.rsplit(inner, 1)
    return labels.join(parts).rpartition(".")[0] + ".txt"


def _in_folder(folder: str, found: ImageList) -> Iterator[str]:
    """Yield what is below a folder; hidden names are left out and links followed, as glob does."""
    waiting, seen = [folder], set[tuple[int, int]]()
    while waiting:
        inside = waiting.pop()
        try:
            about = os.stat(inside)  # noqa: PTH116  # see ImageList.files
            if (about.st_dev, about.st_ino) in seen:
                continue
            seen.add((about.st_dev, about.st_ino))
            with os.scandir(inside) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            found.unread.append(f"{inside}: {error.strerror}")
            continue
        for entry in listed:
            if entry.name.startswith("."):
                continue
            if is_image(entry.name) and _is_file(entry, found):
                yield entry.path
            elif "." not in entry.name or not is_image(entry.name):
                waiting += [entry.path] if _is_folder(entry) else []


def _is_file(entry: os.DirEntry[str], found: ImageList) -> bool:
    try:
        if entry.is_file():
            return True
        if entry.is_symlink() and not os.path.exists(entry.path):  # noqa: PTH110
            found.dangling.append(entry.path)
    except OSError as error:
        found.unread.append(f"{entry.path}: {error.strerror}")
    return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _in_list(file: Path, found: ImageList) -> Iterator[str]:
    """Yield the images that a list names; `./` means the folder of the list."""
    if is_image(file.name):
        yield str(file)
        return
    try:
        with open_regular(file) as stream:
            data = stream.read(LARGEST_LIST_BYTES)
    except OSError as error:
        found.unread.append(f"{file}: {error.strerror or error}")
        return
    found.lists.append(str(file))
    for line in data.decode("utf-8-sig", "surrogateescape").splitlines():
        name = line.strip()
        if name.startswith("./"):
            name = f"{file.parent}{os.sep}{name[2:]}"
        if is_image(name):
            yield name
