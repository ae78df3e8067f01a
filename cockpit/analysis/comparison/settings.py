"""What the runs were started with: what differs, what only some have, how much is equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# fmt: off
FIRST: Final = (
    "preset", "model", "cfg", "weights", "data", "hyp", "epochs", "batch", "global_batch",
    "batch_per_rank", "imgsz", "optimizer", "lr", "lr0", "lrf", "momentum", "weight_decay", "seed",
    "GPUs", "world_size", "torch", "python", "git commit",
)
"""What people look at first, in this order; the rest by name."""
PLACES: Final = frozenset({
    "name", "project", "save_dir", "exist_ok", "out", "output_dir", "logdir", "log_dir", "run_id",
    "resume",
})
# fmt: on
"""They say where a run writes and how it is called: they always differ and change no result."""
SAME_SETTING: Final = {"batch_size": "batch", "img_size": "imgsz", "image_size": "imgsz"}
"""What some trainers call differently; the meaning is the same."""
_NOTHING: Final = frozenset({"", "none", "null", "~"})


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting over the runs."""

    name: str
    values: tuple[str | None, ...]
    """By run; None where the run does not tell."""


@dataclass(frozen=True, slots=True)
class ComparedSettings:
    """All settings of all runs."""

    differing: tuple[Setting, ...] = ()
    """All runs tell it, and not the same."""
    partly: tuple[Setting, ...] = ()
    """Only some runs tell it."""
    equal: int = 0
    """So many are the same in all runs."""
    places: int = 0
    """So many differ and only say where a run writes."""
    untold: tuple[int, ...] = ()
    """The runs of which no setting is known."""


def compare_settings(settings: Sequence[Mapping[str, str]]) -> ComparedSettings:
    """Return what differs between the settings of runs, by run."""
    tables = [_named(one) for one in settings]
    names = dict.fromkeys(name for table in tables for name in table)
    differing, partly, equal, places = [], [], 0, 0
    for name in sorted(names, key=_rank):
        values = tuple(table.get(name) for table in tables)
        if len({None if value is None else _meaning(value) for value in values}) == 1:
            equal += 1
        elif name in PLACES:
            places += 1
        elif None in values:
            partly.append(Setting(name, values))
        else:
            differing.append(Setting(name, values))
    untold = tuple(number for number, table in enumerate(tables) if not table)
    return ComparedSettings(tuple(differing), tuple(partly), equal, places, untold)


def _named(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the settings under names that trainers share; of two for one name the first."""
    found: dict[str, str] = {}
    for name, value in settings.items():
        plain = name.strip().replace("-", "_")
        found.setdefault(SAME_SETTING.get(plain, plain), value)
    return found


def _rank(name: str) -> tuple[int, str]:
    return (FIRST.index(name) if name in FIRST else len(FIRST), name.lower())


def _meaning(value: str) -> str | float:
    """Return what is equal for texts that mean the same: 1e-2 and 0.01, none and null."""
    text = value.strip()
    if text.lower() in _NOTHING:
        return ""
    try:
        return float(text)
    except ValueError:
        return text.lower() if text.lower() in ("true", "false") else text
