"""Which reader a file is for, told by what stands in it and not by its name."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cockpit.metrics.axis_names import X_NAMES
from cockpit.metrics.cells import is_utf16, number
from cockpit.metrics.dict_line import parse_dict_line
from cockpit.metrics.event_frames import HEAD_BYTES, record_length
from cockpit.metrics.json_rows import DEEPEST, as_number, as_row, parse_object
from cockpit.metrics.log_lines import clean, split_prefix, strip_codes

LOOKED_AT_BYTES: Final = 64 << 10
"""So much of the start and of the end of a file is enough."""
LONGEST_FRAME: Final = 4096
"""Of one state of a progress bar no more is looked at."""
TEXT_PER_NULS: Final = 100
"""A text has at least so many other bytes for each run of NULs."""
_NULS: Final = re.compile(rb"\0+")
_ROWS: Final = 5
"""So many lines are looked at where each of them would be a row."""
_NUMBER: Final = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+|nan|inf)"
_BAR: Final = r"\s*\d{1,3}%"
_SAYS: Final = (
    ("mshnet-log", re.compile(rf"Epoch \d{{1,7}}, (?:loss|IoU) {_NUMBER}:{_BAR}\|")),
    ("mshnet-log", re.compile(rf"- \d{{4,7}}\s+- IoU {_NUMBER}\s+- PD {_NUMBER}\s+- FA ")),
    ("layoutmaster-log", re.compile(rf"Epoch \d{{1,7}} - (?:Train|Val) Loss: {_NUMBER}")),
    ("epri-log", re.compile(rf"^\s*Average Loss:\s*{_NUMBER}\s*$")),
    ("epri-log", re.compile(rf"^\s*Batch \[\d{{1,12}}/\d{{1,12}}\] - Loss: {_NUMBER}")),
    (
        "ultralytics-log",
        re.compile(
            r"^(?=.{10}\d\s)\s*[1-9]\d{0,6}/\d{1,7}\s+[\d.]+[KMGT]?B?"
            rf"(?:\s+{_NUMBER}){{1,8}}\s+\d+\s+\d+:{_BAR}"
        ),
    ),
    ("yolov7-log", re.compile(r"^\s*Epoch\s+\w+\s+(?:box_loss|box)\s+(?:obj_loss|obj)\s")),
    (
        "yolov7-log",
        re.compile(
            r"^(?=.{9}\d\s)\s*\d{1,7}/\d{1,7}\s+[\d.]+[KMGT]?B?"
            rf"(?:\s+{_NUMBER}){{4}}\s+\d+\s+\d+:{_BAR}"
        ),
    ),
)
"""Reader, and a line that only its trainer prints: one that carries a value, but for one.

That heads the bars of YOLOv5 and YOLOv7, which else look like Ultralytics': theirs count from 0.
"""


def recognise(head: bytes, end: bytes = b"") -> str | None:
    """Return the name of the reader for a file that begins with `head` and ends with `end`.

    Both up to `LOOKED_AT_BYTES`; of a short file `end` may be left out. None: no results, or
    none yet.
    """
    head, end = head[:LOOKED_AT_BYTES], end[-LOOKED_AT_BYTES:]
    if _is_event_file(head):
        return "tensorboard"
    wide = _utf_16(head)
    if wide is not None:
        return "csv" if recognise(wide.encode("utf-8", "replace")) else None  # that says so
    head, end = head.lstrip(b"\0"), end.lstrip(b"\0")
    if _is_binary(head) or (not head and _is_binary(end)):
        return None
    text = head.decode("utf-8-sig", "replace")
    rows = [line for line in text.split("\n") if line.strip()][:_ROWS]
    for reader, fits in _TABLES:
        if rows and fits(text, rows):
            return reader
    return recognise_log((text + "\n" + end.decode("utf-8", "replace")).split("\n"))


def recognise_log(lines: Sequence[str]) -> str | None:
    """Return the reader for a log that holds these lines, colours and progress bars included.

    Any script's comes last: what else is known says more.
    """
    for line in lines:
        for part in split_prefix(line)[1].split("\r"):
            frame = clean(part[-LONGEST_FRAME:])
            if not frame:
                continue
            said = parse_dict_line(frame)
            if said is not None and "epoch" in said:
                return "hf-log"
            for reader, pattern in _SAYS:
                if pattern.search(frame):
                    return reader
    objects = [line for line in lines if line.startswith("{")]
    if _is_jsonl("", objects):
        return "jsonl"
    from cockpit.metrics.pairs_log import holds_pairs  # the last resort, and large

    return "log" if holds_pairs(lines) else None


def _is_event_file(head: bytes) -> bool:
    return len(head) >= HEAD_BYTES and record_length(head) is not None


def _is_binary(data: bytes) -> bool:
    """Say whether NULs are everywhere; a power cut, or a log cut while written, leaves few runs."""
    runs = sum(1 for _ in _NULS.finditer(data))
    return runs * TEXT_PER_NULS > len(data) - data.count(0)


def _utf_16(head: bytes) -> str | None:
    """Return what a file of UTF-16 says, or None where it is none."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", "replace")
    if not is_utf16(head.decode("latin-1")):
        return None
    return head.decode("utf-16-be" if head.startswith(b"\0") else "utf-16-le", "replace")


def _is_trainer_state(text: str, rows: Sequence[str]) -> bool:
    return rows[0].startswith("{") and '"log_history"' in text


def _is_jsonl(text: str, rows: Sequence[str]) -> bool:
    """Say whether the lines are objects with numbers, and one of them tells of a training.

    Half of them may be cut, nested too deep to be read, or hold none.
    """
    rows = rows[:_ROWS]
    is_whole = len(rows) < _ROWS and text.endswith("\n")
    rows = rows if is_whole else rows[:-1] or rows
    if not all(row.startswith("{") for row in rows):
        return False
    objects = [one for one in map(parse_object, rows) if one and _has_number(one)]
    return len(objects) * 2 >= len(rows) and any(map(_tells_of_training, objects))


def _tells_of_training(one: Mapping[str, object]) -> bool:
    row = as_row(one)
    has_place = row.step is not None or row.epoch is not None
    return has_place or any("loss" in name.lower() for name in row.values)


def _has_number(one: Mapping[str, object], depth: int = DEEPEST) -> bool:
    return any(
        (depth > 0 and _has_number(value, depth - 1))
        if isinstance(value, dict)
        else as_number(value) is not None
        for value in one.values()
    )


def _is_results_txt(_: str, rows: Sequence[str]) -> bool:
    cells = rows[0].split()
    return (
        13 <= len(cells) <= 15
        and re.fullmatch(r"\d{1,7}/\d{1,7}", cells[0]) is not None
        and re.fullmatch(r"[\d.]+[KMGT]?B?", cells[1]) is not None
        and all(map(_is_number, cells[2:]))
    )


def _is_ultralytics_csv(text: str, rows: Sequence[str]) -> bool:
    names = _header(rows[0])
    return names[:1] == ["epoch"] and "lr/pg0" in names and _has_whole_row(text)


def _has_whole_row(text: str) -> bool:
    """Say whether the first row has its end: half a header may look like another."""
    return "\n" in text.lstrip()


def _is_csv(text: str, rows: Sequence[str]) -> bool:
    names = _header(rows[0])
    if len(names) < 2 or not _has_whole_row(text) or any(map(_is_number, names)):
        return False
    has_x = any(name.lower() in X_NAMES for name in names)
    has_loss = any("loss" in name.lower() and len(name) < 40 for name in names)
    return has_x or (has_loss and len(rows) > 1 and any(map(_is_number, _header(rows[1]))))


def _header(row: str) -> list[str]:
    delimiter = max(",\t;", key=row.count)
    try:
        cells = next(csv.reader([row.strip("\r")], delimiter=delimiter), [])
    except csv.Error:
        return []
    return [strip_codes(cell).strip() for cell in cells]


def _is_number(cell: str) -> bool:
    return number(cell) is not None


_TABLES: Final[tuple[tuple[str, Callable[[str, Sequence[str]], bool]], ...]] = (
    ("hf", _is_trainer_state),
    ("jsonl", _is_jsonl),
    ("yolov7-txt", _is_results_txt),
    ("ultralytics-csv", _is_ultralytics_csv),
    ("csv", _is_csv),
)
"""Reader, and whether a text that begins with these lines is for it."""
