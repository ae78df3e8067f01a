"""Every tool that there is, in the order in which a newcomer would use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cockpit.tools import collectives, estimate, memory, scaling, steptime
from cockpit.tools.definition import Option, OptionKind, ToolDefinition

CHECK: Final = ToolDefinition(
    "check",
    "is this environment fit to train?",
    (
        Option("gpus", OptionKind.TEXT, "devices of the smoke test, as in 0,1"),
        Option("no-ddp", OptionKind.FLAG, "try no training steps"),
        Option("script", OptionKind.TEXT, "a training script to look into"),
        Option("strict", OptionKind.FLAG, "a warning is not fit either"),
    ),
    takes_preset=True,
)
"""Run by `cockpit.tools.check`, which adds what cockpit itself knows."""

TOOLS: Final[Mapping[str, ToolDefinition]] = {
    one.name: one
    for one in (
        CHECK,
        collectives.DEFINITION,
        memory.DEFINITION,
        scaling.DEFINITION,
        steptime.DEFINITION,
        estimate.DEFINITION,
    )
}
