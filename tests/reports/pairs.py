"""Two runs made of a few numbers, of which the second is better."""

from __future__ import annotations

import math

from cockpit.analysis.comparison.comparing import Comparison, compare
from tests.analysis.comparison.subjects import MAP, subject

RISING = tuple(at / 20 for at in range(10))


def two_runs() -> Comparison:
    weak = {MAP: RISING, "val/loss": (4.0, 3.0, 2.0, math.nan)}
    strong = {MAP: tuple(one + 0.4 for one in RISING), "val/loss": (4.0, 2.0, 1.0, 1.0)}
    return compare(
        [
            subject("weak", weak, settings={"lr": "0.1", "batch": "16"}, seconds=RISING),
            subject("strong", strong, settings={"lr": "0.2", "batch": "16"}, resumed_after=(3.0,)),
        ]
    )
