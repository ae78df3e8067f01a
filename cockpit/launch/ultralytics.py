"""The Ultralytics command: `yolo …` in the training interpreter, or a user's script. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cockpit.launch.plan import Gpu

ENTRY: Final = "from ultralytics.cfg import entrypoint; entrypoint()"
"""What the `yolo` script does; started this way it runs in the chosen interpreter for sure."""


def ultralytics_words(python: Path, script: Path | None) -> list[str]:
    """Return the words up to the arguments."""
    return [str(python), str(script)] if script else [str(python), "-c", ENTRY]


def device_value(gpus: Sequence[Gpu], *, is_simulated: bool) -> str:
    """Return Ultralytics' `device`: the driver's own indices (decision 6)."""
    if not gpus or is_simulated:
        return "cpu"
    return ",".join(str(gpu.gpu_index) for gpu in gpus)
