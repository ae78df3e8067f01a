"""Tools: choose one, set its options, watch it, read what it found."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Resize
from textual.reactive import var

from cockpit.tools.catalog import TOOLS
from cockpit.tui.ink import Line, fit
from cockpit.tui.screens.tool_acts import ACTS, ToolActsScreen, act_keys
from cockpit.tui.screens.tool_reading import ToolReadingScreen
from cockpit.tui.store import Snapshot
from cockpit.tui.tools.form import PRESET, ToolForm, form_of
from cockpit.tui.tools.page import Room, page_lines
from cockpit.tui.tools.record import ToolRecord, standing
from cockpit.tui.tools.subjects import summary_line, tables_of
from cockpit.tui.tools.words import (
    command_lines,
    problem_lines,
    refusal_lines,
    state_line,
    tool_command,
    worst_line,
)
from cockpit.tui.widgets.launch_form import LaunchForm
from cockpit.tui.widgets.rows import Rows
from cockpit.tui.widgets.rule_title import RuleTitle
from cockpit.tui.widgets.tool_list import ToolEntry, ToolList

LIST_FROM: Final = 100
"""Columns from which the tools are a list; below that they are one line."""
TITLES_FROM: Final = 30
"""Rows from which the command has a title and its lines."""


class ToolsScreen(ToolActsScreen):
    """The tools at the left; beside them the last result of one, or its options."""

    MODE = "3"
    HELP = """\
A tool measures or checks and says what it found; it runs in the training interpreter, goes on
when you look elsewhere in this program, and ends with it. What it measured is kept. An estimate
is told at once from what was measured here and from published figures; with a probe it first trains
some steps of its preset here.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "enter", "options", key_display="⏎", id="tools.enter",
                tooltip="Set the options of this tool"),
        *act_keys(),
        Binding("left,h", "table(-1)", show=False, id="tools.table-left"),
        Binding("right,l", "table(1)", "table", show=False, key_display="← →",
                id="tools.table-right", tooltip="Another table of this result"),
        Binding("pageup", "scroll(-10)", show=False, id="tools.page-up"),
        Binding("pagedown", "scroll(10)", show=False, id="tools.page-down",
                tooltip="Scroll the result"),
        Binding("escape", "to_result", "back", key_display="esc", id="tools.to-result",
                tooltip="Leave the options, or the earlier result"),
        Binding("escape", "app.mode('1')", "deck", key_display="esc", id="tools.back",
                tooltip="Back to the Deck"),
    ]  # fmt: skip

    body = getters.query_one("#tools-body", Horizontal)
    names = getters.query_one(ToolList)
    head = getters.query_one("#tool-head", Rows)
    page_box = getters.query_one("#tool-page-box", VerticalScroll)
    page = getters.query_one("#tool-page", Rows)
    form_view = getters.query_one(LaunchForm)
    problems = getters.query_one("#tool-problems", Rows)
    command_title = getters.query_one("#tool-command-title", RuleTitle)
    command = getters.query_one("#tool-command", Rows)

    chosen: var[str] = var(next(iter(TOOLS)), init=False)
    is_editing: var[bool] = var(False, init=False)
    table: var[int] = var(0, init=False)
    """Which of the tables of a result is shown; goes round."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self._records: dict[str, ToolRecord] = {}
        self._opened: dict[str, ToolRecord] = {}
        """Earlier results that were opened, by tool."""
        self._forms: dict[str, ToolForm] = {}
        self._was_running = False
        self._is_wide = True

    def compose_body(self) -> ComposeResult:
        """Yield the list, and beside it result or options with the command below."""
        with Horizontal(id="tools-body"):
            with Vertical(id="tools-box"):
                yield RuleTitle("Tools", id="tools-title")
                yield ToolList(id="tool-list")
            with Vertical(id="tool-box"):
                yield Rows(id="tool-head")
                with VerticalScroll(id="tool-page-box"):
                    yield Rows(id="tool-page")
                yield LaunchForm(id="tool-form")
                yield Rows(id="tool-problems")
                yield RuleTitle("Command", state="y copy", id="tool-command-title")
                yield Rows(id="tool-command")

    def on_mount(self) -> None:
        """Read the last results."""
        self.page_box.can_focus = False
        self.read_records()
        self.names.focus()
        self._arrange()

    @property
    def record(self) -> ToolRecord | None:
        """The result that is shown; None where the tool never ran."""
        if self.chosen in self._opened:
            return self._opened[self.chosen]
        own, newest = self.tooling.tool_record, self._records.get(self.chosen)
        if own is None or own.tool != self.chosen:
            return newest
        is_older = newest is not None and newest.seen_s > own.seen_s
        return newest if is_older and not own.is_running else own

    @property
    def form(self) -> ToolForm:
        """The options of the chosen tool: as typed, else as they were at the last run."""
        if self.chosen not in self._forms:
            record = self.record
            return form_of(TOOLS[self.chosen], record.asked if record else None)
        return self._forms[self.chosen]

    @property
    def shows_form(self) -> bool:
        """True where the options stand in the place of a result."""
        return self.is_editing or self.record is None

    @on(ToolReadingScreen.Listed)
    def take_records(self, event: ToolReadingScreen.Listed) -> None:
        """Show the newest results."""
        self._records = event.records
        self.repaint()

    def show_tool(self) -> None:
        """Show what the running tool said; read again what lies on disk when it is over."""
        runs = self.tooling.runs_tool
        if self._was_running and not runs:
            self.read_records()
        self._was_running = runs
        if self.is_mounted and self.query(ToolList):  # gone first, where the program is leaving
            self.repaint()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Look again at what somebody else runs."""
        if any(record.is_running for record in self._records.values()):
            self.read_records()

    def on_resize(self, event: Resize) -> None:
        """Arrange for another size."""
        self._arrange(event.size.width)

    def _arrange(self, width: int | None = None) -> None:
        self._is_wide = (width or self.size.width) >= LIST_FROM
        self.set_class(not self._is_wide, "-strip")
        self.names.is_strip = not self._is_wide
        self.call_after_refresh(self.repaint)

    def choose_tool(self, tool: str, *, edits: bool = False, preset: str = "") -> None:
        """Show a tool, or its options, about a preset where one is named."""
        self.chosen = tool
        if preset:
            self.keep_form(self.form.edited(PRESET, preset))
        self.is_editing = edits
        if edits and self.is_mounted:
            self.call_after_refresh(self.form_view.focus)

    @on(ToolList.Chosen)
    def take_choice(self, event: ToolList.Chosen) -> None:
        """Show another tool."""
        self.chosen = event.name

    def watch_chosen(self) -> None:
        """Begin with its result."""
        self.is_editing, self.table = False, 0
        self._opened.pop(self.chosen, None)
        if self.is_mounted:
            self.page_box.scroll_home(animate=False)
            self.repaint()

    def watch_is_editing(self) -> None:
        """Put options or result into the place."""
        if self.is_mounted:
            self.repaint()

    def watch_table(self) -> None:
        """Show another table."""
        if self.is_mounted:
            self.repaint()

    def repaint(self) -> None:
        """Show everything as it is now; only what changed is painted."""
        with self.app.batch_update():
            self.names.chosen = self.chosen
            self.names.entries = tuple(
                ToolEntry(name, standing(self._newest(name))) for name in TOOLS
            )
            record, is_form = self.record, self.shows_form
            if self.page_box.display is is_form:  # what was hidden has no size yet
                self.call_after_refresh(self.repaint)
            self.form_view.display = self.problems.display = is_form
            self.page_box.display = not is_form
            self._show_head(record, is_form=is_form)
            if is_form:
                self._show_form()
            elif record is not None:
                room = Room(
                    max(20, self.head.size.width - 1), self.page_box.size.height,
                    is_mono=self.app.no_color, has_blanks=self.size.height >= TITLES_FROM,
                )  # fmt: skip
                self.page.show(page_lines(record, room, self.table))
            self._show_command(record, is_form=is_form)
        self.refresh_bindings()

    def _newest(self, tool: str) -> ToolRecord | None:
        own, newest = self.tooling.tool_record, self._records.get(tool)
        if own is not None and own.tool == tool and (own.is_running or newest is None):
            return own
        return newest

    def _show_head(self, record: ToolRecord | None, *, is_form: bool) -> None:
        width = self.head.size.width
        definition = TOOLS[self.chosen]
        if record is None or is_form:
            is_last = is_form and record is not None and record.asked is not None
            is_last = is_last and self.chosen not in self._forms
            words = f"{self.chosen}  " + "options of the last run · u usual  " * is_last
            price = definition.price_of(self.form.values) if is_form else ""
            room = max(0, width - len(words))
            told = (f"▲ {price}", "attention") if price else (definition.summary, "text")
            self.head.show((((words, "strong"), (fit(told[0], room), told[1])),))
            return
        now_s = self.tooling.clock()
        is_stopping = self.tooling.is_stopping_tool and record is self.tooling.tool_record
        lines: list[Line] = [state_line(record, now_s, width, is_stopping=is_stopping)]
        if record.refusal:
            lines += refusal_lines(record, width)
        summary = summary_line(record.result, is_running=record.is_running)
        lines += [line for line in (summary, worst_line(record, width)) if line]
        self.head.show(tuple(lines))

    def _show_form(self) -> None:
        form = self.form
        self.form_view.fields = form.fields
        self.form_view.notes = form.notes
        self.problems.show(problem_lines(form.problems, self.problems.size.width))

    def _show_command(self, record: ToolRecord | None, *, is_form: bool) -> None:
        width = self.command.size.width
        has_title = self.size.height >= TITLES_FROM
        self.command_title.display = has_title
        same = self.same_command(record, is_form=is_form)
        if has_title:
            own = "" if is_form or record is None else tool_command(record)
            self.command.show(command_lines(own, same, width))
        else:
            self.command.show(((("y ", "accent"), (fit(same, max(0, width - 2)), "muted")),))

    def keep_form(self, form: ToolForm) -> None:
        """Take other options."""
        self._forms[form.definition.name] = form
        self.repaint()

    def open_record(self, record: ToolRecord | None) -> None:
        """Show an earlier result; None shows the newest."""
        if record is None:
            self._opened.pop(self.chosen, None)
        else:
            self.chosen = record.tool
            self._opened[record.tool] = record
        self.is_editing = False
        self.names.focus()
        self.repaint()

    def start_over(self) -> None:
        """Put the keys on the list, and look what is new."""
        self.read_records()
        self.is_editing = False
        self.names.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let no letter act while a field is edited, and offer what can be done."""
        if not self.is_mounted:
            return True
        in_field = self.form_view.is_editing
        match action:
            case "enter":
                return self.shows_form and not in_field and not self.form_view.has_focus
            case "edit":
                return not self.shows_form
            case "table":
                record = self.record
                return (
                    not self.shows_form
                    and record is not None
                    and bool(len(tables_of(record.result)) > 1)
                )
            case "to_result":
                return self.form_view.has_focus or self.is_editing or self.chosen in self._opened
            case _:
                return not (in_field and action in ACTS) and self.can_act(action)

    def action_enter(self) -> None:
        """Go to the options."""
        self.form_view.focus()

    def action_edit(self) -> None:
        """Show the options."""
        self.is_editing = True
        self.call_after_refresh(self.form_view.focus)

    def action_to_result(self) -> None:
        """Leave the options, or the earlier result."""
        if self.form_view.has_focus or self.is_editing:
            self.is_editing = False
        else:
            self._opened.pop(self.chosen, None)
        self.names.focus()
        self.repaint()

    def action_table(self, steps: int) -> None:
        """Show another table."""
        self.table += steps

    def action_scroll(self, rows: int) -> None:
        """Show what stands above or below."""
        self.page_box.scroll_relative(y=rows, animate=False)
