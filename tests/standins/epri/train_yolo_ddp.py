"""Behaves like train_yolo_ddp.py of EPRI's repository, with gloo on the CPU for nccl on GPUs."""

from __future__ import annotations

import argparse
import os
import pickle
import time
from pathlib import Path


def main(args: argparse.Namespace) -> None:
    rank, world_size = set_up()
    if rank == 0:
        print(f"{'=' * 60}\nDistributed YOLOv8 Training\n{'=' * 60}")
        print(f"World Size: {world_size}\nRank: {rank}\n{'=' * 60}")
    Path(args.data).read_text()
    best = float("inf")
    for epoch in range(args.epochs):
        loss = train_epoch(epoch, rank, world_size)
        if rank == 0 and loss < best:
            best = loss
            folder = Path(args.save_dir)
            folder.mkdir(parents=True, exist_ok=True)
            for name in ("best.pt", "last.pt"):
                (folder / name).write_bytes(pickle.dumps({"epoch": epoch, "loss": loss}))
            print(f"  ✓ Saved checkpoint (loss: {loss:.4f})")
    if rank == 0:
        print(f"\n{'=' * 60}\nTraining Complete!\nBest Loss: {best:.4f}\n{'=' * 60}")
    if world_size > 1:
        import torch.distributed as dist

        dist.destroy_process_group()


def set_up() -> tuple[int, int]:
    """Without torchrun's variables it is alone."""
    if "RANK" not in os.environ or os.environ["WORLD_SIZE"] == "1":
        return 0, 1
    import torch.distributed as dist

    dist.init_process_group("gloo", init_method="env://")
    return dist.get_rank(), dist.get_world_size()


def train_epoch(epoch: int, rank: int, world_size: int) -> float:
    """The third epoch is worse than the second: it saves nothing."""
    began = time.perf_counter()
    loss = [2.5, 2.0, 2.1][epoch % 3]
    if rank == 0:
        print(f"\nEpoch {epoch + 1}\n{'-' * 60}")
        for batch in (0, 10):
            print(f"  Batch [{batch}/20] - Loss: {loss:.4f}")
    if world_size > 1:
        import torch
        import torch.distributed as dist

        mean = torch.tensor([loss])
        dist.all_reduce(mean, op=dist.ReduceOp.SUM)
        loss = mean.item() / world_size
    if rank == 0:
        seconds = time.perf_counter() - began + 0.01
        print(f"  Average Loss: {loss:.4f}\n  Time: {seconds:.2f}s")
        print(f"  Throughput: {20 * world_size / seconds:.2f} batches/sec")
    return loss


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Distributed YOLOv8 Training")
    parser.add_argument("--model", type=str, default="yolov8m-seg.pt")
    parser.add_argument("--data", type=str, default="data/processed/dataset.yaml")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--img-size", type=int, default=640)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--weight-decay", type=float, default=5e-4)
    parser.add_argument("--save-dir", type=str, default="models/epri_distribution_ddp")
    main(parser.parse_args())
