"""What ranks do in the tests of the smoke test."""

from __future__ import annotations

import threading

from diagnostics.ranks.rank import Rank


def leave_one_behind(me: Rank, _: list[str]) -> None:
    """Rank 1 never comes to the second mark."""
    me.arrive("step 1 of 2")
    if me.rank == 1:
        threading.Event().wait()
    me.arrive("step 2 of 2")
    threading.Event().wait()
