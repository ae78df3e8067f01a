"""One GPU: its curves, all that it tells, and the processes on it."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Resize
from textual.reactive import var

from cockpit.devices.sample import GpuSample
from cockpit.tui.gpu_facts import gpu_facts
from cockpit.tui.gpu_names import short_name
from cockpit.tui.gpu_processes import process_head, process_lines
from cockpit.tui.gpu_span import Span, all_past
from cockpit.tui.gpu_titles import cell_words
from cockpit.tui.gpu_trouble import trouble_lines
from cockpit.tui.messages import OpenRun, ShowStragglers
from cockpit.tui.screens.gpu_past import SPAN_KEYS, Past, PastScreen
from cockpit.tui.store import Snapshot, holders
from cockpit.tui.widgets.facts import Facts
from cockpit.tui.widgets.gpu_detail import GpuCharts
from cockpit.tui.widgets.rows import Rows
from cockpit.tui.widgets.rule_title import RuleTitle
from cockpit.views.gpu_owners import GpuOwner, owners_of_processes
from cockpit.views.run_view import RunView

FACTS_BESIDE_FROM: Final = 140
"""Columns from which the facts always stand beside the curves."""
MOST_PROCESS_ROWS: Final = 8


class GpuScreen(PastScreen):
    """Everything of one GPU."""

    HELP = """\
One GPU over time, and all that it tells. Load is the share of time in which any kernel ran, not
how full the GPU is. What this GPU does not tell is left out or shown as a dash.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "GPUs", key_display="esc", id="gpu.back",
                tooltip="Back to the GPUs"),
        Binding("enter", "open_run", "open run", key_display="⏎", id="gpu.open-run",
                tooltip="The run that holds this GPU"),
        Binding("left", "other(-1)", "other GPU", key_display="← →", id="gpu.before",
                tooltip="The GPU before or after this one"),
        Binding("right", "other(1)", show=False, id="gpu.after"),
        *SPAN_KEYS,
        Binding("f", "facts(True)", "facts", id="gpu.facts",
                tooltip="The facts in the place of the curves"),
        Binding("f", "facts(False)", "curves", id="gpu.curves",
                tooltip="The curves in the place of the facts"),
        Binding("x", "stragglers", "stragglers", id="gpu.stragglers",
                tooltip="Compare the ranks of the run that holds this GPU"),
        Binding("up,k", "scroll_facts('up')", show=False, key_display="↑ ↓", id="gpu.up",
                tooltip="Scroll the facts"),
        Binding("down,j", "scroll_facts('down')", show=False, id="gpu.down"),
        Binding("pageup", "scroll_facts('page_up')", show=False, key_display="pgup pgdn",
                id="gpu.page-up", tooltip="Scroll the facts by a page"),
        Binding("pagedown", "scroll_facts('page_down')", show=False, id="gpu.page-down"),
    ]  # fmt: skip

    gpu_title = getters.query_one("#gpu-title", RuleTitle)
    trouble = getters.query_one("#gpu-trouble", Rows)
    curves_box = getters.query_one("#gpu-curves", Vertical)
    charts = getters.query_one(GpuCharts)
    processes_title = getters.query_one("#gpu-processes-title", RuleTitle)
    processes = getters.query_one("#gpu-processes", Rows)
    facts_box = getters.query_one("#gpu-facts", VerticalScroll)
    facts = getters.query_one(Facts)

    wants_facts: var[bool] = var(False, init=False)
    """Whether the facts take the place of the curves on a narrow screen."""

    def __init__(self, host: str, past: Past, key: str) -> None:
        super().__init__(host, past)
        self._key = key
        self._name = ""

    def compose_body(self) -> ComposeResult:
        """Yield the title, the curves above the processes, and the facts beside them."""
        yield RuleTitle("GPU", id="gpu-title")
        yield Rows(id="gpu-trouble")
        with Horizontal(id="gpu-body"):
            with Vertical(id="gpu-curves"):
                yield GpuCharts()
                yield RuleTitle("Processes", id="gpu-processes-title")
                yield Rows(id="gpu-processes")
            with VerticalScroll(id="gpu-facts"):
                yield Facts()

    def on_mount(self) -> None:
        """Place the regions."""
        self.facts_box.can_focus = False
        self._arrange()

    @property
    def sample(self) -> GpuSample | None:
        """The newest reading of this GPU, or None when it is gone."""
        samples = self.snapshot.reading.gpus if self.snapshot else ()
        return next((one for one in samples if one.key == self._key), None)

    @property
    def owner(self) -> str:
        """`run · r3` of the run that holds it; empty for none."""
        found = self._owner
        return found.label if found else ""

    @property
    def _owner(self) -> GpuOwner | None:
        return holders(self.snapshot).get(self._key) if self.snapshot else None

    @property
    def runs_shown(self) -> tuple[RunView, ...]:
        """The live run that holds this GPU."""
        run = self.snapshot.run(self._owner.run_id) if self.snapshot and self._owner else None
        return (run,) if run else ()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Hand the parts to the regions."""
        sample = self.sample
        if sample is None:
            self.gpu_title.state = f"{self._name or self._key} is not there any more"
            return
        self._name = f"GPU {sample.label}"
        self.follow_records(snapshot)
        self.gpu_title.title = self._name
        simulated = " · SIMULATED" if snapshot.is_simulated else ""
        self.gpu_title.facts = f"{short_name(sample.name)}{simulated}"
        driver = snapshot.reading.inventory.driver if snapshot.reading.inventory else None
        self.facts.facts = gpu_facts(sample, driver, self.owner, snapshot.time)
        width = self.size.width - 2
        self.trouble.show(trouble_lines(sample, snapshot.alerts, snapshot.time, width))
        self._show_processes(sample, snapshot)
        self.show_past()
        self.refresh_bindings()

    def _show_processes(self, sample: GpuSample, snapshot: Snapshot) -> None:
        width = self.curves_box.size.width
        owners = owners_of_processes(snapshot.runs)
        labels = {pid: owner.label for pid, owner in owners.items()}
        lines = process_lines(sample, labels, width)
        more = len(lines) - MOST_PROCESS_ROWS
        if more > 0:
            lines = (*lines[: MOST_PROCESS_ROWS - 1], ((f"+{more + 1} more", "muted"),))
        has_rows = any(process.is_visible for process in sample.processes or ())
        self.processes.show((process_head(width), *lines) if has_rows else lines)
        count = len(sample.processes) if sample.processes is not None else None
        self.processes_title.facts = "" if count is None else str(count or "none")

    def show_past(self) -> None:
        """Draw the curves."""
        sample = self.sample
        if sample is None or self.snapshot is None or not self.is_mounted:
            return
        chart_cells = self.charts.cells_for(self.span_s, self.snapshot.time)
        values = all_past(self.past.live, self.recorded, sample, chart_cells)
        self.charts.show(sample, values, self.span_s)
        span = cell_words(chart_cells, self.span_s, is_run=self.span is Span.RUN)
        self.gpu_title.state = f"{self.owner} · {span}" if self.owner else span

    @on(Resize)
    def fit_again(self) -> None:
        """Place the regions for the new size."""
        self._arrange()
        self.call_after_refresh(self._show_again)

    def _show_again(self) -> None:
        if self.snapshot is not None and self.is_mounted:
            self.show_snapshot(self.snapshot)

    @property
    def _stands_beside(self) -> bool:
        return self.size.width >= FACTS_BESIDE_FROM

    def _arrange(self) -> None:
        beside = self._stands_beside
        self.facts_box.display = beside or self.wants_facts
        self.curves_box.display = beside or not self.wants_facts
        self.refresh_bindings()

    def watch_wants_facts(self) -> None:
        """Give the facts the place of the curves, or take it back."""
        self._arrange()
        self.call_after_refresh(self._show_again)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what acts on a run only where one holds this GPU."""
        if action in {"open_run", "stragglers"}:
            return bool(self.runs_shown)
        if action == "facts":
            return parameters != (self.wants_facts,) and not self._stands_beside
        return True

    def action_back(self) -> None:
        """Leave the screen."""
        self.dismiss()

    def action_open_run(self) -> None:
        """Ask for the screen of the run."""
        for run in self.runs_shown:
            self.post_message(OpenRun(run.run_id))

    def action_stragglers(self) -> None:
        """Ask for the ranks of the run."""
        for run in self.runs_shown:
            self.post_message(ShowStragglers(run.run_id))

    def action_other(self, steps: int) -> None:
        """Show the GPU before or after this one."""
        keys = [one.key for one in self.snapshot.reading.gpus] if self.snapshot else []
        if self._key in keys:
            self._key = keys[(keys.index(self._key) + steps) % len(keys)]
            self.recorded = {}
            self._asked = None
            self._show_again()

    def action_facts(self, is_wanted: bool) -> None:
        """Change between curves and facts."""
        self.wants_facts = is_wanted

    def action_scroll_facts(self, where: str) -> None:
        """Scroll the facts."""
        getattr(self.facts_box, f"scroll_{where}")(animate=False)
