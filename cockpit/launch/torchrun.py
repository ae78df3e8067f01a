"""The torchrun command for one node. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

from cockpit.launch.arguments import torch_minor

DASHED_FLAGS_SINCE: Final = (2, 0)
"""Before torch 2.0 the flags are spelt with underscores only."""
NEWER_FLAGS: Final = ("--signals-to-handle",)
"""Flags that not every release knows: the installed torch is asked."""


class Where(Protocol):
    """What the command depends on; a planner's Place has it."""

    @property
    def python(self) -> Path:
        """The training interpreter."""

    @property
    def torch(self) -> str | None:
        """Its version of torch."""

    @property
    def ranks(self) -> Path | None:
        """Where the log of each rank goes; None: nowhere."""

    @property
    def flags(self) -> tuple[str, ...]:
        """Which of NEWER_FLAGS it knows."""


def torchrun_words(where: Where, world_size: int, max_restarts: int = 0) -> list[str]:
    """Return the words up to the script; `--standalone` lets torchrun take a free port itself."""
    minor = torch_minor(where.torch)
    is_old = minor is not None and minor < DASHED_FLAGS_SINCE
    words = ["--standalone", f"--nproc-per-node={world_size}"]
    if max_restarts:
        words.append(f"--max-restarts={max_restarts}")
    if is_old:
        words = ["--" + word[2:].replace("-", "_") for word in words]
    return [str(where.python), "-m", "torch.distributed.run", *words]
