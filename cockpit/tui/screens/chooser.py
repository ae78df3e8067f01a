"""A list to choose from, made shorter by writing a part of a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from cockpit.tui.choice import Choice


class Chooser(ModalScreen[str | None]):
    """Gives the key of what was chosen; letters make the list shorter."""

    HELP = "Letters filter the list; ⏎ takes the entry under the bar; esc takes none."
    AUTO_FOCUS = "#chooser-filter"
    DEFAULT_CSS = """
    Chooser { background: transparent; align: center middle; }
    #chooser-box { width: 90; max-width: 100%; height: auto; max-height: 90%; background: $raised;
        border: round $line; border-title-color: $strong; border-title-style: bold; padding: 1 2; }
    #chooser-filter { height: 1; border: none; padding: 0; background: $select; margin-bottom: 1; }
    #chooser-list { height: auto; max-height: 24; border: none; padding: 0; background: $raised; }
    #chooser-keys { margin-top: 1; height: 1; color: $muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "back", id="chooser.back", tooltip="Take none"),
        Binding("down", "move('cursor_down')", show=False, id="chooser.down"),
        Binding("up", "move('cursor_up')", show=False, id="chooser.up"),
        Binding("pagedown", "move('page_down')", show=False, id="chooser.page-down"),
        Binding("pageup", "move('page_up')", show=False, id="chooser.page-up"),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], at: str = "") -> None:
        super().__init__()
        self._title = title
        self._choices = tuple(choices)
        self._at = at

    def compose(self) -> ComposeResult:
        """Yield the line for the filter, and the list."""
        box = Vertical(id="chooser-box")
        box.border_title = self._title
        with box:
            line = Input(placeholder="a part of the name", id="chooser-filter")
            line.cursor_blink = False
            yield line
            yield OptionList(id="chooser-list", markup=False)
            yield Static(_keys(), id="chooser-keys")

    def on_mount(self) -> None:
        """Show all, the bar on the present one; the keys stay with the filter."""
        listed = self.query_one(OptionList)
        listed.can_focus = False
        self._fill("")
        keys = [choice.key for choice in self._choices]
        listed.highlighted = keys.index(self._at) if self._at in keys else 0 if keys else None

    def _fill(self, text: str) -> None:
        listed = self.query_one(OptionList)
        listed.clear_options()
        found = [
            Option(_words(one), id=f"n{number}")
            for number, one in enumerate(self._choices)
            if any(text.lower() in name.lower() for name in (one.name, *one.also))
        ]
        nothing = Option(Content.styled("  nothing matches", "$muted"), disabled=True)
        listed.add_options(found or [nothing])
        listed.highlighted = 0 if found else None

    @on(Input.Changed)
    def filter_entries(self, event: Input.Changed) -> None:
        """Show what holds the text."""
        self._fill(event.value)

    @on(Input.Submitted)
    def take_highlighted(self) -> None:
        """Give the entry under the bar."""
        listed = self.query_one(OptionList)
        if listed.highlighted is not None:
            self._give(listed.get_option_at_index(listed.highlighted))

    @on(OptionList.OptionSelected)
    def take(self, event: OptionList.OptionSelected) -> None:
        """Give the entry that was clicked."""
        self._give(event.option)

    def _give(self, option: Option) -> None:
        self.dismiss(self._choices[int(str(option.id)[1:])].key)

    def action_move(self, how: str) -> None:
        """Move the bar."""
        getattr(self.query_one(OptionList), f"action_{how}")()


def _words(choice: Choice) -> Content:
    sign = "✓ " if choice.is_on else "  "
    return Content.assemble((sign, "$good"), choice.name, (f"  {choice.note}", "$muted"))


def _keys() -> Content:
    keys = (("⏎", "take"), ("esc", "back"))
    return Content("   ").join(
        Content.assemble((key, "$accent bold"), (f" {words}", "$muted")) for key, words in keys
    )
