"""Waiting in the queue until the GPUs of an attempt are free and taken."""

from __future__ import annotations

import time
from dataclasses import replace

from cockpit.errors import GpusBusy
from cockpit.runs.attempt import AttemptRecord
from cockpit.runs.record import StateRecord
from cockpit.supervise.attempts import Wish
from cockpit.supervise.following import plan_here
from cockpit.supervise.leases import Holding
from cockpit.supervise.pause import LOOK_S, rest
from cockpit.supervise.queue import Ticket, place_of
from cockpit.supervise.station import Station


def wait_for_gpus(
    at: Station, holding: Holding, wish: Wish, state: StateRecord
) -> AttemptRecord | None:
    """Return the attempt once its GPUs are taken; None when a stop was asked for.

    Served in the order of coming. Raises CockpitError where it can never be.
    """
    ticket = Ticket(time.time(), at.paths.run_id)
    state = replace(state, queued_since=ticket.since, gpus=())
    at.journal.state(state)
    place = 0
    while True:
        now_place, problem = place_of(ticket, at.paths.root.parent), None
        if now_place != place:
            place = now_place
            at.journal.event("queued", f"waits for its GPUs, place {place}", place=place)
        if place == 1:
            try:
                return plan_here(at, holding, wish)
            except GpusBusy as busy:
                problem = busy.problem
        if not rest(at, replace(state, queue_place=place, problem=problem), LOOK_S):
            at.journal.event("stop", "stopped while it waited for its GPUs")
            return None
