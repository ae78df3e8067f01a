"""The GPUs of this machine, a row or a cell for each."""

from __future__ import annotations

from textual.reactive import reactive
from textual.widget import Widget

from cockpit.devices.sample import GpuSample


class GpuPanel(Widget):
    """Every GPU with its utilization, memory, temperature, power and owner; sets its own height."""

    DEFAULT_CSS = "GpuPanel { height: auto; }"

    samples: reactive[tuple[GpuSample, ...]] = reactive(())
    owners: reactive[dict[str, str]] = reactive({})
    """By gpu_uuid: `obstacle · r0`."""
    now: reactive[float] = reactive(0.0)
    """Epoch seconds; ages are told from it."""
    simulated: reactive[bool] = reactive(False)
    show_heads: reactive[bool] = reactive(True)
    """The row of column heads; a low screen leaves it out."""
    facts: reactive[str] = reactive("")
    """Right side of the title, such as `driver 580.95`; empty: the panel says what it knows."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
