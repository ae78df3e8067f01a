"""What is noticed of a run, wrapped, each with what to do about it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize
from textual.reactive import reactive

from cockpit.tui.noticed import Noticed
from cockpit.tui.run_attention import attention_lines
from cockpit.tui.widgets.rows import Rows
from cockpit.tui.widgets.rule_title import RuleTitle


class NoticedBlock(Vertical):
    """A title and the alerts of a run; nothing at all where there is none."""

    DEFAULT_CSS = """
    NoticedBlock { height: auto; display: none; }
    NoticedBlock.-shown { display: block; }
    """

    found: reactive[tuple[Noticed, ...]] = reactive((), repaint=False)
    """Worst first."""

    def __init__(self) -> None:
        super().__init__()
        self._title = RuleTitle("Attention")
        self._rows = Rows()

    def compose(self) -> ComposeResult:
        """Yield the title and the lines below it."""
        yield self._title
        yield self._rows

    def watch_found(self, found: tuple[Noticed, ...]) -> None:
        """Come or go, and wrap the new words."""
        self.set_class(bool(found), "-shown")
        self._paint()

    def on_resize(self, event: Resize) -> None:
        """Wrap the words to the new width."""
        self._paint()

    def _paint(self) -> None:
        if self.is_mounted and self.size.width > 0:
            self._title.facts = str(len(self.found)) if len(self.found) > 1 else ""
            self._rows.show(attention_lines(self.found, self.size.width))
