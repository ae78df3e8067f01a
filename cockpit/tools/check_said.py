"""What a check has said, by the diagnostic and by cockpit itself, and how both are kept."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from cockpit.processes.lock import LockHeld, hold
from cockpit.tool_runs.events import (
    Event,
    Finding,
    Finished,
    finding_line,
    finished_line,
    stopped,
)
from cockpit.tool_runs.layout import ToolPaths
from cockpit.tools.check_verdict import broken, last_word
from cockpit.tools.gpu_look import GpuLook


class Said:
    """What was said so far, by the diagnostic and by cockpit itself."""

    def __init__(self, own: Iterable[Finding]) -> None:
        self.own = list(own)
        self.events: list[Event] = []
        """Those of the diagnostic, as it said them."""
        self.finished: Finished | None = None
        self._findings: list[Finding] = []

    def of_diagnostic(self, stream: Iterable[Event], look: GpuLook) -> Iterator[Event]:
        """Yield what the diagnostic says, but its last word, which is on its part alone."""
        for event in stream:
            self.events.append(event)
            if isinstance(event, Finished):
                self.finished = event
                continue
            fitted = look.fit(event)
            self._findings += [fitted] if isinstance(fitted, Finding) else []
            yield fitted

    def of_cockpit(self, stream: Iterable[Event]) -> Iterator[Event]:
        """Yield what cockpit itself finds."""
        for event in stream:
            self.own += [event] if isinstance(event, Finding) else []
            yield event

    def end(self, *, is_strict: bool) -> Iterator[Event]:
        """Yield the last word on everything; none where the diagnostic had none."""
        if self.finished is None:
            return
        if (found := broken(self.finished, [*self.own, *self._findings])) is not None:
            self.own.append(found)
            yield found
        findings = [*self.own, *self._findings]
        self.finished = last_word(findings, self.finished, is_strict=is_strict)
        yield self.finished


@contextmanager
def judging(said: Said, paths: ToolPaths) -> Iterator[None]:
    """Keep what cockpit itself finds, and its last word: until then the check still runs.

    The diagnostic has called its own part fit by then, so one that is left here was stopped.
    """
    with ExitStack() as stack:
        with suppress(OSError, LockHeld):
            stack.callback(os.close, hold(paths.lock))
        try:
            yield
        except (GeneratorExit, KeyboardInterrupt):
            if said.finished is not None:
                finding, said.finished = stopped("check", "", time.time())
                said.own.append(finding)
            raise
        finally:
            _keep(said, paths)


def _keep(said: Said, paths: ToolPaths) -> None:
    """Add what cockpit itself found to the events, and the last word on everything.

    So a later look misses nothing, and says what was said here.
    """
    lines = [finding_line(one) for one in said.own]
    lines += [finished_line(said.finished)] if said.finished else []
    with suppress(OSError), paths.events.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
