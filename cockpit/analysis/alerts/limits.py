"""When something is worth an alert: `[alerts]` and `[targets]` of config.toml. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Final

from cockpit.errors import nearest

HIGHEST_PCT: Final = 100.0
LONGEST_WATCHED_S: Final = 540.0
"""The last ten minutes are kept: what must last longer would never be seen to."""
WATCHED: Final = {
    "hot_s", "throttled_s", "power_brake_s", "pcie_narrow_s", "low_utilization_s", "idle_s",
    "straggler_s", "memory_margin_s", "host_memory_s", "clear_s",
}  # fmt: skip
"""What is looked for in those minutes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Every threshold of the rules; each is a key of `[alerts]`."""

    hot_c: float = 85.0
    """A GPU at this temperature is hot, wherever its own limit lies."""
    hot_margin_c: float = 5.0
    """So near to its own slowdown limit a GPU is hot already."""
    hot_s: float = 60.0
    throttled_s: float = 60.0
    """Heat or the hardware holds the clock down."""
    power_brake_s: float = 10.0
    silent_s: float = 10.0
    """A GPU does not answer."""
    xid_s: float = 3600.0
    """An Xid or a new memory error is shown for so long."""
    pcie_narrow_s: float = 120.0
    busy_pct: float = 50.0
    """From this utilisation on a GPU is busy."""
    low_utilization_pct: float = 50.0
    low_utilization_s: float = 180.0
    idle_pct: float = 5.0
    idle_s: float = 180.0
    start_s: float = 180.0
    """An attempt that starts caches and compiles: never idle within this."""
    longest_start_s: float = 900.0
    """So long it is excused while none of its GPUs was ever busy."""
    straggler_clock_pct: float = 10.0
    """A clock so far below that of its fellows."""
    straggler_power_pct: float = 25.0
    """Power so far above that of its fellows, which wait for it."""
    straggler_s: float = 120.0
    memory_margin_pct: float = 3.0
    """Less GPU memory than this is left."""
    memory_margin_s: float = 30.0
    checkpoint_factor: float = 2.0
    """No checkpoint for so many times the usual interval."""
    hang_s: float = 600.0
    """No progress for at least this long."""
    hang_factor: float = 4.0
    """No progress for so many times the longest usual silence."""
    hang_power_pct: float = 65.0
    """A GPU that spins draws at most this share of what the run usually makes it draw."""
    swap_pct: float = 50.0
    """So much of the swap space is in use."""
    swap_growth_gib: float = 0.5
    """Swap in use grew so much within ten minutes."""
    shm_free_pct: float = 10.0
    disk_free_gib: float = 5.0
    disk_full_s: float = 3600.0
    """The disk is full within this at the rate of the last ten minutes."""
    host_memory_free_pct: float = 5.0
    host_memory_s: float = 30.0
    clear_s: float = 30.0
    """Lowered when it was clearly better for so long."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Where a healthy training lies; each is a key of `[targets]`."""

    utilization_pct: tuple[float, float] = (90.0, 95.0)
    memory_pct: tuple[float, float] = (70.0, 80.0)
    temperature_c: float = 80.0
    """At most."""


def parse_limits(table: object) -> tuple[Limits, tuple[str, ...]]:
    """Return the limits in `[alerts]` and what is wrong with it, each as `alerts.key: problem`.

    A key that is wrong counts as not given.
    """
    good, problems = _sorted_out("alerts", table, asdict(Limits()))
    numbers = {key: value for key, value in good.items() if isinstance(value, float)}
    return replace(Limits(), **numbers), problems


def parse_targets(table: object) -> tuple[Targets, tuple[str, ...]]:
    """Return the targets in `[targets]` and what is wrong with it, as `parse_limits` does."""
    good, problems = _sorted_out("targets", table, {f.name: f.default for f in fields(Targets)})
    targets = Targets()
    if isinstance(band := good.get("utilization_pct"), tuple):
        targets = replace(targets, utilization_pct=band)
    if isinstance(band := good.get("memory_pct"), tuple):
        targets = replace(targets, memory_pct=band)
    if isinstance(temperature_c := good.get("temperature_c"), float):
        targets = replace(targets, temperature_c=temperature_c)
    return targets, problems


def _sorted_out(
    section: str, table: object, defaults: Mapping[str, object]
) -> tuple[dict[str, object], tuple[str, ...]]:
    """Return the good values of a table, as floats and pairs of floats, and all problems."""
    if table is None:
        return {}, ()
    if not isinstance(table, dict):
        return {}, (f"{section}: must be a table: [{section}]",)
    good: dict[str, object] = {}
    problems: list[str] = []
    for key, value in table.items():
        problem = next(_problems(key, value, defaults), None)
        if problem:
            problems.append(f"{section}.{key}: {problem}")
        else:
            good[key] = tuple(map(float, value)) if isinstance(value, list) else float(value)
    return good, tuple(problems)


def _problems(key: str, value: object, defaults: Mapping[str, object]) -> Iterator[str]:
    if key not in defaults:
        yield f"no such key{nearest(key, defaults)}"
    elif isinstance(defaults[key], tuple):
        if not isinstance(value, list) or len(value) != 2 or not all(map(_is_number, value)):
            yield "must be two numbers, such as [70, 80]"
        elif not 0 <= value[0] <= value[1] <= HIGHEST_PCT:
            yield "must be a lower and an upper share between 0 and 100"
    elif not _is_number(value):
        yield "must be a number"
    elif float(value) < 0:  # type: ignore[arg-type]  # a number, as was just asked
        yield "must not be below 0"
    elif key in WATCHED and float(value) > LONGEST_WATCHED_S:  # type: ignore[arg-type]  # same
        yield f"must not be over {LONGEST_WATCHED_S:g}: no more is looked back"
    elif key.endswith("_pct") and float(value) > HIGHEST_PCT:  # type: ignore[arg-type]  # same
        yield "must not be over 100"


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float holds
        return False
