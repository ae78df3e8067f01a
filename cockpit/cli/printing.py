"""What the command line prints: nothing in it that a terminal obeys, nothing it cannot encode."""

from __future__ import annotations

import codecs
from typing import Final, TextIO

from cockpit.cli.text_width import plain
from cockpit.metrics.log_lines import strip_codes

ENCODABLE: Final = "cockpit-encodable"
"""The way a stream writes what it cannot: a byte that is no text as `\\xff`, a glyph as `?`."""


def shown(text: str) -> str:
    """Return lines as a terminal may get them: names of files may hold codes."""
    return "\n".join(plain(strip_codes(line)) for line in text.split("\n"))


def say(text: str, file: TextIO | None = None) -> None:
    """Print lines that hold names from outside."""
    print(shown(text), file=file)


def _encodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(map(_letter, wrong)), error.end


def _letter(letter: str) -> str:
    """Return a byte of a file's name that Python keeps as U+DC80 to U+DCFF as people write it."""
    is_byte = "\udc80" <= letter <= "\udcff"
    return f"\\x{ord(letter) - 0xDC00:02x}" if is_byte else "?"


codecs.register_error(ENCODABLE, _encodable)
