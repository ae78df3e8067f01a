"""What can follow a run: a list of its preset's steps, each launched as a run of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from cockpit.supervise.after import StepView
from cockpit.supervise.request import RunRequest


class StepsDialog(ModalScreen[RunRequest | None]):
    """The steps with their exact commands; ⏎ launches one."""

    HELP = "⏎ launches the step under the bar as a run of its own; esc launches nothing."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("S", "launch(True, '')", "share the GPUs", id="steps.share",
                tooltip="Launch it on GPUs that others use"),
        Binding("C", "launch(False, 'cpu')", "on the CPU", id="steps.cpu",
                tooltip="Launch it without a GPU"),
        Binding("escape", "dismiss", "back", id="steps.back", tooltip="Launch nothing"),
        Binding("q", "app.quit", "leave", show=False, id="steps.quit",
                tooltip="Leave; the runs go on"),
    ]  # fmt: skip

    def __init__(self, run_id: str, steps: Sequence[StepView]) -> None:
        super().__init__()
        self._run_id = run_id
        self._steps = tuple(steps)

    def compose(self) -> ComposeResult:
        """Yield the box."""
        box = Vertical(id="steps-box")
        box.border_title = "After this run"
        with box:
            yield Static(Content.assemble((self._run_id, "$strong bold")))
            yield Static("")
            yield OptionList(*map(_option, self._steps), id="steps-list", markup=False)
            yield Static(_keys(), id="steps-keys")

    def on_mount(self) -> None:
        """Put the keys on the list."""
        self.query_one(OptionList).focus()

    @on(OptionList.OptionSelected)
    def take(self) -> None:
        """Launch the step that was chosen."""
        self.action_launch(False, "")

    def action_launch(self, shares: bool, gpus: str) -> None:
        """Ask for the launch of the step under the bar."""
        at = self.query_one(OptionList).highlighted
        if at is None or self._steps[at].missing is not None:
            self.notify("this step needs what is not there yet", markup=False)
            return
        step = (self._run_id, self._steps[at].name)
        self.dismiss(RunRequest("", gpus=gpus or None, shares=shares, step=step))


def _option(step: StepView) -> Option:
    missing = f"\n  not yet: {step.missing} does not exist" if step.missing is not None else ""
    words = Content.assemble(
        (step.name, "$strong bold"),
        f"  {step.what}",
        (f"\n  {step.command}", "$muted"),
        (missing, "$attention"),
    )
    return Option(words, disabled=step.missing is not None)


def _keys() -> Content:
    keys = (("⏎", "launch"), ("S", "share the GPUs"), ("C", "on the CPU"), ("esc", "back"))
    return Content("   ").join(
        Content.assemble((key, "$accent bold"), (f" {words}", "$muted")) for key, words in keys
    )
