"""The app: modes, bindings, and where a screen's wishes lead."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.screen import Screen

from cockpit.tui.acts import open_store
from cockpit.tui.messages import (
    OpenRun,
    Refreshed,
    ShowGpu,
    ShowGpus,
    ShowPreset,
    ShowReport,
    ShowStragglers,
    ShowTool,
)
from cockpit.tui.screens.deck import DeckScreen
from cockpit.tui.screens.frame import FrameScreen
from cockpit.tui.store import ReadingSource, Store
from cockpit.tui.tooling import ToolingApp
from cockpit.tui.widgets.header import Header

if TYPE_CHECKING:  # read when they are needed
    from textual.command import Provider

    from cockpit.tui.foreseeing import Foresee
    from cockpit.tui.screens.gpu_past import Past

DECK: Final = "deck"
PRESETS: Final = "presets"
TOOLS: Final = "tools"
REPORTS: Final = "reports"
MODE_OF_KEY: Final = {"1": DECK, "2": PRESETS, "3": TOOLS, "4": REPORTS}


def _provider(name: str) -> type[Provider]:
    from cockpit.tui import commands

    provider: type[Provider] = getattr(commands, name)
    return provider


class CockpitApp(ToolingApp):
    """Four modes over one store; it can be killed at any time and no run notices."""

    TITLE = "cockpit"
    DEFAULT_MODE = DECK
    CSS_PATH = "cockpit.tcss"
    COMMAND_PALETTE_BINDING = "ctrl+p"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {
        partial(_provider, "RunCommands"),
        partial(_provider, "PresetCommands"),
        partial(_provider, "ToolCommands"),
        partial(_provider, "ReportCommands"),
        partial(_provider, "ScreenCommands"),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "mode('1')", "Deck", show=False, id="app.deck", tooltip="Machines and runs"),
        Binding("2", "mode('2')", "Presets", show=False, id="app.presets",
                tooltip="Choose a preset and start a run"),
        Binding("3", "mode('3')", "Tools", show=False, id="app.tools",
                tooltip="Check, measure, diagnose"),
        Binding("4", "mode('4')", "Reports", show=False, id="app.reports",
                tooltip="Read what tools, runs and comparisons left"),
        Binding("question_mark,f1", "help", "help", show=False, id="app.help",
                tooltip="The keys of this screen"),
        Binding("T", "change_ground", "light or dark", show=False, id="app.theme",
                tooltip="Change between light and dark"),
        Binding("ctrl+l", "repaint", "paint anew", show=False, id="app.repaint",
                tooltip="Paint the whole screen anew, should something have scribbled on it"),
        Binding("q", "quit", "leave", show=False, id="app.quit",
                tooltip="Leave; the runs go on"),
    ]  # fmt: skip

    def __init__(
        self,
        *,
        runs_dir: Path,
        devices: ReadingSource,
        open_run: str | None = None,
        readonly: bool = False,
        ascii_only: bool = False,
        clock: Callable[[], float] = time.time,
        store: Store | None = None,
        host: str | None = None,
    ) -> None:
        opened = partial(open_store, runs_dir, devices, clock())
        super().__init__(lambda: store or opened(), clock, ascii_only=ascii_only, readonly=readonly)
        self.host = host or socket.gethostname().split(".")[0]
        self.foresee: Foresee | None = None
        """What tells what is expected of the launch form; None: what was measured here."""
        self._open_run = open_run
        self.add_mode(DECK, self._deck_screen)
        self.add_mode(PRESETS, self._presets_screen)
        self.add_mode(TOOLS, self._tools_screen)
        self.add_mode(REPORTS, self._reports_screen)

    def _deck_screen(self) -> Screen[None]:
        screen = DeckScreen(self.host)
        self.show_newest(screen)
        return screen

    def _presets_screen(self) -> Screen[None]:
        from cockpit.tui.screens.presets import PresetsScreen

        return (
            PresetsScreen(self.host)
            if self.foresee is None
            else PresetsScreen(self.host, self.foresee)
        )

    def _tools_screen(self) -> Screen[None]:
        from cockpit.tui.screens.tools import ToolsScreen

        return ToolsScreen(self.host)

    def _reports_screen(self) -> Screen[None]:
        from cockpit.tui.screens.reports import ReportsScreen

        return ReportsScreen(self.host)

    @cached_property
    def past(self) -> Past:
        """What is remembered of the GPUs; read when the first frame is there."""
        from cockpit.tui.screens.gpu_past import Past

        return Past()

    @on(Refreshed)
    def remember_gpus(self, event: Refreshed) -> None:
        """Keep what was read, so that a screen of GPUs has a past the moment it opens."""
        self.past.live.take(event.snapshot.reading.gpus, event.snapshot.time)

    @on(Refreshed)
    def open_the_run_named_at_the_start(self) -> None:
        """Show the run that the command line named, once there is something to show."""
        if self._open_run:
            run_id, self._open_run = self._open_run, None
            self.post_message(OpenRun(run_id))

    @on(OpenRun)
    async def open_run(self, event: OpenRun) -> None:
        """Show the screen of a run, over the Deck."""
        from cockpit.tui.screens.run import RunScreen

        await self._switch(DECK)
        await self._leave_upper_screens()
        if isinstance(self.screen, DeckScreen):
            self.screen.select(event.run_id)
        self.hide_needs_of(event.run_id)
        screen = RunScreen(self.host, event.run_id, log=event.log)
        self.show_newest(screen)
        self.push_screen(screen)

    @on(ShowGpus)
    def show_gpus(self, event: ShowGpus) -> None:
        """Show every GPU, over the screen that asks for it."""
        from cockpit.tui.screens.gpus import GpusScreen

        self._push(GpusScreen(self.host, self.past, event.run_id))

    @on(ShowGpu)
    def show_gpu(self, event: ShowGpu) -> None:
        """Show everything of one GPU."""
        from cockpit.tui.screens.gpu import GpuScreen

        self._push(GpuScreen(self.host, self.past, event.key))

    @on(ShowStragglers)
    def show_stragglers(self, event: ShowStragglers) -> None:
        """Compare the ranks of a run."""
        from cockpit.tui.screens.stragglers import StragglersScreen

        self._push(StragglersScreen(self.host, self.past, event.run_id))

    def _push(self, screen: FrameScreen) -> None:
        self.show_newest(screen)
        self.push_screen(screen)

    async def _leave_upper_screens(self) -> None:
        while len(self.screen_stack) > 1:
            await self.pop_screen()

    async def _switch(self, mode: str) -> None:
        if mode != self.current_mode:
            await self.switch_mode(mode)
            self.show_newest(self.screen)

    @on(ShowPreset)
    async def show_preset(self, event: ShowPreset) -> None:
        """Show the launch form."""
        from cockpit.tui.screens.presets import PresetsScreen

        await self._switch(PRESETS)
        if event.name and isinstance(self.screen, PresetsScreen):
            self.screen.want(event.name, event.edits)

    @on(ShowTool)
    async def show_tool(self, event: ShowTool) -> None:
        """Show what a tool found, or its options."""
        from cockpit.tui.screens.tools import ToolsScreen

        await self._switch(TOOLS)
        await self._leave_upper_screens()
        if isinstance(self.screen, ToolsScreen):
            self.screen.choose_tool(event.tool, edits=event.edits, preset=event.preset)

    @on(ShowReport)
    async def show_report(self, event: ShowReport) -> None:
        """Show one report, over the list of them."""
        from cockpit.tui.screens.report import ReportScreen

        await self._switch(REPORTS)
        await self._leave_upper_screens()
        self._push(ReportScreen(self.host, event.entry))

    @on(Header.ModeChosen)
    async def choose_mode(self, event: Header.ModeChosen) -> None:
        """Follow a click on a mode."""
        await self.action_mode(event.key)

    async def action_mode(self, key: str) -> None:
        """Show the mode of that key; its own key leads back to its first screen."""
        mode = MODE_OF_KEY[key]
        if mode == self.current_mode:
            await self._leave_upper_screens()
        await self._switch(mode)
        if isinstance(self.screen, FrameScreen) and self.screen.is_mounted:
            self.screen.start_over()

    def action_help(self) -> None:
        """Show the keys of the active screen."""
        from cockpit.tui.help import help_lines
        from cockpit.tui.screens.help import HelpScreen

        lines = help_lines(self.screen.active_bindings.values(), self.get_key_display)
        self.push_screen(HelpScreen(self.screen.HELP or "", lines))


def run(
    *,
    runs_dir: Path,
    devices: ReadingSource,
    open_run: str | None = None,
    readonly: bool = False,
    ascii_only: bool = False,
) -> None:
    """Show the TUI until the user leaves it."""
    app = CockpitApp(
        runs_dir=runs_dir,
        devices=devices,
        open_run=open_run,
        readonly=readonly,
        ascii_only=ascii_only,
    )
    app.first_look()
    app.run()
