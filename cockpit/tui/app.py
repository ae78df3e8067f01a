"""The app: modes, themes, what every screen shares, and the acts that screens ask for."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Final

from textual import on, work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from cockpit.errors import CockpitError
from cockpit.tui.crash import describe
from cockpit.tui.glyphs import ASCII, UNICODE, Glyphs
from cockpit.tui.messages import Failed, Launch, OpenRun, Refreshed, ShowPreset, StopRun
from cockpit.tui.screens.deck import DeckScreen
from cockpit.tui.screens.frame import FrameScreen
from cockpit.tui.store import Snapshot, Store
from cockpit.tui.themes import DARK_NAME, LIGHT_NAME, themes_for
from cockpit.tui.watch import Watch
from cockpit.tui.widgets.header import Header

DECK: Final = "deck"
PRESETS: Final = "presets"
MODE_OF_KEY: Final = {"1": DECK, "2": PRESETS}
READ_ONLY: Final = "this screen is read-only (--readonly): it starts and stops nothing"


class CockpitApp(App[None]):
    """Deck and Presets over one store; it can be killed at any time and no run notices."""

    TITLE = "cockpit"
    DEFAULT_MODE = DECK
    CSS_PATH = "cockpit.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {
        lambda: _provider("RunCommands"),
        lambda: _provider("PresetCommands"),
        lambda: _provider("ScreenCommands"),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "mode('1')", "Deck", show=False, id="app.deck", tooltip="Machines and runs"),
        Binding("2", "mode('2')", "Presets", show=False, id="app.presets",
                tooltip="Choose a preset and start a run"),
        Binding("question_mark,f1", "help", "help", key_display="?", show=False, id="app.help",
                tooltip="The keys of this screen"),
        Binding("T", "change_ground", "light or dark", show=False, id="app.theme",
                tooltip="Change between light and dark"),
        Binding("q", "quit", "leave", show=False, id="app.quit",
                tooltip="Leave; the runs go on"),
    ]  # fmt: skip

    def __init__(
        self,
        *,
        runs_dir: Path,
        devices: str,
        open_run: str | None = None,
        readonly: bool = False,
        ascii_only: bool = False,
        clock: Callable[[], float] = time.time,
        store: Store | None = None,
        host: str | None = None,
    ) -> None:
        super().__init__()
        self.glyphs: Glyphs = ASCII if ascii_only else UNICODE
        self.animation_level = "none"
        self.host = host or socket.gethostname().split(".")[0]
        self.snapshot: Snapshot | None = None
        self.readonly = readonly
        self._runs_dir = runs_dir
        self._devices = devices
        self._open_run = open_run
        self._clock = clock
        self._store = store
        self._watch: Watch | None = None
        for theme in themes_for(
            "none" if self.no_color else self.console.color_system or "truecolor"
        ):
            self.register_theme(theme)
        self.theme = DARK_NAME
        self.add_mode(DECK, self._deck_screen)
        self.add_mode(PRESETS, self._presets_screen)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return what Textual's own styles ask of a 16-colour theme."""
        return {"ansi-background": "ansi_default", "ansi-foreground": "ansi_default"}

    def _deck_screen(self) -> Screen[None]:
        return DeckScreen(self.host)

    def _presets_screen(self) -> Screen[None]:
        from cockpit.tui.screens.presets import PresetsScreen

        return self._with_snapshot(PresetsScreen(self.host))

    def _with_snapshot(self, screen: FrameScreen) -> FrameScreen:
        screen.snapshot = self.snapshot
        return screen

    def on_ready(self) -> None:
        """Begin to read runs and devices, after the first frame."""
        store = self._store or _open_store(self._runs_dir, self._devices, self._clock())
        self._store = store
        self._watch = Watch(store, self.post_message, self._clock)
        self._watch.start()

    def on_unmount(self) -> None:
        """End the poller; no run is touched."""
        if self._watch:
            self._watch.close()
        if self._store:
            self._store.close()

    @on(Refreshed)
    def take_snapshot(self, event: Refreshed) -> None:
        """Hand a newer snapshot to the screens that can be seen."""
        self.snapshot = event.snapshot
        for screen in self.screen_stack:
            if isinstance(screen, FrameScreen):
                screen.snapshot = event.snapshot
        if self._open_run:
            run_id, self._open_run = self._open_run, None
            self.post_message(OpenRun(run_id))

    @on(Failed)
    def show_failure(self, event: Failed) -> None:
        """Show one sentence, and where the rest lies."""
        where = f"\nthe traceback is in {event.file}" if event.file else ""
        self.notify(f"{event.sentence}{where}", severity="error", timeout=10, markup=False)

    @on(Worker.StateChanged)
    def show_worker_failure(self, event: Worker.StateChanged) -> None:
        """Show what a worker died of; without this nobody would see it."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.post_message(describe(event.worker.error, f"{event.worker.name} failed"))

    @on(OpenRun)
    async def open_run(self, event: OpenRun) -> None:
        """Show the screen of a run, over the Deck."""
        from cockpit.tui.screens.run import RunScreen

        if self.current_mode != DECK:
            await self.switch_mode(DECK)
        await self._leave_upper_screens()
        self.push_screen(self._with_snapshot(RunScreen(self.host, event.run_id, log=event.log)))

    async def _leave_upper_screens(self) -> None:
        while len(self.screen_stack) > 1:
            await self.pop_screen()

    @on(ShowPreset)
    async def show_preset(self, event: ShowPreset) -> None:
        """Show the launch form."""
        from cockpit.tui.screens.presets import PresetsScreen

        await self.switch_mode(PRESETS)
        if event.name and isinstance(self.screen, PresetsScreen):
            self.screen.wanted = event.name

    @on(StopRun)
    def ask_to_stop(self, event: StopRun) -> None:
        """Ask the one question, and stop the run when the answer is yes."""
        from cockpit.tui.screens.stop import StopDialog

        run = self.snapshot.run(event.run_id) if self.snapshot else None
        if run is None or self.snapshot is None:
            return
        if self.readonly or run.phase.is_over:
            over = f"{run.name} is over already, nothing is left to stop"
            self.notify(READ_ONLY if self.readonly else over, markup=False)
            return
        directory = run.directory

        def answer(is_yes: bool | None) -> None:
            if is_yes:
                self.stop_run(directory)

        self.push_screen(StopDialog(run, self.snapshot), answer)

    @work(thread=True, group="stop", exit_on_error=False)
    def stop_run(self, directory: Path) -> None:
        """Write the stop request; the run's supervisor does the rest."""
        from cockpit.runs.layout import RunPaths
        from cockpit.supervise.stop import request_stop

        request_stop(RunPaths(directory))
        self._look_again()

    @on(Launch)
    def launch_if_allowed(self, event: Launch) -> None:
        """Start a run, unless this screen only looks."""
        if self.readonly:
            self.notify(READ_ONLY)
        else:
            self.launch(event)

    @work(thread=True, group="launch", exclusive=True, exit_on_error=False)
    def launch(self, event: Launch) -> None:
        """Prepare and start what the form says, then show the new run."""
        from cockpit.supervise.prepare import prepare
        from cockpit.supervise.start import start

        try:
            paths = start(prepare(event.request))
        except CockpitError as error:
            self.post_message(describe(error, "not started"))
            return
        self._look_again()
        self.post_message(OpenRun(paths.run_id))

    def _look_again(self) -> None:
        if self._watch:
            self._watch.nudge()

    @on(Header.ModeChosen)
    async def choose_mode(self, event: Header.ModeChosen) -> None:
        """Follow a click on a mode."""
        await self.action_mode(event.key)

    async def action_mode(self, key: str) -> None:
        """Show the mode of that key; its own key leads back to its first screen."""
        mode = MODE_OF_KEY[key]
        if mode != self.current_mode:
            await self.switch_mode(mode)
            self._refresh_screen()
        else:
            await self._leave_upper_screens()

    def _refresh_screen(self) -> None:
        if isinstance(self.screen, FrameScreen):
            self.screen.snapshot = self.snapshot

    def action_help(self) -> None:
        """Show the keys of the active screen."""
        from cockpit.tui.help import help_lines
        from cockpit.tui.screens.help import HelpScreen

        lines = help_lines(self.screen.active_bindings.values(), self.get_key_display)
        self.push_screen(HelpScreen(self.screen.HELP or "", lines))

    def action_change_ground(self) -> None:
        """Change between the light and the dark theme."""
        self.theme = LIGHT_NAME if self.theme == DARK_NAME else DARK_NAME

    def action_help_quit(self) -> None:
        """Say how to leave: Ctrl+C never touches a run."""
        self.notify("q leaves; the runs go on. s stops the selected run, after a question.")


def _provider(name: str) -> type[Provider]:
    from cockpit.tui import commands

    provider: type[Provider] = getattr(commands, name)
    return provider


def _open_store(runs_dir: Path, devices: str, opened: float) -> Store:
    from cockpit.devices.feed import DeviceFeed
    from cockpit.views.registry import Registry

    return Store(Registry(runs_dir), DeviceFeed(devices), opened)


def run(
    *,
    runs_dir: Path,
    devices: str,
    open_run: str | None = None,
    readonly: bool = False,
    ascii_only: bool = False,
) -> None:
    """Show the TUI until the user leaves it."""
    CockpitApp(
        runs_dir=runs_dir,
        devices=devices,
        open_run=open_run,
        readonly=readonly,
        ascii_only=ascii_only,
    ).run()
