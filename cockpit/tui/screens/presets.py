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

from cockpit.errors import CockpitError, GpusBusy
from cockpit.launch.command import shell_lines
from cockpit.presets.load import PresetEntry
from cockpit.supervise.prepare import Prepared
from cockpit.tui.about_preset import about
from cockpit.tui.file_facts import home
from cockpit.tui.forecast_rows import ASKED, Outlook, forecast_line
from cockpit.tui.foreseeing import Foresee, foresee
from cockpit.tui.form import PYTHON, QUEUE, SHARE, START, Form
from cockpit.tui.messages import Launch
from cockpit.tui.plan_words import (
    dry_run,
    estimate_text,
    field_notes,
    plan_facts,
    python_note,
    refusal,
)
from cockpit.tui.screens.planning import PlanningScreen
from cockpit.tui.screens.text import TextScreen
from cockpit.tui.store import Snapshot
from cockpit.tui.widgets.launch_form import LaunchForm
from cockpit.tui.widgets.plan_column import PlanColumn
from cockpit.tui.widgets.rows import Rows
from cockpit.tui.widgets.rule_title import RuleTitle

ASKING: Final = "asking the training interpreter …"
DEBOUNCE_S: Final = 0.2
"""Wait this long for another key before the training interpreter is asked again."""


class PresetsScreen(PlanningScreen):
    """The presets at the left, the launch form beside them, the exact command below."""

    MODE = "2"
    HELP = """\
A preset is a training that can be started again. Nearest wins: ./presets, then your own folder,
then the ones shipped. Letters never act while a field is edited; the launch itself is a capital R.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "fields", key_display="tab", id="presets.next",
                tooltip="Between the presets and the fields"),
        Binding("R", "launch", "launch", id="presets.launch",
                tooltip="Start this training; it runs on when you leave"),
        Binding("d", "dry_run", "dry run", id="presets.dry-run",
                tooltip="Everything that would be done, and nothing done"),
        Binding("v", "full", "full form", show=False, id="presets.full",
                tooltip="The command as it is executed, or as one types it"),
        Binding("y", "copy", "copy", id="presets.copy",
                tooltip="Copy the command (needs a terminal with OSC 52)"),
        Binding("Q", "start('queue')", "queue", id="presets.queue",
                tooltip="Wait in the queue until its GPUs are free"),
        Binding("S", "start('share')", "share", id="presets.share",
                tooltip="Use GPUs that others use all the same"),
        Binding("e", "estimate", "estimate", id="presets.estimate",
                tooltip="How long, how much memory, what cost, and on what that rests"),
        Binding("i", "about", "about", id="presets.about",
                tooltip="Where the preset departs from its document, its steps before and after"),
        Binding("R", "tell_why_not", show=False, id="presets.tell-why-not"),
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
    command_title = getters.query_one("#command-title", RuleTitle)
    command_box = getters.query_one("#command-box", VerticalScroll)
    command = getters.query_one("#command", Static)

    wanted: var[str] = var("", init=False)
    """The preset to show; the list follows."""
    form: var[Form | None] = var(None, init=False)
    is_full: var[bool] = var(False, init=False)
    outlook: var[Outlook] = var(ASKED, init=False)

    def __init__(self, host: str, foresee: Foresee = foresee) -> None:
        super().__init__(host, foresee)
        self._entries: tuple[PresetEntry, ...] = ()
        self._prepared: Prepared | None = None
        self._chosen = ""
        self._timer: Timer | None = None
        self._is_busy = False
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
        self._take_plan(None)
        self.plan.facts, self.outlook = (), ASKED
        self.command_title.state = ""
        self.command.update(Content.styled(ASKING, "$muted"))

    def _take_plan(self, prepared: Prepared | None, *, is_busy: bool = False) -> None:
        before = (bool(self._prepared), self._is_busy)
        self._prepared, self._is_busy = prepared, is_busy
        if before != (bool(prepared), is_busy):
            self.refresh_bindings()

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
            self._show_error(event.error)

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
        self._take_plan(event.prepared, is_busy=isinstance(event.error, GpusBusy))
        if event.prepared is None:
            python = event.python
            self.form_view.notes = {} if python is None else {PYTHON: python_note(python)}
            self.plan.facts = ()
            if event.error:
                self._show_error(event.error)
            return
        self.form_view.notes = field_notes(event.prepared)
        self.plan.facts = plan_facts(event.prepared)
        self._show_command(event.prepared)

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

    def _show_command(self, prepared: Prepared) -> None:
        lines = shell_lines(prepared.plan, short=not self.is_full)
        notes = [f"▲ {note}" for note in prepared.plan.notes]
        self.command_title.state = (
            f"in {home(prepared.plan.cwd)} · y copy · v {'short' if self.is_full else 'full'} form"
        )
        after = f"writes to {home(prepared.paths.root)} · runs on when you leave · stops with s"
        self.command.update(
            Content.assemble(
                "\n".join(lines), "\n", ("\n".join(notes) + "\n" if notes else "", "$attention"),
                "\n", (after, "$muted"),
            )
        )  # fmt: skip

    def _show_error(self, error: CockpitError) -> None:
        problem, way_out = refusal(error)
        marks = ((" " if line.startswith(" ") else "✗", line) for line in problem.splitlines())
        problems = [f"{mark} {line}" for mark, line in marks]
        remedy = f"\n  try: {way_out}" if way_out else ""
        self.command_title.state = "it cannot be started"
        self.command.update(Content.assemble(("\n".join(problems), "$danger"), (remedy, "$muted")))

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
        match action:
            case "launch" | "dry_run" | "full" | "copy":
                return self._prepared is not None and not self.form_view.is_editing
            case "tell_why_not":
                return self._prepared is None and not self.form_view.is_editing
            case "start":
                return self._is_busy and not self.form_view.is_editing
            case "estimate":
                return self.outlook.forecast is not None and not self.form_view.is_editing
            case "about":
                return self.form is not None and not self.form_view.is_editing
            case "to_list":
                return self.form_view.has_focus or self.command_box.has_focus
            case _:
                return True

    def action_to_list(self) -> None:
        """Go back to the list of presets."""
        self.names.focus()

    def action_launch(self) -> None:
        """Ask for the start of what is shown."""
        if self.form and self._prepared:
            self.post_message(Launch(self.form.request()))

    def action_start(self, when: str) -> None:
        """Let it wait for its GPUs, or share them; the command then says what that comes to."""
        if self.form and when in (QUEUE, SHARE):
            self.form = self.form.edited(START, when)

    def action_about(self) -> None:
        """Show where the preset departs from its document, and its steps."""
        if self.form:
            preset = self.form.preset
            self.app.push_screen(
                TextScreen(f"About {preset.name}", about(preset, self._text_width))
            )

    def action_estimate(self) -> None:
        """Show the whole estimate."""
        forecast = self.outlook.forecast
        if self.form and forecast:
            text = estimate_text(forecast, self.outlook.why_no_time, self._text_width)
            self.app.push_screen(TextScreen(f"Estimate of {self.form.preset.name}", text))

    @property
    def _text_width(self) -> int:
        return int(self.size.width * 0.9) - 8

    def action_tell_why_not(self) -> None:
        """Be told that nothing can be started."""
        self.notify("there is nothing to start yet: see below the form")

    def action_dry_run(self) -> None:
        """Show all that would be done."""
        if self._prepared:
            self.app.push_screen(TextScreen("Dry run: nothing is started", dry_run(self._prepared)))

    def action_full(self) -> None:
        """Change between the short and the full command."""
        self.is_full = not self.is_full
        if self._prepared:
            self._show_command(self._prepared)

    def action_copy(self) -> None:
        """Copy the full command, which works outside this program too."""
        if self._prepared:
            self.app.copy_to_clipboard("\n".join(shell_lines(self._prepared.plan, short=False)))
            self.notify("the full command was handed to the terminal's clipboard")


def _entry_words(entry: PresetEntry) -> Content:
    sign = "✗ " if entry.problems else ""
    return Content.assemble(
        (sign, "$danger"), entry.name, "\n", (f"  {entry.origin} · {entry.summary}", "$muted")
    )
