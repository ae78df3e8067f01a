"""Which GPUs the screen shows, in which order, and whose they are. No Textual in here."""

from __future__ import annotations

from dataclasses import dataclass, field

from cockpit.devices.sample import GpuSample
from cockpit.tui.gpu_board import STRIP_STEP_S, Board, Order, is_wanted, ordered
from cockpit.tui.gpu_board_rows import RowView, history_line
from cockpit.tui.gpu_history import GpuHistory
from cockpit.tui.gpu_holders import holder_words
from cockpit.tui.gpu_span import past
from cockpit.tui.ink import Line
from cockpit.tui.store import Snapshot, holders
from cockpit.views.gpu_history import Recorded
from cockpit.views.gpu_owners import GpuOwner
from cockpit.views.run_view import RunView


@dataclass
class GpuList:
    """The GPUs that pass the filter, sorted; a sorted list changes places every 20 s only."""

    samples: tuple[GpuSample, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    """`run · r3`, by `GpuSample.key`."""
    runs: tuple[RunView, ...] = ()
    """The live runs that hold one of the GPUs shown."""
    _owners: dict[str, GpuOwner] = field(default_factory=dict)
    _places: tuple[object, tuple[str, ...]] = ((), ())

    def take(self, snapshot: Snapshot, words: str, order: Order) -> None:
        """Take what is known now."""
        self._owners = holders(snapshot)
        self.labels = {key: owner.label for key, owner in self._owners.items()}
        wanted = tuple(
            one
            for one in snapshot.reading.gpus
            if is_wanted(one, words, holder_words(one, self.labels.get(one.key, "")))
        )
        self.samples = self._in_order(wanted, order, snapshot.time)
        held = {self._owners[one.key].run_id for one in wanted if one.key in self._owners}
        self.runs = tuple(run for run in snapshot.runs if run.run_id in held)

    def _in_order(
        self, samples: tuple[GpuSample, ...], order: Order, now: float
    ) -> tuple[GpuSample, ...]:
        reason = (order, int(now // STRIP_STEP_S), frozenset(one.key for one in samples))
        if reason != self._places[0]:
            keys = tuple(one.key for one in ordered(samples, order, self.labels))
            self._places = (reason, keys)
        by_key = {one.key: one for one in samples}
        return tuple(by_key[key] for key in self._places[1])

    def find(self, key: str | None) -> GpuSample | None:
        """Return the GPU of that key, if it is shown."""
        return next((one for one in self.samples if one.key == key), None)

    def run_of(self, key: str | None) -> RunView | None:
        """Return the run that holds this GPU, or None."""
        owner = self._owners.get(key or "")
        return next((run for run in self.runs if owner and run.run_id == owner.run_id), None)

    def first_of(self, run_id: str) -> GpuSample | None:
        """Return the first GPU that this run holds."""
        mine = {key for key, owner in self._owners.items() if owner.run_id == run_id}
        return next((one for one in self.samples if one.key in mine), None)


class PastLines:
    """The histories of the rows, each made once a cell: they cost most of a row."""

    def __init__(self, live: GpuHistory) -> None:
        self._live = live
        self._made: dict[str, tuple[object, Line]] = {}

    def line(self, sample: GpuSample, recorded: Recorded, view: RowView, board: Board) -> Line:
        """Return the history of a row."""
        reason = (board.cells, board.form, view.figure, view.is_shaded, id(recorded))
        made = self._made.get(sample.key)
        if made is not None and made[0] == reason:
            return made[1]
        values = past(self._live, recorded, sample, view.figure, board.cells)
        line = history_line(sample, values, board.form, view)
        if any(value is not None for value in values):
            self._made[sample.key] = (reason, line)
        return line
