"""Folders as trainers leave them, made of real captures."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.metrics.paths import DATA

TRAINERS = DATA.parent / "trainers"
PICKLE = b"\x80\x02a checkpoint."


def ultralytics(folder: Path, version: str = "8.4.190") -> Path:
    (folder / "weights").mkdir(parents=True)
    shutil.copy(DATA / f"results_detect_{version}.csv", folder / "results.csv")
    shutil.copy(TRAINERS / "ultralytics_args_8.4.190.yaml", folder / "args.yaml")
    for name in ("last.pt", "best.pt", "epoch0.pt"):
        (folder / "weights" / name).write_bytes(PICKLE)
    (folder / "results.png").write_bytes(b"a picture")
    return folder


def yolov7(folder: Path) -> Path:
    (folder / "weights").mkdir(parents=True)
    shutil.copy(DATA / "yolov7_results_3epochs.txt", folder / "results.txt")
    shutil.copy(TRAINERS / "yolov7_opt.yaml", folder / "opt.yaml")
    (folder / "hyp.yaml").write_text("lr0: 0.01\nlrf: 0.1\n")
    for name in ("last.pt", "epoch_003.pt"):
        (folder / "weights" / name).write_bytes(PICKLE)
    return folder


def lightning(project: Path, version: int = 0) -> Path:
    folder = project / "lightning_logs" / f"version_{version}"
    (folder / "checkpoints").mkdir(parents=True)
    shutil.copy(DATA / "lightning_metrics.csv", folder / "metrics.csv")
    (folder / "hparams.yaml").write_text("lr: 0.02\nbatch_size: 4\n")
    (folder / "checkpoints" / "epoch=2-step=48.ckpt").write_bytes(PICKLE)
    return folder


def hugging_face(folder: Path) -> Path:
    checkpoint = folder / "checkpoint-64"
    checkpoint.mkdir(parents=True)
    shutil.copy(DATA / "hf_trainer_state_64.json", checkpoint / "trainer_state.json")
    (checkpoint / "pytorch_model.bin").write_bytes(PICKLE)
    (checkpoint / "optimizer.pt").write_bytes(PICKLE)
    return folder
