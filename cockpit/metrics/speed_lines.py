"""What the newest lines of a log tell of the speed of a training."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cockpit.metrics.log_lines import clean


@dataclass(frozen=True, slots=True)
class SpeedWords:
    """The speed as a log tells it; None where it does not."""

    steps_per_s: float | None = None
    """Of one rank, by its bar."""
    elapsed_s: float | None = None
    """How long the bar has been going."""
    samples_per_s: float | None = None
    data_wait: float | None = None
    """Share of a step that is spent waiting for data, 0 to 1."""


NEWEST: Final = 16
"""So many lines are looked at: it is done at every refresh of the screen."""
_SIGNS: Final = ("it/s", "s/it", "batch", "data", "/s", "per_s")
"""A line without any of these tells nothing."""
_TRAINS: Final = re.compile(r"^\s*\d{1,7}/\d{1,7}\s|[Ee]poch|[Tt]rain|[Ss]tep")
"""A bar of a training, not of a download or a test."""
_TESTS: Final = re.compile(r"[Vv]alid|\b[Vv]al\b|\b[Tt]est|[Ee]val|[Ss]cann|[Cc]aching|IoU")
_RATE: Final = re.compile(r"(?<![\w.])(?P<rate>\d+(?:\.\d+)?)(?P<unit>it/s|s/it|batch/s|s/batch)\b")
_ELAPSED: Final = re.compile(
    r"(?<![\d:.])(?P<clock>(?:\d+:)?\d{1,3}:\d{2})<|(?<![\d.])(?P<seconds>\d+(?:\.\d+)?)s<"
)
_IMAGES: Final = re.compile(
    r"\b(?:img|imgs|images|samples)(?:/s(?:ec)?|_per_s(?:ec(?:ond)?)?)\s*[:=]\s*"
    r"(?P<rate>\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
_STEP: Final = re.compile(
    r"(?<![\w/])(?:(?:batch|step|iter)[_ ])?time\s*[:=]\s*(?P<seconds>\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
_DATA: Final = re.compile(
    r"(?<![\w/])data(?:[_ ](?:time|wait))?\s*[:=]\s*(?P<value>\d+(?:\.\d+)?)\s*(?P<percent>%)?",
    re.IGNORECASE,
)


def parse_speed(line: str) -> SpeedWords:
    """Return what one line tells: a tqdm bar, Ultralytics' own, or `time: 0.21  data: 0.01`."""
    if not any(sign in line.lower() for sign in _SIGNS):
        return SpeedWords()
    text = clean(line)
    found = SpeedWords(samples_per_s=_number(_IMAGES.search(text), "rate"), data_wait=_wait(text))
    if _TRAINS.search(text) is None or _TESTS.search(text) is not None:
        return found
    return replace(found, steps_per_s=_rate(text), elapsed_s=_elapsed(text))


def speed_of(lines: Sequence[str]) -> SpeedWords:
    """Return what the newest of some lines tell; of two that tell the same the newer counts."""
    told = SpeedWords()
    for line in reversed(lines[-NEWEST:]):
        one = parse_speed(line)
        told = SpeedWords(
            told.steps_per_s if told.steps_per_s is not None else one.steps_per_s,
            told.elapsed_s if told.elapsed_s is not None else one.elapsed_s,
            told.samples_per_s if told.samples_per_s is not None else one.samples_per_s,
            told.data_wait if told.data_wait is not None else one.data_wait,
        )
        if told.steps_per_s is not None and told.elapsed_s is not None:
            break  # the same line tells the rest, or none does
    return told


def _rate(text: str) -> float | None:
    found = _RATE.search(text)
    if found is None or not (value := float(found["rate"])):
        return None
    return value if found["unit"].endswith("/s") else 1 / value


def _elapsed(text: str) -> float | None:
    found = _ELAPSED.search(text)
    if found is None:
        return None
    if found["seconds"] is not None:
        return float(found["seconds"])
    total_s = 0
    for part in found["clock"].split(":"):
        total_s = 60 * total_s + int(part)
    return float(total_s)


def _wait(text: str) -> float | None:
    """Return the share of a step that is told beside its time, or as a percentage."""
    data, step = _DATA.search(text), _STEP.search(text)
    if data is None:
        return None
    value = float(data["value"])
    if data["percent"]:
        share = value / 100
    elif step is not None and float(step["seconds"]) > 0:
        share = value / float(step["seconds"])
    else:
        return None
    return share if math.isfinite(share) and 0 <= share <= 1 else None


def _number(found: re.Match[str] | None, group: str) -> float | None:
    return float(found[group]) if found is not None else None
