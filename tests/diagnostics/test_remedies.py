from __future__ import annotations

from diagnostics import remedies


def test_a_library_is_added_beside_the_torch_that_is_there() -> None:
    assert remedies.install_beside_torch("pip", "2.13.0", "ultralytics") == (
        "pip install ultralytics torch==2.13.0"
    )


def test_a_torch_of_another_index_brings_its_index() -> None:
    assert remedies.install_beside_torch("pip", "2.13.0+cu126", "torchvision") == (
        "pip install torchvision torch==2.13.0+cu126"
        " --extra-index-url https://download.pytorch.org/whl/cu126"
    )


def test_a_wrong_build_is_removed_before_the_right_one_comes() -> None:
    assert remedies.replace_beside_torch("pip", "2.13.0", "torchvision") == (
        "pip uninstall --yes torchvision && pip install torchvision torch==2.13.0"
    )


def test_without_torch_there_is_nothing_to_keep() -> None:
    assert remedies.install_beside_torch("pip", None, "ultralytics") == "pip install ultralytics"


def test_pip_is_called_as_the_interpreter_allows() -> None:
    path = "/opt/my env/bin/python"
    assert remedies.pip_command(path, has_pip=True, is_managed=False) == f"'{path}' -m pip"
    assert "ensurepip" in remedies.pip_command(path, has_pip=False, is_managed=False)
    assert "-m venv" in remedies.pip_command("/usr/bin/python3", has_pip=True, is_managed=True)
