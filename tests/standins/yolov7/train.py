"""Behaves like train.py of YOLOv7 (jimmychintw/yolov7_1B4H): arguments, files, faults; no torch.

STANDIN_DIE_AT=N kills it after the row of epoch N (0-based), before the checkpoint.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import signal
import sys
from pathlib import Path
from typing import TypedDict

SWITCHES = (
    *("rect", "nosave", "notest", "noautoanchor", "evolve", "cache-images", "image-weights"),
    *("multi-scale", "single-cls", "adam", "sync-bn", "exist-ok", "quad", "linear-lr", "v5-metric"),
)


class State(TypedDict):
    epoch: int
    training_results: str


def main() -> None:
    opt = parsed()
    opt.world_size = int(os.environ.get("WORLD_SIZE", "1"))
    opt.global_rank = int(os.environ.get("RANK", "-1"))
    if opt.resume:
        opt = resumed(opt)
    else:
        opt.save_dir = str(increment(Path(opt.project) / opt.name, opt.exist_ok))
        for name in (opt.data, opt.cfg, opt.hyp):
            assert Path(name).is_file(), f"File not found: {name}"
    opt.total_batch_size = opt.batch_size
    if opt.device != "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = opt.device
        sys.exit(f"AssertionError: CUDA unavailable, invalid device {opt.device} requested")
    if opt.global_rank != -1 and opt.local_rank == -1:
        raise RuntimeError("Default process group has not been initialized")
    assert opt.batch_size % opt.world_size == 0, "--batch-size must be multiple of device count"
    print("wandb: Install Weights & Biases")
    train(opt)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", type=str, default="yolo7.pt")
    parser.add_argument("--cfg", type=str, default="")
    parser.add_argument("--data", type=str, default="data/coco.yaml")
    parser.add_argument("--hyp", type=str, default="data/hyp.scratch.p5.yaml")
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--img-size", nargs="+", type=int, default=[640, 640])
    parser.add_argument("--resume", nargs="?", const=True, default=False)
    for switch in SWITCHES:
        parser.add_argument(f"--{switch}", action="store_true")
    parser.add_argument("--bucket", type=str, default="")
    parser.add_argument("--device", default="")
    parser.add_argument("--local_rank", type=int, default=-1)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--project", default="runs/train")
    parser.add_argument("--entity", default=None)
    parser.add_argument("--name", default="exp")
    parser.add_argument("--label-smoothing", type=float, default=0.0)
    parser.add_argument("--upload_dataset", action="store_true")
    parser.add_argument("--bbox_interval", type=int, default=-1)
    parser.add_argument("--save_period", type=int, default=-1)
    parser.add_argument("--artifact_alias", type=str, default="latest")
    parser.add_argument("--freeze", nargs="+", type=int, default=[0])
    return parser.parse_args()


def resumed(opt: argparse.Namespace) -> argparse.Namespace:
    """All arguments but --resume are forgotten: opt.yaml of the first start counts."""
    checkpoint = Path(opt.resume)
    assert checkpoint.is_file(), "ERROR: --resume checkpoint does not exist"
    saved = json.loads((checkpoint.parent.parent / "opt.yaml").read_text())
    again = {"cfg": "", "weights": str(checkpoint), "resume": True}
    ranks = {"global_rank": opt.global_rank, "local_rank": opt.local_rank}
    log(f"Resuming training from {checkpoint}")
    return argparse.Namespace(**{**saved, **again, **ranks})


def train(opt: argparse.Namespace) -> None:
    save_dir = Path(opt.save_dir)
    weights = save_dir / "weights"
    weights.mkdir(parents=True, exist_ok=True)
    results = save_dir / "results.txt"
    (save_dir / "hyp.yaml").write_text("{}")
    (save_dir / "opt.yaml").write_text(json.dumps(vars(opt)))
    check_dataset(Path(opt.data))
    start = 0
    if opt.resume:
        state = load(Path(opt.weights))
        start = state["epoch"] + 1
        assert start > 0, f"{opt.weights} training to {opt.epochs} epochs is finished"
        results.write_text(state["training_results"])
    save(weights / "init.pt", -1, results)
    log(f"Image sizes {opt.img_size[0]} train, {opt.img_size[-1]} test")
    log(f"Logging results to {save_dir}\nStarting training for {opt.epochs} epochs...")
    for epoch in range(start, opt.epochs):
        train_epoch(opt, epoch, results)
        save_epoch(weights, epoch, opt.epochs, results)
    log(f"{opt.epochs - start:g} epochs completed in 0.001 hours.\n")
    for name in ("last.pt", "best.pt"):
        strip_optimizer(weights / name)


def train_epoch(opt: argparse.Namespace, epoch: int, results: Path) -> None:
    names = ("Epoch", "gpu_mem", "box", "obj", "cls", "total", "labels", "img_size")
    log(("\n" + "%10s" * 8) % names)
    losses = [0.08 / (epoch + 1), 0.03, 0.02, 0.13 / (epoch + 1)]
    row = ("%10s" * 2 + "%10.4g" * 6) % (
        f"{epoch:g}/{opt.epochs - 1:g}",
        "5.2G",
        *losses,
        17,
        opt.img_size[0],
    )
    for done in range(3):
        sys.stderr.write(f"\r{row}: {done * 50:3d}%|{'#' * 5}| {done}/2 [00:00<00:00, 9.1it/s]")
    sys.stderr.write("\n")
    tested = (0.5, 0.4, 0.1 * (epoch + 1), 0.05 * (epoch + 1), 0.07, 0.03, 0.02)
    with results.open("a") as file:
        file.write(row + "%10.4g" * 7 % tested + "\n")
    if os.environ.get("STANDIN_DIE_AT") == str(epoch) and not opt.resume:
        os.kill(os.getpid(), signal.SIGKILL)


def save_epoch(weights: Path, epoch: int, epochs: int, results: Path) -> None:
    """--save_period has no say in it."""
    names = ["last.pt", "best.pt"]
    if epoch == 0 or (epoch + 1) % 25 == 0 or epoch >= epochs - 5:
        names.append(f"epoch_{epoch:03d}.pt")
    for name in names:
        save(weights / name, epoch, results)


def save(path: Path, epoch: int, results: Path) -> None:
    text = results.read_text() if results.exists() else ""
    path.write_bytes(pickle.dumps({"epoch": epoch, "training_results": text}))


def load(path: Path) -> State:
    """As torch.load does since 2.6: a whole model is refused without the variable."""
    if os.environ.get("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD") != "1":
        raise pickle.UnpicklingError("Weights only load failed. This file can still be loaded, …")
    state: State = pickle.loads(path.read_bytes())
    return state


def strip_optimizer(path: Path) -> None:
    load(path)
    path.write_bytes(pickle.dumps({"epoch": -1, "training_results": None}))
    print(f"Optimizer stripped from {path}, 12.3MB")


def check_dataset(data: Path) -> None:
    for line in data.read_text().splitlines():
        key, _, value = line.partition(": ")
        if key == "val" and not Path(value.strip("'")).exists():
            raise FileNotFoundError(f"Dataset not found: {value}")


def increment(path: Path, exist_ok: bool) -> Path:
    number = 2
    while path.exists() and not exist_ok:
        path, number = path.with_name(f"{path.name}{number}"), number + 1
    return path


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
