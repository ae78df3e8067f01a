"""Waiting as a supervisor: alive, writing so, and to be woken by a stop."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

from cockpit.runs.record import StateRecord
from cockpit.supervise.job import wait_for_wake
from cockpit.supervise.station import Station
from cockpit.supervise.stop import take_request
from cockpit.supervise.supervisor import TOUCH_S, drain, is_missing

LOOK_S: Final = 1.0


def rest(at: Station, state: StateRecord, wait_s: float) -> bool:
    """Wait with `state` as the sign of life; False when a stop was asked for or the run is gone."""
    until = time.monotonic() + wait_s
    touched = 0.0
    while (now := time.monotonic()) < until or not touched:
        if take_request(at.paths) or drain(at.wake) or is_missing(at.paths.run):
            return False
        if now - touched >= TOUCH_S:
            touched = now
            at.journal.state(replace(state, touched=round(time.time(), 3)))
        reading = at.recorder.due_reading(now)
        if reading is not None:
            at.recorder.record(reading, None, now)
        wait_for_wake(at.wake, min(LOOK_S, max(0.0, until - now)))
    return True
