"""An estimate as lines for a terminal: the answers, their parts, what they rest on. Pure."""

from __future__ import annotations

from typing import Final

from cockpit.analysis.forecast.result import Forecast
from cockpit.catalog.rows import Catalog
from cockpit.cli.stacked_table import wrapped
from cockpit.cli.text_width import width
from cockpit.views.estimate_sections import LABEL_WIDTH, Section, estimate_sections

WIDEST: Final = 100
NARROWEST: Final = 60


def lines(
    found: Forecast, catalog: Catalog, columns: int, now_s: float, *, why_no_time: str = ""
) -> list[str]:
    """Return the whole estimate in so many columns; `now_s` is when it would be started."""
    sections = estimate_sections(found, catalog, now_s, why_no_time)
    return [line for one in sections for line in ("", *_section(one, columns))][1:]


def _section(section: Section, columns: int) -> list[str]:
    lines = [line for text in section.words for line in _wrapped(text, columns, "")]
    lines += [section.title] if section.title else []
    for label, value in section.rows:
        lines += _wrapped(value, columns, f"  {label:<{LABEL_WIDTH}}")
    return [*lines, *(line for one in section.points for line in _wrapped(one, columns, "  - "))]


def _wrapped(text: str, columns: int, first: str) -> list[str]:
    return wrapped(text, columns, " " * width(first), first)
