"""What the ranks of the tests do; a rank looks these up by name."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from diagnostics.ranks.rank import Rank


def add_up(me: Rank, arguments: list[str]) -> None:
    import torch

    print("from python")
    os.write(1, b"from C\n")
    me.say(value=float("nan"))
    me.beat()
    me.arrive("adding up")
    ranks = torch.full((1,), float(me.rank))
    torch.distributed.all_reduce(ranks)
    me.say(total=ranks.item(), arguments=arguments, threads=os.environ["OMP_NUM_THREADS"])


def raise_on_rank_one(me: Rank, arguments: list[str]) -> None:
    import torch

    if me.rank == 1:
        raise ValueError("no luck")
    torch.distributed.barrier()


def die_on_rank_one(me: Rank, arguments: list[str]) -> None:
    import torch

    print("the last words")
    if me.rank == 1:
        os.kill(os.getpid(), 9)
    torch.distributed.barrier()


def leave_early(me: Rank, arguments: list[str]) -> None:
    sys.stdout.flush()
    os._exit(0)


def wait_for_rank_one(me: Rank, arguments: list[str]) -> None:
    import torch

    if me.rank != 1:
        me.arrive("the barrier")
        torch.distributed.barrier()
    # Rank 1 never leaves the mark; its child must not outlive it either.
    if os.fork() == 0:
        Path(arguments[0]).write_text(str(os.getpid()))
        while True:
            time.sleep(60)
    while True:
        time.sleep(60)
