"""An app that acts on runs: what is asked first, what runs in a thread, what is told after."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from textual import on, work

from cockpit.errors import CockpitError, GpusBusy
from cockpit.tui.acts import adopt_run, launch_run, resume_run, stop_run
from cockpit.tui.crash import describe
from cockpit.tui.messages import AdoptRun, ChooseStep, Launch, OpenRun, ResumeRun, StopRun
from cockpit.tui.offers import offers
from cockpit.tui.store import Store
from cockpit.tui.watching import WatchingApp
from cockpit.views.run_view import RunView

if TYPE_CHECKING:  # the launching half of the program is read when somebody launches
    from cockpit.supervise.request import RunRequest

NOT_OURS: Final = "was opened, not started here: it can be looked at, nothing more"
READ_ONLY: Final = "this screen is read-only (--readonly): it starts and stops nothing"


class ActingApp(WatchingApp):
    """Stops, resumes, adopts and launches, each after what it asks; read-only it does none."""

    def __init__(
        self,
        open_store: Callable[[], Store],
        clock: Callable[[], float],
        *,
        ascii_only: bool,
        readonly: bool,
    ) -> None:
        super().__init__(open_store, clock, ascii_only=ascii_only)
        self.readonly = readonly

    def _run_to_act_on(self, run_id: str) -> RunView | None:
        """Return the run, or None where nothing may be done, which is then said."""
        if self.readonly:
            self.notify(READ_ONLY)
            return None
        run = self.snapshot.run(run_id) if self.snapshot else None
        if run is not None and run.opened is not None:
            self.notify(f"{run.name} {NOT_OURS}", markup=False)
            return None
        return run

    @on(StopRun)
    def ask_to_stop(self, event: StopRun) -> None:
        """Ask the one question, and stop the run when the answer is yes."""
        from cockpit.tui.screens.stop import StopDialog

        run = self._run_to_act_on(event.run_id)
        if run is None or self.snapshot is None:
            return
        if run.phase.is_over:
            self.notify(f"{run.name} is over already, nothing is left to stop", markup=False)
            return
        answer = partial(self._when_yes, partial(self.stop, run))
        self.push_screen(StopDialog(run, self.snapshot), answer)

    def _when_yes(self, act: Callable[[], object], is_yes: bool | None) -> None:
        if is_yes:
            act()

    @work(thread=True, group="stop", exit_on_error=False)
    def stop(self, run: RunView) -> None:
        """Ask the run's supervisor to stop it."""
        try:
            stop_run(run.directory)
        except CockpitError as error:
            self.post_message(describe(error, "not stopped"))
        self.look_again()

    @on(ResumeRun)
    def ask_to_resume(self, event: ResumeRun) -> None:
        """Say from where the run would go on, and let it when the answer is yes."""
        from cockpit.tui.screens.resume import ResumeDialog

        run = self._run_to_act_on(event.run_id)
        if run is None:
            return
        if not offers(run).resume:
            self.notify(f"{run.name} is {run.phase}: there is nothing to resume", markup=False)
            return
        answer = partial(self._when_yes, partial(self.resume, run))
        self.push_screen(ResumeDialog(run), answer)

    @work(thread=True, group="resume", exit_on_error=False)
    def resume(self, run: RunView, *, queues: bool = False) -> None:
        """Start the next attempt; where others hold its GPUs, offer to wait for them."""
        from cockpit.runs.attempt import ResumeRequest

        try:
            resume_run(run.directory, ResumeRequest(queues=queues))
        except GpusBusy as error:
            self.call_from_thread(self._ask_to_wait, run, error)
        except CockpitError as error:
            self.post_message(describe(error, "not resumed"))
        self.look_again()

    def _ask_to_wait(self, run: RunView, busy: GpusBusy) -> None:
        from cockpit.tui.screens.resume import QueueDialog

        wait = partial(self.resume, run, queues=True)
        self.push_screen(QueueDialog(run, busy), partial(self._when_yes, wait))

    @on(AdoptRun)
    def adopt_if_alone(self, event: AdoptRun) -> None:
        """Give the run a supervisor again; nothing can be lost by that, so nothing is asked."""
        run = self._run_to_act_on(event.run_id)
        if run is not None and offers(run).adopt:
            self.adopt(run)

    @work(thread=True, group="adopt", exclusive=True, exit_on_error=False)
    def adopt(self, run: RunView) -> None:
        """Start another supervisor for a run whose own is gone."""
        try:
            adopt_run(run.directory)
        except CockpitError as error:
            self.post_message(describe(error, "not adopted"))
        self.look_again()

    @on(ChooseStep)
    def choose_step(self, event: ChooseStep) -> None:
        """Show what can follow the run, and launch what is chosen."""
        from cockpit.tui.screens.steps import StepsDialog

        if self._run_to_act_on(event.run_id) is not None:
            self.push_screen(StepsDialog(event.run_id, event.steps), self._launch_step)

    def _launch_step(self, request: RunRequest | None) -> None:
        if request is not None:
            self.launch(Launch(request))

    @on(Launch)
    def launch_if_allowed(self, event: Launch) -> None:
        """Start a run, unless this screen only looks."""
        if self.readonly:
            self.notify(READ_ONLY)
        else:
            self.launch(event)

    @work(thread=True, group="launch", exclusive=True, exit_on_error=False)
    def launch(self, event: Launch) -> None:
        """Start what was asked for, then show the new run."""
        try:
            run_id = launch_run(event.request)
        except CockpitError as error:
            self.post_message(describe(error, "not started"))
            return
        self.look_again()
        self.post_message(OpenRun(run_id))
