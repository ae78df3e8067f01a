"""The top row: name, host, modes, counts, clock."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


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


class Header(Widget):
    """`cockpit  gpu-server  1 Deck 2 Presets   ● 2 running  ▲ 1 needs you  18:43:07`."""

    DEFAULT_CSS = "Header { dock: top; height: 1; }"

    host: reactive[str] = reactive("")
    modes: reactive[tuple[Mode, ...]] = reactive(())
    active: reactive[str] = reactive("")
    """Key of the active mode."""
    counts: reactive[Counts] = reactive(Counts())
    simulated: reactive[bool] = reactive(False)
    now: reactive[float] = reactive(0.0)
    """Epoch seconds, for the clock."""

    @dataclass
    class ModeChosen(Message):
        """A mode was clicked."""

        key: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
