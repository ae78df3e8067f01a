"""How a thread that counts lines leaves the keys their time."""

from __future__ import annotations

import time
from typing import Final

WORK_S: Final = 0.008
PAUSE_S: Final = 0.0005
"""It rests so often and so long, so that keys act meanwhile."""


class Pace:
    """Rests now and then."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def rest(self) -> None:
        """Let others have the interpreter, where that is due."""
        if time.monotonic() - self._since > WORK_S:
            time.sleep(PAUSE_S)
            self._since = time.monotonic()
