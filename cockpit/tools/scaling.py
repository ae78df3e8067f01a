"""`cockpit scaling`: how far training scales over GPUs, and where to stop."""

from __future__ import annotations

from typing import Final

from cockpit.errors import nearest
from cockpit.tools.definition import Option, OptionKind, ToolDefinition, Values
from cockpit.tools.training_values import MOST_RANKS, OPTIONS, common_problems, rank_numbers

MODES: Final = ("weak", "strong", "both")
RANKS: Final = Option(
    "ranks", OptionKind.TEXT, "8 for 1, 2, 4, 8, or a list such as 1,3,6; else all GPUs"
)
MODE: Final = Option(
    "mode", OptionKind.CHOICE, "weak: a batch for each rank; strong: they share it", "weak", MODES
)


def problems_of(values: Values) -> list[str]:
    """Return one sentence for each value that is wrong in itself."""
    problems = list(common_problems(values))
    ranks, mode = values.get("ranks", ""), values.get("mode", "")
    if ranks and rank_numbers(ranks) is None:
        problems.append(f"--ranks {ranks}: numbers from 1 to {MOST_RANKS}, as in 8 or 1,2,4,8")
    if mode and mode not in MODES:
        close = nearest(mode, MODES) or f": it is one of {', '.join(MODES)}"
        problems.append(f"--mode {mode}: unknown{close}")
    return problems


DEFINITION: Final = ToolDefinition(
    "scaling",
    "how far training scales over GPUs, and where to stop",
    (RANKS, MODE, *OPTIONS),
    takes_preset=True,
    problems_of=problems_of,
)
