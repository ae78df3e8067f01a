"""Sizes as people write them for a sweep: `1KiB:64MiB`, `1KiB:1GiB:4`, `1MiB,16MiB`. Pure."""

from __future__ import annotations

import re
from typing import Final

from cockpit.errors import InputError, nearest

UNITS: Final = {
    **{"": 1, "b": 1, "k": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mib": 1 << 20},
    **{"g": 1 << 30, "gib": 1 << 30},
}
"""K, M and G are binary, as in nccl-tests."""
SPELT: Final = ("B", "KiB", "MiB", "GiB")
LARGEST: Final = 1 << 50
_SIZE: Final = re.compile(r"(\d+)\s*([A-Za-z]*)")


def parse_sizes(text: str) -> list[int]:
    """Return the bytes of a list, a doubling range `a:b`, or a range with its own step `a:b:4`.

    Raises InputError.
    """
    sizes: set[int] = set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        first, last, step = _range(part)
        while first < last:
            sizes.add(first)
            first *= step
        sizes.add(last)  # whoever names an end wants it measured, also where the step misses it
    if not sizes:
        raise InputError("no size is given", "1KiB:64MiB, or 1MiB,16MiB")
    return sorted(sizes)


def parse_size(text: str) -> int:
    """Return the bytes of `64MiB`, `64M` or `1024`. Raises InputError."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise InputError(f"{text.strip()!r} is no size", "write it as 64MiB")
    number, unit = int(found[1]), found[2]
    if unit.lower() not in UNITS:
        raise InputError(f"{text.strip()!r}: no unit {unit!r}{nearest(unit, SPELT)}")
    size_bytes = number * UNITS[unit.lower()]
    if not 0 < size_bytes <= LARGEST:
        raise InputError(f"{text.strip()!r} is no size that can be measured")
    return size_bytes


def _range(part: str) -> tuple[int, int, int]:
    bounds = part.split(":")
    if len(bounds) == 1:
        size = parse_size(part)
        return size, size, 2
    step = bounds[2].strip().lower().lstrip("x") if len(bounds) == 3 else "2"
    if len(bounds) > 3 or not step.isdigit() or int(step) < 2:
        raise InputError(
            f"{part!r} is no range of sizes", "1KiB:64MiB doubles, 1KiB:64MiB:4 quadruples"
        )
    first, last = parse_size(bounds[0]), parse_size(bounds[1])
    if last < first:
        raise InputError(f"{part!r}: the range ends before it begins")
    return first, last, int(step)
