"""A probe as a process of its own: it listens, and tells how it ended, whatever happens."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Mapping

from cockpit.errors import CockpitError, ToolError
from cockpit.supervise.main import allow_open_files, become_subreaper
from cockpit.supervise.probe_line import PIPE, Cancelled, Line

Told = Mapping[str, object]


def tell(act: Callable[[Line], Told], failed: Callable[[CockpitError], Told]) -> int:
    """Tell what `act` returns, or what `failed` makes of how it failed; return the exit code."""
    line = Line(int(os.environ.pop(PIPE, "1")))
    line.listen()
    become_subreaper()
    allow_open_files()
    try:
        told = act(line)
    except Cancelled:
        return 1
    except CockpitError as error:
        told = failed(error)
    except Exception as error:  # noqa: BLE001  # the top of a tool process
        traceback.print_exc()
        told = failed(ToolError(f"{type(error).__name__}: {error}"))
    line.say(told)
    return 0
