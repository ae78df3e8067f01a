"""What main.py and main_tpu.py of MSHNet (tkzzzzzz6/MSHNet) have in common; no torch."""

from __future__ import annotations

import pickle
import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path


def parser() -> ArgumentParser:
    """As in the original: with type=bool every text is true."""
    made = ArgumentParser(description="Implement of model")
    made.add_argument("--dataset-dir", type=str, default="/dataset/IRSTD-1k")
    made.add_argument("--batch-size", type=int, default=4)
    made.add_argument("--epochs", type=int, default=400)
    made.add_argument("--lr", type=float, default=0.05)
    made.add_argument("--warm-epoch", type=int, default=5)
    made.add_argument("--base-size", type=int, default=256)
    made.add_argument("--crop-size", type=int, default=256)
    made.add_argument("--multi-gpus", type=bool, default=False)
    made.add_argument("--if-checkpoint", type=bool, default=False)
    made.add_argument("--mode", type=str, default="train")
    made.add_argument("--weight-path", type=str, default="/MSHNet/weight/IRSTD-1k_weight.tar")
    return made


class Trainer:
    def __init__(self, args: Namespace) -> None:
        assert args.mode in ("train", "test")
        self.args, self.best_iou = args, 0.0
        for name in ("trainval.txt", "test.txt"):
            (Path(args.dataset_dir) / name).read_text()
        if args.if_checkpoint:
            Path("/checkpoint.pkl").read_bytes()  # the hard-coded folder is empty
        stamp = time.strftime("%Y-%m-%d-%H-%M-%S", time.localtime())
        self.save_folder = Path("weight") / f"MSHNet-{stamp}"
        self.save_folder.mkdir(parents=True, exist_ok=True)

    def run(self) -> None:
        for epoch in range(self.args.epochs):
            bar(f"Epoch {epoch}, loss {1.0 / (epoch + 1):.4f}", 2)
            self.test(epoch, iou=0.1 * (epoch + 1) if epoch % 2 == 0 else 0.05)

    def test(self, epoch: int, iou: float) -> None:
        if self.args.base_size != self.args.crop_size:
            raise RuntimeError("The size of tensor a must match the size of tensor b")
        bar(f"Epoch {epoch}, IoU {iou:.4f}", 4)
        if iou > self.best_iou:
            self.best_iou = iou
            (self.save_folder / "weight.pkl").write_bytes(pickle.dumps({}))
            stamp = time.strftime("%Y-%m-%d-%H-%M-%S", time.localtime())
            with (self.save_folder / "metric.log").open("a") as file:
                file.write(f"{stamp} - {epoch:04d}\t - IoU {iou:.4f}\t - PD 0.5\t - FA 21.0\n")
        (self.save_folder / "checkpoint.pkl").write_bytes(pickle.dumps({"epoch": epoch}))


def bar(words: str, steps: int) -> None:
    """tqdm on standard error: each frame begins with a carriage return."""
    for done in range(steps + 1):
        share = 100 * done // steps
        sys.stderr.write(f"\r{words}: {share:3d}%|#####| {done}/{steps} [00:01<00:00,  1.60it/s]")
    sys.stderr.write("\n")
