from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.errors import InputError
from cockpit.launch.conda import find_environment, find_environments


def make(folder: Path) -> Path:
    (folder / "conda-meta").mkdir(parents=True)
    return folder


def test_environments_are_found_below_each_usual_root(tmp_path: Path) -> None:
    root = make(tmp_path / "miniforge3")
    yolo = make(root / "envs" / "yolo")
    (root / "envs" / "no-environment").mkdir()
    found = find_environments({"HOME": str(tmp_path)})
    assert found == {"base": root, "yolo": yolo}


def test_the_active_environment_shows_its_root(tmp_path: Path) -> None:
    root = make(tmp_path / "opt" / "conda")
    yolo, other = make(root / "envs" / "yolo"), make(root / "envs" / "other")
    environ = {"HOME": str(tmp_path), "CONDA_PREFIX": str(yolo)}
    assert find_environments(environ) == {"base": root, "yolo": yolo, "other": other}
    assert find_environment("other", {**environ, "CONDA_PREFIX": str(root)}) == other


def test_the_conda_command_shows_its_root(tmp_path: Path) -> None:
    root = make(tmp_path / "opt" / "conda")
    environ = {"HOME": str(tmp_path), "CONDA_EXE": str(root / "bin" / "conda")}
    assert find_environment("base", environ) == root


def test_an_environment_elsewhere_is_read_from_condas_list(tmp_path: Path) -> None:
    far = make(tmp_path / "data" / "far")
    (tmp_path / ".conda").mkdir()
    (tmp_path / ".conda" / "environments.txt").write_text(f"{far}\n\n/gone\n")
    assert find_environment("far", {"HOME": str(tmp_path)}) == far


def test_the_nearest_root_wins(tmp_path: Path) -> None:
    near = make(make(tmp_path / "near") / "envs" / "yolo")
    make(make(tmp_path / "miniconda3") / "envs" / "yolo")
    environ = {"HOME": str(tmp_path), "CONDA_PREFIX": str(near)}
    assert find_environment("yolo", environ) == near


def test_an_unknown_name_gets_the_nearest(tmp_path: Path) -> None:
    make(make(tmp_path / "miniconda3") / "envs" / "yolo")
    with pytest.raises(InputError, match=r"did you mean yolo\?") as caught:
        find_environment("yol", {"HOME": str(tmp_path)})
    assert caught.value.exit_code == 2
    assert "one of base, yolo" in caught.value.remedy
    with pytest.raises(InputError, match="no conda environment yolo"):
        find_environment("yolo", {"HOME": "/nonexistent"})
