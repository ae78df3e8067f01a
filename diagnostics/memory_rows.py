"""What a probe comes to: the command that makes it, its row, what it means for the search."""

from __future__ import annotations

from typing import Any

from diagnostics import host_memory
from diagnostics.memory_findings import Measured
from diagnostics.memory_options import Options
from diagnostics.memory_probe import HOST, OK, ProbeAsk
from diagnostics.probe_process import Ended

TOLD = (
    "allocated_bytes",
    "reserved_bytes",
    "driver_used_bytes",
    "context_bytes",
    "samples_per_s",
    "step_time_ms",
    "spread_pct",
    "needed_bytes",
)
"""What a probe tells for its row."""


def filled(options: Options, batch: int, *, is_longer: bool) -> list[str]:
    """Return the command of a probe; a limit of 0 is none."""
    places = {
        "{batch}": batch,
        "{limit_bytes}": options.limit_bytes or 0,
        "{host_bytes}": host_memory.read_available_bytes() or 0,
        "{limit_s}": options.probe_limit_s,
        "{longer}": int(is_longer),
    }
    return [str(places.get(word, word)) for word in options.command]


def judged(batch: int, ask: ProbeAsk, ended: Ended) -> Measured:
    """Return what a probe means for the search."""
    fields = ended.fields
    used_bytes = fields.get("driver_used_bytes") or fields.get("allocated_bytes")
    return Measured(
        batch=batch,
        outcome=ended.outcome,
        used_bytes=used_bytes if ended.outcome == OK else None,
        samples_per_s=fields.get("samples_per_s"),
        is_finite=fields.get("is_finite", True),
        held=fields.get("held") or f"{ask.steps} steps and a validation",
        needed_bytes=fields.get("needed_bytes"),
        spread_pct=fields.get("spread_pct") or 0.0,
    )


def row_of(ask: ProbeAsk, ended: Ended) -> dict[str, Any]:
    """Return the line of the table; the peak of a host is in a column of its own."""
    told = {name: ended.fields.get(name) for name in TOLD}
    told["peak_rss_bytes"] = None
    if ended.fields.get("kind") == HOST:
        told["peak_rss_bytes"], told["allocated_bytes"] = told["allocated_bytes"], None
    return {
        "model": None if ask.command else ask.model,
        "batch": ask.batch,
        "image_size": ask.image_size or None,
        **told,
        "limit_bytes": ended.fields.get("limit_bytes"),
        "kind": ended.fields.get("kind"),
        "amp": None if ask.command else ask.amp,
        "optimizer": None if ask.command else ask.optimizer,
        "outcome": ended.outcome,
    }
