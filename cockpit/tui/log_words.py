"""A line of a log as it stands on the screen. Pure."""

from __future__ import annotations

from cockpit.metrics.log_lines import clean, split_prefix
from cockpit.tui.ink import Line


def as_shown(raw: str) -> str:
    """Return a line for people: `[rank1]: x` is `r1│ x`; of rank 0 nothing is said."""
    text = clean(raw)
    rank = split_prefix(raw)[0]
    return f"r{rank}│ {text}" if rank else text


def marked(text: str, wanted: str) -> Line:
    """Return a line that stands out, with what was searched for in `accent`."""
    at = text.casefold().find(wanted.casefold())
    if at < 0:
        return ((text, "strong on select"),)
    end = at + len(wanted)
    return (
        (text[:at], "text on select"),
        (text[at:end], "accent bold on select"),
        (text[end:], "text on select"),
    )
