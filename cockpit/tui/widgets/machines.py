"""The GPUs, and beside them the host where the screen is wide enough."""

from __future__ import annotations

from typing import Final

from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.geometry import Size

from cockpit.devices.sample import DeviceReading
from cockpit.tui.facts import gpus_state
from cockpit.tui.gpu_holders import holder_words
from cockpit.tui.gpu_layout import choose
from cockpit.tui.store import Snapshot, owners
from cockpit.tui.widgets.gpu_panel import GpuPanel
from cockpit.tui.widgets.host_side import HostSide

HEADS_FROM_ROWS: Final = 30
HOST_FROM_COLUMNS: Final = 200
HOST_COLUMNS: Final = 56
"""The host with the line that parts it from the GPUs."""
HOST_ROWS: Final = 8
TALL_ROWS: Final = 40
"""A screen of so many rows has room for all of them, also beside one GPU."""
MARGINS: Final = 2


class Machines(Horizontal):
    """All that this machine trains on."""

    DEFAULT_CSS = """
    Machines { height: auto; }
    Machines GpuPanel { width: 1fr; }
    Machines HostSide { width: 55; margin-left: 1; padding-left: 1; border-left: solid $line; }
    """

    gpus = getters.query_one(GpuPanel)
    host = getters.query_one(HostSide)

    def compose(self) -> ComposeResult:
        """Yield the GPUs and the host."""
        yield GpuPanel()
        yield HostSide()

    def show(self, snapshot: Snapshot) -> None:
        """Hand over what was read, and who holds which GPU."""
        reading, held = snapshot.reading, owners(snapshot)
        self.gpus.owners = {
            gpu.key: holder_words(gpu, held.get(gpu.key, "")) for gpu in reading.gpus
        }
        self.gpus.facts = gpus_state(snapshot)
        self.gpus.simulated = snapshot.is_simulated
        self.gpus.samples = reading.gpus
        self.gpus.now = snapshot.time
        self.host.full_in_s = snapshot.disk_full_in_s
        self.host.sample = reading.host

    def fit(self, screen: Size, reading: DeviceReading) -> int:
        """Lay out for a screen of this size; return how many rows it takes."""
        has_host = screen.width >= HOST_FROM_COLUMNS
        heads = screen.height >= HEADS_FROM_ROWS
        width = screen.width - MARGINS - (HOST_COLUMNS if has_host else 0)
        layout = choose(reading.gpus, width, screen.height, heads=heads)
        rows = 1 + layout.rows + layout.has_heads
        if has_host and screen.height >= TALL_ROWS:
            rows = max(rows, 1 + HOST_ROWS)
        self.host.display = has_host
        self.host.most_rows = max(1, rows - 1)
        self.gpus.show_heads = heads
        return rows
