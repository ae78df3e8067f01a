"""`cockpit scaling`: how far training scales over GPUs, and where to stop."""

from __future__ import annotations

from typing import Final

from cockpit.tools.definition import ToolDefinition

DEFINITION: Final = ToolDefinition(
    "scaling", "how far training scales over GPUs, and where to stop"
)
