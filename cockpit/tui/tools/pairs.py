"""How fast each two GPUs talk to each other, as a map; many ranks are summarised. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

from cockpit.tool_runs.events import Row
from cockpit.tui.ink import Line, right
from cockpit.tui.tools.tables import number
from cockpit.units import MISSING

SLOW: Final = 0.8
"""Under this part of the median a pair is marked."""
CELL: Final = 6
HEAD: Final = 3
MOST_TOLD: Final = 8

Speeds = dict[tuple[int, int], float | None]


def speeds_of(rows: Sequence[Row]) -> Speeds:
    """Return GB/s by source and target."""
    speeds: Speeds = {}
    for row in rows:
        source, target = (
            number(row.values.get("source_rank")),
            number(row.values.get("target_rank")),
        )
        if source is not None and target is not None:
            speeds[int(source), int(target)] = number(row.values.get("gb_per_s"))
    return speeds


def pair_lines(rows: Sequence[Row], width: int, *, has_slow: bool = True) -> tuple[Line, ...]:
    """Return the map, or where it would be too wide each GPU's mean and the slow pairs.

    `has_slow` says whether the tool found any: on a CPU what differs is noise, and not marked.
    """
    speeds = speeds_of(rows)
    ranks = sorted({rank for pair in speeds for rank in pair})
    known = [speed for speed in speeds.values() if speed is not None]
    if not ranks or not known:
        return ()
    middle = median(known) if has_slow else 0.0
    digits = 0 if median(known) >= 10 else 1
    if HEAD + CELL * len(ranks) > width:
        return _summary(speeds, ranks, middle, width, digits)
    head = "".join(right(str(rank), CELL) for rank in ranks)
    lines: list[Line] = [((" " * HEAD, "faint"), (head, "faint"))]
    for source in ranks:
        line: Line = ((right(str(source), HEAD), "faint"),)
        for target in ranks:
            line += (_cell(speeds.get((source, target)), middle, digits),)
        lines.append(line)
    if any(speed < SLOW * middle for speed in known):
        lines.append((("   ▲ under 80 % of the median", "faint"),))
    return tuple(lines)


def _cell(speed: float | None, middle: float, digits: int) -> tuple[str, str]:
    if speed is None:
        return (right(MISSING, CELL), "faint")
    word = f"{speed:.{digits}f}"
    if speed < SLOW * middle:
        return (right(f"▲{word}", CELL), "attention")
    return (right(word, CELL), "text")


def _summary(
    speeds: Speeds, ranks: Sequence[int], middle: float, width: int, digits: int
) -> tuple[Line, ...]:
    """Return the mean of each rank in as many columns as fit, then the slowest pairs."""
    means = {rank: _mean(speeds, rank) for rank in ranks}
    cell = 14
    across = max(1, width // cell)
    lines: list[Line] = [((f"{len(ranks)} ranks, mean GB/s of each with all others", "muted"),)]
    for start in range(0, len(ranks), across):
        line: Line = ()
        for rank in ranks[start : start + across]:
            line += ((right(str(rank), HEAD + 1), "faint"), _cell(means[rank], middle, digits),
                     ("    ", "text"))  # fmt: skip
        lines.append(line)
    slow = sorted(
        (speed, pair)
        for pair, speed in speeds.items()
        if speed is not None and speed < SLOW * middle
    )
    for speed, (source, target) in slow[:MOST_TOLD]:
        lines.append((("▲ ", "attention"), (f"{source} to {target}  {speed:.0f}", "attention"),
                      (f"  {100 * speed / middle:.0f} % of the median", "muted")))  # fmt: skip
    if len(slow) > MOST_TOLD:
        lines.append(((f"  and {len(slow) - MOST_TOLD} more pairs", "muted"),))
    return tuple(lines)


def _mean(speeds: Speeds, rank: int) -> float | None:
    own = [speed for pair, speed in speeds.items() if rank in pair and speed is not None]
    return sum(own) / len(own) if own else None
