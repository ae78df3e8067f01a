"""The bottom row: the keys that matter here."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding
from textual.events import Click, Resize
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from cockpit.tui.ink import Line, cells, glyphs_of, ink_of

GAP = "   "
Key = tuple[str, str, str]
"""What is pressed, as shown; what it does; the key to simulate on a click."""
RIGHT: tuple[Key, ...] = (("^p", "palette", "ctrl+p"), ("?", "help", "question_mark"))


def keys_line(keys: Iterable[Key], room: int) -> tuple[Line, list[tuple[int, int, str]]]:
    """Return as many keys as fit whole into `room` cells, and where each one stands."""
    line: Line = ()
    spans: list[tuple[int, int, str]] = []
    for shown, words, key in keys:
        gap = GAP if line else ""
        start = cells(line) + len(gap)
        piece: Line = ((gap, "muted"), (shown, "accent bold"), (f" {words}", "muted"))
        if cells(line) + cells(piece) > room:
            break
        line += piece
        spans.append((start, cells(line), key))
    return line, spans


class Footer(Widget):
    """The shown bindings of the screen at the left, palette and help at the right."""

    DEFAULT_CSS = "Footer { dock: bottom; height: 1; background: $panel; padding: 0 1; }"
    ALLOW_SELECT = False

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002  # the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._keys: tuple[Key, ...] = ()
        self._spans: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._take)
        self._take(self.screen)

    def on_unmount(self) -> None:
        """Stop to follow."""
        self.screen.bindings_updated_signal.unsubscribe(self)

    def on_resize(self, event: Resize) -> None:
        """Show more or fewer keys."""
        self.refresh()

    def _take(self, screen: Screen[object]) -> None:
        text = glyphs_of(self).text
        keys = tuple(
            (text(self.app.get_key_display(binding)), text(binding.description), binding.key)
            for binding in _shown(screen)
        )
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return the row."""
        width = self.size.width
        right, right_spans = keys_line(self._right(width), width)
        left, left_spans = keys_line(self._keys, width - cells(right) - len(GAP))
        blank = width - cells(left) - cells(right)
        shift = width - cells(right)
        self._spans = left_spans + [(a + shift, b + shift, key) for a, b, key in right_spans]
        return ink_of(self).strip((*left, (" " * blank, "text"), *right), width)

    def _right(self, width: int) -> tuple[Key, ...]:
        """Return what stands at the right: of a screen with many keys the palette gives way."""
        if not getattr(self.screen, "has_many_keys", False):
            return RIGHT
        everything, _ = keys_line((*self._keys, *RIGHT), 10 * width)
        return RIGHT if cells(everything) <= width else RIGHT[1:]

    async def on_click(self, event: Click) -> None:
        """Press the key under the mouse."""
        for start, end, key in self._spans:
            if start <= event.x - 1 < end:
                self.app.simulate_key(key)


def _shown(screen: Screen[object]) -> list[Binding]:
    """Return the shown bindings: the screen's own in its order, then those of the focus."""
    active = [one for one in screen.active_bindings.values() if one.binding.show and one.enabled]
    own = [pair for binding in screen.BINDINGS for pair in _keys_of(binding)]
    order = {pair: place for place, pair in enumerate(own)}
    chosen = sorted(
        active,
        key=lambda one: order.get((one.binding.key, one.binding.description), len(order)),
    )
    by_action: dict[tuple[str, str], Binding] = {}
    for one in chosen:
        if not one.binding.system:
            by_action.setdefault((one.binding.description, one.binding.action), one.binding)
    return list(by_action.values())


def _keys_of(binding: object) -> list[tuple[str, str]]:
    """Return the keys of a binding as a class states it, each with what it does.

    What it does tells it from the focus's own use of the key: `esc back`, `esc leave the field`.
    """
    if isinstance(binding, Binding):
        return [(key.strip(), binding.description) for key in binding.key.split(",")]
    return []
