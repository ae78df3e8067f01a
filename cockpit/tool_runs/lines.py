"""Events as lines: for what cockpit answers itself, in the words of the tools."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from cockpit.tool_runs.events import (
    SCHEMA,
    Artifact,
    Event,
    Finding,
    Finished,
    Measurement,
    Progress,
    Row,
    Started,
)

_KINDS: Final[Mapping[type[Event], str]] = {
    Started: "started",
    Progress: "progress",
    Measurement: "measurement",
    Row: "row",
    Finding: "finding",
    Artifact: "artifact",
    Finished: "finished",
}


def event_line(event: Event) -> str:
    """Return an event as `parse_event` reads it, without its line feed; NaN becomes null."""
    fields = asdict(event)
    head = {"schema": SCHEMA, "kind": _KINDS[type(event)], "time": fields.pop("time_s")}
    head |= fields.pop("labels", {})
    return json.dumps(_finite(head | fields), ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:  # whatever JSON knows
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
