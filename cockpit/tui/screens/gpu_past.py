"""What the screens about GPUs share: the span of time they show, and where it is taken from."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import on, work
from textual.binding import Binding
from textual.message import Message
from textual.reactive import var
from textual.worker import get_current_worker

from cockpit.tui.gpu_history import GpuHistory
from cockpit.tui.gpu_span import Span, other_span, records_of, span_s
from cockpit.tui.screens.frame import FrameScreen
from cockpit.tui.store import Snapshot
from cockpit.views.gpu_history import Figure, Recorded, RecordedRuns
from cockpit.views.run_view import RunView

READ_EVERY_S: Final = 20.0
"""A record of days is large, and a cell of its history lasts minutes."""
SPAN_KEYS: Final = (
    Binding("plus,equals_sign,right_square_bracket", "span(1)", "span", key_display="+ −",
            id="past.longer", tooltip="A longer or a shorter time: 10 min, 1 h, the whole run"),
    Binding("minus,left_square_bracket", "span(-1)", show=False, id="past.shorter"),
)  # fmt: skip


class Past:
    """What is remembered of the GPUs, for every screen that shows it."""

    def __init__(self) -> None:
        self.live = GpuHistory()
        self.records = RecordedRuns()


class PastScreen(FrameScreen):
    """Shows GPUs over a span; reads the records of their runs in a thread."""

    MODE: ClassVar[str] = "1"

    span: var[Span] = var(Span.TEN_MINUTES, init=False)

    class WasRead(Message):
        """The records of runs."""

        def __init__(self, span: Span, recorded: Recorded) -> None:
            super().__init__()
            self.span = span
            self.recorded = recorded

    def __init__(self, host: str, past: Past) -> None:
        super().__init__(host)
        self.past = past
        self.recorded: Recorded = {}
        self._asked: tuple[float, Span, frozenset[str]] | None = None

    @property
    def runs_shown(self) -> tuple[RunView, ...]:
        """The live runs that hold what is shown."""
        return ()

    @property
    def span_s(self) -> float:
        """How many seconds are shown."""
        now = self.snapshot.time if self.snapshot else 0.0
        return span_s(self.span, self.runs_shown, now)

    def follow_records(self, snapshot: Snapshot) -> None:
        """Read the records again, when it is time or others are wanted."""
        runs = self.runs_shown
        ids = frozenset(run.run_id for run in runs)
        if self._asked is not None:
            when, span, asked_ids = self._asked
            is_early = 0 <= snapshot.time - when < READ_EVERY_S
            if is_early and (span, asked_ids) == (self.span, ids):
                return
        self._asked = (snapshot.time, self.span, ids)
        if runs:
            self._read(runs, self.span, self.span_s, snapshot.time)
        elif self.recorded:
            self.take_records({})

    @work(thread=True, exclusive=True, group="gpu-record", exit_on_error=False)
    def _read(self, runs: tuple[RunView, ...], span: Span, wanted_s: float, now: float) -> None:
        recorded = self.past.records.read(records_of(runs, wanted_s, now), now)
        if not get_current_worker().is_cancelled:
            self.post_message(self.WasRead(span, recorded))

    @on(WasRead)
    def take_what_was_read(self, event: WasRead) -> None:
        """Show it, unless another span was chosen meanwhile."""
        if event.span is self.span:
            self.take_records(event.recorded)

    def take_records(self, recorded: Recorded) -> None:
        """Keep what the records tell and show it."""
        self.recorded = recorded
        self.show_past()

    def show_past(self) -> None:
        """Draw the histories anew."""

    def watch_span(self) -> None:
        """Show another span at once, from what is known, and read the rest."""
        self.recorded = {}
        if self.snapshot is not None and self.is_mounted:
            self.follow_records(self.snapshot)
            self.show_past()

    def action_span(self, steps: int) -> None:
        """Take a longer or a shorter span."""
        self.span = other_span(self.span, steps, has_runs=bool(self.runs_shown))


FIGURE_KEYS: Final = (
    Binding("m", "figure('MEMORY')", "memory", id="gpus.memory",
            tooltip="Show the memory over time"),
    Binding("t", "figure('TEMPERATURE')", "temperature", id="gpus.temperature",
            tooltip="Show the temperature over time"),
    Binding("p", "figure('POWER')", "power", id="gpus.power", tooltip="Show the power over time"),
    Binding("u", "figure('UTILIZATION')", "utilisation", id="gpus.utilization",
            tooltip="Show the utilisation over time"),
)  # fmt: skip
FIGURE_OF: Final = {figure.name: figure for figure in Figure}
