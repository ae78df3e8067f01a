"""One rank: what each process that `rank_team` starts does.

It speaks to its parent over a pipe of its own, because libraries print on stdout, and it ends
when its stdin is closed: then the parent was killed.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import threading
from datetime import timedelta
from typing import Any, Callable, List

from diagnostics.own_process import die_with_parent
from diagnostics.trials import first_line, show_traceback

PIPE = "COCKPIT_RANK_PIPE"
"""The environment variable that names the descriptor to speak on."""
BACKEND = "COCKPIT_RANK_BACKEND"

SAID = "said"
ARRIVED = "arrived"
ALIVE = "alive"
BROKE = "broke"
DONE = "done"

STARTING = "starting"
JOINING = "joining the other ranks"
STARTED = "started"

PATIENCE = timedelta(days=1)
"""The parent judges who hangs; torch's own limits would only blur what it sees."""

Work = Callable[["Rank", List[str]], None]


class Rank:
    """What a worker is told about itself, and how it speaks to the parent."""

    def __init__(self, rank: int, world_size: int, backend: str, pipe: int) -> None:
        self.rank = rank
        self.world_size = world_size
        self.backend = backend
        self.device = f"cuda:{rank}" if backend == "nccl" else "cpu"
        """A name that torch takes as a device."""
        self._pipe = pipe
        self._lock = threading.Lock()

    def say(self, **fields: Any) -> None:
        """Tell the parent something that JSON can carry; NaN and infinity too."""
        self._send(SAID, fields)

    def arrive(self, what: str) -> None:
        """Leave a mark: from here on this rank does `what`. All ranks leave the same marks."""
        self._send(ARRIVED, what)

    def beat(self) -> None:
        """Tell the parent that something long still goes on."""
        self._send(ALIVE, True)

    def end(self, error: str | None) -> None:
        """Say that the work is done, or how it broke; the harness does this."""
        self._send(DONE if error is None else BROKE, error)

    def _send(self, kind: str, value: Any) -> None:
        line = json.dumps({kind: value}).encode("ascii") + b"\n"
        with self._lock:
            while line:
                line = line[os.write(self._pipe, line) :]


def main(arguments: list[str]) -> None:
    """Do the work that the first argument names, between joining the group and leaving it."""
    threading.Thread(target=die_with_parent, daemon=True).start()
    pipe = int(os.environ.pop(PIPE))
    os.set_inheritable(pipe, False)
    # Workers of a data loader outlive a killed rank by seconds, and would keep its pipe open.
    os.register_at_fork(after_in_child=lambda: os.close(pipe))
    rank, world_size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    me = Rank(rank, world_size, os.environ.pop(BACKEND), pipe)
    try:
        me.arrive(STARTING)
        _take_part(me, find_work(arguments[0]), arguments[1:])
    except Exception as error:  # noqa: BLE001 - the top of a process: the parent must be told
        show_traceback()
        me.end(f"{type(error).__name__}: {first_line(error)}")
        sys.exit(1)


def find_work(name: str) -> Work:
    """Return the function that `package.module:function` names."""
    module, _, function = name.partition(":")
    work: Work = getattr(importlib.import_module(module), function)
    return work


def _take_part(me: Rank, work: Work, arguments: list[str]) -> None:
    import torch

    # Imported later, torch 2.13 would hold on to the gloo group and break when the process ends.
    importlib.import_module("torch.distributed.nn")
    distributed = torch.distributed
    if me.backend == "nccl":
        torch.cuda.set_device(me.rank)
    me.arrive(JOINING)
    distributed.init_process_group(me.backend, timeout=PATIENCE)
    me.arrive(STARTED)
    work(me, arguments)
    me.end(None)
    gc.collect()
    distributed.destroy_process_group()
