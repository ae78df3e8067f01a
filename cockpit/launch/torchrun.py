"""The torchrun command for one node. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

from cockpit.launch.arguments import torch_minor

DASHED_FLAGS_SINCE: Final = (2, 0)
"""Before torch 2.0 the flags are spelt with underscores only."""
SIGNALS: Final = "--signals-to-handle"
LOG_DIR: Final = "--log-dir"
TEE: Final = "--tee"
NEWER_FLAGS: Final = (SIGNALS, LOG_DIR, TEE)
"""Flags that not every release knows: the installed torch is asked."""
HANDLED: Final = ("SIGTERM", "SIGINT", "SIGQUIT")
"""Without SIGHUP: torchrun would end itself and its ranks when a terminal closes."""


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

    @property
    def signals(self) -> tuple[str, ...]:
        """Signals that torchrun hands on to its ranks before it ends."""


def torchrun_words(where: Where, world_size: int, max_restarts: int = 0) -> list[str]:
    """Return the words up to the script; `--standalone` lets torchrun take a free port itself."""
    minor = torch_minor(where.torch)
    is_old = minor is not None and minor < DASHED_FLAGS_SINCE
    flags = [("--standalone", ""), ("--nproc-per-node", str(world_size))]
    if max_restarts:
        flags.append(("--max-restarts", str(max_restarts)))
    if SIGNALS in where.flags:
        flags.append((SIGNALS, ",".join(where.signals)))
    if where.ranks is not None and {LOG_DIR, TEE} <= set(where.flags):
        flags += [(LOG_DIR, str(where.ranks)), (TEE, "3")]  # 3: standard output and error
    words = [_word(name, value, is_old=is_old) for name, value in flags]
    return [str(where.python), "-m", "torch.distributed.run", *words]


def _word(name: str, value: str, *, is_old: bool) -> str:
    spelt = "--" + name[2:].replace("-", "_") if is_old else name
    return f"{spelt}={value}" if value else spelt
