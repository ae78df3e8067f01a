"""The host where there is no GPU: CPU and memory."""

from __future__ import annotations

from textual.reactive import reactive
from textual.widget import Widget

from cockpit.devices.sample import HostSample


class HostPanel(Widget):
    """Title, why there is no GPU, and one line of CPU history and memory."""

    DEFAULT_CSS = "HostPanel { height: auto; }"

    sample: reactive[HostSample | None] = reactive(None)
    problem: reactive[str] = reactive("")
    """Why there is no GPU, in one sentence."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
