"""A screen that reads and writes results of tools, each in a thread of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from textual import work
from textual.message import Message

from cockpit import locations
from cockpit.presets.load import PresetEntry, find_presets
from cockpit.tool_runs.layout import list_tool_runs
from cockpit.tools.catalog import TOOLS
from cockpit.tui.screens.frame import FrameScreen
from cockpit.tui.tools.record import ToolRecord, read_newest, read_record

MOST_PAST = 60


class ToolReadingScreen(FrameScreen):
    """Posts what was found."""

    @dataclass
    class Listed(Message):
        """The newest result of each tool was read."""

        records: dict[str, ToolRecord]

    @dataclass
    class Past(Message):
        """The results of one tool were read, the newest first."""

        tool: str
        records: tuple[ToolRecord, ...]
        is_for_comparison: bool

    @dataclass
    class Presets(Message):
        """The presets were read."""

        entries: tuple[PresetEntry, ...]

    @work(thread=True, exclusive=True, group="tool-records", exit_on_error=False)
    def read_records(self) -> None:
        """Read the newest result of each tool."""
        self.post_message(self.Listed(read_newest(locations.tools_dir(), TOOLS)))

    @work(thread=True, exclusive=True, group="tool-past", exit_on_error=False)
    def read_past(self, tool: str, but: Path | None, *, is_for_comparison: bool = False) -> None:
        """Read the results of one tool, but for one."""
        found = [one for one in list_tool_runs(locations.tools_dir()) if one.tool == tool]
        records = (read_record(one) for one in found[:MOST_PAST] if one.root != but)
        readable = tuple(record for record in records if record is not None)
        self.post_message(self.Past(tool, readable, is_for_comparison))

    @work(thread=True, exclusive=True, group="tool-presets", exit_on_error=False)
    def read_presets(self) -> None:
        """Read which presets there are."""
        self.post_message(self.Presets(find_presets()))
