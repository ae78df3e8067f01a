"""The labels of one image: a text with a line for each object. Pure."""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

BOX_COLUMNS: Final = 5
OBB_COLUMNS: Final = 9
FEWEST_POLYGON: Final = 7
"""A class and three points."""


class Task(StrEnum):
    """What is learnt, and with it what a line of labels holds."""

    DETECT = "detect"
    """class x y width height; a polygon is taken for the box around it"""
    SEGMENT = "segment"
    """class and a polygon of three or more points"""
    POSE = "pose"
    """a box and its points"""
    OBB = "obb"
    """class and four corners"""
    CLASSIFY = "classify"
    """no labels: a folder for each class"""


class LabelFault(StrEnum):
    """What may be wrong with a line; the words are the part of a code behind `data.`."""

    CLASS = "label-class"
    FRACTION = "label-fraction"
    COORDINATES = "label-coordinates"
    COLUMNS = "label-columns"
    NUMBER = "label-number"
    MIXED = "label-mixed"
    ENCODING = "label-encoding"
    UNREADABLE = "label-unreadable"


@dataclass(frozen=True, slots=True)
class Format:
    """What the lines of a data set must look like."""

    task: Task = Task.DETECT
    class_count: int | None = None
    """None: not known, so no class is too high."""
    tolerance: float = 0.0
    """So far outside 0 to 1 a coordinate may lie: Ultralytics forgives a hundredth."""
    keypoints: tuple[int, int] | None = None

    @property
    def columns(self) -> int | None:
        """How many words a line has; None where that differs from line to line."""
        match self.task:
            case Task.OBB:
                return OBB_COLUMNS
            case Task.POSE:
                points = self.keypoints
                return BOX_COLUMNS + points[0] * points[1] if points else None
            case _:
                return None


@dataclass(slots=True)
class Labels:
    """What the labels of one image say."""

    classes: Counter[int] = field(default_factory=Counter)
    """How often each class occurs, in lines that are right."""
    lines: int = 0
    polygons: int = 0
    duplicates: int = 0
    has_crlf: bool = False
    faults: list[tuple[int, LabelFault, str]] = field(default_factory=list)
    """Line from 1 on, what, and in words."""


def parse_labels(data: bytes, form: Format) -> Labels:
    """Return what the labels of one image say, and what is wrong with each line."""
    found = Labels(has_crlf=b"\r\n" in data)
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found.faults.append((line, LabelFault.ENCODING, "is not UTF-8"))
        return found
    lines = [line for line in text.splitlines() if line and not line.isspace()]
    found.lines = len(lines)
    if len(set(lines)) < len(lines):
        found.duplicates = len(lines) - len(set(lines))
    _parse_lines(text, form, found)
    is_mixed = 0 < found.polygons < found.lines
    if is_mixed and form.task is Task.DETECT and not found.faults:
        what = "boxes and polygons in one file: the whole image is left out"
        found.faults.append((1, LabelFault.MIXED, what))
    return found


def _parse_lines(text: str, form: Format, found: Labels) -> None:
    """Count the lines that are right, and say of each other one what is wrong."""
    is_box_task = form.task is Task.DETECT
    most = float("inf") if form.class_count is None else form.class_count
    low, high = -form.tolerance, 1 + form.tolerance
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        if is_box_task and len(words) == BOX_COLUMNS:
            # By far the most lines; what is not right here is looked at again, in words.
            try:
                kind, x, y, width, height = map(float, words)
            except ValueError:
                kind = -1.0
            else:
                if (
                    0 <= kind < most
                    and low <= x <= high
                    and low <= y <= high
                    and 0 <= width <= high
                    and 0 <= height <= high
                    and kind == int(kind)
                ):
                    found.classes[int(kind)] += 1
                    continue
        found.polygons += len(words) > BOX_COLUMNS
        fault = _fault(words, form, found)
        if fault is not None:
            found.faults.append((number, *fault))


def _fault(words: list[str], form: Format, found: Labels) -> tuple[LabelFault, str] | None:
    """Return what is wrong with a line; one that is right is counted."""
    try:
        number, *numbers = map(float, words)
    except ValueError:
        word = next(word for word in words if not _is_number(word))
        return LabelFault.NUMBER, f"{word[:20]!r} is not a number"
    wrong = _columns_fault(len(words), form)
    if wrong is not None:
        return LabelFault.COLUMNS, wrong
    total = sum(numbers) + number
    if total - total != 0:  # a NaN or an infinity among them
        return LabelFault.NUMBER, "holds nan or inf"
    if number < 0 or (form.class_count is not None and number >= form.class_count):
        last = "" if form.class_count is None else f" (0 to {form.class_count - 1})"
        return LabelFault.CLASS, f"class {words[0]} does not exist{last}"
    if number % 1:
        return LabelFault.FRACTION, f"class {words[0]} is not whole"
    points = _positions(numbers, form)
    if max(points) > 1 + form.tolerance or min(points) < -form.tolerance:
        odd = next(x for x in points if not -form.tolerance <= x <= 1 + form.tolerance)
        return LabelFault.COORDINATES, f"{odd:g} is not within 0 to 1"
    if len(words) == BOX_COLUMNS and (numbers[2] < 0 or numbers[3] < 0):
        return LabelFault.COORDINATES, "the width or height is below 0"
    found.classes[int(number)] += 1
    return None


def _positions(numbers: list[float], form: Format) -> list[float]:
    """Return the coordinates: of a pose without the visibility of its points."""
    if form.task is Task.POSE and form.keypoints is not None and form.keypoints[1] == 3:
        points = numbers[4:]
        return numbers[:4] + points[0::3] + points[1::3]
    return numbers


def _columns_fault(count: int, form: Format) -> str | None:
    """Say why a line cannot have so many words, or return None."""
    wanted = form.columns
    if form.task is Task.POSE and wanted is None:
        return None if count > BOX_COLUMNS else f"{count} columns are no box with points"
    if wanted is not None:
        return None if count == wanted else f"{count} columns, {wanted} are needed"
    if count == BOX_COLUMNS:
        return "a box, where a polygon is needed" if form.task is Task.SEGMENT else None
    if count < FEWEST_POLYGON:
        least = "a class and 3 points" if form.task is Task.SEGMENT else "5 are needed"
        return f"{count} columns, {least}"
    return None if count % 2 else f"a polygon of {count - 1} numbers: each point has two"


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
