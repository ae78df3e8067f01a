"""One of the runs that are compared, and what has to be said of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from cockpit.metrics.series import MetricSeries, MetricTable

MOST_NAN: Final = 3
"""So many curves with NaN are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of one run. Missing values are None."""

    label: str
    """What people call it; no other of those compared is called so."""
    source: str
    """Where it was read: a run id or a path."""
    table: MetricTable
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What it was started with, by name."""
    headline: tuple[str, ...] = ()
    """Names of the metrics that matter most, best first."""
    state: str = ""
    """`succeeded`, `running`, …; empty where nobody tells."""
    is_over: bool = True
    is_simulated: bool = False
    epochs: int | None = None
    """How many there were to be."""
    duration_s: float | None = None
    samples_per_s: float | None = None
    """Over the whole world."""
    gpu_count: int | None = None
    """0: it runs on the CPU."""
    gpu_names: tuple[str, ...] = ()
    energy_j: float | None = None
    peak_memory_bytes: int | None = None
    """Of the GPU that held most."""

    @property
    def epoch(self) -> int | None:
        """The last completed epoch, 1-based."""
        return self.table.epoch


def marks(subject: Subject) -> tuple[str, ...]:
    """Return what has to be known before its numbers are believed, each in a few words."""
    told = (
        "SIMULATED GPUs" if subject.is_simulated else "",
        _progress(subject),
        _resumed(subject),
        _nan(subject),
        subject.table.problem or "",
    )
    return tuple(text for text in told if text)


def is_complete(subject: Subject) -> bool:
    """Say whether nothing more will come: over, and all epochs done as far as they are known."""
    return subject.is_over and not _is_short(subject)


def nan_from(series: MetricSeries) -> float | None:
    """Return where the first value stands that is no number or infinite."""
    if math.isfinite(sum(series.values)):
        return None
    pairs = zip(series.x, series.values, strict=True)
    return next((x for x, value in pairs if not math.isfinite(value)), None)


def _is_short(subject: Subject) -> bool:
    return subject.epochs is not None and (subject.epoch or 0) < subject.epochs


def _progress(subject: Subject) -> str:
    of = f"epoch {subject.epoch or 0} of {subject.epochs}" if subject.epochs else ""
    if not subject.is_over:
        return f"not over: {of or subject.state}"
    if _is_short(subject):
        return f"ended at {of}"
    bad = subject.state not in ("", "succeeded")
    return subject.state if bad else ""


def _resumed(subject: Subject) -> str:
    after = subject.table.resumed_after
    places = ", ".join(f"{one:g}" for one in after[:3]) + (", …" if len(after) > 3 else "")
    return f"resumed after {subject.table.axis} {places}" if after else ""


def _nan(subject: Subject) -> str:
    found = [(name, nan_from(one)) for name, one in subject.table.series.items()]
    bad = [(name, at) for name, at in found if at is not None]
    if not bad:
        return ""
    axis = subject.table.axis
    named = ", ".join(f"{name} at {axis} {at:g}" for name, at in bad[:MOST_NAN])
    more = len(bad) - MOST_NAN
    return f"NaN or inf first in {named}" + (f" and {more} more" if more > 0 else "")
