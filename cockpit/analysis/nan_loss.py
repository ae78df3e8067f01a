"""A loss that became NaN and stayed so. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cockpit.analysis.log_line import LogLine

STAYED: Final = 2
"""So many of the last losses must be NaN: one bad step is skipped by every gradient scaler."""

_VALUE: Final = r"[\"']?\s*(?:[=:]|\bis\b)?\s*\[?(?:tensor\()?"
_LOSS: Final = re.compile(
    rf"(?i)\bloss(?:es)?\b{_VALUE}(?P<value>nan\b|-?inf\b|-?\d[\d.e+-]*)"
    rf"|\b\w*_loss\b{_VALUE}(?P<named>nan\b|-?\d[\d.e+-]*)"
)
_COLUMNS: Final = re.compile(
    r"^\s*\d+/\d+\s+[\d.]+[GM]B?\s+(?P<value>nan|[\d.]+)\s"  # Ultralytics, YOLOv7
)


def find_nan(lines: Sequence[LogLine]) -> int | None:
    """Return the index of the line from which on the loss is NaN, or None."""
    if not any("nan" in line.text or "NaN" in line.text for line in lines):
        return None
    values = [(at, value) for at, line in enumerate(lines) if (value := loss_of(line.text))]
    start = len(values)
    while start and values[start - 1][1] == "nan":
        start -= 1
    stayed = len(values) - start
    if stayed == 0 or (stayed < STAYED and start > 0):
        return None
    return values[start][0]


def loss_of(text: str) -> str | None:
    """Return the first loss that a line tells, in lower case."""
    found = _COLUMNS.match(text)
    if found:
        return found["value"].lower()
    if "oss" not in text and "OSS" not in text:
        return None
    named = _LOSS.search(text)
    return (named["value"] or named["named"]).lower() if named else None
