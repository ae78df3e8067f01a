"""The traceback of a user's error, as the user wants to see it: without our frames."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

_OURS = str(Path(__file__).absolute().parent) + os.sep
_IMPORTERS = ("<frozen importlib", os.sep + "importlib" + os.sep)


def traceback_of(error: BaseException) -> str:
    """Return the traceback of `error` and of its causes, without frames of ours and of importlib.

    A syntax error keeps the place that it names.
    """
    told = traceback.TracebackException.from_exception(error)
    seen: set[int] = set()
    _leave_out_ours(told, seen)
    return "".join(told.format()).rstrip("\n")


def _leave_out_ours(told: traceback.TracebackException | None, seen: set[int]) -> None:
    if told is None or id(told) in seen:
        return
    seen.add(id(told))
    theirs = [frame for frame in told.stack if not _is_ours(frame.filename)]
    told.stack = traceback.StackSummary.from_list(theirs)
    _leave_out_ours(told.__cause__, seen)
    _leave_out_ours(told.__context__, seen)


def _is_ours(filename: str) -> bool:
    # In a zipapp the code knows its file as it was packed, which starts with the archive's path.
    return str(Path(filename).absolute()).startswith(_OURS) or any(
        mark in filename for mark in _IMPORTERS
    )
