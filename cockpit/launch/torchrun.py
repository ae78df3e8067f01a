"""The torchrun command for one node. Pure."""

from __future__ import annotations

from pathlib import Path

from cockpit.launch.arguments import torch_minor

DASHED_FLAGS_SINCE = (2, 0)
"""Before torch 2.0 the flags are spelt with underscores only."""


def torchrun_words(python: Path, torch: str | None, world_size: int) -> list[str]:
    """Return the words up to the script; `--standalone` lets torchrun take a free port itself."""
    minor = torch_minor(torch)
    is_old = minor is not None and minor < DASHED_FLAGS_SINCE
    ranks = "--nproc_per_node" if is_old else "--nproc-per-node"
    return [
        str(python),
        "-m",
        "torch.distributed.run",
        "--standalone",
        f"{ranks}={world_size}",
    ]
