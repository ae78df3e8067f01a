"""Behaves like train.py of JiazheWei/LayoutMaster: config, files, faults; no torch.

STANDIN_DIE_AT=N kills it after epoch N, counted from 1.
"""

# ruff: noqa: RUF001 (the words of the original)

from __future__ import annotations

import argparse
import json
import logging
import os
import pickle
import signal
import sys
from pathlib import Path

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger(__name__)


def main() -> None:
    parser = argparse.ArgumentParser(description="Layout Diffusion Training and Inference")
    parser.add_argument("--config", type=str, required=True)
    parser.add_argument("--resume", type=str)
    parser.add_argument("--mode", type=str, choices=["train", "predict"], default="predict")
    parser.add_argument(
        "--checkpoint", type=str, default="/home/LayoutMaster/checkpoints/best_model.pth"
    )
    parser.add_argument("--num_samples", type=int, default=10)
    parser.add_argument("--output_dir", type=str)
    parser.add_argument("--poster_dir", type=str)
    args = parser.parse_args()
    config = json.loads(Path(args.config).read_text(encoding="utf-8"))
    assert config["data"]["batch_size"] % 8 == 0 or not config["use_multi_gpu"]
    logger.info("训练器初始化完成，使用设备: %s", config["device"])
    if args.mode == "predict":
        logger.info("开始预测模式")
        load(Path(args.checkpoint))
        logger.info("预测完成，共保存了 %d 个结果", args.num_samples)
        return
    logger.info("开始训练模式")
    if args.resume:
        load(Path(args.resume))  # its epoch is not looked at again
    train(config["training"])
    logger.info("训练完成！")


def train(settings: dict[str, int | str]) -> None:
    epochs, folder = int(settings["num_epochs"]), Path(str(settings["save_dir"]))
    folder.mkdir(parents=True, exist_ok=True)
    for epoch in range(epochs):
        loss = 3e8 / (epoch + 1)
        bar(f"Epoch {epoch + 1}/{epochs}", 2, f", loss={loss:.4f}, step={epoch * 2}")
        bar("验证中", 1, "")
        logger.info("Epoch %d - Train Loss: %.4f", epoch + 1, loss)
        logger.info("Epoch %d - Val Loss: %.4f", epoch + 1, loss * 1.1)
        save(folder / "best_model.pth", epoch)
        if (epoch + 1) % int(settings["save_every"]) == 0:
            save(folder / f"checkpoint_epoch_{epoch + 1}.pth", epoch)
        if os.environ.get("STANDIN_DIE_AT") == str(epoch + 1):
            os.kill(os.getpid(), signal.SIGKILL)


def load(path: Path) -> None:
    pickle.loads(path.read_bytes())
    logger.info("检查点已加载: %s", path)


def save(path: Path, epoch: int) -> None:
    path.write_bytes(pickle.dumps({"epoch": epoch}))
    logger.info("检查点已保存到: %s", path)


def bar(words: str, steps: int, more: str) -> None:
    for done in range(steps + 1):
        share = 100 * done // steps
        sys.stderr.write(f"\r{words}: {share:3d}%|###| {done}/{steps} [00:58<00:00{more}]")
    sys.stderr.write("\n")


if __name__ == "__main__":
    main()
