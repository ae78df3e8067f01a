"""The top row: name, host, modes, counts, clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Click, Resize
from textual.message import Message
from textual.reactive import reactive

from cockpit.tui.ink import Line, cells, fit, push_right
from cockpit.tui.widgets.rows import Rows

WIDE = 100
SHORTEST_HOST = 12
"""Cells of the host's name that are worth more than the names of the other modes."""
CLOCK_WIDE, CLOCK_NARROW = 9, 6


@dataclass(frozen=True, slots=True)
class Mode:
    """One mode in the header."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many runs are in which state."""

    running: int = 0
    queued: int = 0
    needs_you: int = 0
    tool: str = ""
    """The tool that runs and how far it is: `memory 7/9`."""


def modes_line(modes: tuple[Mode, ...], active: str, *, is_named: bool) -> Line:
    """Return ` 1 Deck   2 Presets `; unnamed: the active one with its name, keys of the others."""
    line: Line = ()
    for mode in modes:
        if mode.key == active:
            line += ((f" {mode.key} ", "accent bold on select"),)
            line += ((f"{mode.name} ", "strong on select"),)
        elif is_named:
            line += ((f" {mode.key} {mode.name} ", "muted"),)
        else:
            line += ((f" {mode.key}", "muted"),)
    return line


def counts_line(counts: Counts, *, simulated: bool, is_wide: bool) -> Line:
    """Return `● 2 running  ○ 1 queued  ▲ 2 need you`; what is none is left out."""
    need = "needs you" if counts.needs_you == 1 else "need you"
    # A narrow header keeps the words as long as one count stands alone.
    shown = [count for count in (counts.running, counts.queued, counts.needs_you) if count]
    has_words = is_wide or (len(shown) <= 1 and not counts.tool)
    line: Line = (("SIMULATED", "attention bold"),) if simulated else ()
    if counts.tool:
        line += (("  ", "text"), ("● ", "accent"), (counts.tool, "text"))
    for count, sign, word, look, words_look in (
        (counts.running, "●", "running", "accent", "text"),
        (counts.queued, "○", "queued", "muted", "text"),
        (counts.needs_you, "▲", need, "attention", "attention bold"),
    ):
        if count:
            text = f"{count} {word}" if has_words else f"{count}"
            line += (("  ", "text"), (f"{sign} ", look), (text, words_look))
    return line


def clock_text(now: float, *, is_wide: bool) -> str:
    """Return the local time of day; nothing before the first reading."""
    if now <= 0:
        return ""
    moment = datetime.fromtimestamp(now).astimezone()
    return moment.strftime("%H:%M:%S" if is_wide else "%H:%M")


class Header(Horizontal):
    """`cockpit  gpu-server  1 Deck 2 Presets   ● 2 running  ▲ 1 needs you  18:43:07`.

    Counts and clock are widgets of their own: else every second would resend the whole row.
    """

    DEFAULT_CSS = """
    Header { dock: top; height: 1; background: $panel; padding: 0 1; }
    Header Rows { height: 1; width: auto; background: $panel; }
    """

    host: reactive[str] = reactive("", repaint=False)
    modes: reactive[tuple[Mode, ...]] = reactive((), repaint=False)
    active: reactive[str] = reactive("", repaint=False)
    """Key of the active mode."""
    counts: reactive[Counts] = reactive(Counts(), repaint=False)
    simulated: reactive[bool] = reactive(False, repaint=False)
    now: reactive[float] = reactive(0.0, repaint=False)
    """Epoch seconds, for the clock."""

    @dataclass
    class ModeChosen(Message):
        """A mode was clicked."""

        key: str

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002  # the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._names = Rows()
        self._counts = Rows()
        self._clock = Rows()
        self._spans: list[tuple[int, int, str]] = []

    def compose(self) -> ComposeResult:
        """Yield names, counts and clock."""
        yield self._names
        yield self._counts
        yield self._clock

    def on_mount(self) -> None:
        """Paint what was set before the mount."""
        self._paint()

    def on_resize(self, event: Resize) -> None:
        """Lay the row out for the new width."""
        self._paint()

    def watch_host(self) -> None:
        """Paint the name of the machine."""
        self._paint()

    def watch_modes(self) -> None:
        """Paint the modes."""
        self._paint()

    def watch_active(self) -> None:
        """Mark another mode."""
        self._paint()

    def watch_counts(self) -> None:
        """Paint the counts."""
        self._paint()

    def watch_simulated(self) -> None:
        """Label the header."""
        self._paint()

    def watch_now(self) -> None:
        """Move the clock."""
        self._paint()

    def _paint(self) -> None:
        width = self.size.width
        if not self.is_mounted or width <= 0:
            return
        is_wide = width >= WIDE - 2
        clock_width = CLOCK_WIDE if is_wide else CLOCK_NARROW
        counts = counts_line(self.counts, simulated=self.simulated, is_wide=is_wide)
        counts_width = cells(counts) + 1
        room = max(0, width - clock_width - counts_width)
        self._set(self._names, self._names_line(room, is_wide=is_wide), room)
        self._set(self._counts, counts, counts_width)
        clock = clock_text(self.now, is_wide=is_wide)
        self._set(self._clock, push_right(((clock, "text"),), clock_width), clock_width)

    def _names_line(self, room: int, *, is_wide: bool) -> Line:
        """Return name, host and modes; names of modes give way, then the host, never a mode."""
        gap = "    " if is_wide else "  "
        named = modes_line(self.modes, self.active, is_named=True)
        free = room - len("cockpit  ") - len(gap) - cells(named)
        is_named = is_wide or free >= min(len(self.host), SHORTEST_HOST)
        modes = named if is_named else modes_line(self.modes, self.active, is_named=False)
        free = room - len("cockpit  ") - len(gap) - cells(modes)
        host = self.host if len(self.host) <= free else fit(self.host, max(0, free))
        head: Line = (("cockpit", "strong"), ("  ", "text"), (host, "muted"), (gap, "text"))
        self._spans = self._find_spans(cells(head), is_named=is_named)
        return (*head, *modes)

    def _find_spans(self, start: int, *, is_named: bool) -> list[tuple[int, int, str]]:
        spans = []
        for mode in self.modes:
            size = cells(modes_line((mode,), self.active, is_named=is_named))
            spans.append((start, start + size, mode.key))
            start += size
        return spans

    @staticmethod
    def _set(rows: Rows, line: Line, width: int) -> None:
        now = rows.styles.width
        if now is None or now.is_auto or now.value != width:  # auto has the value 1 too
            rows.styles.width = width
        rows.show((line,))

    def on_click(self, event: Click) -> None:
        """Tell which mode was clicked."""
        x = event.screen_x - self.content_region.x
        for start, end, key in self._spans:
            if start <= x < end:
                self.post_message(self.ModeChosen(key))
