from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.checks import libraries, script
from diagnostics.checks.libraries import NumPy
from diagnostics.emit import NOTE, OK, PROBLEM, WARNING


@pytest.mark.parametrize(
    ("numpy", "level", "word"),
    [
        (NumPy("2.4.6"), OK, "fits torch"),
        (NumPy(None), NOTE, "no numpy"),
        (NumPy("2.0.1", "Numpy is not available"), PROBLEM, "Numpy is not available"),
    ],
)
def test_numpy_must_fit_torch(numpy: NumPy, level: str, word: str) -> None:
    finding = libraries.judge_numpy(numpy, "2.1.0", "pip")
    assert (finding.level, word in finding.what) == (level, True)


def test_a_torch_for_numpy_1_is_offered_numpy_1() -> None:
    finding = libraries.judge_numpy(NumPy("2.0.1", "no"), "2.1.0", "pip")
    assert finding.remedy == "pip install 'numpy<2' torch==2.1.0"


@pytest.mark.parametrize(
    ("torch", "ultralytics", "unsafe", "forced", "levels"),
    [
        ("2.6.0+cu124", "8.2.0", True, "", [WARNING]),
        ("2.6.0", "8.2.0", True, "1", [OK]),
        ("2.13.0", "8.4.190", False, "", []),
        ("2.5.1", "8.2.0", True, "", []),
        ("2.13.0", None, None, "", []),
        (None, "8.2.0", True, "", []),
    ],
)
def test_an_ultralytics_that_cannot_load_its_weights(
    torch: str | None, ultralytics: str | None, unsafe: bool | None, forced: str, levels: list[str]
) -> None:
    findings = libraries.judge_safe_load(torch, ultralytics, unsafe, forced, "pip")
    assert [finding.level for finding in findings] == levels


def test_it_is_read_in_the_code_of_ultralytics_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "ultralytics"
    (package / "nn").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('nobody imports it')")
    tasks = package / "nn" / "tasks.py"
    tasks.write_text("ckpt = torch.load(file, map_location='cpu')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert libraries.loads_unsafely() is True
    tasks.write_text("ckpt = torch.load(file, map_location='cpu', weights_only=False)\n")
    assert libraries.loads_unsafely() is False


OLD_TRAIN = """
import argparse, torch
parser = argparse.ArgumentParser()
parser.add_argument('--local_rank', type=int, default=-1)
ckpt = torch.load('yolov7.pt', map_location='cpu')  # weights_only comes later
"""
OLD_DATASETS = """
import numpy as np
# np.int was fine once
labels = np.zeros((0, 5), dtype=np.float32)
index = np.floor(labels[:, 0]).astype(np.int)
"""


def project(folder: Path, train: str = OLD_TRAIN, datasets: str = OLD_DATASETS) -> Path:
    (folder / "utils").mkdir()
    (folder / "train.py").write_text(train)
    (folder / "utils" / "datasets.py").write_text(datasets)
    (folder / "venv").mkdir()
    (folder / "venv" / "pyvenv.cfg").write_text("")
    (folder / "venv" / "other.py").write_text("np.int")
    return folder / "train.py"


def test_an_old_yolo_is_told_what_is_too_new_for_it(tmp_path: Path) -> None:
    source = script.read_source(project(tmp_path))
    findings = {f.code: f for f in script.judge_source(source, "2.13.0", "1.26.4", "")}
    aliases = findings["numpy.aliases"]
    assert aliases.level == PROBLEM
    assert aliases.what.endswith("that this code uses, utils/datasets.py:5")
    assert "numpy<1.24" in (aliases.remedy or "")
    assert findings["script.weights-only"].what.endswith("train.py:5")
    assert findings["script.local-rank"].level == WARNING
    assert "train.py:4" in findings["script.local-rank"].what


def test_the_same_code_fits_older_libraries(tmp_path: Path) -> None:
    source = script.read_source(project(tmp_path))
    findings = script.judge_source(source, "1.13.1", "1.23.5", "")
    assert {f.code: f.level for f in findings} == {"numpy.aliases": OK, "script.local-rank": NOTE}


@pytest.mark.parametrize(
    ("text", "numpy", "level"),
    [
        ("np.float64(1) + np.int_", "2.1", OK),
        ("np.bool(True)", "2.1", OK),
        ("x = np.Inf", "1.26", OK),
        ("x = np.Inf", "2.0.0", PROBLEM),
        ("np.object", "1.24.0", PROBLEM),
        ("np.object", "1.23.5", OK),
        ("np.float = float", "2.0", OK),
    ],
)
def test_names_of_numpy(tmp_path: Path, text: str, numpy: str, level: str) -> None:
    (tmp_path / "train.py").write_text(text)
    (finding,) = script.judge_aliases(script.read_source(tmp_path / "train.py"), numpy)
    assert finding.level == level


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("'--local_rank'; os.environ['LOCAL_RANK']", NOTE),
        ("add_argument('--local_rank', '--local-rank')", OK),
        ("add_argument('--local_rank')", WARNING),
    ],
)
def test_a_script_that_learns_its_rank(tmp_path: Path, text: str, level: str) -> None:
    (tmp_path / "train.py").write_text(text)
    (finding,) = script.judge_local_rank(script.read_source(tmp_path / "train.py"), "2.4.0")
    assert finding.level == level


def test_a_call_over_two_lines_is_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("torch.load(\n  'a.pt', weights_only=False)\n")
    assert script.judge_loads(script.read_source(tmp_path / "train.py"), "2.6", "") == []


def test_a_script_without_anything_old_says_little(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("print(1)\n")
    findings = script.judge_source(script.read_source(tmp_path / "train.py"), "2.13", "2.4", "")
    assert [(f.code, f.level) for f in findings] == [("numpy.aliases", OK)]


def test_a_script_that_is_not_there_has_no_lines(tmp_path: Path) -> None:
    assert script.read_source(tmp_path / "none.py").lines == []
