"""What the terminal can do, asked before anything but plain text is printed; and its bell."""

from __future__ import annotations

import os
import sys


def takes_escapes() -> bool:
    """Say whether standard output is a terminal that understands escape codes."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")


def ring(text: str) -> None:
    """Ring the bell of the terminal behind standard error; those that can (OSC 9) show `text`."""
    if sys.stderr.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb"):
        shown = "".join(letter if letter.isprintable() else " " for letter in text)[:200]
        print(f"\a\x1b]9;cockpit: {shown}\a", end="", file=sys.stderr, flush=True)
