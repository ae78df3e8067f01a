"""The guides' presets for Ultralytics, with the real one, as small as can be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.calling import cockpit
from tests.standins.checkouts import Outcome, run_preset
from tests.trainers.running import YOLO_SHAPES, needs

pytestmark = [pytest.mark.real, needs("torch", "ultralytics", "PIL", "matplotlib")]

DRAW = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from shapes import write_shapes
write_shapes(Path(sys.argv[1]), 8, 4, 64, 0)
"""
TINY = {"epochs": 1, "imgsz": 64, "batch": 4, "plots": False, "cache": False, "workers": 0}


def shapes(folder: Path) -> Path:
    """Draw the images; Ultralytics gets a font, which it would fetch."""
    subprocess.run([sys.executable, "-c", DRAW, folder, YOLO_SHAPES.parent], check=True)
    return folder


@pytest.fixture
def offline(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib

    monkeypatch.setenv("YOLO_CONFIG_DIR", str(home / "yolo"))
    monkeypatch.setenv("YOLO_OFFLINE", "true")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    font = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    for folder in (home / "yolo", home / "yolo" / "Ultralytics"):
        folder.mkdir(parents=True)
        shutil.copyfile(font, folder / "Arial.ttf")


def train(name: str, checkout: Path, **args: object) -> Outcome:
    settings = {**TINY, **args}
    words = [
        word
        for key, value in settings.items()
        for word in ("--set", f"args.{key}={as_toml(value)}")
    ]
    return run_preset(name, checkout, "--gpus", "cpu", *words)


def as_toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.usefixtures("offline")
def test_obstacles_train_export_and_are_never_trained_twice(home: Path) -> None:
    checkout = home / "llm"
    shapes(checkout / "data" / "yolo_dataset")
    (checkout / "configs").mkdir()
    (checkout / "configs" / "data.yaml").write_text(
        "path: data/seed_dataset\ntrain: images/train\nval: images/val\nnc: 3\n"
        "names:\n  0: wire  # 电线\n  1: slipper\n  2: sock\n"
    )
    run = train("obstacle-yolo11n-16gpu", checkout, model="yolo11n.yaml")
    assert (run.phase, run.epochs, run.exit_code) == ("succeeded", (1, 1), 0), run.log[-3000:]
    assert run.metrics["train/box_loss"]["last"] > 0
    assert "optimizer: AdamW(lr=0.000625" in run.log.replace(
        "\x1b[34m\x1b[1moptimizer:\x1b[0m", "optimizer:"
    )
    assert (run.directory / "out" / "obstacle_yolo11n_16gpu" / "weights" / "best.pt").is_file()
    listed = cockpit("after", run.run_id)
    assert "onnx" in listed.stdout
    assert "tensorrt" in listed.stdout
    again = cockpit("resume", run.run_id)
    assert again.returncode != 0  # Ultralytics would take other data and start anew


@pytest.mark.usefixtures("offline")
def test_epri_trains_segments(home: Path) -> None:
    checkout = home / "epri"
    data = shapes(checkout / "data" / "processed")
    for label in (data / "labels").rglob("*.txt"):
        label.write_text("".join(as_polygon(line) for line in label.read_text().splitlines()))
    (data / "data.yaml").rename(data / "dataset.yaml")
    run = train("epri-yolov8-seg", checkout, model="yolov8n-seg.yaml")
    assert (run.phase, run.epochs, run.exit_code) == ("succeeded", (1, 1), 0), run.log[-3000:]
    assert run.metrics["train/seg_loss"]["last"] > 0
    assert "metrics/mAP50-95(M)" in run.metrics


def as_polygon(line: str) -> str:
    if not line.strip():
        return ""
    kind, x, y, width, height = line.split()
    left, right = float(x) - float(width) / 2, float(x) + float(width) / 2
    top, bottom = float(y) - float(height) / 2, float(y) + float(height) / 2
    corners = (left, top, right, top, right, bottom, left, bottom)
    return f"{kind} {' '.join(f'{value:.6f}' for value in corners)}\n"


def test_document_004s_ddp_script_asks_ultralytics_for_what_it_refuses(tmp_path: Path) -> None:
    """As the preset says of train_yolo_ddp.py: a data set without data, a model without loss."""
    code = """
import torch
from ultralytics import YOLO
from ultralytics.data import YOLODataset
try:
    YOLODataset(img_path=".", imgsz=64, augment=True, cache=False, prefix="train: ")
except TypeError as error:
    print("refused:", error)
model = YOLO("yolov8n-seg.yaml").model.train()
print("loss:", isinstance(model(torch.rand(2, 3, 64, 64), {"img": 1}), torch.Tensor))
"""
    environment = {**os.environ, "YOLO_CONFIG_DIR": str(tmp_path), "YOLO_OFFLINE": "true"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    assert "refused:" in done.stdout, done.stderr
    assert "'data'" in done.stdout
    assert "loss: False" in done.stdout
