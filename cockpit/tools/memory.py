"""`cockpit memory`: which batch size fits, and how fast each one is."""

from __future__ import annotations

from typing import Final

from cockpit.tools.definition import ToolDefinition

DEFINITION: Final = ToolDefinition("memory", "which batch size fits, and how fast each one is")
