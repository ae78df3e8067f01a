"""What a tool measured on: the line of a picture that keeps its figures from being misread."""

from __future__ import annotations

from typing import Final

from cockpit.reports.tools.grids import op_rows
from cockpit.tool_runs.events import Label, Measurement
from cockpit.tool_runs.result import ToolResult

GLOO: Final = "gloo"
TRAINING: Final = ("scaling", "steptime")


def setup_of(result: ToolResult) -> str:
    """Return `synthetic, batch 8 a rank, 64 px, float32, 2 CPU ranks over gloo`, or nothing."""
    if result.tool in TRAINING:
        told = _first(result, f"{result.tool}.blocks")
        return _training(told) if told else ""
    told = _first(result, "rank.pid")
    if result.tool != "collectives" or told is None or "backend" not in told.labels:
        return ""
    dtypes = dict.fromkeys(row.values.get("dtype") for row in op_rows(result))
    backend = str(told.labels["backend"])
    ranks = told.labels.get("world_size", "")
    return ", ".join([_backend(backend), _ranks(ranks, backend), *(str(d) for d in dtypes if d)])


def is_gloo(result: ToolResult) -> bool:
    """Say whether ranks talked through the memory of one machine, not over links of GPUs."""
    return any(one.labels.get("backend") == GLOO for one in result.measurements)


def _training(told: Measurement) -> str:
    labels = told.labels
    backend = str(labels.get("backend", ""))
    parts = [
        str(labels.get("model", "")),
        f"batch {labels['batch_per_rank']} a rank" if "batch_per_rank" in labels else "",
        f"{labels['image_size']} px" if "image_size" in labels else "",
        str(labels.get("precision", "")),
        f"{_ranks(labels.get('ranks', ''), backend)} over {_backend(backend)}",
    ]
    return ", ".join(part for part in parts if part)


def _ranks(count: Label, backend: str) -> str:
    where = "CPU" if backend == GLOO else "GPU"
    *more, last = str(count).split(", ")
    counts = f"{', '.join(more)} and {last}" if more else last
    return f"{counts} {where} rank" + ("" if counts == "1" else "s")


def _backend(name: str) -> str:
    return name.upper() if name == "nccl" else name


def _first(result: ToolResult, name: str) -> Measurement | None:
    return next((one for one in result.measurements if one.name == name), None)
