"""Search in a log, by a thread: the nearest line first, then how many there are."""

from __future__ import annotations

from dataclasses import dataclass, replace

from textual import on, work
from textual.message import Message
from textual.worker import get_current_worker

from cockpit.tui.log_words import as_shown
from cockpit.tui.widgets.log_pace import Pace
from cockpit.tui.widgets.log_pane import STEP_BLOCKS, LogPane
from cockpit.views.log_filter import LogFilter, Wanted, parse_wanted
from cockpit.views.log_pages import LogPages, PageLine


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that was searched for."""

    number: int
    """Its place in the file, from 0."""
    is_wrapped: bool
    """It was reached around the end, or the beginning."""


class LogFinder(LogPane):
    """A log in which one goes from hit to hit; keys act while it searches."""

    @dataclass
    class Searched(Message):
        """A search came to its end."""

        text: str
        hit: Hit | None

    @dataclass
    class Found(Message):
        """The nearest line that was searched for, or None."""

        hits: LogPages
        hit: Hit | None

    @dataclass
    class Counted(Message):
        """All lines that were searched for are counted."""

        hits: LogPages

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        self.wanted: Wanted | None = None
        """What is marked in the lines."""
        self._goal: LogFilter | None = None
        self._goal_text = ""
        self._hits: LogPages | None = None
        self._is_counted = False
        self._hit: Hit | None = None
        self._waiting: bool | None = None
        self._line_to_show: int | None = None
        self.is_searching = False
        self.missed = ""
        """What the last search did not find, until a key is pressed."""

    def text_of(self, line: PageLine) -> str:
        """Return a line as it is shown."""
        return as_shown(line.raw, self.rank_cells)

    @property
    def found(self) -> int | None:
        """The number of the line that the last search found, 0-based."""
        return self._hit.number if self._hit else None

    @property
    def has_goal(self) -> bool:
        """Whether there is something to go on searching for."""
        return self._goal is not None

    @property
    def goal_words(self) -> str:
        """What is searched for: `“loss”`, `“loss(” as plain text` or `errors`."""
        if self.wanted is None:
            return self._goal_text
        return f"“{self._goal_text}”" + (" as plain text" if self.wanted.is_broken else "")

    @property
    def count_words(self) -> str:
        """`3 of 128`, as soon as they are counted."""
        if self._hit is None or self._hits is None or not self._is_counted:
            return ""
        return f"{self._hits.row_of(self._hit.number) + 1:,} of {len(self._hits):,}"

    @property
    def went_around(self) -> bool:
        """Whether the line was reached around the end, or the beginning."""
        return self._hit is not None and self._hit.is_wrapped

    def forget(self) -> None:
        """The lines are others now."""
        self._goal, self._hits, self._hit, self.wanted = None, None, None, None
        self._waiting, self.is_searching, self._is_counted = None, False, False
        self.missed = ""

    def give_up(self) -> None:
        """End a search."""
        self.workers.cancel_group(self, "search")
        self.forget()
        self.refresh()
        self.tell()

    def forget_miss(self) -> None:
        """Say no more what was not found."""
        if self.missed:
            self.missed = ""
            self.tell()

    def find(self, text: str, *, forward: bool | None = None) -> None:
        """Look for the next line that holds a text or an expression, around the end if need be.

        From the line found before on; without one from the window's top, or backward from the
        end while that is followed. `Searched` tells what came of it; other keys act meanwhile.
        """
        if not text or self.pages is None:
            return
        if self.wanted is None or self._goal_text != text:
            self.wanted = parse_wanted(text)
            self._begin_quest(text, self.shown.holding(self.wanted))
            self._seek(*self._start(forward))
        else:
            self.find_again(forward=forward is not False)

    def find_error(self) -> None:
        """Go to the first error of the log; when one is there already, to the next."""
        if self.pages is None:
            return
        goal = replace(self.shown, only_beginnings=True)
        if self._goal != goal:
            self.wanted = None
            self._begin_quest("error", goal)
            self._seek(0, forward=True)
        else:
            self.find_again(forward=True)

    def find_again(self, *, forward: bool) -> None:
        """Go on to the next hit, or to the one before."""
        if self._goal is None or self.pages is None or self.is_searching:
            return
        if self._hit is None:
            self._seek(*self._start(forward))
            return
        if self._is_counted and self._hits is not None and self._hits.is_complete:
            self._step(self._hits, self._hit, 1 if forward else -1)
            return
        last = len(self.pages.index) - 1
        step = self._hit.number + (1 if forward else -1)
        is_in = 0 <= step <= last
        self._seek(
            step if is_in else (0 if forward else last), forward=forward, is_around=not is_in
        )

    def _step(self, hits: LogPages, hit: Hit, step: int) -> None:
        """Go on among hits that are all counted."""
        row = hits.row_of(hit.number) + step
        is_in = 0 <= row < len(hits)
        lines = hits.read(row % len(hits), 1) if len(hits) else []
        if lines:
            self._arrive(Hit(lines[0].number, not is_in and len(hits) > 1))

    def _begin_quest(self, name: str, goal: LogFilter) -> None:
        self._goal, self._goal_text = goal, name
        self._hits, self._hit, self._is_counted = None, None, False
        self.missed = ""

    def _start(self, forward: bool | None) -> tuple[int, bool]:
        """Return the line to begin with, and in which direction."""
        assert self.pages is not None
        if self.following:
            return max(0, len(self.pages.index) - 1), bool(forward)
        is_forward = forward is not False
        line = self.line_at(self.scroll_offset.y if is_forward else max(0, self.last_row))
        return (line.number if line else 0), is_forward

    def _seek(
        self, number: int, forward: bool, *, is_around: bool = False
    ) -> None:  # as `_start` gives it
        self.is_searching = True
        if self.is_partial or self._goal is None or self.pages is None:
            self._waiting = forward
        else:
            hits = self._hits or LogPages(self.pages.index, self._goal)
            self._hits = hits
            self.seek(hits, number, forward, is_around)
        self.tell()

    def settled(self) -> None:
        """Do what had to wait."""
        number, forward = self._line_to_show, self._waiting
        self._line_to_show, self._waiting = None, None
        if number is not None:
            self.go_to(number)
        elif forward is not None and self._goal is not None:
            self._seek(0 if self.wanted is None else self._start(forward)[0], forward)

    @work(thread=True, exclusive=True, group="search", exit_on_error=False)
    def seek(
        self, hits: LogPages, number: int, forward: bool, is_around: bool
    ) -> None:  # a thread's own
        """Find the nearest hit, then count them all."""
        worker, pace = get_current_worker(), Pace()
        for line in hits.nearest(number, forward=forward):
            if worker.is_cancelled:
                return
            if line is not None:
                is_beyond = line.number < number if forward else line.number > number
                self.post_message(self.Found(hits, Hit(line.number, is_beyond or is_around)))
                break
            pace.rest()
        else:
            self.post_message(self.Found(hits, None))
        while hits.grow(STEP_BLOCKS) and not hits.is_complete:
            if worker.is_cancelled:
                return
            pace.rest()
        self.post_message(self.Counted(hits))

    @on(Found)
    def show_found(self, event: Found) -> None:
        """Go to the line."""
        event.stop()
        if event.hits is not self._hits:
            return
        self._arrive(event.hit)

    def _arrive(self, hit: Hit | None) -> None:
        self.is_searching, self._hit = False, hit
        if hit is not None:
            self.bring_to_sight(hit.number)
        elif self.wanted is not None:
            self.missed = self.wanted.why_none(self.goal_words)
        else:
            self.missed = "no error"
        self.refresh()
        self.tell()
        self.post_message(self.Searched(self._goal_text, hit))

    @on(Counted)
    def show_count(self, event: Counted) -> None:
        """Say how many there are."""
        event.stop()
        if event.hits is self._hits:
            self._is_counted = True
            self.tell()

    def count(self, pages: LogPages) -> bool:
        """Count the hits among the lines that were added, too."""
        if self._hits is not None and self._is_counted:
            self._hits.grow(STEP_BLOCKS)
        return super().count(pages)

    def go_to(self, number: int) -> None:
        """Show the line of that number, 0-based, in the middle, and mark it."""
        if self.is_partial:
            self._line_to_show = number
        elif self.pages is not None and 0 <= number < len(self.pages.index):
            self._show_line(number)

    def _show_line(self, number: int) -> None:
        self.forget()
        self._hit = Hit(number, is_wrapped=False)
        self.bring_to_sight(number)
        self.refresh()
        self.tell()

    def bring_to_sight(self, number: int) -> None:
        """Scroll until that line can be seen."""
