"""Commands that a user can paste; none of them changes torch behind the user's back."""

from __future__ import annotations

import shlex

WHEELS = "https://download.pytorch.org/whl/"
CPU_WHEELS = WHEELS + "cpu"


def install(python: str, *words: str) -> str:
    """Return a pip command for that interpreter."""
    return _shell(python, "-m", "pip", "install", *words)


def install_beside_torch(python: str, torch_version: str | None, name: str) -> str:
    """Return a pip command that adds a library and leaves torch as it is.

    Without the pin pip may replace torch by another CUDA build to please a newer torchvision.
    `torch_version` is the one in torch's metadata: the one that pip compares.
    """
    return install(python, name, *_keep_torch(torch_version))


def replace_beside_torch(python: str, torch_version: str | None, name: str) -> str:
    """Return commands that exchange a library for the build that fits torch."""
    remove = _shell(python, "-m", "pip", "uninstall", "--yes", name)
    return f"{remove} && {install_beside_torch(python, torch_version, name)}"


def _keep_torch(torch_version: str | None) -> list[str]:
    if not torch_version:
        return []
    local = torch_version.partition("+")[2]
    index = ["--extra-index-url", WHEELS + local] if local else []
    return [f"torch=={torch_version}", *index]


def _shell(*words: str) -> str:
    return " ".join(shlex.quote(word) for word in words)
