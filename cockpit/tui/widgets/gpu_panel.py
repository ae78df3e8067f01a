"""The GPUs of this machine, a row or a cell for each."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.reactive import reactive

from cockpit.devices.sample import GpuSample
from cockpit.tui.gpu_layout import GAP, OLD_AFTER_S, Form, GpuLayout, choose
from cockpit.tui.gpu_names import gpu_names
from cockpit.tui.gpu_rows import age_s, gpu_line, summary_lines
from cockpit.tui.history import LoadHistory
from cockpit.tui.ink import Depth, Line, ink_of
from cockpit.tui.widgets.rows import Rows
from cockpit.tui.widgets.rule_title import RuleTitle


class GpuPanel(Vertical):
    """Every GPU with its utilization, memory, temperature, power and owner.

    A row that changed is painted whole: the driver sends only those of its cells that differ.
    """

    DEFAULT_CSS = """
    GpuPanel { height: auto; }
    GpuPanel Horizontal { height: auto; }
    """

    samples: reactive[tuple[GpuSample, ...]] = reactive((), repaint=False)
    owners: reactive[dict[str, str]] = reactive({}, repaint=False)
    """By `GpuSample.key`: `obstacle · r0`, `ada · python`, `free`."""
    now: reactive[float] = reactive(0.0, repaint=False)
    """Epoch seconds; ages are told from it, and a new value repaints. Set it after `samples`."""
    simulated: reactive[bool] = reactive(False, repaint=False)
    show_heads: reactive[bool] = reactive(True, repaint=False)
    """The row of column heads; a low screen leaves it out."""
    facts: reactive[str] = reactive("", repaint=False)
    """Right side of the title, such as `driver 580.95`, unless it has to explain the cells."""

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002  # the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._title = RuleTitle("GPUs")
        self._body = Horizontal()
        self._blocks: list[Rows] = []
        self._layout_now: GpuLayout | None = None
        self._loads: dict[str, LoadHistory] = {}
        self._paint_is_due = False

    def compose(self) -> ComposeResult:
        """Yield the title and the body that holds the blocks."""
        yield self._title
        yield self._body

    def on_mount(self) -> None:
        """Paint what was set before the mount."""
        self._paint()

    def on_resize(self, event: Resize) -> None:
        """Choose another layout where the new width asks for one."""
        self._paint()

    def watch_samples(self, samples: tuple[GpuSample, ...]) -> None:
        """Take the readings into the history and paint."""
        for sample in samples:
            fresh = sample.problem is None and age_s(sample, self._time) < OLD_AFTER_S
            load = sample.utilization_pct if fresh else None
            self._loads.setdefault(sample.key, LoadHistory()).add(self._time, load)
        self._paint_soon()

    def watch_now(self) -> None:
        """Let ages grow even when no sample comes."""
        for sample in self.samples:
            self._loads.setdefault(sample.key, LoadHistory()).add(self._time, None)
        self._paint()

    def watch_owners(self) -> None:
        """Paint who holds what."""
        self._paint_soon()

    def watch_simulated(self) -> None:
        """Label the title."""
        self._paint_soon()

    def watch_show_heads(self) -> None:
        """Add or drop the row of heads."""
        self._paint_soon()

    def watch_facts(self) -> None:
        """Paint the title."""
        self._paint_soon()

    def _paint_soon(self) -> None:
        """Paint once after all that is set together, unless `now` comes first and paints it."""
        if self.is_mounted and not self._paint_is_due:
            self._paint_is_due = True
            self.call_next(self._paint_if_due)

    def _paint_if_due(self) -> None:
        """Paint what `now` has not painted with all the rest of its second."""
        if self._paint_is_due:
            self._paint()

    @property
    def _time(self) -> float:
        newest = max((sample.time for sample in self.samples), default=0.0)
        return self.now or newest

    def _paint(self) -> None:
        self._paint_is_due = False
        width = self.size.width
        if not self.is_mounted or width <= 0:
            return
        layout = choose(self.samples, width, self.app.size.height, heads=self.show_heads)
        if layout != self._layout_now:
            self._rebuild(layout)
        self._paint_title(layout)
        for block, lines in zip(self._blocks, self._lines_of(layout), strict=True):
            block.show(lines)

    def _paint_title(self, layout: GpuLayout) -> None:
        names = gpu_names(self.samples)
        whole = [sample for sample in self.samples if sample.mig_index is None]
        self._title.title = "GPU" if len(whole) == 1 else "GPUs"
        self._title.facts = f"{names} · SIMULATED" if self.simulated else names
        hints = {Form.CELLS: "util · GiB · °C", Form.SUMMARY: "g shows every one"}
        self._title.state = hints.get(layout.form, self.facts)

    def _rebuild(self, layout: GpuLayout) -> None:
        """Replace the blocks: only when the number of GPUs or the width changes."""
        self._layout_now = layout
        gap = 1 if layout.form is Form.ROWS else GAP
        self._blocks = [Rows() for _ in range(layout.blocks)]
        for number, block in enumerate(self._blocks):
            block.styles.width = layout.block_width
            block.styles.margin = (0, gap if number < layout.blocks - 1 else 0, 0, 0)
        self._body.remove_children()
        self._body.mount_all(self._blocks)

    def _lines_of(self, layout: GpuLayout) -> list[tuple[Line, ...]]:
        """Return the rows of each block."""
        if layout.form is Form.SUMMARY:
            shaded = ink_of(self).depth is not Depth.FULL
            return [summary_lines(self.samples, self._time, layout.block_width, shaded=shaded)]
        head = (self._head(layout),) if layout.has_heads else ()
        rows = layout.rows
        blocks = (self.samples[number * rows :][:rows] for number in range(layout.blocks))
        return [(*head, *(self._line(sample, layout) for sample in block)) for block in blocks]

    def _head(self, layout: GpuLayout) -> Line:
        text = "".join(column.head.ljust(column.width) for column in layout.columns)
        return ((text.ljust(layout.block_width), "faint"),)

    def _line(self, sample: GpuSample, layout: GpuLayout) -> Line:
        loads = self._loads.get(sample.key)
        owner = self.owners.get(sample.key, "")
        return gpu_line(sample, loads.means if loads else (), owner, self._time, layout)
