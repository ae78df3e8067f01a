"""How many steps a line of a log says are done: by a progress bar, or in words. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cockpit.metrics.log_lines import clean, split_prefix

_BAR: Final = re.compile(
    r"(?<![\d.])\d{1,3}%(?:\|[^|]*\||\s{1,4}[\[━─╸╺█▏▎▍▌▋▊▉#=>.\-\]]+)\s*"
    r"(?P<done>\d{1,9})/(?P<total>\d{1,9})(?=[\s\[]|$)"
)
"""tqdm's `23%|██▎  | 7/30 [00:03<…` and Ultralytics' `23% ━━──── 7/30 2.1it/s`."""
_STEPS: Final = re.compile(
    r"(?i)\b(?:step|iter|iteration|batch)s?\s*[:=]?\s*[\[(]?\s*"
    r"(?P<done>\d{1,9})\s*(?:/|of)\s*(?P<total>\d{1,9})(?=[\s\]),:]|$)"
)
_PART: Final = re.compile(r"\[\s*(?P<done>\d{1,9})\s*/\s*(?P<total>\d{1,9})\s*[\]( ]")
"""`Train Epoch: 3 [6400/60000 (11%)]`: nobody knows whether it counts steps or samples."""
_TRAINS: Final = re.compile(r"(?i)^\s*\d{1,7}/\d{1,7}\s|epoch|train|step|iter|batch")
_TESTS: Final = re.compile(r"(?i)valid|\bval\b|\btest|eval|scann|caching|predict|\bIoU\b|mAP50")
"""A bar of a test, or of getting the data ready, counts no steps."""


@dataclass(frozen=True, slots=True)
class StepCount:
    """How far something has come that trains."""

    done: int
    total: int
    is_steps: bool = True
    """False: only their ratio means something."""


def parse_step_count(line: str) -> StepCount | None:
    """Return what one state of a line says of the first rank; None where it counts no steps.

    A bar without a label counts: some trainers have only one.
    """
    if "/" not in line and " of " not in line:
        return None
    rank, text = split_prefix(line)
    if rank:
        return None
    text = clean(text)
    if _TESTS.search(text) is not None:
        return None
    found = _BAR.search(text)
    if found is not None:
        label = text[: found.start()].strip()
        return _count(found, is_steps=True) if not label or _TRAINS.search(text) else None
    if (found := _STEPS.search(text)) is not None:
        return _count(found, is_steps=True)
    found = _PART.search(text)
    if found is not None and _TRAINS.search(text) is not None:
        return _count(found, is_steps=False)
    return None


def _count(found: re.Match[str], *, is_steps: bool) -> StepCount | None:
    done, total = int(found["done"]), int(found["total"])
    return StepCount(done, total, is_steps) if done <= total and total > 0 else None
