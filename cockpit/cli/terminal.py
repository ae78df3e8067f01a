"""What the terminal can do, asked before anything but plain text is printed."""

from __future__ import annotations

import os
import sys


def takes_escapes() -> bool:
    """Say whether standard output is a terminal that understands escape codes."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")
