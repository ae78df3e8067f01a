"""The runs, newest first, one row each."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView

from cockpit.views.run_view import RunView


class RunList(ScrollView, can_focus=True):
    """A list of runs that keeps its selection by run_id while the runs change."""

    runs: reactive[tuple[RunView, ...]] = reactive(())
    selected: reactive[str | None] = reactive(None)
    """The run_id of the highlighted row."""

    @dataclass
    class Highlighted(Message):
        """Another run is selected, or none (empty run_id)."""

        run_id: str

    @dataclass
    class Opened(Message):
        """The user wants to see this run."""

        run_id: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
