"""What comes after a run: why it ended badly and what to try, or the steps that can follow it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import getters, on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize
from textual.message import Message

from cockpit.errors import CockpitError
from cockpit.runs.phase import Phase
from cockpit.tui.acts import explain_end, steps_after
from cockpit.tui.ink import Line, fit
from cockpit.tui.offers import is_all_done
from cockpit.tui.why_words import places, sentence, step_lines, why_lines
from cockpit.tui.widgets.rows import Rows
from cockpit.tui.widgets.rule_title import RuleTitle
from cockpit.views.run_view import RunView

if TYPE_CHECKING:  # read when a run is over
    from cockpit.supervise.after import StepView
    from cockpit.views.explain import Explanation


class Aftermath(Vertical):
    """Asks once for each end of a run, in a thread; takes no room while there is nothing to say."""

    DEFAULT_CSS = "Aftermath { height: auto; display: none; } Aftermath.-shown { display: block; }"

    title = getters.query_one(RuleTitle)
    rows = getters.query_one(Rows)

    def __init__(self) -> None:
        super().__init__()
        self._run: RunView | None = None
        self._end: tuple[object, ...] | None = None
        self._found: Explanation | None = None
        self._next = 0
        self.steps: tuple[StepView, ...] = ()

    @dataclass
    class Asked(Message):
        """What was found out about an end."""

        end: tuple[object, ...]
        found: Explanation | None
        steps: tuple[StepView, ...]

    @dataclass
    class Known(Message):
        """There is something to show, or nothing any more."""

    def compose(self) -> ComposeResult:
        """Yield a title and the lines."""
        yield RuleTitle()
        yield Rows()

    @property
    def places(self) -> tuple[int, ...]:
        """Numbers of the log's lines that say why, the most telling first."""
        return places(self._found)

    def next_place(self) -> int:
        """Return the next of these numbers, and begin again after the last."""
        numbers = self.places
        number = numbers[self._next % len(numbers)]
        self._next += 1
        return number

    def follow(self, run: RunView) -> None:
        """Ask what came of the run, when it has come to another end."""
        self._run = run
        end = (run.run_id, run.phase, run.attempt, run.ended) if run.phase.is_over else None
        if end == self._end:
            return
        self._end, self._found, self._next, self.steps = end, None, 0, ()
        self._show()
        if end is not None:
            self.ask(end, run)

    @work(thread=True, exclusive=True, group="aftermath", exit_on_error=False)
    def ask(self, end: tuple[object, ...], run: RunView) -> None:
        """Explain a bad end; list what can follow a run that did all it was to do."""
        found: Explanation | None = None
        steps: tuple[StepView, ...] = ()
        try:
            if run.phase in (Phase.FAILED, Phase.LOST):
                found = explain_end(run.directory, is_copy=run.opened is not None)
            if is_all_done(run) and not run.is_remote:
                steps = steps_after(run.run_id)
        except CockpitError:  # removed meanwhile, or of a preset that is broken now
            pass
        self.post_message(self.Asked(end, found, steps))

    @on(Asked)
    def take(self, event: Asked) -> None:
        """Show it, unless the run goes on already."""
        event.stop()
        if event.end == self._end:
            self._found, self.steps = event.found, event.steps
            self._show()

    @on(Resize)
    def fit_again(self) -> None:
        """Cut the lines to the new width."""
        self.call_after_refresh(self._show_lines)

    def sentence_line(self, width: int) -> Line:
        """Return the cause as the head's second line; empty while it is not known."""
        cause = self._found.cause if self._found is not None else None
        if cause is None or self._run is None:
            return ()
        is_failed = self._run.phase is Phase.FAILED
        sign, look = ("✗", "danger") if is_failed else ("▲", "attention")
        return ((f"{sign} ", look), (fit(sentence(cause), width - 2).rstrip(), f"{look} bold"))

    def _show(self) -> None:
        self._show_lines()
        self.post_message(self.Known())

    def _show_lines(self) -> None:
        run, width, height = self._run, max(20, self.screen.size.width - 2), self._height
        lines: tuple[Line, ...] = ()
        if run is not None and self._found is not None and self._found.cause is not None:
            lines = why_lines(self._found, width, height)
            self.title.title, self.title.facts = "Why", self._found.cause.code
            self.title.state = f"cockpit explain {run.run_id}"
        elif run is not None and self.steps:
            lines = step_lines(self.steps, width, height)
            self.title.title, self.title.facts = "After this run", "e  launch one of these"
            self.title.state = f"cockpit after {run.run_id}"
        self.rows.show(lines)
        self.title.display = self.screen.size.height >= 30
        self.set_class(bool(lines), "-shown")

    @property
    def _height(self) -> int:
        rows = self.screen.size.height
        return 9 if rows >= 40 else 6 if rows >= 30 else 3
