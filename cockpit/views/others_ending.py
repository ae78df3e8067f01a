"""When a training that somebody else started will end, and what is wrong with its losses."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from cockpit.analysis.early_stopping import earliest_end
from cockpit.analysis.eta import Eta, Outlook, remaining
from cockpit.analysis.loss_health import judge_losses, learning_rate_of
from cockpit.analysis.pace import LOOK_BACK
from cockpit.metrics.series import MetricTable
from cockpit.views.ending_settings import as_settings

STALE_EPOCHS: Final = 3
"""Nothing was written for so many epochs: it has ended, or nobody knows."""
STALE_S: Final = 60.0
"""Short epochs may pause for longer: a checkpoint on a slow disk."""


def eta_of_others(
    table: MetricTable,
    epochs: int | None,
    settings: Mapping[str, str],
    written_s: float | None,
    now_s: float,
) -> Eta | None:
    """Return when it ends; None where it looks as if it had ended, or the rows bear no times."""
    ends = table.epoch_ends[-LOOK_BACK:]
    if table.epoch is None or not ends or written_s is None:
        return None
    lengths = [later - sooner for (_, sooner), (_, later) in pairwise(ends)] or [ends[0][1]]
    since_s = max(0.0, now_s - written_s)
    if since_s > max(STALE_S, STALE_EPOCHS * statistics.median(lengths)):
        return None
    told = as_settings(settings)
    outlook = Outlook(
        resumed_after=table.resumed_after,
        close_mosaic=told.close_mosaic or 0,
        earliest_epoch=earliest_end(table.series, told.patience, table.epoch),
    )
    eta = remaining(table.epoch_ends, epochs, since_s, part=table.epoch_part, outlook=outlook)
    return eta if eta is not None and eta.remaining_s > 0 else None


def losses_of_others(
    table: MetricTable, settings: Mapping[str, str]
) -> tuple[str | None, str | None]:
    """Return what is wrong with its losses and what to try, or two Nones."""
    found = judge_losses(table, learning_rate_of(_numbers(settings), {}))
    return (found[0].what, found[0].remedy) if found else (None, None)


def _numbers(settings: Mapping[str, str]) -> dict[str, object]:
    numbers: dict[str, object] = {}
    for name, text in settings.items():
        try:
            numbers[name] = float(text)
        except ValueError:
            continue
    return numbers
