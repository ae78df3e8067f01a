"""What the keys of the Presets do with the form that is shown, and the exact command below it."""

from __future__ import annotations

from typing import Final

from textual import getters
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import var
from textual.widgets import Static

from cockpit.errors import CockpitError
from cockpit.launch.command import shell_lines
from cockpit.supervise.prepare import Prepared
from cockpit.tui.about_preset import about
from cockpit.tui.estimate_text import estimate_text
from cockpit.tui.file_facts import home
from cockpit.tui.forecast_rows import ASKED, Outlook
from cockpit.tui.foreseeing import Foresee, foresee
from cockpit.tui.form import QUEUE, SHARE, START, Form
from cockpit.tui.messages import Launch, ShowTool
from cockpit.tui.plan_words import dry_run, refusal
from cockpit.tui.screens.planning import PlanningScreen
from cockpit.tui.screens.text import TextScreen
from cockpit.tui.widgets.rule_title import RuleTitle

ASKING: Final = "asking the training interpreter …"
ACTS: Final = frozenset(
    {"launch", "dry_run", "full", "copy", "start", "estimate", "about", "tell_why_not"}
)
"""Letters that never act while a field is edited."""


def act_keys() -> list[Binding]:
    """Return the keys of the acts, for the bindings of the screen."""
    return [
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
    ]  # fmt: skip


class PresetActsScreen(PlanningScreen):
    """Acts on the form that is shown, and on its plan."""

    command_title = getters.query_one("#command-title", RuleTitle)
    command_box = getters.query_one("#command-box", VerticalScroll)
    command = getters.query_one("#command", Static)

    form: var[Form | None] = var(None, init=False)
    outlook: var[Outlook] = var(ASKED, init=False)
    is_full: var[bool] = var(False, init=False)

    def __init__(self, host: str, foresee: Foresee = foresee) -> None:
        super().__init__(host, foresee)
        self._prepared: Prepared | None = None
        self._is_busy = False

    def take_plan(self, prepared: Prepared | None, *, is_busy: bool = False) -> None:
        """Keep the plan, or that there is none; busy: it would start if GPUs were free."""
        before = (bool(self._prepared), self._is_busy)
        self._prepared, self._is_busy = prepared, is_busy
        if before != (bool(prepared), is_busy):
            self.refresh_bindings()

    def can_act(self, action: str) -> bool:
        """Say whether one of `ACTS` can be done."""
        match action:
            case "launch" | "dry_run" | "full" | "copy":
                return self._prepared is not None
            case "tell_why_not":
                return self._prepared is None
            case "start":
                return self._is_busy
            case "estimate":
                return self.outlook != ASKED and None not in (self.form, self.snapshot)
            case "about":
                return self.form is not None
            case _:
                return True

    def show_asking(self) -> None:
        """Show that the command is not known yet."""
        self.command_title.state = ""
        self.command.update(Content.styled(ASKING, "$muted"))

    def show_command(self, prepared: Prepared) -> None:
        """Show what would be executed, and what is to be said about it."""
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

    def show_error(self, error: CockpitError) -> None:
        """Show every reason why it cannot be started."""
        problem, way_out = refusal(error)
        marks = ((" " if line.startswith(" ") else "✗", line) for line in problem.splitlines())
        problems = [f"{mark} {line}" for mark, line in marks]
        remedy = f"\n  try: {way_out}" if way_out else ""
        self.command_title.state = "it cannot be started"
        self.command.update(Content.assemble(("\n".join(problems), "$danger"), (remedy, "$muted")))

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
        """Show the whole estimate; where there is none, the tool that can ask about other GPUs."""
        if self.form is None or self.snapshot is None:
            return
        if self.outlook.forecast is None:
            self.app.post_message(ShowTool("estimate", edits=True, preset=self.form.preset.name))
        else:
            text = estimate_text(self.outlook, self.snapshot.time, self._text_width)
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
            self.show_command(self._prepared)

    def action_copy(self) -> None:
        """Copy the full command, which works outside this program too."""
        if self._prepared:
            self.app.copy_to_clipboard("\n".join(shell_lines(self._prepared.plan, short=False)))
            self.notify("the full command was handed to the terminal's clipboard")
