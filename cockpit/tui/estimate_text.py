"""A whole estimate as the text that a key of the launch form shows. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cockpit.metrics.log_lines import strip_codes
from cockpit.tui.forecast_rows import Outlook
from cockpit.tui.tools.wrapping import wrap_text
from cockpit.views.estimate_sections import LABEL_WIDTH, Section, Start, estimate_sections

POINT: Final = "  - "
SIMULATED: Final = "the GPUs are SIMULATED: these are the times of this CPU"
MORE: Final = "3 Tools, estimate: another GPU, a probe, a budget; flags above are its fields"


def estimate_text(outlook: Outlook, now_s: float, width: int) -> str:
    """Return all that is known of the form as it stands; nothing where nothing is."""
    if outlook.forecast is None:
        return ""
    begin = outlook.begin
    is_now = begin.at_s is not None and begin.at_s <= now_s
    sections = estimate_sections(
        outlook.forecast, outlook.catalog, now_s, outlook.why_no_time, Start(begin.at_s, is_now)
    )
    own = (Section(words=(SIMULATED,)),) if outlook.is_simulated else ()
    parts = ["\n".join(_lines(one, width)) for one in (*own, *sections, Section(words=(MORE,)))]
    return "\n\n".join(parts)


def _lines(section: Section, width: int) -> Iterable[str]:
    """Yield the lines of one section."""
    for text in section.words:
        yield from _wrapped(text, "", width)
    if section.title:
        yield section.title
    for label, value in section.rows:
        yield from _wrapped(value, f"  {label:<{LABEL_WIDTH}}", width)
    for point in section.points:
        yield from _wrapped(point, POINT, width)


def _wrapped(text: str, first: str, width: int) -> Iterable[str]:
    lines = wrap_text(strip_codes(text), width - len(first)) or [""]
    return ((" " * len(first) if at else first) + line for at, line in enumerate(lines))
