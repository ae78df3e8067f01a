"""How long an epoch of a finished training took, and how much that varied. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.pace import NORMAL, RECURS, STALL

RARE: Final = 0.05
"""What holds up fewer epochs than this share, and than `RECURS`, does not belong to the work."""
OUTSIDE: Final = 0.05
"""This share of the epochs lies below the range, and as many above."""


@dataclass(frozen=True, slots=True)
class UsualEpoch:
    """Seconds of an epoch: what to multiply by their number, and where nine of ten lay."""

    seconds: float
    low_s: float
    high_s: float


def usual_epoch(lengths: Sequence[float]) -> UsualEpoch | None:
    """Return the usual epoch of all of a training's, or None where there is none.

    It is their mean, so that epochs with a validation or a checkpoint count by how many they are;
    left out are the few that were held up by something else.
    """
    if not lengths:
        return None
    middle_s = statistics.median(lengths)
    spread_s = NORMAL * statistics.median(abs(one - middle_s) for one in lengths)
    limit_s = middle_s * STALL + 3 * spread_s
    ordinary = sorted(one for one in lengths if one <= limit_s)
    held_up = len(lengths) - len(ordinary)
    if held_up >= max(RECURS, RARE * len(lengths)):
        ordinary = sorted(lengths)
    cut = int(OUTSIDE * len(ordinary))
    return UsualEpoch(statistics.fmean(ordinary), ordinary[cut], ordinary[-1 - cut])
