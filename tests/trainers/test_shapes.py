from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trainers.running import YOLO_SHAPES, needs

pytestmark = [pytest.mark.real, needs("PIL")]

DRAW = "import sys; from pathlib import Path; from shapes import write_shapes; "


def draw(root: Path, seed: int = 0) -> None:
    call = f"write_shapes(Path(sys.argv[1]), 6, 2, 96, {seed})"
    environment = os.environ | {"PYTHONPATH": str(YOLO_SHAPES.parent)}
    subprocess.run([sys.executable, "-c", DRAW + call, str(root)], env=environment, check=True)


def content(root: Path) -> dict[str, bytes]:
    files = [path for path in root.rglob("*") if path.is_file() and path.name != "data.yaml"]
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def test_the_same_seed_draws_the_same_images(tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        draw(tmp_path / name, seed)

    assert len(content(tmp_path / "a")) == 2 * (6 + 2)
    assert content(tmp_path / "a") == content(tmp_path / "b") != content(tmp_path / "c")


def test_labels_lie_inside_their_image(tmp_path: Path) -> None:
    draw(tmp_path)

    lines = [
        line for file in tmp_path.rglob("*.txt") for line in file.read_text().splitlines() if line
    ]
    assert lines
    for line in lines:
        kind, x, y, width, height = line.split()
        assert kind in {"0", "1", "2"}
        for centre, size in ((float(x), float(width)), (float(y), float(height))):
            assert size / 2 <= centre <= 1 - size / 2


def test_a_data_set_that_is_complete_is_kept(tmp_path: Path) -> None:
    draw(tmp_path)
    before = content(tmp_path)

    draw(tmp_path, seed=1)

    assert content(tmp_path) == before
