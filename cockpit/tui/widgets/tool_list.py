"""The tools with the state of their last result; the keys choose one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.reactive import var

from cockpit.tui.ink import Line, fit, pad, select
from cockpit.tui.tools.record import Standing
from cockpit.tui.widgets.rows import Rows

WORD_FROM = 34
"""Cells from which the state is a word, too."""
NAME_WIDTH = 14


@dataclass(frozen=True, slots=True)
class ToolEntry:
    """One line of the list."""

    name: str
    standing: Standing


def entry_line(entry: ToolEntry, width: int, *, is_chosen: bool) -> Line:
    """Return `▌ memory        ▲` in `width` cells."""
    sign, word = entry.standing.sign, entry.standing.word
    told = fit(word, width - NAME_WIDTH - 6) if width >= WORD_FROM else ""
    name = fit(entry.name, NAME_WIDTH if told else max(1, width - 6))
    line: Line = (
        (" ", "text"), (name, "strong" if is_chosen else "text"), (" ", "text"),
        (sign, entry.standing.look), (f" {told}" if told else "", "muted"),
    )  # fmt: skip
    line = pad(line, width - 1)
    return (("▌" if is_chosen else " ", "accent"), *(select(line) if is_chosen else line))


def strip_line(entries: Sequence[ToolEntry], chosen: str) -> Line:
    """Return all tools in one line, for a narrow screen."""
    line: Line = ()
    for entry in entries:
        is_chosen = entry.name == chosen
        piece: Line = (
            ("▌" if is_chosen else " ", "accent"),
            (f"{entry.name} ", "strong" if is_chosen else "muted"),
            (f"{entry.standing.sign} ", entry.standing.look),
        )
        line += select(piece) if is_chosen else piece
        line += ((" ", "text"),)
    return line


class ToolList(Rows, can_focus=True):
    """One line for each tool; one line for all of them on a narrow screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "tool", key_display="↑ ↓", id="tools.up",
                tooltip="Another tool"),
        Binding("down,j", "move(1)", show=False, id="tools.down"),
    ]  # fmt: skip

    entries: var[tuple[ToolEntry, ...]] = var((), init=False)
    chosen: var[str] = var("", init=False)
    is_strip: var[bool] = var(False, init=False)

    @dataclass
    class Chosen(Message):
        """Another tool is under the bar."""

        name: str

    def watch_entries(self) -> None:
        """Show the states."""
        self._paint()

    def watch_chosen(self) -> None:
        """Move the bar."""
        self._paint()

    def watch_is_strip(self) -> None:
        """Show one line, or one for each."""
        self._paint()

    def on_resize(self) -> None:
        """Lay the lines out anew."""
        self._paint()

    def _paint(self) -> None:
        if self.is_strip:
            self.show((strip_line(self.entries, self.chosen),))
            return
        width = self.size.width
        self.show(
            tuple(
                entry_line(entry, width, is_chosen=entry.name == self.chosen)
                for entry in self.entries
            )
        )

    def action_move(self, steps: int) -> None:
        """Choose another tool."""
        names = [entry.name for entry in self.entries]
        if self.chosen in names:
            at = max(0, min(names.index(self.chosen) + steps, len(names) - 1))
            self._choose(names[at])

    def _choose(self, name: str) -> None:
        if name != self.chosen:
            self.post_message(self.Chosen(name))

    def on_click(self, event: Click) -> None:
        """Choose what is under the mouse."""
        if not self.is_strip and event.y < len(self.entries):
            self._choose(self.entries[event.y].name)
