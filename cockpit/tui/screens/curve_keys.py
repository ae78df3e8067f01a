"""A screen with curves: its keys move their cursor, their range and what is drawn."""

from __future__ import annotations

from typing import Final

from textual import getters, on
from textual.binding import Binding

from cockpit.metrics.gaps import gap_words
from cockpit.metrics.series import Axis
from cockpit.tui.curve_choices import plot_choices, sources_of, starts_of, toggled
from cockpit.tui.curve_layout import axes_of
from cockpit.tui.curve_range import range_words
from cockpit.tui.screens.curve_past import DeviceScreen
from cockpit.tui.store import Snapshot
from cockpit.tui.waiting import waiting_words
from cockpit.tui.widgets.curves import Curves
from cockpit.tui.widgets.rule_title import RuleTitle
from cockpit.views.run_view import RunView

CURVE_KEYS: Final = (
    Binding("z,enter", "large", "large", key_display="z", id="run.large",
            tooltip="The chosen plot alone, with its exact values; again or esc for all"),
    Binding("X", "axis", "axis", id="run.axis",
            tooltip="Along epochs, steps or the clock; by the clock with the run's GPUs"),
    Binding("plus,equals_sign", "zoom(1)", "zoom", key_display="+ −", id="run.closer",
            tooltip="Closer to the cursor, and back; so does the wheel"),
    Binding("minus", "zoom(-1)", show=False, id="run.farther"),
    Binding("0", "whole", "all of it", show=False, id="run.whole",
            tooltip="The whole range again"),
    Binding("less_than_sign,shift+left", "pan(-1)", show=False, key_display="< >",
            id="run.pan-left", tooltip="Show what came before, or later; so does a drag with ctrl"),
    Binding("greater_than_sign,shift+right", "pan(1)", show=False, id="run.pan-right"),
    Binding("o", "overlay", "overlay", id="run.overlay",
            tooltip="Lay the curves of another run, or of an earlier part, behind these"),
    Binding("tab", "plot(1)", show=False, key_display="tab", id="run.next-plot",
            tooltip="Choose the next plot; shift+tab the one before"),
    Binding("shift+tab", "plot(-1)", show=False, id="run.previous-plot"),
    Binding("p", "page(1)", show=False, key_display="p P", id="run.next-page",
            tooltip="The next, the previous page of plots"),
    Binding("P", "page(-1)", show=False, id="run.previous-page"),
    Binding("c", "choose_plot", "plots", show=False, id="run.choose-plot",
            tooltip="Choose one of all plots by its name"),
    Binding("asterisk", "favourite", "favourite", show=False, key_display="*", id="run.favourite",
            tooltip="Show the chosen plot first for this preset, or no longer"),
)  # fmt: skip
LOOK_KEYS: Final = (
    Binding("m", "smooth(1)", "smooth", key_display="m M", id="run.smoother",
            tooltip="Smooth more or less"),
    Binding("M", "smooth(-1)", show=False, id="run.rougher"),
    Binding("L", "log_axis", "log axis", id="run.log-axis",
            tooltip="Logarithmic value axis, and back"),
)  # fmt: skip
"""Last in the footer: there is room for them on a wide screen."""
CURSOR_KEYS: Final = (
    Binding("left", "cursor(-1)", "cursor", key_display="← →", id="run.cursor-left",
            tooltip="Move the cursor by an epoch"),
    Binding("right", "cursor(1)", show=False, id="run.cursor-right"),
)  # fmt: skip
CURVE_ACTS: Final = frozenset(
    {"cursor", "smooth", "log_axis", "large", "axis", "zoom", "whole", "pan", "overlay", "plot",
     "page", "choose_plot", "favourite"}
)  # fmt: skip
"""What the keys do; offered while curves can be seen."""
SMOOTHINGS: Final = (0.0, 0.4, 0.6, 0.8, 0.9, 0.95)
PAN: Final = 0.25
"""A key moves the range by this part of it."""
NAMES: Final = {Axis.EPOCH: "epochs", Axis.STEP: "steps", Axis.TIME: "time"}


class CurveScreen(DeviceScreen):
    """Moves through its curves."""

    curves_title = getters.query_one("#curves-title", RuleTitle)
    curves = getters.query_one(Curves)
    has_many_keys = True
    _overlays: tuple[str, ...] = ()
    """Ids of what is laid over."""
    _lacking = ""
    """What was said of axes that are not known."""
    _favourites_of: str | None = None
    """The preset whose favourites were read."""

    def show_curves(self, run: RunView, snapshot: Snapshot) -> None:
        """Hand the curves and what belongs to them to the plots."""
        curves = self.curves
        curves.is_preview = False
        self._read_favourites(run.preset)
        curves.headline, curves.table, curves.starts = run.headline, run.metrics, starts_of(run)
        curves.sources = sources_of(run, snapshot.runs, self._overlays)
        self.follow_devices(run, snapshot.time, is_wanted=curves.axis is Axis.TIME)
        had_notice, curves.notice = bool(curves.notice), waiting_words(run)
        if had_notice != bool(curves.notice):
            self.refresh_bindings()
        name = run.results.name if run.results else "no results file"
        reading = "" if run.reading is None else f" · reading, {100 * run.reading:.0f} %"
        self.curves_title.facts = f"{name}{reading}"
        self.name_axis()

    @on(Curves.Changed)
    def name_axis(self) -> None:
        """Say at the right of the curves' title what is drawn, and how."""
        curves = self.curves
        layout = curves.layout_of_axis
        over = ", ".join(one.label for one in curves.sources)
        parts = (
            range_words(curves.view, layout.whole, layout.words),
            gap_words(curves.table),
            curves.page_words,
            f"smooth {curves.smooth:g}{curves.smoothed_over}" if curves.smooth else "",
            "log axis" if curves.log_axis else "",
            f"over {over}" if over else "",
            "┊ resumed" if curves.table.resumed_after else "",
        )
        words = "" if curves.notice else " · ".join(part for part in parts if part)
        self.curves_title.state = words

    def action_cursor(self, steps: int) -> None:
        """Move the cursor of all curves."""
        self.curves.move_cursor(steps)

    def action_smooth(self, steps: int) -> None:
        """Take the next level of smoothing."""
        at = SMOOTHINGS.index(self.curves.smooth) + steps
        self.curves.smooth = SMOOTHINGS[max(0, min(at, len(SMOOTHINGS) - 1))]

    def action_log_axis(self) -> None:
        """Change between linear and logarithmic."""
        self.curves.log_axis = not self.curves.log_axis

    def action_axis(self) -> None:
        """Lay the curves along the next axis that is known; say which is not."""
        curves = self.curves
        known = axes_of(curves.table, curves.starts)
        now = curves.layout_of_axis.words.axis
        curves.axis = known[(known.index(now) + 1) % len(known)] if now in known else known[0]
        if len(known) < len(Axis):
            self._say_lacking([NAMES[one] for one in Axis if one not in known])
        if self.snapshot and self.acted_on:
            self.show_curves(self.acted_on, self.snapshot)

    def _say_lacking(self, names: list[str]) -> None:
        """Say which axes are not known; again only where the key does nothing else."""
        words = f"no axis of {' or '.join(names)}: its results do not tell"
        if words != self._lacking or len(names) == len(Axis) - 1:
            self._lacking = words
            self.notify(words, markup=False)

    def action_zoom(self, steps: int) -> None:
        """Show less of the axis, or more."""
        self.curves.zoom(steps)

    def action_whole(self) -> None:
        """Show all of the axis."""
        self.curves.view = None

    def action_pan(self, steps: int) -> None:
        """Show what came before, or later."""
        self.curves.pan(steps * PAN)

    def action_large(self) -> None:
        """Show one plot alone, or all again."""
        self.curves.enlarge()
        self.refresh_bindings()

    def action_plot(self, steps: int) -> None:
        """Choose the next plot."""
        self.curves.choose(steps)

    def action_page(self, steps: int) -> None:
        """Show other plots."""
        self.curves.turn_page(steps)

    def action_choose_plot(self) -> None:
        """Ask which plot is meant."""
        from cockpit.tui.screens.chooser import Chooser

        curves = self.curves
        chooser = Chooser("Plots of this run", plot_choices(curves.specs), curves.chosen)
        self.app.push_screen(chooser, self._take_plot)

    def _take_plot(self, title: str | None) -> None:
        if title is not None:
            self.curves.chosen = title

    def action_overlay(self) -> None:
        """Ask what shall be laid over."""
        from cockpit.tui.curve_choices import overlay_choices
        from cockpit.tui.screens.chooser import Chooser

        if self.snapshot is None or self.acted_on is None:
            return
        choices = overlay_choices(self.acted_on, self.snapshot.runs, self._overlays)
        if not choices:
            self.notify("no other run has curves of these names", markup=False)
            return
        self.app.push_screen(Chooser("Lay over the curves", choices), self._take_overlay)

    def _take_overlay(self, key: str | None) -> None:
        if key is not None and self.snapshot and self.acted_on:
            self._overlays = toggled(self._overlays, key)
            self.show_curves(self.acted_on, self.snapshot)

    def action_favourite(self) -> None:
        """Show the chosen plot first from now on, or no longer."""
        from cockpit.presets.favourites import write_favourites

        spec = self.curves.chosen_spec
        if spec is None or self.acted_on is None:
            return
        self.curves.chosen = spec.title
        self.curves.favourites ^= {spec.title}
        try:
            write_favourites(self.acted_on.preset, self.curves.favourites)
        except OSError as error:
            self.notify(f"it cannot be kept: {error.strerror}", severity="warning", markup=False)

    def _read_favourites(self, preset: str) -> None:
        if self._favourites_of != preset:
            from cockpit.presets.favourites import read_favourites

            self._favourites_of = preset
            self.curves.favourites = read_favourites(preset)
