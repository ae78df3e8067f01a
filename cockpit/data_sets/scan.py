"""Every image and label of a split looked at once, as far as the time allows."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cockpit.data_sets.image_header import image_problem
from cockpit.data_sets.images import ImageList, find_images, label_path
from cockpit.data_sets.labels import Format, LabelFault, Task, parse_labels

SHOWN: Final = 3
"""So many offenders are named, the rest is counted."""
LARGEST_LABEL_BYTES: Final = 16 << 20
USUAL_LABEL_BYTES: Final = 1 << 16
"""Room for far more would be made, and given back, for each of a hundred thousand files."""
NO_LABELS: Final = ("classes.txt", "README.txt")
"""What labelling programs leave beside the labels."""
EACH: Final = 256
"""The clock is asked after so many images."""


@dataclass(slots=True)
class Offenders:
    """How often something is wrong, and where first."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Count one more; the first few are kept."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(text)


@dataclass(slots=True)
class SplitScan:
    """What a split holds. The texts name files, with a line where there is one."""

    name: str
    images: ImageList
    looked: int = 0
    """So many images, in their order, and their labels were opened; the others were counted."""
    labelled: int = 0
    """Images with at least one line of labels."""
    empty: Offenders = field(default_factory=Offenders)
    """Label files without a line: background, as intended."""
    unlabelled: Offenders = field(default_factory=Offenders)
    """Images without a label file: background, or forgotten."""
    broken: Offenders = field(default_factory=Offenders)
    """Images that are none."""
    refused: int = 0
    """Images of which a line of labels is wrong: a trainer leaves them out, or stops."""
    faults: dict[LabelFault, Offenders] = field(default_factory=dict)
    orphans: Offenders = field(default_factory=Offenders)
    """Labels without an image."""
    shared: Offenders = field(default_factory=Offenders)
    """Images that share one label file with another: a.jpg and a.png."""
    duplicates: Offenders = field(default_factory=Offenders)
    """Label files that say a line twice."""
    crlf: int = 0
    objects: int = 0
    polygons: int = 0
    classes: Counter[int] = field(default_factory=Counter)
    skipped: list[Path] = field(default_factory=list)
    """Places that do not exist."""

    @property
    def count(self) -> int:
        """How many images there are, at least where the list is not whole."""
        return len(self.images.files)

    @property
    def is_whole(self) -> bool:
        """True when every image was looked at."""
        return self.images.is_whole and self.looked == self.count

    def faulty(self, fault: LabelFault) -> Offenders:
        """Return the offenders of one kind."""
        return self.faults.setdefault(fault, Offenders())


def scan_split(
    name: str,
    places: Sequence[Path],
    form: Format,
    *,
    limit_s: float,
    first: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> SplitScan:
    """Return what a split holds; after `limit_s` the rest is only counted.

    `first` is that of `label_path`.
    """
    end = clock() + limit_s
    there = [place for place in places if place.exists()]
    found = SplitScan(name, find_images(there), skipped=[p for p in places if p not in there])
    labels: set[str] = set()
    for number, image in enumerate(found.images.files):
        if number % EACH == 0 and clock() > end:
            break
        found.looked += 1
        why = image_problem(image)
        if why is not None:
            found.broken.add(f"{image} {why}")
        if form.task is Task.CLASSIFY:
            continue
        path = label_path(image, first=first)
        if path in labels:
            found.shared.add(image)
            continue
        labels.add(path)
        _look(found, image, path, form)
    if found.is_whole and not found.images.lists and form.task is not Task.CLASSIFY:
        for orphan in _orphans(labels):
            found.orphans.add(orphan)
    return found


def _look(found: SplitScan, image: str, path: str, form: Format) -> None:
    try:
        data = _read(path)
    except FileNotFoundError:
        found.unlabelled.add(image)
        return
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        found.faulty(LabelFault.UNREADABLE).add(f"{path}: {why}")
        found.refused += 1
        return
    labels = parse_labels(data, form)
    if not labels.lines and not labels.faults:
        found.empty.add(path)
        return
    found.labelled += 1
    found.objects += labels.lines
    found.polygons += labels.polygons
    found.crlf += labels.has_crlf
    found.classes.update(labels.classes)
    found.refused += bool(labels.faults)
    if labels.duplicates:
        found.duplicates.add(path)
    for line, fault, what in labels.faults:
        found.faulty(fault).add(f"{path}:{line} {what}")


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        data = os.read(descriptor, USUAL_LABEL_BYTES)
        while len(data) % USUAL_LABEL_BYTES == 0 and (more := os.read(descriptor, len(data))):
            data += more
            if len(data) > LARGEST_LABEL_BYTES:
                raise ValueError("is too large for labels")
    finally:
        os.close(descriptor)
    return data


def _orphans(labels: set[str]) -> Iterator[str]:
    """Yield the label files beside those that belong to images, which belong to none."""
    for folder in sorted({os.path.dirname(path) for path in labels}):  # noqa: PTH120
        if f"{os.sep}labels" not in folder:
            continue  # the images lie in it as well, and any text may
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208  # see ImageList.files
        except OSError:
            continue
        for name in names:
            path = f"{folder}{os.sep}{name}"
            if name.endswith(".txt") and path not in labels and name not in NO_LABELS:
                yield path
