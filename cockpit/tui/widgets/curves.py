"""The curves of a run as small multiples."""

from __future__ import annotations

from textual.containers import Container
from textual.reactive import reactive

from cockpit.metrics.series import MetricTable


class Curves(Container):
    """One to six plots of a metric table, headline first, on one epoch axis."""

    DEFAULT_CSS = "Curves { height: 1fr; }"

    table: reactive[MetricTable] = reactive(MetricTable())
    headline: reactive[tuple[str, ...]] = reactive(())
    cursor_x: reactive[float | None] = reactive(None)
    """The epoch of the cursor in every plot; None for no cursor."""
    log_axis: reactive[bool] = reactive(False)
    smooth: reactive[float] = reactive(0.0)
    """0 draws the points as they are, 0.8 a smooth line over faint points."""
    max_plots: reactive[int] = reactive(6)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)

    def move_cursor(self, steps: int) -> None:
        """Move the cursor by so many epochs; from none it starts at the last epoch."""
