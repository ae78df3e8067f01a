"""An app that runs tools: one at a time, from whichever screen; it goes on when modes change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from textual import on
from textual.timer import Timer
from textual.widget import Widget

from cockpit.tui.comparing import ComparingApp
from cockpit.tui.messages import RunTool, StopTool
from cockpit.tui.run_acts import READ_ONLY
from cockpit.tui.screens.frame import FrameScreen
from cockpit.tui.store import Store

if TYPE_CHECKING:  # the running half of the program is read when a tool is run
    from cockpit.tui.tools.job import Begin, ToolJob
    from cockpit.tui.tools.record import ToolRecord

LOOK_S: Final = 0.5
"""Events come in bursts: what they come to is painted twice a second at most."""


class ToolingApp(ComparingApp):
    """Holds the tool that runs, and shows it to every screen."""

    def __init__(
        self,
        open_store: Callable[[], Store],
        clock: Callable[[], float],
        *,
        ascii_only: bool,
        readonly: bool,
    ) -> None:
        super().__init__(open_store, clock, ascii_only=ascii_only, readonly=readonly)
        self.clock = clock
        self.begin_tool: Begin | None = None
        """What starts a tool; None: the real one."""
        self._job: ToolJob | None = None
        self._job_timer: Timer | None = None

    @property
    def tool_record(self) -> ToolRecord | None:
        """The tool that runs, or the last one that was run here."""
        return self._job.record if self._job else None

    @property
    def is_stopping_tool(self) -> bool:
        """True from the wish to stop it until its end."""
        return self._job is not None and self._job.is_stopping

    @property
    def runs_tool(self) -> bool:
        """True while a tool runs."""
        return self._job is not None and self._job.record.is_running

    @on(RunTool)
    def run_tool(self, event: RunTool) -> None:
        """Start a tool, unless one runs or this screen only looks."""
        if self.readonly:
            self.notify(READ_ONLY)
            return
        if self._job is not None and self.runs_tool:
            self.notify(f"{self._job.record.tool} is still running: s stops it", markup=False)
            return
        from cockpit.tui.tools.job import ToolJob, begin

        self._job = ToolJob(event.ask, self.clock, self.begin_tool or begin)
        self._job.start()
        if self._job_timer is None:
            self._job_timer = self.set_interval(LOOK_S, self._look_at_job)
        self._look_at_job()

    @on(StopTool)
    def stop_tool(self) -> None:
        """End the tool; what it measured is kept."""
        if self._job is not None:
            self._job.stop()
            self._look_at_job()

    def _look_at_job(self) -> None:
        is_over = self._job is None or not self._job.is_alive()
        for screen in self.screen_stack if self.screen_stack else ():
            self._hand_job(screen)
        if is_over and self._job_timer is not None:
            self._job_timer.stop()
            self._job_timer = None
            if self._job is not None and self._job.written:
                self.notify(self._job.written, timeout=12, markup=False)

    def show_newest(self, screen: Widget) -> None:
        """Hand the newest snapshot and the tool to a screen."""
        self._hand_job(screen)
        super().show_newest(screen)

    def _hand_job(self, screen: Widget) -> None:
        if self._job is None or not isinstance(screen, FrameScreen):
            return
        from cockpit.tui.tools.words import header_words

        screen.tool_words = header_words(self._job.record)
        screen.show_tool()

    async def action_quit(self) -> None:
        """Leave; a tool that runs would end with this screen, so that is asked first."""
        if self._job is None or not self.runs_tool:
            await super().action_quit()
            return
        from cockpit.tui.screens.end_tool import EndTool

        if not isinstance(self.screen, EndTool):
            self.push_screen(EndTool(self._job.record, self.clock()), self._leave)

    def _leave(self, is_yes: bool | None) -> None:
        if is_yes:
            self.exit()

    def on_unmount(self) -> None:
        """End the tool, too: nothing of it outlives this screen."""
        if self._job is not None:
            self._job.close()
