"""Commands that a user can paste; none of them changes torch behind the user's back."""

from __future__ import annotations

import shlex

WHEELS = "https://download.pytorch.org/whl/"
CPU_WHEELS = WHEELS + "cpu"


def pip_command(python: str, has_pip: bool, is_managed: bool) -> str:
    """Return how pip is called for that interpreter, without what it shall do.

    `is_managed` when the system guards it (PEP 668): pip then needs an environment of its own.
    """
    quoted = shlex.quote(python)
    if is_managed:
        return f"{quoted} -m venv ~/train && ~/train/bin/python -m pip"
    prepare = "" if has_pip else f"{quoted} -m ensurepip && "
    return f"{prepare}{quoted} -m pip"


def install(pip: str, *words: str) -> str:
    """Return the command that installs, for pip as `pip_command` spells it."""
    return f"{pip} install {_shell(*words)}"


def install_beside_torch(pip: str, torch_version: str | None, name: str) -> str:
    """Return a pip command that adds a library and leaves torch as it is.

    Without the pin pip may replace torch by another CUDA build to please a newer torchvision.
    `torch_version` is the one in torch's metadata: the one that pip compares.
    """
    return install(pip, name, *_keep_torch(torch_version))


def replace_beside_torch(pip: str, torch_version: str | None, name: str) -> str:
    """Return commands that exchange a library for the build that fits torch."""
    remove = f"{pip} uninstall --yes {name}"
    return f"{remove} && {install_beside_torch(pip, torch_version, name)}"


def _keep_torch(torch_version: str | None) -> list[str]:
    if not torch_version:
        return []
    local = torch_version.partition("+")[2]
    index = ["--extra-index-url", WHEELS + local] if local else []
    return [f"torch=={torch_version}", *index]


def _shell(*words: str) -> str:
    return " ".join(shlex.quote(word) for word in words)
