"""A quantity of a GPU over time as cells: heat by fifths, or blocks by height. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cockpit.devices.sample import GpuSample
from cockpit.tui.bars import level
from cockpit.tui.gpu_rows import HOT_C
from cockpit.tui.ink import Line
from cockpit.views.gpu_history import Figure

COOL_C: Final = 30.0
"""Where the scale of temperatures begins: no GPU in a rack is cooler."""
USUAL_LIMIT_C: Final = 90.0
"""Where it ends for a GPU that does not tell its own limit."""
CELL: Final = "▆"
SHADES: Final = "▁░▒▓█"
"""In place of colours; `·` stays for what was not read."""
FIFTHS: Final = 5
_LOOKS: Final = tuple(f"load{fifth}" for fifth in range(1, FIFTHS + 1))


def share_of(sample: GpuSample, figure: Figure, value: float | None) -> float | None:
    """Return a reading as a part of what this GPU can do, 0 to 1; None where it does not tell."""
    if value is None:
        return None
    match figure:
        case Figure.UTILIZATION:
            return value / 100
        case Figure.MEMORY:
            return value / sample.memory_total_bytes if sample.memory_total_bytes else None
        case Figure.TEMPERATURE:
            limit = max(COOL_C + 1, sample.temperature_slowdown_c or USUAL_LIMIT_C)
            return (value - COOL_C) / (limit - COOL_C)
        case Figure.POWER:
            return value / sample.power_limit_w if sample.power_limit_w else None


def fifth_of(share: float) -> int:
    """Return 0 to 4."""
    return max(0, min(FIFTHS - 1, int(share * FIFTHS)))


def heat(shares: Sequence[float | None], *, shaded: bool, warm_from: float | None = None) -> Line:
    """Return one cell for each part, by its fifth; from `warm_from` on it asks for a look."""
    signs: list[tuple[str, str]] = []
    for share in shares:
        if share is None:
            signs.append(("·", "faint"))
        else:
            fifth = fifth_of(share)
            is_warm = warm_from is not None and share >= warm_from
            sign = SHADES[fifth] if shaded else CELL
            signs.append((sign, "attention" if is_warm else _LOOKS[fifth]))
    return _gathered(signs)


def blocks(shares: Sequence[float | None], *, warm_from: float | None = None) -> Line:
    """Return one block for each part, by its height."""
    signs: list[tuple[str, str]] = []
    for share in shares:
        if share is None:
            signs.append(("·", "faint"))
        else:
            is_warm = warm_from is not None and share >= warm_from
            signs.append((level(share), "attention" if is_warm else "load3"))
    return _gathered(signs)


def _gathered(signs: Sequence[tuple[str, str]]) -> Line:
    """Return as few pieces as there are looks beside each other."""
    out: list[tuple[str, str]] = []
    for sign, look in signs:
        if out and out[-1][1] == look:
            out[-1] = (out[-1][0] + sign, look)
        else:
            out.append((sign, look))
    return tuple(out)


def warm_share(sample: GpuSample, figure: Figure) -> float | None:
    """Return from which part on a cell asks for a look; only a temperature ever does."""
    if figure is not Figure.TEMPERATURE:
        return None
    limit = sample.temperature_slowdown_c
    return share_of(sample, figure, HOT_C if limit is None else min(HOT_C, limit - 5))


def legend(figure: Figure, *, shaded: bool) -> Line:
    """Return what the cells mean: `load ▆▆▆▆▆ from 0 to 100 % in fifths`."""
    words = {
        Figure.UTILIZATION: ("load", "from 0 to 100 % in fifths"),
        Figure.MEMORY: ("memory", "from 0 to 100 % in fifths"),
        Figure.TEMPERATURE: ("heat", f"from {COOL_C:.0f}° to its slowdown limit in fifths"),
        Figure.POWER: ("power", "from 0 to its limit in fifths"),
    }
    name, meaning = words[figure]
    scale = heat([(fifth + 0.5) / FIFTHS for fifth in range(FIFTHS)], shaded=shaded)
    return ((f"{name} ", "muted"), *scale, (f" {meaning}", "muted"))
