"""How ranks end badly: killed or broken, silent, or stopped by whoever asked for them."""

from __future__ import annotations

import signal


class RanksFailed(Exception):
    """A rank died; of several, the one that is the cause."""

    def __init__(
        self, rank: int, pid: int, exit_code: int | None, error: str, stderr: list[str]
    ) -> None:
        self.rank = rank
        self.pid = pid
        self.exit_code = exit_code
        """None when a signal ended it."""
        self.signal: str | None = None
        """The name of that signal."""
        if exit_code is not None and exit_code < 0:
            self.exit_code, self.signal = None, signal_name(-exit_code)
        self.error = error
        """The first line of what it raised; empty when it could not say."""
        self.stderr = stderr
        """Its last lines."""
        super().__init__(self._tell())

    def _tell(self) -> str:
        if self.signal:
            return f"rank {self.rank} (pid {self.pid}) was ended by {self.signal}"
        how = self.error or f"it ended with exit code {self.exit_code} before its work was done"
        return f"rank {self.rank} (pid {self.pid}) broke: {how}"


class RanksSilent(Exception):
    """No rank said anything for too long; `missing` did not come to where the others wait."""

    def __init__(self, what: str, arrived: list[int], missing: list[int], limit_s: float) -> None:
        self.what = what
        """The last mark that any rank has left."""
        self.arrived = arrived
        self.missing = missing
        """Empty when all of them hang in the same place."""
        super().__init__(f"no rank said anything for {limit_s:.0f} s: {what}")


class RanksStopped(Exception):
    """The tool was asked to end, by SIGINT or SIGTERM; the ranks are ended."""

    def __init__(self, signal_name: str) -> None:
        self.signal = signal_name
        super().__init__(f"stopped by {signal_name}")


def signal_name(number: int) -> str:
    """Return `SIGKILL` for 9, or the number of one that has no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
