"""Something that the instruments noticed and that somebody should look at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cockpit.runs.fields import Fields


class AlertLevel(StrEnum):
    """How bad it is."""

    PROBLEM = "problem"
    """Something is lost or about to be."""
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing with its evidence and its remedy."""

    code: str
    """Stable, such as `gpu.hot` or `run.hang`."""
    level: AlertLevel
    subject: str
    """`GPU 11`, `host`, or `rank 3`."""
    what: str
    """What is seen, with the number that proves it; no full stop."""
    remedy: str
    since: float
    """When it began, epoch seconds."""
    gpu_uuid: str | None = None

    @property
    def topic(self) -> str:
        """What tells it from other alerts while its text tells a growing age."""
        return f"{self.code} {self.gpu_uuid or self.subject}"


def parse_alert(fields: Fields) -> Alert | None:
    """Return the alert in a JSON object, or None where it is none."""
    code, what, level = fields.text("code"), fields.text("what"), fields.text("level")
    if code is None or what is None or level not in set(AlertLevel):
        return None
    return Alert(
        code=code,
        level=AlertLevel(level),
        subject=fields.text("subject") or "",
        what=what,
        remedy=fields.text("remedy") or "",
        since=fields.number("since") or 0.0,
        gpu_uuid=fields.text("gpu_uuid"),
    )
