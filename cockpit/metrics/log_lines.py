"""Lines of a training log as a person would have seen them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_ESCAPE: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, ESC[K, ESC[A
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)"  # OSC and other strings: titles, links
    r"|\x1b[ -/]*[0-~]"  # the short ones
    r"|\x1b"
)
_CONTROL: Final = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Control codes but the tab, and marks that would break a line, turn it around, or hide in it."""
_PREFIX: Final = re.compile(r"\[(?:(?P<role>default|trainer|worker)|rank)(?P<rank>\d{1,6})\]:")
"""torchrun's --tee writes `[default0]:`, torch's own tracebacks `[rank1]: `."""
_TAB: Final = 8

_PROGRESS: Final = re.compile(
    r"^(?P<blanks>\s*)(?P<epoch>\d{1,7})/(?P<epochs>\d{1,7})\s+[\d.]+[KMGT]?B?\s"
    r".*?:\s*(?P<percent>\d{1,3})%(?:.*?\s(?P<done>\d+)/(?P<steps>\d+)(?:\s|$))?"
)
_YOLOV7_WIDTH: Final = 10
_ATTEMPT: Final = re.compile(
    r"cockpit: attempt (?P<number>\d{1,7}) "
    r"(?:(?P<anew>starts anew)|continues from a checkpoint|continues after epoch "
    r"(?P<epoch>\d{1,9})(?P<again>; its trainer counts from 1 again)?)"
)


@dataclass(frozen=True, slots=True)
class AttemptMark:
    """Where a further attempt of a run begins in its log."""

    number: int
    epoch: int | None
    """Epochs done before it, 1-based; None: it starts anew, or nobody knows."""
    restarts_count: bool
    """Its trainer counts these epochs out: the next one is its first again."""
    is_anew: bool
    """It continues from nothing: all that the log told before is done again."""


def attempt_line(
    number: int, epoch: int | None, *, restarts_count: bool, is_resumed: bool = False
) -> str:
    """Return the line that parts the log of one attempt from the next, for people and readers.

    `is_resumed`: it continues from a checkpoint, even where nobody knows after which epoch. The
    line must stand on a line of its own: the one before may lack its end.
    """
    if not epoch:
        begins = "continues from a checkpoint" if is_resumed else "starts anew"
        return f"cockpit: attempt {number} {begins}"
    again = "; its trainer counts from 1 again" if restarts_count else ""
    return f"cockpit: attempt {number} continues after epoch {epoch}{again}"


def parse_attempt_line(text: str) -> AttemptMark | None:
    """Return what such a line says, or None for any other."""
    if "cockpit: attempt " not in text:
        return None
    found = _ATTEMPT.fullmatch(text.strip())
    if found is None:
        return None
    epoch = None if found["epoch"] is None else int(found["epoch"])
    again, is_anew = found["again"] is not None, found["anew"] is not None
    return AttemptMark(int(found["number"]), epoch, again, is_anew)


def clean(text: str) -> str:
    """Return the last progress frame of a line without colours, control codes and rank prefix.

    A frame is what stands between two carriage returns; empty ones do not count.
    """
    if text.isascii() and text.isprintable() and not text.startswith("["):
        return text.rstrip()  # most lines, at a tenth of the cost
    for frame in reversed(text.split("\r")):
        shown = strip_codes(frame)
        shown = _split(shown)[1]
        if shown and not shown.isspace():
            return shown.rstrip()
    return ""


def split_prefix(text: str) -> tuple[int | None, str]:
    """Return the rank that a line names, and the line without it: `[rank1]: x` gives (1, x).

    `[default1]:` holds a local rank; where both stand in a line, the global one counts.
    """
    if not text.startswith(("[", "\x1b")) and text.isprintable():
        return None, text
    first, *frames = text.split("\r")
    rank, rest = _split(strip_codes(first))
    if rank is None:
        return None, text
    return rank, "\r".join((rest, *frames))


def strip_codes(text: str) -> str:
    """Return a text as one line that a terminal only shows: no codes, tabs as blanks."""
    if text.isascii() and text.isprintable():
        return text
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    return _CONTROL.sub("", text).expandtabs(_TAB)


def parse_epoch_progress(line: str) -> tuple[int, int, float] | None:
    """Return (epoch, epochs, part) of an Ultralytics progress bar, or None for other lines.

    `epoch` is the one in work, 1-based; `part` is how much of its training is done, 0 to 1.
    YOLOv7 prints the same shape counted from 0 in a narrower column; it is not taken.
    """
    found = _PROGRESS.match(clean(line))
    if found is None:
        return None
    epoch, epochs = int(found["epoch"]), int(found["epochs"])
    width = found.end("epochs")
    if not 1 <= epoch <= epochs or (found["blanks"] and width == _YOLOV7_WIDTH):
        return None
    steps = int(found["steps"] or 0)
    part = int(found["done"]) / steps if steps else int(found["percent"]) / 100
    return epoch, epochs, min(part, 1.0)


def _split(text: str) -> tuple[int | None, str]:
    rank: int | None = None
    while (found := _PREFIX.match(text)) is not None:
        rank = int(found["rank"])
        text = text[found.end() :]
        if found["role"] is None:
            text = text.removeprefix(" ")
    return rank, text
