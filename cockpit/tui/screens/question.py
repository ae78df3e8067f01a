"""A question in a box: what is meant, what comes of it, and two buttons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from cockpit.tui.ending import Consequence

LABEL_WIDTH: Final = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of a question."""

    title: str
    subject: str
    state: str
    yes: str
    no: str
    lines: tuple[Consequence, ...] = ()
    is_danger: bool = False


class Question(ModalScreen[bool]):
    """True when the answer is yes; the focus begins on the harmless button."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", id="question.yes", tooltip="Do it"),
        Binding("escape,n", "answer(False)", "no", id="question.no", tooltip="Leave it alone"),
        Binding("q", "app.quit", "leave", show=False, id="question.quit",
                tooltip="Leave; the runs go on"),
        Binding("left,right", "app.focus_next", "other button", show=False, id="question.move",
                tooltip="Move between the two buttons"),
    ]  # fmt: skip

    def __init__(self, asked: Asked) -> None:
        super().__init__()
        self._asked = asked

    def compose(self) -> ComposeResult:
        """Yield the box."""
        asked = self._asked
        box = Vertical(id="question-box", classes="-danger" if asked.is_danger else "")
        box.border_title = asked.title
        with box:
            yield Static(Content.assemble((asked.subject, "$strong bold")))
            yield Static(Content(asked.state))
            yield Static("")
            yield Static(_text(asked.lines), id="question-lines")
            with Horizontal(id="question-buttons"):
                yield Button(Content.assemble(("y", "bold"), f"  {asked.yes}"), id="question-yes")
                yield Button(Content.assemble(("esc", "bold"), f"  {asked.no}"), id="question-no")

    def on_mount(self) -> None:
        """Put the focus on the harmless button."""
        self.query_one("#question-no", Button).focus()

    def show_lines(self, lines: Iterable[Consequence]) -> None:
        """Say what comes of it, when that is known later than the question."""
        self.query_one("#question-lines", Static).update(_text(lines))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the button's answer."""
        self.dismiss(event.button.id == "question-yes")

    def action_answer(self, is_yes: bool) -> None:
        """Take the key's answer."""
        self.dismiss(is_yes)


def _text(lines: Iterable[Consequence]) -> Content:
    return Content("\n").join(map(_line, lines))


def _line(line: Consequence) -> Content:
    return Content.assemble((line.label.ljust(LABEL_WIDTH), "$muted"), (line.text, f"${line.tone}"))
