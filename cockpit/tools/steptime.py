"""`cockpit steptime`: where the time of a step goes."""

from __future__ import annotations

from typing import Final

from cockpit.tools.definition import ToolDefinition

DEFINITION: Final = ToolDefinition("steptime", "where the time of a step goes")
