"""Typed access to a JSON object that another process wrote; a wrong or missing field is None."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from cockpit.processes.identity import ProcessIdentity


class Fields:
    """The fields of one JSON object."""

    def __init__(self, value: object) -> None:
        self._value: Mapping[str, object] = value if isinstance(value, dict) else {}

    def text(self, key: str) -> str | None:
        """Return a text field."""
        value = self._value.get(key)
        return value if isinstance(value, str) else None

    def integer(self, key: str) -> int | None:
        """Return a whole number."""
        value = self._value.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def number(self, key: str) -> float | None:
        """Return a number."""
        value = self._value.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if math.isfinite(number) else None

    def flag(self, key: str) -> bool:
        """Return True only where the field is true."""
        return self._value.get(key) is True

    def path(self, key: str) -> Path | None:
        """Return a path."""
        text = self.text(key)
        return Path(text) if text else None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the texts of a list."""
        value = self._value.get(key)
        items = value if isinstance(value, list) else []
        return tuple(item for item in items if isinstance(item, str))

    def integers(self, key: str) -> tuple[int, ...]:
        """Return the whole numbers of a list."""
        value = self._value.get(key)
        items = value if isinstance(value, list) else []
        return tuple(item for item in items if isinstance(item, int))

    def text_table(self, key: str) -> dict[str, str]:
        """Return a table of texts."""
        value = self._value.get(key)
        items = value.items() if isinstance(value, dict) else ()
        return {name: text for name, text in items if isinstance(text, str)}

    def plain_table(self, key: str) -> dict[str, object]:
        """Return a table as it is; empty where there is none."""
        value = self._value.get(key)
        return dict(value) if isinstance(value, dict) else {}

    def has(self, key: str) -> bool:
        """Say whether the field is there and not null."""
        return self._value.get(key) is not None

    def table(self, key: str) -> Fields:
        """Return a nested object, empty where there is none."""
        return Fields(self._value.get(key))

    def tables(self, key: str) -> tuple[Fields, ...]:
        """Return a list of objects."""
        value = self._value.get(key)
        return tuple(Fields(item) for item in value) if isinstance(value, list) else ()

    def process(self, key: str) -> ProcessIdentity | None:
        """Return a process identity."""
        table = self.table(key)
        pid, start, boot = table.integer("pid"), table.integer("start_ticks"), table.text("boot_id")
        if pid is None or start is None or boot is None:
            return None
        return ProcessIdentity(pid, start, boot)
