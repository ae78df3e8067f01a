"""How to install what is missing, as commands; torch is never changed behind the user's back."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final, assert_never

DISTRIBUTIONS: Final = {
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "yaml": "pyyaml",
}
"""Modules whose distribution has another name."""
WHEELS: Final = "https://download.pytorch.org/whl/"


class Installer(StrEnum):
    """What can install into an interpreter."""

    PIP = "pip"
    NONE = "none"
    """It has no pip yet, as a venv made by uv."""
    VENV = "venv"
    """The system guards it (PEP 668): an environment of its own is needed."""


def install_command(
    python: Path, modules: Sequence[str], torch: str | None, installer: Installer
) -> str:
    """Return the command that adds the modules to that interpreter.

    The installed torch is pinned: without that, pip may replace it by another CUDA build to
    please a newer torchvision. `torch` is None where there is none to keep.
    """
    words = [DISTRIBUTIONS.get(module, module) for module in modules]
    if torch is not None:
        words.append(f"torch=={torch}")
        local = torch.partition("+")[2]
        words += ["--extra-index-url", WHEELS + local] if local else []
    wanted = shlex.join(words)
    executable = shlex.quote(str(python))
    match installer:
        case Installer.PIP:
            return f"{executable} -m pip install {wanted}"
        case Installer.NONE:
            return f"{executable} -m ensurepip && {executable} -m pip install {wanted}"
        case Installer.VENV:
            make = f"{executable} -m venv ~/train && ~/train/bin/python -m pip install {wanted}"
            return f"{make}, then --python ~/train"
        case _:
            assert_never(installer)
