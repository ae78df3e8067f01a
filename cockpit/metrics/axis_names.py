"""The names under which trainers write an epoch or a step, in tables and in objects."""

from __future__ import annotations

from typing import Final

STEP_NAMES_BESIDE_EPOCH: Final = (
    "step",
    "global_step",
    "trainer/global_step",
    "iteration",
    "iter",
    "_step",
)
"""Of several the first in this order is the step; beside an epoch, `steps` may be those of each."""
STEP_NAMES: Final = (*STEP_NAMES_BESIDE_EPOCH, "steps")
EPOCH_NAMES: Final = ("epoch", "train/epoch", "epochs")
"""Of several the first in this order is the epoch."""
X_NAMES: Final = frozenset((*STEP_NAMES, *EPOCH_NAMES))
"""What results are laid along."""
