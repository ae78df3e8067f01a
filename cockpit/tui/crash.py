"""An error inside the TUI, kept in a file and told in one sentence."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path

from cockpit.errors import CockpitError
from cockpit.locations import cache_dir
from cockpit.tui.messages import Failed


def describe(error: BaseException, what: str) -> Failed:
    """Return what to show of an error; one of our own says enough, the rest goes to a file."""
    if isinstance(error, CockpitError):
        return Failed(f"{what}: {error}", None)
    return Failed(f"{what}: {type(error).__name__}: {error}", write_traceback(error))


def write_traceback(error: BaseException) -> Path | None:
    """Append the traceback to `<cache>/tui-errors.log`; None when that cannot be written."""
    path = cache_dir() / "tui-errors.log"
    text = "".join(traceback.format_exception(error))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC).isoformat()} pid {os.getpid()}\n{text}\n")
    except OSError:
        return None
    return path
