"""The options of a tool on the screen: what is typed is taken, a preset is chosen from a list."""

from __future__ import annotations

from textual import on

from cockpit.tools.catalog import TOOLS
from cockpit.tui.choice import Choice
from cockpit.tui.screens.chooser import Chooser
from cockpit.tui.screens.tool_reading import ToolReadingScreen
from cockpit.tui.tools.form import PRESET, ToolForm
from cockpit.tui.widgets.launch_form import LaunchForm


class ToolOptionsScreen(ToolReadingScreen):
    """Keeps the options of the chosen tool."""

    chosen: str

    @property
    def form(self) -> ToolForm:
        """The options of the chosen tool."""
        return ToolForm(TOOLS[self.chosen])

    def keep_form(self, form: ToolForm) -> None:
        """Take other options."""

    @on(LaunchForm.Edited)
    def take_edit(self, event: LaunchForm.Edited) -> None:
        """Take a value; what is wrong with it is said at once. A preset is chosen from a list."""
        if event.key == PRESET:
            self.read_presets()
            return
        self.keep_form(self.form.edited(event.key, event.value))

    @on(LaunchForm.Reverted)
    def take_back(self, event: LaunchForm.Reverted) -> None:
        """Take the usual value again."""
        self.keep_form(self.form.reverted(event.key))

    @on(ToolReadingScreen.Presets)
    def choose_preset(self, event: ToolReadingScreen.Presets) -> None:
        """Ask which preset it is about."""
        choices = [Choice("", "none", "what the tool does without one")]
        choices += [Choice(one.name, one.name, one.summary) for one in event.entries]
        at = self.form.preset or ""
        self.app.push_screen(Chooser("Preset", choices, at), self._take_preset)

    def _take_preset(self, name: str | None) -> None:
        if name is not None:
            self.keep_form(self.form.edited(PRESET, name))
