"""A report that is read: lines that scroll, and a text that is looked for in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cockpit.tui.ink import Line, ink_of, pad, plain, select


class MarkdownView(ScrollView, can_focus=True):
    """Shows lines that are laid out already; only those in sight are painted."""

    DEFAULT_CSS = """
    MarkdownView { height: 1fr; overflow-x: hidden; overflow-y: scroll; scrollbar-size: 0 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "lines(-1)", "scroll", key_display="↑ ↓", show=False, id="report.up",
                tooltip="A line up or down"),
        Binding("down,j", "lines(1)", show=False, id="report.down"),
        Binding("pageup,b", "pages(-1)", show=False, key_display="pgup pgdn", id="report.page-up",
                tooltip="A page up or down"),
        Binding("pagedown,space", "pages(1)", show=False, id="report.page-down"),
        Binding("home,g", "top", show=False, key_display="home", id="report.top",
                tooltip="The beginning"),
        Binding("end,G", "bottom", show=False, key_display="end", id="report.bottom",
                tooltip="The end"),
    ]  # fmt: skip

    @dataclass
    class Moved(Message):
        """Other lines can be seen."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()
        self.found: int | None = None
        """The line that was found last."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """Everything that can be scrolled to."""
        return self._lines

    @property
    def place(self) -> str:
        """`1-20 of 340`; empty where everything can be seen."""
        top, height = self.scroll_offset.y, self.size.height
        if len(self._lines) <= height:
            return ""
        return f"{top + 1}-{min(top + height, len(self._lines))} of {len(self._lines):,}"

    def show(self, lines: tuple[Line, ...], *, from_top: bool = True) -> None:
        """Show these lines instead, from the first one on or from where one was."""
        if lines == self._lines and not from_top:
            return
        self._lines, self.found = lines, None
        self.virtual_size = Size(self.size.width, len(lines))
        if from_top:
            self.scroll_to(y=0, animate=False, immediate=True)
        self.refresh()
        self.call_after_refresh(self._tell)

    def find(self, text: str, *, forward: bool = True, again: bool = False) -> bool:
        """Go to the next line that holds a text, around the end if need be."""
        wanted, count = text.casefold(), len(self._lines)
        if not wanted or not count:
            return False
        step = 1 if forward else -1
        start = self.scroll_offset.y if self.found is None else self.found + step * again
        for offset in range(count):
            number = (start + step * offset) % count
            if wanted in plain(self._lines[number]).casefold():
                self._bring(number)
                return True
        return False

    def forget(self) -> None:
        """Mark nothing any more."""
        self.found = None
        self.refresh()

    def _bring(self, number: int) -> None:
        self.found = number
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if not top <= number < top + height:
            self.scroll_to(y=max(0, number - height // 3), animate=False, immediate=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return row `y` of the window."""
        number, width = self.scroll_offset.y + y, self.size.width
        line = self._lines[number] if number < len(self._lines) else ()
        if number == self.found:
            line = select(pad(line, width))
        return ink_of(self).strip(line, width)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Say where one is."""
        super().watch_scroll_y(old_value, new_value)
        self._tell()

    def on_resize(self, event: Resize) -> None:
        """Say how much can be seen."""
        self._tell()

    def _tell(self) -> None:
        self.post_message(self.Moved())

    def _go(self, y: float) -> None:
        self.scroll_to(y=y, animate=False, immediate=True)

    def action_lines(self, lines: int) -> None:
        """Scroll by so many lines."""
        self._go(self.scroll_offset.y + lines)

    def action_pages(self, pages: int) -> None:
        """Scroll by so many pages; one line stays in sight."""
        self._go(self.scroll_offset.y + pages * max(1, self.size.height - 1))

    def action_top(self) -> None:
        """Go to the beginning."""
        self._go(0)

    def action_bottom(self) -> None:
        """Go to the end."""
        self._go(len(self._lines))
