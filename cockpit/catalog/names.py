"""Rows by the names that people, drivers and trainers use. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from pathlib import PurePath
from typing import Final

from cockpit.catalog.rows import Accelerator, Catalog, ModelEntry, Offer
from cockpit.errors import nearest
from cockpit.units import GIB

_MEMORY: Final = re.compile(r"\b(\d+)\s*gi?b\b")
_TRIMMINGS: Final = re.compile(
    r"\b(?:nvidia|amd|instinct|google|geforce|tesla|quadro|generation|sxm\d?|pcie|hbm\d?e?"
    r"|(?:workstation|server) edition)\b"
)
"""What drivers and shops write around the name."""
_MAKERS: Final = re.compile(r"\b(?:nvidia|amd|google|geforce|tesla)\b")
_FAMILIES: Final = ("", "rtx", "gtx", "rtxa", "tpu")
"""What people leave out: `4090`, `a6000`, `v3-8`."""
_WEIGHTS: Final = (".pt", ".pth", ".yaml", ".yml")
_SAME_MEMORY: Final = 1.15
"""A driver may tell 97 GB where the data sheet says 96."""
_YEAR_DAYS: Final = 365.25
_MONTH_LENGTH: Final = len("2026-11")


def find_accelerator(catalog: Catalog, name: str) -> Accelerator | None:
    """Return the row that a name means: `rtx2080`, `NVIDIA A100-SXM4-80GB`, `cpu: Xeon, 8 cores`.

    Of rows that differ in their memory alone it is the one with as much as the name tells.
    """
    word = name.strip().lower()
    if word in catalog.accelerators:
        return catalog.accelerators[word]
    if word.startswith("cpu:"):
        return catalog.accelerators.get("cpu")
    plain, rows = _plain_device(word), tuple(catalog.accelerators.values())
    whole = _plain(_MAKERS.sub(" ", word))  # of an H100 PCIe there is a row beside that of the H100
    named = next((row for row in rows if whole and whole in _whole_names(row)), None)
    if named is not None:
        return named
    for family in _FAMILIES if plain else ():
        found = [row for row in rows if family + plain in _plain_names(row)]
        if found:
            return _with_memory(found, _MEMORY.search(word))
    sizes = [row for row in rows if re.fullmatch(rf"{re.escape(word)}-\d+", row.key)]
    return sizes[0] if len(sizes) == 1 and word.startswith("tpu") else None


def find_offer(catalog: Catalog, name: str) -> Offer | None:
    """Return the offer that a name means: `p3.2xlarge`, `Colab Free TPU`."""
    plain = _plain(name)
    rows = catalog.offers.values()
    return catalog.offers.get(name) or next(
        (row for row in rows if plain and plain in (_plain(row.key), _plain(row.name))), None
    )


def find_model(catalog: Catalog, name: str) -> ModelEntry | None:
    """Return the model that a name or a weights file means: `yolo11n.pt`, `YOLOv11n`, `MSHNet`."""
    word = _model_word(name)
    # Everybody writes YOLOv11; its makers do not.
    plain = _plain(word).replace("yolov11", "yolo11")
    return catalog.models.get(word) or next(
        (row for row in catalog.models.values() if plain and plain == _plain(row.key)), None
    )


def accelerator_key(name: str, row: Accelerator | None) -> str:
    """Return what all names of one device share; `row` is the one that the name means."""
    return _plain(name) if row is None else row.key


def model_key(name: str, row: ModelEntry | None) -> str:
    """Return what all names of one model share; `row` is the one that the name means.

    Without a row, `x.pt` and `x.yaml` are one: they have the same layers.
    """
    return _model_word(name) if row is None else row.key


def is_same_accelerator(catalog: Catalog, one: str, other: str) -> bool:
    """Say whether two names mean the same device."""
    first, second = (
        accelerator_key(name, find_accelerator(catalog, name)) for name in (one, other)
    )
    return first == second


def is_same_model(catalog: Catalog, one: str, other: str) -> bool:
    """Say whether two names mean the same model."""
    first, second = (model_key(name, find_model(catalog, name)) for name in (one, other))
    return first == second


def unknown_accelerator(catalog: Catalog, name: str) -> str:
    """Return the sentence for an accelerator that is not there, with the nearest that is."""
    return _unknown("accelerator", name, catalog.accelerators)


def unknown_model(catalog: Catalog, name: str) -> str:
    """Return the sentence for a model that is not there, with the nearest that is."""
    return _unknown("model", name, catalog.models)


def unknown_offer(catalog: Catalog, name: str) -> str:
    """Return the sentence for an offer that is not there, with the nearest that is."""
    return _unknown("offer", name, catalog.offers)


def age_note(told: str, today: date) -> str | None:
    """Return `of 2022-09, 4 years old` for a date over a year ago, or None."""
    try:
        day = date.fromisoformat(f"{told}-01" if len(told) == _MONTH_LENGTH else told)
    except ValueError:
        return "of an unknown date"
    years = int((today - day).days / _YEAR_DAYS)
    if years < 1:
        return None
    return f"of {told}, {years} year{'s' if years > 1 else ''} old"


def _unknown(what: str, name: str, keys: Iterable[str]) -> str:
    known = {_plain(key): key for key in keys}
    guess = nearest(name.strip().lower(), known.values())
    if not guess and (found := get_close_matches(_plain_device(name.lower()), known, n=1)):
        guess = f" (did you mean {known[found[0]]}?)"
    hint = guess or "; known are those of `cockpit estimate --catalog`"
    return f"no {what} is called {name[:80]!r}{hint}"


def _with_memory(found: Sequence[Accelerator], told: re.Match[str] | None) -> Accelerator | None:
    """Return the row with the memory that a name tells; without any, the plain row."""
    if told is None:
        return min(found, key=lambda row: _MEMORY.search(row.key) is not None)
    wanted = int(told[1]) * GIB
    for row in found:
        have = row.memory_bytes
        if have is None or max(have, wanted) <= _SAME_MEMORY * min(have, wanted):
            return row
    return None


def _plain_names(row: Accelerator) -> tuple[str, str]:
    return _plain_device(row.key.lower()), _plain_device(row.name.lower())


@lru_cache(maxsize=1024)
def _whole_names(row: Accelerator) -> tuple[str, str]:
    return _plain(row.key), _plain(row.name)


@lru_cache(maxsize=1024)
def _plain_device(word: str) -> str:
    return _plain(_TRIMMINGS.sub(" ", _MEMORY.sub(" ", word)))


@lru_cache(maxsize=1024)
def _model_word(name: str) -> str:
    """Return a model's name without folder and ending, in small letters."""
    word = PurePath(name.strip().lower()).name
    for ending in _WEIGHTS:
        word = word.removesuffix(ending)
    return word


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
