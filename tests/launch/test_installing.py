from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.launch.installing import Installer, install_command

PYTHON = Path("/opt/my env/bin/python")


def test_the_torch_that_is_there_stays() -> None:
    assert install_command(PYTHON, ["ultralytics"], "2.13.0", Installer.PIP) == (
        "'/opt/my env/bin/python' -m pip install ultralytics torch==2.13.0"
    )


def test_a_torch_of_another_index_brings_its_index() -> None:
    command = install_command(PYTHON, ["torchvision"], "2.13.0+cu126", Installer.PIP)
    assert command.endswith(
        "torch==2.13.0+cu126 --extra-index-url https://download.pytorch.org/whl/cu126"
    )


@pytest.mark.parametrize(
    ("module", "distribution"), [("sklearn", "scikit-learn"), ("cv2", "opencv-python-headless")]
)
def test_a_module_is_installed_by_its_distributions_name(module: str, distribution: str) -> None:
    command = install_command(Path("/p"), [module, "torch"], None, Installer.PIP)
    assert command == f"/p -m pip install {distribution} torch"


def test_each_interpreter_in_its_way() -> None:
    assert "ensurepip" in install_command(Path("/p"), ["torch"], None, Installer.NONE)
    assert "-m venv" in install_command(Path("/usr/bin/python3"), ["torch"], None, Installer.VENV)
