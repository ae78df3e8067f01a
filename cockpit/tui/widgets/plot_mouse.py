"""A plot under the mouse: it says where it was pressed, how far it was dragged, where it turned."""

from __future__ import annotations

from typing import Final

from textual.events import (
    MouseDown,
    MouseMove,
    MouseScrollDown,
    MouseScrollLeft,
    MouseScrollRight,
    MouseScrollUp,
    MouseUp,
)
from textual.message import Message
from textual.widget import Widget

LEFT_BUTTON: Final = 1
WHEEL_PAN: Final = 0.1
"""A turn to the side moves by this part of what is shown."""


class PlotMouse(Widget):
    """Turns what the mouse does over the canvas into messages."""

    ALLOW_SELECT = False

    class Pointed(Message):
        """The cursor shall stand there, on the axis that is shown."""

        def __init__(self, x: float) -> None:
            super().__init__()
            self.x = x

    class Turned(Message):
        """More shall be seen of less around there, or less of more."""

        def __init__(self, x: float, steps: int) -> None:
            super().__init__()
            self.x = x
            self.steps = steps

    class Dragged(Message):
        """What is shown shall move by this part of itself; to the right shows what came later."""

        def __init__(self, part: float) -> None:
            super().__init__()
            self.part = part

    class TitlePressed(Message):
        """This plot shall be shown large."""

        def __init__(self, plot: PlotMouse) -> None:
            super().__init__()
            self.plot = plot

    _drag_from: int | None = None
    _is_pointing = False

    def x_at(self, column: int) -> float:
        """Return which x of the axis stands in a column of the widget."""
        raise NotImplementedError

    @property
    def columns(self) -> int:
        """How many cells the canvas has."""
        raise NotImplementedError

    def on_mouse_down(self, event: MouseDown) -> None:
        """Take the cursor along; with another button or ctrl what is shown moves instead."""
        event.stop()
        if event.y == 0:
            self.post_message(self.TitlePressed(self))
            return
        self.capture_mouse()
        if event.button == LEFT_BUTTON and not event.ctrl:
            self._is_pointing = True
            self.post_message(self.Pointed(self.x_at(event.x)))
        else:
            self._drag_from = event.x

    def on_mouse_move(self, event: MouseMove) -> None:
        """Follow the mouse while a button is held."""
        if self._is_pointing:
            self.post_message(self.Pointed(self.x_at(event.x)))
        elif self._drag_from is not None and event.x != self._drag_from:
            self.post_message(self.Dragged((self._drag_from - event.x) / self.columns))
            self._drag_from = event.x

    def on_mouse_up(self, event: MouseUp) -> None:
        """Let go."""
        self._is_pointing, self._drag_from = False, None
        self.capture_mouse(False)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Look closer."""
        event.stop()
        self._turn(event.x, 1, is_pan=event.shift)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Step back."""
        event.stop()
        self._turn(event.x, -1, is_pan=event.shift)

    def on_mouse_scroll_left(self, event: MouseScrollLeft) -> None:
        """Show what came before."""
        event.stop()
        self._turn(event.x, -1, is_pan=True)

    def on_mouse_scroll_right(self, event: MouseScrollRight) -> None:
        """Show what came later."""
        event.stop()
        self._turn(event.x, 1, is_pan=True)

    def _turn(self, column: int, steps: int, *, is_pan: bool) -> None:
        if is_pan:
            self.post_message(self.Dragged(steps * WHEEL_PAN))
        else:
            self.post_message(self.Turned(self.x_at(column), steps))
