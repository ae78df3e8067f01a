"""A screen with curves: its keys move their cursor, smooth them and choose what is drawn."""

from __future__ import annotations

from typing import Final

from textual import getters
from textual.binding import Binding

from cockpit.tui.screens.log_keys import LogScreen
from cockpit.tui.widgets.curves import Curves
from cockpit.tui.widgets.rule_title import RuleTitle

CURVE_KEYS: Final = (
    Binding("plus,equals_sign", "smooth(1)", "smooth", key_display="+ −", id="run.smoother",
            tooltip="Smooth more or less"),
    Binding("minus", "smooth(-1)", show=False, id="run.rougher"),
    Binding("L", "log_axis", "log axis", id="run.log-axis",
            tooltip="Logarithmic value axis, and back"),
)  # fmt: skip
CURSOR_KEYS: Final = (
    Binding("left", "cursor(-1)", "cursor", key_display="← →", id="run.cursor-left",
            tooltip="Move the cursor by an epoch"),
    Binding("right", "cursor(1)", show=False, id="run.cursor-right"),
)  # fmt: skip
CURVE_ACTS: Final = frozenset({"cursor", "smooth", "log_axis"})
"""What the keys do; offered while curves can be seen."""
SMOOTHINGS: Final = (0.0, 0.4, 0.6, 0.8, 0.9, 0.95)


class CurveScreen(LogScreen):
    """Moves through its curves."""

    curves_title = getters.query_one("#curves-title", RuleTitle)
    curves = getters.query_one(Curves)

    def name_axis(self) -> None:
        """Say at the right of the curves' title what is drawn, and how."""
        curves = self.curves
        smooth = f" · smooth {curves.smooth:g}" if curves.smooth else ""
        axis = " · log axis" if curves.log_axis else ""
        resumed = " · ┊ resumed" if curves.table.resumed_after else ""
        self.curves_title.state = "" if curves.notice else f"epoch{resumed}{smooth}{axis}"

    def action_cursor(self, steps: int) -> None:
        """Move the cursor of all curves."""
        self.curves.move_cursor(steps)

    def action_smooth(self, steps: int) -> None:
        """Take the next level of smoothing."""
        at = SMOOTHINGS.index(self.curves.smooth) + steps
        self.curves.smooth = SMOOTHINGS[max(0, min(at, len(SMOOTHINGS) - 1))]
        self.name_axis()

    def action_log_axis(self) -> None:
        """Change between linear and logarithmic."""
        self.curves.log_axis = not self.curves.log_axis
        self.name_axis()
