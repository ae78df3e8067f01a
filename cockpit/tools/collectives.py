"""`cockpit collectives`: how fast the GPUs talk to each other."""

from __future__ import annotations

from typing import Final

from cockpit.tools.definition import ToolDefinition

DEFINITION: Final = ToolDefinition("collectives", "how fast the GPUs talk to each other")
