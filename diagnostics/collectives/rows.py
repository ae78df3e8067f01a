"""One line of a table from what all ranks said of one measurement. Pure."""

from __future__ import annotations

import math
import statistics
from typing import Any, Sequence

from diagnostics.collectives.formulas import OPS, gb_per_s


class Gathering:
    """Keeps what the ranks say until all of them have spoken of the same measurement."""

    def __init__(self, world_size: int) -> None:
        self._world_size = world_size
        self._waiting: dict[tuple[Any, ...], list[dict[str, Any]]] = {}

    def add(self, fields: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what all ranks said of a measurement when this was the last of them, else []."""
        key = (fields["op"], fields["asked_bytes"], fields["in_place"])
        said = self._waiting.setdefault(key, [])
        said.append(fields)
        return self._waiting.pop(key) if len(said) == self._world_size else []


def collective_row(said: Sequence[dict[str, Any]], dtype: str, item_bytes: int) -> dict[str, Any]:
    """Return nccl-tests' columns: the mean over the ranks, as theirs; percentiles of iterations."""
    world_size, first = len(said), said[0]
    op = OPS[first["op"]]
    size_bytes = op.size_bytes(first["count"], item_bytes, world_size)
    per_iteration = [statistics.mean(times) for times in zip(*(one["times_s"] for one in said))]
    time_s = statistics.mean(per_iteration)
    algbw = gb_per_s(size_bytes, time_s)
    return {
        "op": op.name,
        "size_bytes": size_bytes,
        "count": first["count"],
        "dtype": dtype,
        "in_place": first["in_place"],
        "time_us": time_s * 1e6,
        "time_p50_us": percentile(per_iteration, 50) * 1e6,
        "time_p99_us": percentile(per_iteration, 99) * 1e6,
        "time_min_us": min(per_iteration) * 1e6,
        "time_max_us": max(per_iteration) * 1e6,
        "algbw_gb_per_s": algbw,
        "busbw_gb_per_s": None if algbw is None else algbw * op.factor(world_size),
        "wrong": sum(one["wrong"] for one in said),
    }


def pair_row(fields: dict[str, Any]) -> dict[str, Any]:
    """Return one direction between two ranks."""
    return {
        "source_rank": fields["source_rank"],
        "target_rank": fields["target_rank"],
        "size_bytes": fields["size_bytes"],
        "gb_per_s": gb_per_s(fields["size_bytes"], fields["time_s"]),
        "latency_us": fields["latency_s"] * 1e6,
        "wrong": fields["wrong"],
    }


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile: always one of the values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]
