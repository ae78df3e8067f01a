"""The page of a report: its Markdown laid out, or the result of a tool as it would be written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.errors import CockpitError
from cockpit.metrics.log_lines import strip_codes
from cockpit.tool_runs.layout import ToolPaths
from cockpit.tool_runs.result import read_asked, read_result
from cockpit.tui.ink import Line
from cockpit.tui.markdown_lines import markdown_lines
from cockpit.tui.markdown_spans import wrap
from cockpit.units import binary
from cockpit.views.report_list import ReportEntry
from cockpit.views.report_text import MOST_BYTES, ReportText, files_beside, read_report

FILES_HEADING: Final = "## Files"
PREVIEW_BYTES: Final = 32 << 10
"""More than any screen shows at once."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is shown of a report at one width."""

    lines: tuple[Line, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""


def read_page(entry: ReportEntry, width: int, most_bytes: int = MOST_BYTES) -> Page:
    """Return the page of a report; what stands in the way is told in it."""
    read = _result_text(entry) if entry.report is None else read_report(entry.report, most_bytes)
    if read.problem:
        return Page(problem=read.problem)
    lines = markdown_lines(read.text, width)
    return Page(lines, read.notes if lines else (*read.notes, "the report is empty"))


def _result_text(entry: ReportEntry) -> ReportText:
    """Return a tool's result as its report would tell it."""
    from cockpit.reports.tools.markdown import markdown_of

    paths = ToolPaths(entry.folder)
    try:
        result = read_result(paths)
    except CockpitError as error:
        return ReportText(problem=error.problem)
    text = markdown_of(result, read_asked(paths), written="", files=(), picture=None, problems=())
    body, _, _ = text.rpartition(FILES_HEADING)
    return ReportText(body or text)


def page_lines(page: Page, width: int) -> tuple[Line, ...]:
    """Return the lines of a page, or why there are none."""
    if not page.problem:
        return page.lines
    told = wrap(((f"✗ {page.problem}", "danger"),), width)
    return (*told, (("the list is read again every few seconds", "muted"),))


def files_text(folder: Path) -> str:
    """Return the paths beside a report with their sizes, a line each."""
    name = strip_codes(str(folder))
    try:
        files = files_beside(folder)
    except OSError as error:
        return f"{name} cannot be read: {error.strerror or error}"
    lines = [f"{binary(one.size_bytes):>9}  {strip_codes(one.path.name)}" for one in files]
    return "\n".join([f"in {name}", "", *(lines or ["no file lies there"])])
