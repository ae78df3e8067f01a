"""What the watching thread and the workers tell the app."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from cockpit.tui.store import Snapshot

if TYPE_CHECKING:  # the launching half of the program is read when somebody launches
    from cockpit.supervise.after import StepView
    from cockpit.supervise.request import RunRequest
    from cockpit.tools.start import ToolAsk
    from cockpit.views.report_list import ReportEntry


class Refreshed(Message):
    """A newer snapshot; one that still waits is of no use any more."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot

    def can_replace(self, message: Message) -> bool:
        """Let a slow terminal see the newest snapshot only."""
        return isinstance(message, Refreshed)


class Failed(Message):
    """Something broke inside the TUI: one sentence, and where the traceback lies."""

    def __init__(self, sentence: str, file: Path | None) -> None:
        super().__init__()
        self.sentence = sentence
        self.file = file


class OpenRun(Message):
    """Show the screen of this run."""

    def __init__(self, run_id: str, *, log: bool = False) -> None:
        super().__init__()
        self.run_id = run_id
        self.log = log
        """Begin with the log over the whole screen."""


class StopRun(Message):
    """Ask whether this run shall be stopped."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id


class ResumeRun(Message):
    """Ask whether this run shall go on."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id


class AdoptRun(Message):
    """Give this run a supervisor again."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id


class ChooseStep(Message):
    """Show what can follow this run."""

    def __init__(self, run_id: str, steps: tuple[StepView, ...]) -> None:
        super().__init__()
        self.run_id = run_id
        self.steps = steps


class HideNeeds(Message):
    """The user has seen what needs somebody: hide it until something new comes."""


class ShowPreset(Message):
    """Open the launch form, of this preset when one is named."""

    def __init__(self, name: str | None = None, edits: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__()
        self.name = name
        self.edits = edits
        """Fields by key that begin with another value."""


class Launch(Message):
    """Start what the form says."""

    def __init__(self, request: RunRequest) -> None:
        super().__init__()
        self.request = request


class ShowGpus(Message):
    """Show the GPUs, with those of this run under the bar."""

    def __init__(self, run_id: str | None = None) -> None:
        super().__init__()
        self.run_id = run_id


class ShowGpu(Message):
    """Show everything of one GPU."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key
        """`GpuSample.key`."""


class ShowStragglers(Message):
    """Compare the ranks of this run."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id


class CompareRuns(Message):
    """Show these runs beside each other; the first is what the others are held against."""

    def __init__(self, run_ids: tuple[str, ...]) -> None:
        super().__init__()
        self.run_ids = run_ids


class ChooseOther(Message):
    """Ask with which run this one shall be compared."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id


class ShowTool(Message):
    """Show what this tool found last."""

    def __init__(self, tool: str, *, edits: bool = False, preset: str = "") -> None:
        super().__init__()
        self.tool = tool
        self.edits = edits
        """Begin with its options."""
        self.preset = preset
        """What its options are to be about; empty leaves them as they were."""


class RunTool(Message):
    """Run a tool inside the TUI."""

    def __init__(self, ask: ToolAsk) -> None:
        super().__init__()
        self.ask = ask


class StopTool(Message):
    """End the tool that runs; what it measured is kept."""


class ShowReport(Message):
    """Show a report, to be read."""

    def __init__(self, entry: ReportEntry) -> None:
        super().__init__()
        self.entry = entry
