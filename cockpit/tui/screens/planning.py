"""A screen that reads presets and asks what a form comes to, each in a thread of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from textual import work
from textual.message import Message

from cockpit.errors import CockpitError, GpusBusy
from cockpit.launch.interpreter import TrainingPython, find_python
from cockpit.presets.load import PresetEntry, find_presets
from cockpit.presets.resolve import resolve
from cockpit.supervise.prepare import Prepared, modules_of, prepare, requested_preset
from cockpit.tui.forecast_rows import Outlook
from cockpit.tui.foreseeing import CANNOT_YET, Foresee, foresee
from cockpit.tui.form import Form
from cockpit.tui.screens.frame import FrameScreen
from cockpit.tui.store import Snapshot


class PlanningScreen(FrameScreen):
    """Posts what was found; starts nothing."""

    def __init__(self, host: str, foresee: Foresee = foresee) -> None:
        super().__init__(host)
        self._foresee = foresee

    @dataclass
    class Listed(Message):
        """The presets were read."""

        entries: tuple[PresetEntry, ...]

    @dataclass
    class Resolved(Message):
        """A preset was read with its sources, or cannot be."""

        name: str
        form: Form | None
        error: CockpitError | None

    @dataclass
    class Planned(Message):
        """What the form comes to, or why it cannot be started."""

        form: Form
        prepared: Prepared | None
        error: CockpitError | None
        python: TrainingPython | None
        """Which interpreter would train, where there is no plan but one was found."""

    @dataclass
    class Foreseen(Message):
        """What is expected of the form: memory, time, cost."""

        form: Form
        outlook: Outlook

    @work(thread=True, exclusive=True, group="presets", exit_on_error=False)
    def read_presets(self) -> None:
        """Find the presets on disk."""
        self.post_message(self.Listed(find_presets()))

    @work(thread=True, exclusive=True, group="resolve", exit_on_error=False)
    def resolve_preset(self, name: str) -> None:
        """Read one preset."""
        try:
            self.post_message(self.Resolved(name, Form(resolve(name)), None))
        except CockpitError as error:
            self.post_message(self.Resolved(name, None, error))

    @work(thread=True, exclusive=True, group="plan", exit_on_error=False)
    def make_plan(self, form: Form, snapshot: Snapshot | None) -> None:
        """Ask what the form comes to, and then what is expected of it; starts nothing."""
        prepared, is_refused = None, False
        try:
            prepared = prepare(form.request())
            self.post_message(self.Planned(form, prepared, None, None))
        except CockpitError as error:
            is_refused = not isinstance(error, GpusBusy)
            self.post_message(self.Planned(form, None, error, python_of(form)))
        outlook = self._foresee(form, prepared, snapshot)
        outlook = replace(outlook, begin=CANNOT_YET) if is_refused else outlook
        self.post_message(self.Foreseen(form, outlook))


def python_of(form: Form) -> TrainingPython | None:
    """Return the interpreter that would train; None where none is fit."""
    try:
        preset = requested_preset(form.request())
        return find_python(preset.launch.python, modules_of(preset), os.environ)
    except CockpitError:
        return None
