"""The command palette: runs, presets and screens; one provider for each subject."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.message import Message
from textual.types import IgnoreReturnCallbackType

from cockpit.tui.messages import (
    AdoptRun,
    ChooseOther,
    OpenRun,
    ResumeRun,
    ShowGpus,
    ShowPreset,
    ShowReport,
    ShowStragglers,
    ShowTool,
    StopRun,
)
from cockpit.tui.offers import offers
from cockpit.tui.screens.frame import FrameScreen
from cockpit.views.run_view import RunView

MOST_DISCOVERED = 5


class _Listed(Provider):
    """Offers a list of (text, help, what to do); discovery shows the first few."""

    def entries(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        """Yield every command."""
        yield from ()

    async def discover(self) -> Hits:
        """Yield the first few."""
        for index, (text, words, act) in enumerate(self.entries()):
            if index < MOST_DISCOVERED:
                yield DiscoveryHit(text, act, help=words)

    async def search(self, query: str) -> Hits:
        """Yield all that match."""
        matcher = self.matcher(query)
        for text, words, act in self.entries():
            score = matcher.match(text)
            if score > 0:
                yield Hit(score, matcher.highlight(text), act, text=text, help=words)

    def post(self, message: Message) -> IgnoreReturnCallbackType:
        """Return what posts this message."""
        return partial(self.app.post_message, message)


class RunCommands(_Listed):
    """Open, log and what can be done with each run."""

    def entries(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        """Yield the commands of each run, newest run first."""
        snapshot = self.screen.snapshot if isinstance(self.screen, FrameScreen) else None
        for run in snapshot.runs if snapshot else ():
            yield f"open {run.name}", f"{run.phase} · {run.run_id}", self.post(OpenRun(run.run_id))
            yield f"log of {run.name}", run.run_id, self.post(OpenRun(run.run_id, log=True))
            if run.phase.is_live and run.gpus:
                words = "which rank is slower than the others"
                yield f"ranks of {run.name}", words, self.post(ShowStragglers(run.run_id))
            if run.epoch and snapshot is not None and len(snapshot.runs) > 1:
                words = "choose the other one"
                yield f"compare {run.name} with …", words, self.post(ChooseOther(run.run_id))
            yield from self._acts(run)

    def _acts(self, run: RunView) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        can = offers(run)
        if can.stop:
            yield f"stop {run.name}", "asks first", self.post(StopRun(run.run_id))
        if can.resume:
            yield f"resume {run.name}", "asks first", self.post(ResumeRun(run.run_id))
        if can.adopt:
            words = "give it a supervisor again"
            yield f"adopt {run.name}", words, self.post(AdoptRun(run.run_id))


class PresetCommands(_Listed):
    """The launch form of each preset."""

    async def startup(self) -> None:
        """Read the presets when the palette opens."""
        from cockpit.presets.load import find_presets

        self._presets = find_presets()

    def entries(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        """Yield one command a preset."""
        for entry in self._presets:
            yield f"launch {entry.name} …", entry.summary, self.post(ShowPreset(entry.name))


class ToolCommands(_Listed):
    """Run each tool, or see what it found last."""

    async def startup(self) -> None:
        """Read which tools there are when the palette opens."""
        from cockpit.tools.catalog import TOOLS

        self._tools = tuple(TOOLS.values())

    def entries(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        """Yield two commands a tool."""
        for tool in self._tools:
            yield f"run {tool.name} …", tool.summary, self.post(ShowTool(tool.name, edits=True))
            yield f"open last {tool.name}", "what it found", self.post(ShowTool(tool.name))


class ReportCommands(_Listed):
    """Read each report."""

    async def startup(self) -> None:
        """Read the list when the palette opens, beside everything else: it may lie far away."""
        from asyncio import to_thread

        from cockpit import locations
        from cockpit.views.report_list import list_reports

        self._reports = await to_thread(list_reports, locations.tools_dir(), locations.runs_dir())

    def entries(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        """Yield one command a report, the newest first."""
        for one in self._reports:
            words = f"{one.standing} · {one.folder.name}"
            yield f"report of {one.kind} {one.about}".strip(), words, self.post(ShowReport(one))


class ScreenCommands(_Listed):
    """The screens, the theme, and leaving."""

    def entries(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        """Yield what the whole app can do."""
        act = self.app.run_action
        yield "Deck", "machines and runs", partial(act, "mode('1')")
        yield "Presets", "choose a preset and start a run", partial(act, "mode('2')")
        yield "Tools", "check, measure, diagnose", partial(act, "mode('3')")
        yield "Reports", "read what tools, runs and comparisons left", partial(act, "mode('4')")
        yield "GPUs", "every GPU with its history", self.post(ShowGpus())
        yield "Light or dark", "change the theme", partial(act, "change_ground")
        yield "Keys", "help for this screen", partial(act, "help")
        yield "Leave", "the runs go on", partial(act, "quit")
