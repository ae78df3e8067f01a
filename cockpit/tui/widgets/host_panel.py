"""The host where there is no GPU: CPU and memory, and what else a training can run out of."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize
from textual.reactive import reactive

from cockpit.devices.sample import HostSample
from cockpit.tui.bars import bar, history
from cockpit.tui.history import LoadHistory
from cockpit.tui.host_lines import host_figures
from cockpit.tui.ink import Line, fit, right
from cockpit.tui.widgets.rows import Rows
from cockpit.tui.widgets.rule_title import RuleTitle
from cockpit.units import GIB, MISSING, gib, percent

WIDEST_HISTORY = 40
WIDEST_BAR = 24


def size_words(sample: HostSample) -> str:
    """Return `8 threads · 16 GiB`."""
    total = sample.memory_total_bytes
    threads = f"{sample.cpu_count} thread{'' if sample.cpu_count == 1 else 's'}"
    return threads if total is None else f"{threads} · {total / GIB:.0f} GiB"


def host_line(sample: HostSample | None, loads: LoadHistory, width: int) -> Line:
    """Return the history of the CPU and the bar of the memory in `width` cells."""
    steps = max(4, min(WIDEST_HISTORY, (width - 40) // 2))
    part = _memory_part(sample)
    bar_width = max(4, min(WIDEST_BAR, width - steps - 36))
    cpu = sample.cpu_pct if sample else None
    return (
        ("cpu ", "muted"),
        *history(loads.means, steps),
        (right(percent(cpu), 6), "faint" if cpu is None else "text"),
        ("    ram ", "muted"),
        *bar(part, bar_width),
        *_memory(sample),
    )


def _memory_part(sample: HostSample | None) -> float | None:
    if sample is None or sample.memory_used_bytes is None or not sample.memory_total_bytes:
        return None
    return sample.memory_used_bytes / sample.memory_total_bytes


def _memory(sample: HostSample | None) -> Line:
    if sample is None or sample.memory_used_bytes is None:
        return ((f"  {MISSING}", "faint"),)
    total = f"/{gib(sample.memory_total_bytes)} GiB"
    return ((right(gib(sample.memory_used_bytes), 6), "text"), (total, "muted"))


class HostPanel(Vertical):
    """Title, why there is no GPU, CPU history and memory, and one line of all the rest."""

    DEFAULT_CSS = "HostPanel { height: auto; }"

    sample: reactive[HostSample | None] = reactive(None, repaint=False)
    full_in_s: reactive[float | None] = reactive(None, repaint=False)
    """When the disk is full at the present rate; set it before `sample`."""
    problem: reactive[str] = reactive("", repaint=False)
    """Why there is no GPU, in one sentence."""
    facts: reactive[str] = reactive("no GPU found", repaint=False)
    """After the title."""

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002  # the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._title = RuleTitle("Host")
        self._rows = Rows()
        self._loads = LoadHistory()

    def compose(self) -> ComposeResult:
        """Yield the title and the lines below it."""
        yield self._title
        yield self._rows

    def on_mount(self) -> None:
        """Paint what was set before the mount."""
        self._paint()

    def on_resize(self, event: Resize) -> None:
        """Lay the line out for the new width."""
        self._paint()

    def watch_sample(self, sample: HostSample | None) -> None:
        """Take the reading into the history."""
        if sample is not None:
            self._loads.add(sample.time, sample.cpu_pct)
        self._paint()

    def watch_problem(self) -> None:
        """Say why there is no GPU."""
        self._paint()

    def watch_facts(self) -> None:
        """Paint the title."""
        self._paint()

    def _paint(self) -> None:
        width = self.size.width
        if not self.is_mounted or width <= 0:
            return
        self._title.facts = self.facts
        self._title.state = size_words(self.sample) if self.sample else "not read yet"
        problem: tuple[Line, ...] = ()
        if self.problem:
            problem = (((fit(self.problem, width).rstrip(), "text"),),)
        lines: tuple[Line, ...] = (host_line(self.sample, self._loads, width),)
        if self.sample is not None:
            lines = (*lines, host_figures(self.sample, self.full_in_s, width))
        self._rows.show((*problem, *lines))
