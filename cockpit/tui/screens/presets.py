"""Presets: choose one, change its fields, see the exact command, launch."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.reactive import var
from textual.timer import Timer
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from cockpit.errors import GpusBusy
from cockpit.presets.load import PresetEntry
from cockpit.tui.forecast_rows import ASKED, forecast_line
from cockpit.tui.foreseeing import Foresee, foresee
from cockpit.tui.form import PYTHON, Form
from cockpit.tui.plan_words import field_notes, plan_facts, python_note
from cockpit.tui.screens.planning import PlanningScreen
from cockpit.tui.screens.preset_acts import ACTS, PresetActsScreen, act_keys
from cockpit.tui.store import Snapshot
from cockpit.tui.widgets.launch_form import LaunchForm
from cockpit.tui.widgets.plan_column import PlanColumn
from cockpit.tui.widgets.rows import Rows
from cockpit.tui.widgets.rule_title import RuleTitle

DEBOUNCE_S: Final = 0.2
"""Wait this long for another key before the training interpreter is asked again."""


class PresetsScreen(PresetActsScreen):
    """The presets at the left, the launch form beside them, the exact command below."""

    MODE = "2"
    HELP = """\
A preset is a training that can be started again. Nearest wins: ./presets, then your own folder,
then the ones shipped. Letters never act while a field is edited; the launch itself is a capital R.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "fields", key_display="tab", id="presets.next",
                tooltip="Between the presets and the fields"),
        *act_keys(),
        Binding("escape", "to_list", "presets", key_display="esc", id="presets.to-list",
                tooltip="Back to the list of presets"),
        Binding("escape", "app.mode('1')", "deck", key_display="esc", id="presets.back",
                tooltip="Back to the Deck"),
    ]  # fmt: skip

    presets_title = getters.query_one("#presets-title", RuleTitle)
    names = getters.query_one("#preset-list", OptionList)
    form_title = getters.query_one("#form-title", RuleTitle)
    form_view = getters.query_one(LaunchForm)
    plan = getters.query_one(PlanColumn)
    outlook_line = getters.query_one("#outlook-line", Rows)
    command_box = getters.query_one("#command-box", VerticalScroll)

    wanted: var[str] = var("", init=False)
    """The preset to show; the list follows."""

    def __init__(self, host: str, foresee: Foresee = foresee) -> None:
        super().__init__(host, foresee)
        self._entries: tuple[PresetEntry, ...] = ()
        self._chosen = ""
        self._timer: Timer | None = None
        self._wanted_edits: tuple[tuple[str, str], ...] = ()

    def compose_body(self) -> ComposeResult:
        """Yield list, form, plan and command."""
        with Horizontal(id="presets-body"):
            with Vertical(id="presets-box"):
                yield RuleTitle("Presets", id="presets-title")
                yield OptionList(id="preset-list", markup=False)
            with Vertical(id="form-box"):
                yield RuleTitle(id="form-title")
                yield LaunchForm()
                yield Rows(id="outlook-line")
            yield PlanColumn()
        yield RuleTitle("Exact command", id="command-title")
        with VerticalScroll(id="command-box"):
            yield Static(id="command", markup=False)

    def on_mount(self) -> None:
        """Read the presets."""
        self.read_presets()
        self.names.focus()

    @on(PlanningScreen.Listed)
    def show_presets(self, event: PlanningScreen.Listed) -> None:
        """Fill the list and choose the wanted preset, or the first."""
        self._entries = event.entries
        self.presets_title.facts = str(len(event.entries))
        self.names.clear_options()
        options = (Option(_entry_words(entry), id=entry.name) for entry in event.entries)
        self.names.add_options(options)
        if event.entries:
            self.wanted = self.wanted or event.entries[0].name
            self._follow_wanted()

    def watch_wanted(self) -> None:
        """Choose the preset in the list."""
        self._follow_wanted()

    def want(self, name: str, edits: tuple[tuple[str, str], ...]) -> None:
        """Show a preset, with other values in some fields."""
        self._wanted_edits = edits
        self.wanted = name
        if self.form is not None and self.form.preset.name == name == self._chosen:
            self.form = self._with_wanted(self.form)

    def _with_wanted(self, form: Form) -> Form:
        if form.preset.name == self.wanted:
            for key, value in self._wanted_edits:
                form = form.edited(key, value)
            self._wanted_edits = ()
        return form

    def _follow_wanted(self) -> None:
        found = [entry.name for entry in self._entries]
        if self.wanted in found:
            self.names.highlighted = found.index(self.wanted)

    @on(OptionList.OptionHighlighted)
    def choose(self, event: OptionList.OptionHighlighted) -> None:
        """Show the form of the preset under the bar."""
        if event.option_id and self._chosen != event.option_id:
            self._chosen = event.option_id
            self.form_view.notes = {}
            self._blank()
            self.resolve_preset(event.option_id)

    def _blank(self) -> None:
        """Take away what belongs to other values, until the new plan is there."""
        self.take_plan(None)
        self.plan.facts, self.outlook = (), ASKED
        self.show_asking()

    @on(OptionList.OptionSelected)
    def enter_form(self) -> None:
        """Go on to the fields."""
        self.form_view.focus()

    @on(PlanningScreen.Resolved)
    def show_form(self, event: PlanningScreen.Resolved) -> None:
        """Show the fields, or what is wrong with the preset."""
        if event.name != self._chosen:
            return
        self.form_title.title = event.name
        self.form = self._with_wanted(event.form) if event.form else None
        if event.error:
            self.show_error(event.error)

    def watch_form(self, form: Form | None) -> None:
        """Show the fields and ask anew what they come to."""
        self._blank()
        self.form_view.fields = form.fields if form else ()
        self.refresh_bindings()
        self.form_title.state = form.preset.summary if form else ""
        if self._timer:
            self._timer.stop()
        if form:
            self._timer = self.set_timer(DEBOUNCE_S, self._plan)

    def _plan(self) -> None:
        if self.form:
            self.make_plan(self.form, self.snapshot)

    @on(PlanningScreen.Planned)
    def show_plan(self, event: PlanningScreen.Planned) -> None:
        """Show the exact command, or every reason why there is none."""
        if event.form is not self.form or event.form.preset.name != self._chosen:
            return
        self.take_plan(event.prepared, is_busy=isinstance(event.error, GpusBusy))
        if event.prepared is None:
            python = event.python
            self.form_view.notes = {} if python is None else {PYTHON: python_note(python)}
            self.plan.facts = ()
            if event.error:
                self.show_error(event.error)
            return
        self.form_view.notes = field_notes(event.prepared)
        self.plan.facts = plan_facts(event.prepared)
        self.show_command(event.prepared)

    @on(PlanningScreen.Foreseen)
    def take_outlook(self, event: PlanningScreen.Foreseen) -> None:
        """Show what is expected of the form."""
        if event.form is self.form and event.form.preset.name == self._chosen:
            self.outlook = event.outlook

    def watch_outlook(self) -> None:
        """Show it in the column, or in one line where there is no room for that."""
        self.plan.outlook = self.outlook
        self._show_outlook_line()
        self.refresh_bindings()

    def on_resize(self) -> None:
        """Fit the one line to the new width."""
        self.call_after_refresh(self._show_outlook_line)

    def _show_outlook_line(self) -> None:
        line = forecast_line(self.outlook, self.outlook_line.size.width)
        self.outlook_line.show((line,))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Go with the clock: the end of a start moves with it."""
        self.plan.now_s = snapshot.time

    @on(LaunchForm.Edited)
    def take_edit(self, event: LaunchForm.Edited) -> None:
        """Change one field."""
        if self.form:
            self.form = self.form.edited(event.key, event.value)

    @on(LaunchForm.Reverted)
    def take_back(self, event: LaunchForm.Reverted) -> None:
        """Take the preset's value again."""
        if self.form:
            self.form = self.form.reverted(event.key)

    def start_over(self) -> None:
        """Put the keys on the list of presets."""
        self.names.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let no letter act while a field is edited, and nothing start what cannot be."""
        if not self.is_mounted:
            return True
        if action == "to_list":
            return self.form_view.has_focus or self.command_box.has_focus
        return not (self.form_view.is_editing and action in ACTS) and self.can_act(action)

    def action_to_list(self) -> None:
        """Go back to the list of presets."""
        self.names.focus()


def _entry_words(entry: PresetEntry) -> Content:
    sign = "✗ " if entry.problems else ""
    return Content.assemble(
        (sign, "$danger"), entry.name, "\n", (f"  {entry.origin} · {entry.summary}", "$muted")
    )
