"""One run: how far it is, its curves, its log, and all that is known of it."""

from __future__ import annotations

import shlex
from typing import ClassVar, Final

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Resize
from textual.reactive import var
from textual.widgets import Static

from cockpit.tui.facts import full_facts
from cockpit.tui.head import head_line, problem_line
from cockpit.tui.ink import Line
from cockpit.tui.messages import ChooseStep, ShowGpus, ShowStragglers
from cockpit.tui.noticed import Noticed
from cockpit.tui.plot_marks import LEGEND
from cockpit.tui.run_attention import noticed_of, worst_line
from cockpit.tui.screens.acting import ACTS, act_keys
from cockpit.tui.screens.curve_keys import (
    CURSOR_KEYS,
    CURVE_ACTS,
    CURVE_KEYS,
    LOOK_KEYS,
    CurveScreen,
)
from cockpit.tui.screens.log_keys import IN_FULL_LOG, LOG_KEYS
from cockpit.tui.store import Snapshot
from cockpit.tui.widgets.aftermath import Aftermath
from cockpit.tui.widgets.curves import Curves
from cockpit.tui.widgets.facts import Facts
from cockpit.tui.widgets.log_view import LogView
from cockpit.tui.widgets.noticed_block import NoticedBlock
from cockpit.tui.widgets.rows import Rows
from cockpit.tui.widgets.rule_title import RuleTitle
from cockpit.tui.widgets.search_input import SearchInput
from cockpit.views.run_view import RunView

FACTS_BESIDE_FROM: Final = 140
"""Columns from which the facts always stand beside the curves."""
LOG_POLL_S: Final = 0.5


class RunScreen(CurveScreen):
    """Curves, log and facts of one run."""

    HELP = f"""\
One run. The curves share one cursor and one axis; a press of the mouse moves the cursor, the wheel
zooms. {LEGEND}. Faint behind a curve: its points under a smooth line, and from
least to most where many points share a column. The log follows its end until you scroll up.
Stopping asks first and names what would be lost.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "end_search", "end the search", key_display="esc",
                id="run.end-search", tooltip="Search the log no more"),
        Binding("escape", "leave_lines", "leave the selection", key_display="esc",
                id="run.leave-lines", tooltip="Select nothing"),
        Binding("escape", "unzoom", "curves", key_display="esc", id="run.unzoom",
                tooltip="Out of the log, back to the curves"),
        Binding("escape", "small", "all plots", key_display="esc", id="run.small",
                tooltip="All plots again"),
        Binding("escape", "back", "deck", key_display="esc", id="run.back",
                tooltip="Back to the Deck"),
        Binding("left", "shift(-1)", "scroll", key_display="← →", id="run.shift-left",
                tooltip="Scroll long lines to the side"),
        Binding("right", "shift(1)", show=False, id="run.shift-right"),
        *CURSOR_KEYS,
        *act_keys("run"),
        Binding("w", "why", "why", id="run.why",
                tooltip="The line of the log that says why it failed; again for the one before"),
        Binding("e", "steps", "after it", id="run.steps",
                tooltip="What the preset does with what this run left; shows the list first"),
        Binding("f", "facts(True)", "facts", id="run.facts",
                tooltip="The facts in the place of the curves"),
        Binding("f", "facts(False)", "curves", id="run.curves",
                tooltip="The curves in the place of the facts"),
        Binding("l", "zoom_log", "log", id="run.log", tooltip="The log over the whole screen"),
        Binding("l", "unzoom", show=False, id="run.unzoom-too"),
        *CURVE_KEYS,
        *LOG_KEYS,
        Binding("g", "gpus", "GPUs", id="run.gpus",
                tooltip="Every GPU with its history, the first of this run under the bar"),
        Binding("x", "stragglers", "ranks", id="run.stragglers",
                tooltip="Compare the ranks of this run: which one is slower than the others"),
        *LOOK_KEYS,
        Binding("g", "scroll_log('home')", show=False, id="run.top-too"),
    ]  # fmt: skip

    head = getters.query_one("#head", Rows)
    trouble = getters.query_one("#trouble", Rows)
    aftermath = getters.query_one(Aftermath)
    facts_box = getters.query_one("#facts-box", VerticalScroll)
    noticed = getters.query_one(NoticedBlock)
    facts = getters.query_one(Facts)
    command = getters.query_one("#command-text", Static)

    wants_facts: var[bool] = var(False, init=False)
    """Whether the facts take the place of the curves on a narrow screen."""
    is_zoomed: var[bool] = var(False, init=False)

    def __init__(self, host: str, run_id: str, *, log: bool = False) -> None:
        super().__init__(host)
        self._run_id = run_id
        self._begins_with_log = log
        self._was_seen = False
        self._noticed: tuple[Noticed, ...] = ()

    def compose_body(self) -> ComposeResult:
        """Yield the head, the curves beside the facts, and the log."""
        yield Rows(id="head")
        yield Rows(id="trouble")
        yield Aftermath()
        with Horizontal(id="run-body"):
            with Vertical(id="curves-box"):
                yield RuleTitle("Curves", id="curves-title")
                yield Curves()
            with VerticalScroll(id="facts-box"):
                yield NoticedBlock()
                yield RuleTitle("Facts", id="facts-title")
                yield Facts()
                yield RuleTitle("Command", id="command-of-run")
                yield Static(id="command-text", markup=False)
        yield RuleTitle("Log", id="log-title")
        yield LogView()
        yield SearchInput(id="search")

    def on_mount(self) -> None:
        """Follow the log, and begin with it when asked to."""
        self.run_log.can_focus = False
        self.facts_box.can_focus = False
        self.set_interval(LOG_POLL_S, self.run_log.poll)
        self._arrange()
        self.is_zoomed = self._begins_with_log

    @property
    def acted_on(self) -> RunView | None:
        """The run of this screen."""
        return self.run_view

    @property
    def run_view(self) -> RunView | None:
        """The run, or None while nothing was read or after it was removed."""
        return self.snapshot.run(self._run_id) if self.snapshot else None

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Hand the run's parts to the widgets."""
        run = snapshot.run(self._run_id)
        if run is None:
            missing = "is not there any more" if self._was_seen else "is being started"
            self.head.show((((f"{self._run_id} {missing}", "attention"),),))
            return
        self._was_seen = True
        self._noticed = noticed_of(run, snapshot)
        self.offer_acts(run)
        self._show_head(run)
        self.aftermath.follow(run)
        self.show_curves(run, snapshot)
        self.run_log.is_over = run.phase.is_over
        self.facts.facts = full_facts(run, snapshot.targets)
        self.noticed.found = self._noticed
        if self.run_log.path != run.log:
            self.command.update(shlex.join(run.asked.argv) or "–")
            self.show_log_of(run.log)

    def _show_head(self, run: RunView) -> None:
        width = max(20, self.size.width - 2)
        self.head.show((head_line(run, width),))
        problem = self.aftermath.sentence_line(width) or self._trouble_line(run, width)
        self.trouble.show((problem,) if problem else ())
        self.trouble.display = bool(problem)

    def _trouble_line(self, run: RunView, width: int) -> Line:
        """Return the problem of the run, or what the instruments say, which knows a remedy."""
        worst = worst_line(self._noticed, width)
        is_told = any(one.alert.what == run.problem for one in self._noticed)
        return worst if worst and (is_told or not run.problem) else problem_line(run, width)

    def _arrange(self) -> None:
        beside = self._stands_beside
        self.facts_box.display = beside or self.wants_facts
        self.query_one("#curves-box").display = beside or not self.wants_facts
        self.set_class(self.is_zoomed, "-zoomed")
        self.refresh_bindings()

    def watch_wants_facts(self) -> None:
        """Give the facts the place of the curves, or take it back."""
        self._arrange()

    def watch_is_zoomed(self) -> None:
        """Give the log the whole screen, or take it back."""
        self.run_log.shift_by(-self.run_log.shift)
        self._arrange()

    @on(Resize)
    def fit_again(self) -> None:
        """Cut the head to the new width and place the facts."""
        self._arrange()
        if self.run_view:
            self._show_head(self.run_view)

    @property
    def _stands_beside(self) -> bool:
        return self.size.width >= FACTS_BESIDE_FROM

    @property
    def _has_curves(self) -> bool:
        """True while curves can be seen."""
        in_sight = not self.is_zoomed and (self._stands_beside or not self.wants_facts)
        return in_sight and self.is_mounted and not self.curves.notice

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what acts on that which can be seen."""
        if self.is_mounted and self.search.display:
            return False
        match action:
            case _ if action in ACTS:
                return self.can_act(action)
            case "why":
                return bool(self.aftermath.places)
            case "steps":
                return bool(self.aftermath.steps) and not self.is_zoomed
            case "end_search":
                return self.is_mounted and self.run_log.is_searching
            case "leave_lines":
                return self.is_selecting
            case _ if action in IN_FULL_LOG:
                return self.is_zoomed
            case "facts":
                is_other = parameters != (self.wants_facts,)
                return is_other and not self._stands_beside and not self.is_zoomed
            case _ if action in CURVE_ACTS:
                return self._has_curves
            case "small":
                return self._has_curves and self.curves.is_large
            case "back":
                return not self.is_zoomed and not (self._has_curves and self.curves.is_large)
            case "unzoom" | "shift":
                return self.is_zoomed and not self.is_selecting
            case "stragglers":
                return not self.is_zoomed and bool(self.run_view and self.run_view.gpus)
            case "zoom_log" | "gpus":
                return not self.is_zoomed
            case _:
                return True

    def action_small(self) -> None:
        """Show all plots again."""
        self.action_large()

    def action_back(self) -> None:
        """Leave the screen."""
        self.dismiss()

    def action_unzoom(self) -> None:
        """Leave the log."""
        self.is_zoomed = False

    def action_shift(self, steps: int) -> None:
        """Show more of the long lines."""
        self.run_log.shift_by(steps * max(1, self.run_log.text_width // 2))

    def action_facts(self, is_wanted: bool) -> None:
        """Change between curves and facts."""
        self.wants_facts = is_wanted

    def action_zoom_log(self) -> None:
        """Give the log the whole screen."""
        self.is_zoomed = True

    @on(Aftermath.Known)
    def offer_what_is_known(self) -> None:
        """Take the cause into the head, and the keys that act on it into the footer."""
        if self.run_view:
            self._show_head(self.run_view)
        self.run_log.causes = frozenset(number - 1 for number in self.aftermath.places)
        self.refresh_bindings()

    def action_why(self) -> None:
        """Go to the line that says why, then to the one before it."""
        self.run_log.go_to(self.aftermath.next_place() - 1)

    def action_gpus(self) -> None:
        """Ask for the GPUs, this run's under the bar."""
        self.post_message(ShowGpus(self._run_id))

    def action_stragglers(self) -> None:
        """Ask for a comparison of the ranks."""
        self.post_message(ShowStragglers(self._run_id))

    def action_steps(self) -> None:
        """Show what can follow this run."""
        self.post_message(ChooseStep(self._run_id, self.aftermath.steps))
