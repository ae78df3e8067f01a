"""Which curves matter most, when the preset does not say. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cockpit.metrics.series import MetricTable

_FIRST: Final = (
    "map50-95", "map_0.5:0.95", "accuracy", "acc", "miou", "iou", "top1", "map50", "map_0.5", "f1",
)  # fmt: skip
_THEN: Final = ("val/loss", "eval_loss", "val_loss", "loss")


def headline_of(table: MetricTable, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the curves that matter, best first: the wanted ones, else a guess."""
    chosen = tuple(name for name in wanted if name in table.series)
    if chosen:
        return chosen
    guessed: list[str] = []
    for parts in (_FIRST, _THEN):
        for part in parts:
            guessed += [name for name in table.series if part in name.lower()]
    return tuple(dict.fromkeys(guessed))[:4]
