"""What is read here must be what Ultralytics itself reads: the same files, put to both."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from cockpit.data_sets.description import parse_description
from cockpit.data_sets.labels import Format, parse_labels
from cockpit.data_sets.places import Base, Rule, find_splits
from tests.data_sets.making import write_split

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(find_spec("ultralytics") is None, reason="no Ultralytics here"),
]
LABELS = """
import json, pathlib, sys
from PIL import Image
from ultralytics.data.utils import verify_image_label
Image.new("RGB", (32, 32)).save("a.jpg")
print("\\n" + json.dumps([
    verify_image_label(("a.jpg", str(file), "", False, 2, 0, 2, False))[8]
    for file in sorted(pathlib.Path("labels").iterdir())
]))
"""
PLACES = """
import json, sys
from ultralytics.data.utils import check_det_dataset
found = []
for file in sys.argv[1:]:
    data = check_det_dataset(file, autodownload=False)
    found.append({name: data[name] for name in ("train", "val")})
print("\\n" + json.dumps(found))
"""
LAYOUTS = (
    "path: {root}/near\ntrain: images/train\nval: images/val\nnames: [a]\n",
    "path: near\ntrain: images/train\nval: images/val\nnames: [a]\n",
    "path: far\ntrain: images/train\nval: images/val\nnames: {{0: a}}\n",
    "path: near\ntrain: [images/train, images/val]\nval: ../images/val\nnc: 1\n",
    "train: ../near/images/train\nvalidation: ../near/images/val\nnc: 1\n",
)


def ultralytics(folder: Path, script: str, *words: str) -> list[object]:
    """Return what the last line of a script says, run beside the settings of `folder`."""
    environ = os.environ | {"YOLO_CONFIG_DIR": str(folder), "YOLO_OFFLINE": "true"}
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(listed, list)
    return listed


def settle(folder: Path) -> None:
    """Write the settings, and the font that would be fetched."""
    import matplotlib

    settings = folder / "Ultralytics"
    settings.mkdir()
    font = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    (settings / "Arial.ttf").write_bytes(font.read_bytes())
    script = (
        "from ultralytics import settings\n"
        f"settings.update({{'datasets_dir': {str(folder / 'sets')!r}}})\nprint('[]')"
    )
    ultralytics(folder, script)


def some_labels(chance: random.Random) -> str:
    """Lines of boxes, some of them wrong in one of many ways."""
    odd = ("1.005", "1.2", "-0.005", "-0.5", "nan", "inf", "x", "1e-3", "-0.0")
    kinds = ("0", "1", "1.0", "2", "0.5", "-1", "x", "nan")
    rows = []
    columns = chance.choice((5, 5, 5, 5, 5, 4, 6))
    for _ in range(chance.choice((0, 1, 2, 3))):
        kind = chance.choice(kinds if chance.random() < 0.2 else kinds[:3])
        words = [
            chance.choice(odd) if chance.random() < 0.04 else f"{chance.random():.3f}"
            for _ in range(columns - 1)
        ]
        rows.append(" ".join([kind, *words]))
    return "\n".join(rows) + chance.choice(("", "\n", "\r\n", "\n\n"))


def test_the_same_labels_are_refused(tmp_path: Path) -> None:
    chance = random.Random(0)
    texts = [some_labels(chance) for _ in range(500)]
    texts += ["0 .1 .1 .9 .1 .5 .9\n", "0 .1 .1 .9 .1 .5 .9 .2\n", "0 .1 .1 .9 .1 .5 .9\n" * 2]
    texts += ["0 .1 .1 .9 .1 .5 .9\n0 .5 .5 .1 .1\n", "\ufeff0 .5 .5 .1 .1\n"]
    (tmp_path / "labels").mkdir()
    for number, text in enumerate(texts):
        (tmp_path / "labels" / f"{number:04d}.txt").write_bytes(text.encode())
    refused = ultralytics(tmp_path, LABELS)
    form = Format(class_count=2, tolerance=0.01)
    ours = [int(bool(parse_labels(text.encode(), form).faults)) for text in texts]
    assert len(refused) == len(texts)
    assert [text for text, a, b in zip(texts, ours, refused, strict=True) if a != b] == []


def test_the_same_folders_are_found(tmp_path: Path) -> None:
    settle(tmp_path)
    for root in (tmp_path / "near", tmp_path / "sets" / "far"):
        for split in ("train", "val"):
            write_split(root, split, {"a": None})
    (tmp_path / "config").mkdir()
    files = [tmp_path / "config" / f"{number}.yaml" for number in range(len(LAYOUTS))]
    ours = []
    for file, text in zip(files, LAYOUTS, strict=True):
        file.write_text(text.format(root=tmp_path))
        base = Base(Rule.ULTRALYTICS, tmp_path, file.parent, tmp_path / "sets")
        splits = find_splits(parse_description(file.read_text(), file), base)
        ours.append({name: [str(place) for place in places] for name, places in splits.items()})
    found = ultralytics(tmp_path, PLACES, *map(str, files))
    theirs = [
        {name: [value] if isinstance(value, str) else value for name, value in one.items()}
        for one in found
        if isinstance(one, dict)
    ]
    assert ours == theirs
