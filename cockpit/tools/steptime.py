"""`cockpit steptime`: where the time of a step goes."""

from __future__ import annotations

from typing import Final

from cockpit.tools.definition import Option, OptionKind, ToolDefinition, Values
from cockpit.tools.training_values import MOST_RANKS, OPTIONS, common_problems, rank_numbers

RANKS: Final = Option("ranks", OptionKind.COUNT, "how many; on GPUs one for each, on the CPU 2")
SWEEP: Final = Option(
    "sweep-workers", OptionKind.TEXT, "also with so many loader workers, as in 0,2,4,8"
)


def problems_of(values: Values) -> list[str]:
    """Return one sentence for each value that is wrong in itself."""
    problems = list(common_problems(values))
    ranks, sweep = values.get("ranks", ""), values.get("sweep-workers", "")
    if ranks and ("," in ranks or rank_numbers(ranks) is None):
        problems.append(f"--ranks {ranks}: a number from 1 to {MOST_RANKS}")
    if sweep and not all(word.strip().isdecimal() for word in sweep.split(",")):
        problems.append(f"--sweep-workers {sweep}: counts of workers, as in 0,2,4,8")
    return problems


DEFINITION: Final = ToolDefinition(
    "steptime",
    "where the time of a step goes",
    (RANKS, *OPTIONS, SWEEP),
    takes_preset=True,
    problems_of=problems_of,
)
