"""A screen whose keys act on one run."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding

from cockpit.tui.messages import AdoptRun, ResumeRun, StopRun
from cockpit.tui.offers import Offers, offers
from cockpit.tui.screens.frame import FrameScreen
from cockpit.views.run_view import RunView

ACTS: Final = frozenset({"stop", "tell_over", "resume", "adopt"})


def act_keys(screen: str) -> list[Binding]:
    """Return the keys that act on a run, for the bindings of a screen."""
    return [
        Binding("s", "stop", "stop", id=f"{screen}.stop", tooltip="Stop this run; asks first"),
        Binding("s", "tell_over", show=False, id=f"{screen}.tell-over"),
        Binding("r", "resume", "resume", id=f"{screen}.resume",
                tooltip="Continue this run from its newest checkpoint; asks first"),
        Binding("a", "adopt", "adopt", id=f"{screen}.adopt",
                tooltip="Give this run a supervisor again"),
    ]  # fmt: skip


class ActingScreen(FrameScreen):
    """Offers what can be done with the run it shows, and asks the app for it."""

    _offered: Offers | None = None

    @property
    def acted_on(self) -> RunView | None:
        """The run that the keys act on."""
        return None

    @property
    def marked(self) -> tuple[str, ...]:
        """The runs that were marked to be compared, the first one first."""
        return ()

    def offer_acts(self, run: RunView | None) -> None:
        """Put the keys of the acts into the footer, when they changed for the run shown."""
        if self._offered != offers(run):
            self._offered = offers(run)
            self.refresh_bindings()

    def can_act(self, action: str) -> bool:
        """Say whether one of `ACTS` can be done with the run shown."""
        now = offers(self.acted_on)
        can = {"stop": now.stop, "tell_over": not now.stop}
        return can.get(action, now.resume if action == "resume" else now.adopt)

    def action_stop(self) -> None:
        """Ask whether the run shall be stopped."""
        if self.acted_on is not None:
            self.post_message(StopRun(self.acted_on.run_id))

    def action_tell_over(self) -> None:
        """Be told that nothing is left to stop."""
        self.action_stop()

    def action_resume(self) -> None:
        """Ask whether the run shall go on."""
        if self.acted_on is not None:
            self.post_message(ResumeRun(self.acted_on.run_id))

    def action_adopt(self) -> None:
        """Give the run a supervisor again."""
        if self.acted_on is not None:
            self.post_message(AdoptRun(self.acted_on.run_id))
