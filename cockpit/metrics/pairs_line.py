"""What a line of a log says of an epoch or a step, where it carries names and numbers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cockpit.metrics.pairs import DATA_WAIT, Span, data_wait
from cockpit.metrics.pairs_outline import Outline, find_outline

LONGEST: Final = 4096
"""A longer state of a line holds no such pairs."""
_COUNTERS: Final = ("epoch", "step", "iter")
_SIGNS: Final = (
    "loss", "acc", "lr", "iou", "map", "f1", "auc", "ppl", "perplexity", "error", "psnr", "ssim",
    "bleu", "reward", "precision", "recall", "dice", "learning",
)  # fmt: skip
"""A line without any of these carries no metric."""
_DIGITS: Final = str.maketrans("123456789", "000000000")
_DIGIT_OF_NAME: Final = re.compile(r"[^\W\d]\d")
MOST_KEPT: Final = 1024
"""So many outlines are kept: lines of one script differ in their digits."""


@dataclass(frozen=True, slots=True)
class PairsLine:
    """One line: a place, values, or both."""

    epoch: int | None = None
    """As the trainer counts."""
    epochs: int | None = None
    step: int | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    means: Mapping[str, float] = field(default_factory=dict)
    """Of those values that stand beside their mean since the epoch began."""
    part: float | None = None
    """How much of the epoch's training is done, 0 to 1."""
    rank: int | None = None
    """Named in the line itself."""
    completes: bool = False
    """It tells of an epoch as a whole."""


def may_tell(text: str, *, follows: bool) -> bool:
    """Say quickly whether a text may be such a line; `follows`: a place was told before it."""
    lower = text.lower()
    for word in _COUNTERS:
        if word in lower:
            return True
    if not follows:
        return False
    for sign in _SIGNS:  # noqa: SIM110  # any() with a generator costs twice as much
        if sign in lower:
            return True
    return False


class PairsParser:
    """Parses lines, those that look like one before for a fraction of the cost."""

    def __init__(self) -> None:
        self._kept: dict[tuple[bool, str], Outline | None] = {}

    def parse(self, text: str, *, follows: bool = False) -> PairsLine | None:
        """Return what a line without control codes says, or None; see `find_outline`."""
        if len(text) > LONGEST or not may_tell(text, follows=follows):
            return None
        key = (follows, text.translate(_DIGITS))
        outline = self._kept.get(key)
        if outline is None and key in self._kept:
            return None
        if outline is None or not _has_names(outline, text):
            outline = find_outline(text, follows=follows)
            self._keep(key, outline, text)
        return None if outline is None else _fill(outline, text)

    def _keep(self, key: tuple[bool, str], outline: Outline | None, text: str) -> None:
        has_names = outline is not None and outline.names
        if not has_names and _DIGIT_OF_NAME.search(text):
            return  # another digit may make another name of it
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[key] = outline


def _has_names(outline: Outline, text: str) -> bool:
    for at, said in outline.names:  # noqa: SIM110  # all() with a generator costs twice as much
        if not text.startswith(said, at):
            return False
    return True


def _fill(outline: Outline, text: str) -> PairsLine | None:
    part = _part(outline, text)
    if outline.is_bar and part is None:
        return None
    values = {name: one.value_in(text) for name, one in outline.curves}
    means = {name: mean for name, one in outline.curves if (mean := one.mean_in(text)) is not None}
    share = None if outline.waits is None else data_wait(outline.waits, text)
    if share is not None:
        values[DATA_WAIT] = share
    is_whole = not outline.is_within if part is None else part == 1
    if outline.is_header:
        part = part or 0.0  # it begins
    return PairsLine(
        epoch=_number(outline.epoch, text),
        epochs=_number(outline.epochs, text),
        step=_number(outline.step, text),
        values=values,
        means=means,
        part=None if outline.is_test else part,
        rank=_number(outline.rank, text),
        completes=outline.may_complete and is_whole,
    )


def _part(outline: Outline, text: str) -> float | None:
    for done, steps in outline.parts:
        count = _number(done, text) or 0
        most = 100 if steps is None else _number(steps, text) or 0
        if most and count <= most:
            return count / most
    return None


def _number(span: Span | None, text: str) -> int | None:
    return None if span is None else int(text[span[0] : span[1]].replace(",", ""))
