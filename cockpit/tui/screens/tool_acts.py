"""What the keys of the Tools do: run, stop, open an earlier result, write reports, use a batch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from textual import on, work
from textual.binding import Binding
from textual.message import Message

from cockpit.errors import CockpitError
from cockpit.tools.catalog import TOOLS
from cockpit.tools.start import ToolAsk
from cockpit.tui.choice import Choice
from cockpit.tui.crash import describe
from cockpit.tui.messages import RunTool, ShowPreset, StopTool
from cockpit.tui.run_acts import READ_ONLY
from cockpit.tui.screens.chooser import Chooser
from cockpit.tui.screens.text import TextScreen
from cockpit.tui.screens.tool_options import ToolOptionsScreen
from cockpit.tui.screens.tool_reading import ToolReadingScreen
from cockpit.tui.tools.batch import batch_edit, usable_batch
from cockpit.tui.tools.form import command_of
from cockpit.tui.tools.record import ToolRecord, likely_first, named
from cockpit.tui.tools.words import past_note

if TYPE_CHECKING:
    from cockpit.tui.tooling import ToolingApp

ACTS: Final = frozenset({"run", "again", "use_batch", "stop", "past", "compare", "write", "copy"})
"""Letters that never act while a field is edited."""


def act_keys() -> list[Binding]:
    """Return the keys of the acts, for the bindings of the screen."""
    return [
        Binding("enter", "use_batch", "use batch", key_display="⏎", id="tools.use-batch",
                tooltip="Open the launch form of the preset with the batch that was found"),
        Binding("enter", "again", "run again", key_display="⏎", id="tools.again",
                tooltip="Run it again with the same options"),
        Binding("s", "stop", "stop", id="tools.stop",
                tooltip="End the tool; what it measured is kept"),
        Binding("R", "run", "run", id="tools.run",
                tooltip="Run this tool with the options shown"),
        Binding("R", "again", "run again", show=False, id="tools.run-again",
                tooltip="Run it again with the same options"),
        Binding("w", "write", "report", id="tools.write",
                tooltip="Write report, numbers and picture again into the folder of the result"),
        Binding("o", "compare", "compare", id="tools.compare",
                tooltip="Hold this result against an earlier one, the likely one first"),
        Binding("p", "past", "past", id="tools.past",
                tooltip="Open an earlier result of this tool"),
        Binding("e", "edit", "options", id="tools.edit",
                tooltip="Set its options; they begin as they were at the last run"),
        Binding("y", "copy", "copy", id="tools.copy",
                tooltip="Copy the command (needs a terminal with OSC 52)"),
    ]  # fmt: skip


class ToolActsScreen(ToolOptionsScreen):
    """Acts on the tool that is chosen and the result that is shown."""

    @dataclass
    class Wrote(Message):
        """The reports were written, or why not."""

        text: str

    @dataclass
    class Usable(Message):
        """What the launch form is to begin with, or why it cannot."""

        preset: str
        edits: tuple[tuple[str, str], ...]
        problem: str

    @property
    def record(self) -> ToolRecord | None:
        """The result that is shown."""
        return None

    @property
    def shows_form(self) -> bool:
        """True where the options stand in the place of a result."""
        return self.record is None

    @property
    def tooling(self) -> ToolingApp:
        """The app, which holds the tool that runs."""
        return cast("ToolingApp", self.app)

    @property
    def is_own_running(self) -> bool:
        """True while the chosen tool runs."""
        own = self.tooling.tool_record
        return own is not None and own.tool == self.chosen and own.is_running

    def open_record(self, record: ToolRecord | None) -> None:
        """Show an earlier result; None shows the newest."""

    def can_act(self, action: str) -> bool:
        """Say whether one of `ACTS` can be done."""
        record = None if self.shows_form else self.record
        match action:
            case "use_batch":
                return usable_batch(record) is not None and not self.is_own_running
            case "again":
                return record is not None and not self.tooling.runs_tool
            case "run":
                return not self.tooling.runs_tool and self._is_run_told
            case "stop":
                return self.is_own_running
            case "past":
                return not self.shows_form
            case "write" | "compare":
                has_folder = record is not None and record.paths is not None
                return has_folder and not (record is not None and record.is_running)
            case _:
                return True

    @property
    def _is_run_told(self) -> bool:
        """True where ⏎ does something else than to run it again."""
        return self.shows_form or usable_batch(self.record) is not None

    def action_run(self) -> None:
        """Ask for the tool to be run as the options say."""
        form = self.form
        if form.problems:  # they stand below the options
            if not self.shows_form:
                self.action_edit()
            return
        self.open_record(None)
        self.keep_form(form)
        ask = ToolAsk(form.definition, form.values, python=form.python, preset=form.preset)
        self.post_message(RunTool(ask))

    def action_edit(self) -> None:
        """Show the options."""

    def action_again(self) -> None:
        """Run it once more."""
        self.action_run()

    def action_stop(self) -> None:
        """Ask for its end."""
        self.post_message(StopTool())

    def action_past(self) -> None:
        """Read the earlier results."""
        self.read_past(self.chosen, None)

    def action_compare(self) -> None:
        """Read the results that this one can be held against."""
        if self.record is not None and self.record.paths is not None:
            self.read_past(self.chosen, self.record.paths.root, is_for_comparison=True)

    def _compare(self, records: tuple[ToolRecord, ...], key: str | None) -> None:
        from cockpit.analysis.tool_comparison import compare_results
        from cockpit.tui.tools.compared import comparison_text, options_words

        after = self.record
        if key is None or after is None or after.paths is None:
            return
        before = records[int(key)]
        if before.paths is None:
            return
        found = compare_results(before.result, after.result)
        names = named(before), named(after)
        asked = options_words(before.asked, after.asked)
        told = comparison_text(found, *names, asked)
        self.app.push_screen(TextScreen(f"{after.tool} compared", told))

    def _choose_other(self, records: tuple[ToolRecord, ...]) -> None:
        """Ask what it is to be held against, the likely one first."""
        after = self.record
        others = likely_first(records, after) if after is not None else ()
        if not others or after is None:
            self.notify(f"there is no other result of {self.chosen}", markup=False)
            return
        box = Chooser(f"Compare {after.tool} with", self._choices(others))
        self.app.push_screen(box, partial(self._compare, others))

    def _choices(self, records: tuple[ToolRecord, ...]) -> list[Choice]:
        now_s = self.tooling.clock()
        return [
            Choice(str(at), one.paths.root.name if one.paths else one.tool, past_note(one, now_s))
            for at, one in enumerate(records)
        ]

    @on(ToolReadingScreen.Past)
    def choose_past(self, event: ToolReadingScreen.Past) -> None:
        """Ask which one is to be shown."""
        if event.is_for_comparison:
            self._choose_other(event.records)
            return
        if not event.records:
            self.notify(f"{event.tool} never ran here", markup=False)
            return
        box = Chooser(f"Results of {event.tool}", self._choices(event.records))
        self.app.push_screen(box, partial(self._open, event.records))

    def _open(self, records: tuple[ToolRecord, ...], key: str | None) -> None:
        if key is not None:
            self.open_record(records[int(key)])

    def same_command(self, record: ToolRecord | None, *, is_form: bool) -> str:
        """Return what does the same on the command line."""
        if is_form or record is None or record.asked is None:
            return self.form.command()
        asked = record.asked
        return command_of(TOOLS[record.tool], asked.values, asked.choice, asked.preset)

    def action_copy(self) -> None:
        """Copy the command that does the same."""
        self.app.copy_to_clipboard(self.same_command(self.record, is_form=self.shows_form))
        self.notify("the command was handed to the terminal's clipboard")

    def action_write(self) -> None:
        """Write the reports of the result shown."""
        if self.tooling.readonly:
            self.notify(READ_ONLY)
        elif self.record is not None:
            self._write(self.record)

    @work(thread=True, exclusive=True, group="tool-write", exit_on_error=False)
    def _write(self, record: ToolRecord) -> None:
        from cockpit.tui.tools.job import write_record

        self.post_message(self.Wrote(write_record(record)))

    @on(Wrote)
    def tell_where(self, event: Wrote) -> None:
        """Say where the files are."""
        self.notify(event.text, timeout=12, markup=False)

    def action_use_batch(self) -> None:
        """Take the batch that was found into the launch form."""
        record, batch = self.record, usable_batch(self.record)
        if record is not None and batch is not None and record.asked and record.asked.preset:
            ranks = record.asked.values.get("ranks", "")
            self._find_edit(record.asked.preset, batch, int(ranks) if ranks.isdecimal() else None)

    @work(thread=True, exclusive=True, group="tool-batch", exit_on_error=False)
    def _find_edit(self, preset: str, batch: int, ranks: int | None) -> None:
        from cockpit.presets.resolve import resolve

        try:
            edit, problem = batch_edit(resolve(preset), batch, ranks)
        except CockpitError as error:
            self.app.post_message(describe(error, "the batch cannot be used"))
            return
        self.post_message(self.Usable(preset, (edit,) if edit else (), problem))

    @on(Usable)
    def open_launch_form(self, event: Usable) -> None:
        """Open the launch form with the batch in it."""
        if event.problem:
            self.notify(event.problem, markup=False)
        if event.edits:
            self.app.post_message(ShowPreset(event.preset, event.edits))
