"""A report as a row of the list, and what is said of the selected one. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

from cockpit.metrics.log_lines import strip_codes
from cockpit.tui.file_facts import home
from cockpit.tui.ink import Line, cells, fit, plain, select
from cockpit.tui.markdown_spans import wrap
from cockpit.tui.widgets.gpu_table import TableColumn
from cockpit.tui.widgets.next_steps import Step
from cockpit.units import MISSING
from cockpit.views.report_list import ReportEntry, Standing

PATH_FROM_COLUMNS: Final = 110
"""Where there is room the path stands in the row; else below the list, of the selected one."""
ALL_KINDS: Final = ""
NOT_WRITTEN: Final = "no report yet"
EMPTY: Final = (
    Step("3", "Tools: check this machine, measure it; w writes what was found"),
    Step("1", "Deck: mark runs with space, compare them with c; w writes the comparison"),
    Step("q", "leave; the same from the shell:  cockpit check"),
)
"""What makes a report."""
_WHEN, _KIND, _STANDING = 12, 11, 13


@dataclass(frozen=True, slots=True)
class ReportColumns:
    """How wide what is not the same in every terminal is; a path of 0 is left out."""

    about: int
    path: int

    @property
    def columns(self) -> tuple[TableColumn, ...]:
        """The columns of the table."""
        heads = [(_WHEN, "when"), (_KIND, "kind"), (_STANDING, "outcome"), (self.about, "about")]
        heads += [(self.path, "path")] if self.path else []
        return (
            TableColumn(2, ""),
            *(TableColumn(width + 2, head, is_left=True) for width, head in heads),
        )


def choose_columns(width: int) -> ReportColumns:
    """Return the columns for a width in cells."""
    rest = max(10, width - 2 - sum(one + 2 for one in (_WHEN, _KIND, _STANDING)) - 2)
    if width < PATH_FROM_COLUMNS:
        return ReportColumns(rest, 0)
    path = (rest - 2) * 3 // 5
    return ReportColumns(rest - 2 - path, path)


def report_row(
    entry: ReportEntry, columns: ReportColumns, now_s: float, *, selected: bool
) -> tuple[Line, ...]:
    """Return the cells of a row."""
    sign, look = standing_sign(entry.standing)
    texts: list[Line] = [
        (("▌ " if selected else "  ", "accent"),),
        ((fit(when(entry.time_s, now_s), _WHEN + 2), "muted"),),
        ((fit(entry.kind, _KIND) + "  ", "strong" if selected else "text"),),
        ((f"{sign} ", look), (fit(entry.standing, _STANDING), _word_look(look))),
        _about(entry, columns.about),
    ]
    if columns.path:
        texts.append(((fit_start(_where(entry), columns.path) + "  ", "muted"),))
    return tuple(map(select, texts)) if selected else tuple(texts)


def _about(entry: ReportEntry, width: int) -> Line:
    tail = "" if entry.report else f" · {NOT_WRITTEN}"
    tail = tail if cells(((tail, ""),)) < width else ""
    room = width - len(tail)
    about = entry.about or MISSING
    shown = fit(about, min(room, cells(((about, ""),))))
    blank = " " * (room - cells(((shown, ""),)))
    return ((shown, "text" if entry.about else "faint"), (tail, "muted"), (f"{blank}  ", "text"))


def _where(entry: ReportEntry) -> str:
    return strip_codes(home(entry.path))


def fit_start(text: str, width: int) -> str:
    """Return `text` in `width` cells, to the left; a longer one is cut at its start."""
    if cells(((text, ""),)) <= width:
        return fit(text, width)
    while cells(((text, ""),)) > width - 1:
        text = text[1:]
    return fit(f"…{text}", width)


def standing_sign(standing: Standing) -> tuple[str, str]:
    """Return the sign of an outcome and its token."""
    match standing:
        case Standing.PASSED | Standing.SUCCEEDED:
            return "✓", "good"
        case Standing.FAILED:
            return "✗", "danger"
        case Standing.STOPPED:
            return "■", "muted"
        case Standing.COMPARED:
            return "·", "muted"
        case Standing.RUNNING:
            return "●", "accent"
        case Standing.LOST | Standing.BROKEN_OFF:
            return "◌", "attention"
        case Standing.UNKNOWN:
            return MISSING, "faint"
        case _:
            assert_never(standing)


def _word_look(look: str) -> str:
    return look if look in ("danger", "attention") else "muted"


def when(time_s: float, now_s: float) -> str:
    """Return `20 Nov 18:43`, or `20 Nov 2025` of another year."""
    if time_s <= 0:
        return MISSING
    moment, now = (datetime.fromtimestamp(one).astimezone() for one in (time_s, now_s))
    return moment.strftime("%e %b %H:%M" if moment.year == now.year else "%e %b %Y")


def chosen(entries: Sequence[ReportEntry], kind: str, words: str) -> tuple[ReportEntry, ...]:
    """Return the reports of a kind, or of all, that hold every word."""
    wanted = words.casefold().split()
    return tuple(
        entry
        for entry in entries
        if kind in (ALL_KINDS, entry.kind) and all(word in _searched(entry) for word in wanted)
    )


def _searched(entry: ReportEntry) -> str:
    parts = (entry.kind, entry.standing, entry.about, entry.why, str(entry.path))
    return " ".join(parts).casefold()


def next_kind(entries: Sequence[ReportEntry], kind: str) -> str:
    """Return the kind after this one among those that there are; after the last come all."""
    kinds = [ALL_KINDS, *sorted({entry.kind for entry in entries})]
    return kinds[(kinds.index(kind) + 1) % len(kinds)] if kind in kinds else ALL_KINDS


def command_of(entry: ReportEntry) -> str:
    """Return the command that shows the same without this screen."""
    path = home(entry.report or entry.folder / "events.jsonl")
    tilde = "~/" if path.startswith("~/") else ""  # a shell follows it outside of quotes only
    return f"less {tilde}{shlex.quote(path.removeprefix(tilde))}"


def told_lines(entry: ReportEntry, width: int) -> tuple[Line, ...]:
    """Return how the selected one ended, in two lines at most, and the command that shows it."""
    sign, look = standing_sign(entry.standing)
    subject = "" if entry.standing is Standing.COMPARED else f"{entry.kind} "
    words = (f"{subject}{entry.standing}", entry.why, "" if entry.report else NOT_WRITTEN)
    told = wrap(((" · ".join(filter(None, words)), "text"),), width - 2)
    first: Line = ((f"{sign} ", look), *told[0])
    lines = [first, *((("  ", "text"), *line) for line in told[1:2])]
    if len(told) > 2:
        lines[1] = (("  ", "text"), (fit(f"{plain(told[1])} …", width - 2).rstrip(), "text"))
    return (*lines, *command_lines(entry, width, 2))


def command_lines(entry: ReportEntry, width: int, most: int = 3) -> tuple[Line, ...]:
    """Return the command in as many lines as it needs; what has no room is cut at its start."""
    text = strip_codes(command_of(entry))
    if cells(((text, ""),)) > width * most:
        return ((("less ", "muted"), (fit_start(text.removeprefix("less "), width - 5), "muted")),)
    lines: list[Line] = []
    while text:
        part = text
        while cells(((part, ""),)) > width:
            part = part[:-1]
        lines.append(((part, "muted"),))
        text = text[len(part) :]
    return tuple(lines)
