"""The Deck: what needs somebody, the machines, the runs, and the selected run at work."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.geometry import Size
from textual.widgets import Static

from cockpit.devices.sample import DeviceReading
from cockpit.runs.phase import glyph
from cockpit.tui.facts import devices_words, preview_state, short_facts
from cockpit.tui.first_steps import FIRST_PRESET, first_steps
from cockpit.tui.head import tone
from cockpit.tui.layout import DeckRows, deck_rows
from cockpit.tui.messages import HideNeeds, OpenRun, ShowGpus, ShowPreset
from cockpit.tui.needs import attention, counts, keys_that_act
from cockpit.tui.screens.acting import ACTS, ActingScreen, act_keys
from cockpit.tui.store import Snapshot
from cockpit.tui.waiting import waiting_words
from cockpit.tui.widgets.attention import Attention
from cockpit.tui.widgets.curves import Curves
from cockpit.tui.widgets.facts import Facts
from cockpit.tui.widgets.host_panel import HostPanel
from cockpit.tui.widgets.log_view import LogView
from cockpit.tui.widgets.machines import Machines
from cockpit.tui.widgets.next_steps import NextSteps
from cockpit.tui.widgets.rows import Rows
from cockpit.tui.widgets.rule_title import RuleTitle
from cockpit.tui.widgets.run_list import RunList
from cockpit.views.run_view import RunView

TINY_COLUMNS: Final = 60
TINY_ROWS: Final = 16
"""Below this the machines give way to the runs."""
THREE_PLOTS_FROM_COLUMNS: Final = 100
FACTS_FROM_COLUMNS: Final = 140


class DeckScreen(ActingScreen):
    """Everything at one glance."""

    MODE = "1"
    HELP = """\
The Deck shows, from top to bottom: what needs you, the GPUs or the host, the runs with their
progress and their end, and the selected run at work. Runs go on when you leave.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new", id="deck.new", tooltip="Choose a preset and start a run"),
        Binding("enter", "open", "open", key_display="⏎", id="deck.open",
                tooltip="Curves, log and facts of the selected run"),
        *act_keys("deck"),
        Binding("l", "log", "log", id="deck.log", tooltip="The log of the selected run"),
        Binding("g", "gpus", "GPUs", id="deck.gpus",
                tooltip="Every GPU with its history, processes and holder"),
        Binding("space", "mark", "mark", show=False, key_display="space", id="deck.mark",
                tooltip="Mark this run, to compare the marked ones with c; again: no more"),
        Binding("A", "hide_needs", "hide needs", id="deck.hide-needs",
                tooltip="Hide what needs you until something new comes"),
        Binding("c", "app.compare", "compare", id="deck.compare",
                tooltip="Compare the marked runs, or the selected run with one from a list"),
    ]  # fmt: skip

    attention = getters.query_one(Attention)
    machines = getters.query_one(Machines)
    host = getters.query_one(HostPanel)
    devices_line = getters.query_one("#devices-line", Rows)
    runs_title = getters.query_one("#runs-title", RuleTitle)
    runs = getters.query_one(RunList)
    preview = getters.query_one("#preview", Vertical)
    preview_title = getters.query_one("#preview-title", RuleTitle)
    curves = getters.query_one(Curves)
    facts = getters.query_one(Facts)
    log_box = getters.query_one("#deck-log-box", Vertical)
    log_title = getters.query_one("#deck-log-title", RuleTitle)
    run_log = getters.query_one("#deck-log", LogView)
    steps = getters.query_one(NextSteps)

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self._division: tuple[Size, DeckRows, bool, int] | None = None
        self._wanted: str | None = None

    def compose_body(self) -> ComposeResult:
        """Yield the regions, from what needs somebody down to the log."""
        yield Attention()
        yield Machines()
        yield HostPanel()
        yield Rows(id="devices-line")
        yield RuleTitle("Runs", "reading the run directories", id="runs-title")
        yield RunList()
        with Vertical(id="preview"):
            yield RuleTitle(id="preview-title")
            with Horizontal(id="preview-body"):
                yield Curves()
                yield Facts()
        with Vertical(id="deck-log-box"):
            yield RuleTitle("log", id="deck-log-title")
            with Horizontal():
                yield Static("log ", id="deck-log-label", markup=False)
                yield LogView(id="deck-log")
        yield NextSteps()

    def on_mount(self) -> None:
        """Put the keys on the list of runs."""
        self.run_log.can_focus = False
        self.runs.focus()

    @property
    def selected(self) -> RunView | None:
        """The run that the keys act on."""
        return self.snapshot.run(self.runs.selected) if self.snapshot else None

    @property
    def acted_on(self) -> RunView | None:
        """The selected run."""
        return self.selected

    @property
    def marked(self) -> tuple[str, ...]:
        """The marked runs that are there, in the order in which they were marked."""
        known = {run.run_id for run in self.runs.runs}
        return tuple(run_id for run_id in self.runs.marked if run_id in known)

    def select(self, run_id: str) -> None:
        """Put the bar on this run, as soon as it is there."""
        self._wanted = run_id
        self._follow_wanted()

    def _follow_wanted(self) -> None:
        if self._wanted and self.snapshot and self.snapshot.run(self._wanted):
            self.runs.selected, self._wanted = self._wanted, None

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Hand the parts to the regions."""
        self._show_devices(snapshot)
        self.runs_title.facts = str(len(snapshot.runs) or "none yet")
        self.runs.runs = snapshot.runs
        if self.runs.selected is None and snapshot.runs:
            self.runs.selected = snapshot.runs[0].run_id
        self._follow_wanted()
        self._show_selected()
        self._divide()
        self._count_runs()

    def _count_runs(self) -> None:
        """Say how many run, and how many more are in the list than can be seen."""
        if self.snapshot is None:
            return
        running, below = counts(self.snapshot).running, self.runs.more_below
        marked = len(self.marked)
        told = (
            f"{marked} marked · c compare" if marked else "",
            f"{running} running" if running else "",
            f"+{below} more ↓" if below else "",
        )
        self.runs_title.state = " · ".join(part for part in told if part)

    def _show_devices(self, snapshot: Snapshot) -> None:
        reading = snapshot.reading
        self.machines.show(snapshot)
        inventory = reading.inventory
        self.host.problem = inventory.problem or "" if inventory else ""
        self.host.full_in_s = snapshot.disk_full_in_s
        self.host.sample = reading.host
        self.devices_line.show((((devices_words(reading), "muted"),),))

    def _show_selected(self) -> None:
        self._show_needs()
        run = self.selected
        if run is None or self.snapshot is None:
            return
        self.preview_title.sign = f"{glyph(run.phase)} {tone(run.phase)}"
        self.preview_title.title = run.name
        self.preview_title.state = preview_state(run)
        self.curves.headline = run.headline
        self.curves.table = run.metrics
        self.curves.notice = waiting_words(run)
        self.run_log.is_over = run.phase.is_over
        self.facts.facts = short_facts(run, self.snapshot)
        if self.run_log.path != run.log:
            self.run_log.path = run.log
            self.log_title.facts = run.log.name
            self.call_after_refresh(self.run_log.follow)
        self.run_log.poll()
        self.log_title.state = self.run_log.state  # its message would be an update of its own
        self.offer_acts(run)

    def _show_needs(self) -> None:
        if self.snapshot is None:
            return
        needed = bool(self.attention.needs)
        self.attention.needs = keys_that_act(attention(self.snapshot), self.runs.selected)
        if bool(self.attention.needs) != needed:
            self.refresh_bindings()

    def _divide(self) -> None:
        """Give the regions their rows; only when something changed, for it costs a whole paint."""
        if self.snapshot is None:
            return
        runs, reading = self.snapshot.runs, self.snapshot.reading
        steps = first_steps(runs)
        is_newcomer = all(run.preset == FIRST_PRESET for run in runs)
        rows = deck_rows(
            self.size.height,
            needs=len(self.attention.needs),
            devices=self._device_rows(reading),
            runs=max(1, len(runs)),
            steps=len(steps) + 1 if is_newcomer else 0,
        )
        division = (self.size, rows, bool(runs), len(reading.gpus))
        self.steps.steps = steps
        if division != self._division:
            self._division = division
            self._lay_out(rows, has_runs=bool(runs), has_gpus=bool(reading.gpus))

    def _lay_out(self, rows: DeckRows, *, has_runs: bool, has_gpus: bool) -> None:
        width, height = self.size
        shows_machine = width >= TINY_COLUMNS and height >= TINY_ROWS
        self.machines.display = has_gpus and rows.devices and shows_machine
        self.host.display = not has_gpus and rows.devices and shows_machine
        self.devices_line.display = not rows.devices and shows_machine
        self.runs.display = has_runs
        self.runs.styles.height = rows.runs
        self.preview.display = has_runs and rows.plots > 0
        self.facts.display = width >= FACTS_FROM_COLUMNS
        self.curves.max_plots = 3 if width >= THREE_PLOTS_FROM_COLUMNS else 2
        self.log_box.display = has_runs and rows.log > 0
        self.log_box.styles.height = rows.log
        self.steps.display = not has_runs or rows.steps > 0
        self.call_after_refresh(self.run_log.follow)
        self.call_after_refresh(self._count_runs)
        self.refresh_bindings()

    def _device_rows(self, reading: DeviceReading) -> int:
        if reading.gpus:
            return self.machines.fit(self.size, reading)
        return 4 if self.host.problem else 3

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what acts on a run only when there is one that it can act on."""
        if action in ACTS:
            return self.can_act(action)
        if action in {"open", "log", "mark"}:
            return bool(self.snapshot and self.snapshot.runs)
        if action == "hide_needs":
            return bool(self.snapshot and attention(self.snapshot))
        return True

    @on(Resize)
    def divide_again(self) -> None:
        """Give each region its rows again, after the panels took theirs."""
        self.call_after_refresh(self._divide)

    @on(LogView.StateChanged)
    def show_log_state(self, event: LogView.StateChanged) -> None:
        """Say at the right of the log's title where it stands."""
        self.log_title.state = event.state

    @on(RunList.Highlighted)
    def show_other_run(self) -> None:
        """Preview the run under the bar."""
        self._show_selected()
        self._count_runs()

    @on(RunList.Opened)
    def open_run(self, event: RunList.Opened) -> None:
        """Ask for the screen of that run."""
        self.post_message(OpenRun(event.run_id))

    def action_new(self) -> None:
        """Ask for the launch form."""
        self.post_message(
            ShowPreset(FIRST_PRESET if self.snapshot and not self.snapshot.runs else None)
        )

    def action_open(self) -> None:
        """Ask for the screen of the selected run."""
        if self.selected:
            self.post_message(OpenRun(self.selected.run_id))

    def action_mark(self) -> None:
        """Mark the selected run, or take its mark."""
        if self.selected:
            self.runs.mark(self.selected.run_id)
            self._count_runs()

    def action_log(self) -> None:
        """Ask for the log of the selected run."""
        if self.selected:
            self.post_message(OpenRun(self.selected.run_id, log=True))

    def action_gpus(self) -> None:
        """Ask for the screen of the GPUs."""
        self.post_message(ShowGpus())

    def action_hide_needs(self) -> None:
        """Note what needs somebody."""
        self.post_message(HideNeeds())
