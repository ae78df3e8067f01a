"""Which metrics share a plot, and in which order the plots stand. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_PART: Final = re.compile(
    r"^(?P<part>train|val|valid|validation|eval|test)[/_.\-](?P<rest>.+)$", re.IGNORECASE
)
_PART_LAST: Final = re.compile(
    r"^(?P<rest>.+)[/](?P<part>train|val|valid|validation|eval|test)$", re.IGNORECASE
)
"""`Loss/train`, as people write it into TensorBoard."""
_PARTS: Final = {"valid": "val", "validation": "val", "eval": "val"}
_EPOCH_MEAN: Final = "_epoch"
"""Lightning's mean over an epoch, beside the value of each step."""
_NOT_CURVES: Final = frozenset({"epoch", "step", "time", "iter", "iteration"})
_COLOURS: Final = {"train": "s1", "": "s1", "val": "s3", "test": "s2"}
_MOST_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One curve of a plot."""

    name: str
    """The metric as the trainer wrote it."""
    label: str
    """`train`, `val`, or empty for a curve that is alone."""
    colour: str


@dataclass(frozen=True, slots=True)
class Group:
    """The curves that share a plot."""

    title: str
    lines: tuple[GroupLine, ...]


def short_name(name: str) -> str:
    """Return a metric's name as a title: `metrics/mAP50-95(B)` gives `mAP50-95`."""
    tail = name.rsplit("/", 1)[-1] if not name.startswith("lr/") else name
    return tail.removesuffix("(B)").strip() or name


@lru_cache(maxsize=4096)
def split_part(name: str) -> tuple[str, str]:
    """Return (`train`, `val`, `test` or nothing, the rest): `val/box_loss` gives both."""
    match = _PART.match(name) or _PART_LAST.match(name)
    if match is None:
        return "", short_name(name.removesuffix(_EPOCH_MEAN))
    part = match["part"].lower()
    return _PARTS.get(part, part), short_name(match["rest"].removesuffix(_EPOCH_MEAN))


def group(names: Iterable[str], headline: Sequence[str] = ()) -> tuple[Group, ...]:
    """Return the plots of a run: those with a headline metric first, learning rates last."""
    order = list(names)
    by_title: dict[str, list[str]] = {}
    for name in order:
        if name.strip().lower() in _NOT_CURVES:
            continue
        title = "lr" if _is_rate(name) else split_part(name)[1]
        members = by_title.get(title, [])
        is_there = title != "lr" and any(_is_same_part(name, member) for member in members)
        while is_there and title in by_title:  # the name itself may be the title of others
            title = name if title != name else f"{name}·"
        by_title.setdefault(title, []).append(name)
    groups = [_group(title, members) for title, members in by_title.items()]
    ranks = {name: rank for rank, name in enumerate(headline)}
    return tuple(sorted(groups, key=lambda one: _rank(one, ranks)))


def _is_same_part(name: str, other: str) -> bool:
    """Say whether two metrics of one title would look alike: a bare `loss` is that of training."""
    return (split_part(name)[0] or "train") == (split_part(other)[0] or "train")


def _is_rate(name: str) -> bool:
    return name == "lr" or name.startswith(("lr/", "lr_", "learning_rate"))


def _rank(one: Group, ranks: dict[str, int]) -> tuple[int, int]:
    best = min((ranks[line.name] for line in one.lines if line.name in ranks), default=None)
    if best is not None:
        return 0, best
    if one.title == "lr":
        return 3, 0
    return (1 if "loss" in one.title.lower() else 2), 0


def _group(title: str, members: list[str]) -> Group:
    members = members[:1] if title == "lr" else members[:_MOST_LINES]
    if len(members) == 1:
        return Group(title, (GroupLine(members[0], "", "s1"),))
    parts = {name: split_part(name)[0] or "train" for name in members}
    lines = [GroupLine(name, part, _COLOURS[part]) for name, part in parts.items()]
    return Group(title, tuple(sorted(lines, key=lambda line: line.colour == "s3")))


def arrange(count: int, width: int, height: int) -> tuple[int, int]:
    """Return (columns, rows) of plots for so many curves and cells; both 0 without room."""
    if count <= 0 or width < 24 or height < 4:
        return 0, 0
    rows = 1 if height < 16 else 2 if height < 36 else 3
    narrowest = 34 if rows == 1 else 40
    columns = max(1, min(count, width // narrowest))
    return columns, min(rows, -(-count // columns))


def epoch_range(last: float, epochs: int | None) -> tuple[float, float]:
    """Return the epochs that the axis shows: all of a short or half-done run, else those done."""
    if epochs is not None and (epochs <= 20 or 2 * last >= epochs):
        return 1.0, float(max(epochs, last, 1))
    return 1.0, max(last, 1.0)
