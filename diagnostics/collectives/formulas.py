"""What nccl-tests measures, as formulas: counts, sizes and bandwidths of each operation. Pure.

https://github.com/NVIDIA/nccl-tests/blob/master/doc/PERFORMANCE.md, read in November 2026.
"""

from __future__ import annotations

import re
from typing import NamedTuple

ALIGNMENT_BYTES = 16
"""nccl-tests cut the part of one rank down to this."""
UNITS = {"": 1, "b": 1, "k": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mib": 1 << 20}
UNITS.update({"g": 1 << 30, "gib": 1 << 30})
DOUBLING = 2


class Op(NamedTuple):
    """One collective operation."""

    name: str
    is_shared_out: bool
    """Its size is that of the whole array, of which each rank has or gets one part."""
    in_place: tuple[bool, ...]
    """The ways torch offers: False, out of place; True, in place."""

    def factor(self, world_size: int) -> float:
        """Return bus bandwidth / algorithm bandwidth."""
        if self.name == "broadcast":
            return 1.0
        passes = 2 if self.name == "all_reduce" else 1
        return passes * (world_size - 1) / world_size

    def elements(self, size_bytes: int, item_bytes: int, world_size: int) -> int:
        """Return the elements of one rank's part, or of the whole where nothing is shared out."""
        if not self.is_shared_out:
            return max(1, size_bytes // item_bytes)
        part = size_bytes // item_bytes // world_size
        aligned = max(1, ALIGNMENT_BYTES // item_bytes)
        return max(1, part - part % aligned)

    def size_bytes(self, count: int, item_bytes: int, world_size: int) -> int:
        """Return S, the size that the bandwidths are made of."""
        return count * item_bytes * (world_size if self.is_shared_out else 1)


OPS = {
    op.name: op
    for op in (
        Op("all_reduce", False, (True,)),
        Op("all_gather", True, (False, True)),
        Op("reduce_scatter", True, (False, True)),
        Op("broadcast", False, (True,)),
        Op("all_to_all", True, (False,)),
    )
}


def gb_per_s(size_bytes: float, time_s: float) -> float | None:
    """Return the bandwidth, decimal as everywhere in this field; None where no time passed."""
    return size_bytes / time_s / 1e9 if time_s > 0 else None


def parse_sizes(text: str) -> list[int]:
    """Return the bytes that `1KiB:64MiB` (doubling), `1KiB:64MiB:4` (times 4) or a list means.

    K, M and G are binary, as in nccl-tests. Raises ValueError.
    """
    sizes: list[int] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        bounds = part.split(":")
        first = parse_size(bounds[0])
        last = parse_size(bounds[1]) if len(bounds) > 1 else first
        step = bounds[2].lower().lstrip("x") if len(bounds) == 3 else str(DOUBLING)
        if len(bounds) > 3 or not step.isdigit() or int(step) < DOUBLING or last < first:
            raise ValueError(f"{part!r} is no range of sizes")
        while first < last:
            sizes.append(first)
            first *= int(step)
        sizes.append(last)
    if not sizes:
        raise ValueError("no size is given")
    return sorted(set(sizes))


def parse_size(text: str) -> int:
    """Return the bytes of `64MiB`, `64M` or `1024`. Raises ValueError."""
    found = re.fullmatch(r"(\d+)([a-z]*)", text.strip().lower())
    if not found or found[2] not in UNITS or int(found[1]) == 0:
        raise ValueError(f"{text.strip()!r} is no size")
    return int(found[1]) * UNITS[found[2]]


def size_words(size_bytes: float) -> str:
    """Return `64 MiB` or `1.5 KiB`."""
    for name, unit in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size_bytes >= unit:
            return f"{size_bytes / unit:.2f}".rstrip("0").rstrip(".") + f" {name}"
    return f"{size_bytes:.0f} B"
