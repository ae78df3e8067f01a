"""What can be done with a report wherever one is shown: its files, its path, writing it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import Binding
from textual.message import Message

from cockpit.errors import CockpitError
from cockpit.tool_runs.layout import ToolPaths
from cockpit.tool_runs.result import read_asked, read_result
from cockpit.tui.crash import describe
from cockpit.tui.report_pages import files_text
from cockpit.tui.run_acts import READ_ONLY
from cockpit.tui.screens.frame import FrameScreen
from cockpit.tui.screens.text import TextScreen
from cockpit.views.report_list import ReportEntry, Standing


class ReportActs(FrameScreen):
    """Shows the files beside a report, copies its path, writes the report of a tool."""

    ACTS: ClassVar[tuple[Binding, ...]] = (
        Binding("w", "write", "write report", id="report.write",
                tooltip="Write report, numbers and picture of this tool into its folder"),
        Binding("o", "files", "files", id="report.files",
                tooltip="The files beside it: numbers, pictures, with their paths"),
        Binding("y", "copy_path", "copy path", id="report.copy",
                tooltip="Copy its path (needs a terminal with OSC 52)"),
    )  # fmt: skip

    class FilesRead(Message):
        """What lies beside a report."""

        def __init__(self, title: str, text: str) -> None:
            super().__init__()
            self.title = title
            self.text = text

    class Wrote(Message):
        """The report of a tool was written, or why not."""

        def __init__(self, entry: ReportEntry, paths: tuple[Path, ...], problem: str) -> None:
            super().__init__()
            self.entry = entry
            self.paths = paths
            self.problem = problem

    @property
    def acted_on(self) -> ReportEntry | None:
        """The report that the keys act on."""
        return None

    def after_writing(self) -> None:
        """Take notice that a report was written."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done with this report."""
        match action:
            case "files" | "copy_path":
                return self.acted_on is not None
            case "write":
                return self.acted_on is not None and self.acted_on.report is None
            case _:
                return super().check_action(action, parameters)

    def action_copy_path(self) -> None:
        """Copy the path, by the terminal."""
        if self.acted_on is not None:
            self.app.copy_to_clipboard(str(self.acted_on.path))
            self.notify("path copied, if this terminal allows it", timeout=3)

    def action_files(self) -> None:
        """Show what lies beside it."""
        if self.acted_on is not None:
            self._read_files(self.acted_on)

    @work(thread=True, exclusive=True, group="report-files", exit_on_error=False)
    def _read_files(self, entry: ReportEntry) -> None:
        self.post_message(self.FilesRead(f"Files of {entry.kind}", files_text(entry.folder)))

    @on(FilesRead)
    def show_files(self, event: FilesRead) -> None:
        """Show the paths over the screen."""
        self.app.push_screen(TextScreen(event.title, event.text))

    def action_write(self) -> None:
        """Write the report of a tool, once it has ended."""
        entry = self.acted_on
        if entry is None:
            return
        if getattr(self.app, "readonly", False):
            self.notify(READ_ONLY)
        elif entry.standing is Standing.RUNNING:
            self.notify(f"{entry.kind} still runs: there is a report when it has ended",
                        markup=False)  # fmt: skip
        else:
            self._write(entry)

    @work(thread=True, exclusive=True, group="report-write", exit_on_error=False)
    def _write(self, entry: ReportEntry) -> None:
        from cockpit.reports.tools.folder import write_reports

        paths = ToolPaths(entry.folder)
        try:
            result = read_result(paths)
        except CockpitError as error:
            self.app.post_message(describe(error, "not written"))
            return
        written = write_reports(result, read_asked(paths), entry.folder)
        self.post_message(self.Wrote(entry, written.paths, " · ".join(written.problems)))

    @on(Wrote)
    def tell_what_was_written(self, event: Wrote) -> None:
        """Say how many files there are now, or what stood in the way."""
        if event.paths:
            note = f"\n{event.problem}" if event.problem else ""
            self.notify(f"wrote {len(event.paths)} files; o shows them{note}", markup=False)
        else:
            self.notify(event.problem, severity="error", timeout=10, markup=False)
        self.after_writing()
