"""Train a small convolutional network on handwritten digits, on one process or on many.

    python train.py                                                      one process
    python -m torch.distributed.run --nproc-per-node 2 train.py         two ranks

The 1,797 digits of 8×8 pixels come with scikit-learn: nothing is downloaded. Each rank takes one
GPU and speaks NCCL; without a GPU for every rank all of them compute on the CPU and speak gloo.
results.csv, last.pt and best.pt are written into the current directory. Needs torch 2.3 or newer.
"""

from __future__ import annotations

import argparse
import gc
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

# DDP imports this, and its default arguments keep whatever process group exists at that moment:
# imported after init_process_group it keeps the group alive for ever (torch 2.13).
import torch.distributed.nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, Subset, TensorDataset

RESULTS = Path("results.csv")
LAST = Path("last.pt")
BEST = Path("best.pt")
HEADER = "epoch,time,train/loss,val/loss,metrics/accuracy,lr,samples_per_s\n"


@dataclass(frozen=True)
class World:
    """Who this process is among all ranks, and what it computes on."""

    rank: int
    size: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """True on the one rank that prints and writes files."""
        return self.rank == 0


@dataclass
class Learner:
    """The network and everything that changes while it learns."""

    net: nn.Module
    model: nn.Module
    """The network, wrapped so that gradients are averaged over all ranks."""
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    scaler: torch.amp.GradScaler

    def parts(self) -> dict[str, Any]:
        """Return what a checkpoint must hold to continue as if nothing had happened."""
        return {
            "model": self.net,
            "optimizer": self.optimizer,
            "schedule": self.schedule,
            "scaler": self.scaler,
        }


@dataclass(frozen=True)
class EpochResult:
    """What one epoch gave, over all ranks."""

    time_s: float
    train_loss: float
    val_loss: float
    accuracy: float
    lr: float
    samples_per_s: float

    def __str__(self) -> str:
        return (
            f"loss {self.train_loss:.4f}  val loss {self.val_loss:.4f}  "
            f"accuracy {self.accuracy:.4f}  lr {self.lr:.4f}  {self.samples_per_s:,.0f} images/s"
        )


@dataclass
class Progress:
    """How far the training has come; part of every checkpoint."""

    epoch: int = 0
    time_s: float = 0.0
    """Seconds spent in epochs, those before a resume included."""
    best_epoch: int = 0
    best_accuracy: float = 0.0

    def add(self, epoch: int, result: EpochResult) -> bool:
        """Count a finished epoch; return True when it is the best so far."""
        self.epoch = epoch
        self.time_s += result.time_s
        is_best = result.accuracy > self.best_accuracy
        if is_best:
            self.best_epoch, self.best_accuracy = epoch, result.accuracy
        return is_best


def main() -> None:
    """Train, from the beginning or from a checkpoint."""
    options = parse_options()
    if options.resume and not options.resume.exists():
        raise SystemExit(f"--resume: there is no {options.resume.absolute()}")
    world = join_world(options.backend)
    train(options, world)
    leave_world(world)


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=16, help="images per rank and step")
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backend", choices=["auto", "nccl", "gloo"], default="auto")
    parser.add_argument("--resume", nargs="?", const=LAST, type=Path, help="continue from last.pt")
    return parser.parse_args()


def join_world(backend: str) -> World:
    """Meet the other ranks; torchrun tells each process who it is by environment variables."""
    rank = int(os.environ.get("RANK", "0"))
    size = int(os.environ.get("WORLD_SIZE", "1"))
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    local_size = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    has_gpu_each = torch.cuda.is_available() and torch.cuda.device_count() >= local_size
    device = torch.device("cuda", local_rank) if has_gpu_each else torch.device("cpu")
    if has_gpu_each:
        torch.cuda.set_device(device)
    if size > 1:
        usual = "nccl" if has_gpu_each else "gloo"
        dist.init_process_group(usual if backend == "auto" else backend)
    return World(rank, size, device)


def leave_world(world: World) -> None:
    """Part from the other ranks; not called after an error, where waiting for them could hang."""
    # gloo's threads end with the last reference to the process group. The DDP wrapper holds one
    # in a reference cycle; a thread that outlives the interpreter aborts it with SIGABRT.
    gc.collect()
    if world.size > 1:
        dist.destroy_process_group()


def train(options: argparse.Namespace, world: World) -> None:
    """Run every epoch that is still to do."""
    torch.manual_seed(options.seed)  # the same first weights on every rank
    train_set, val_set = load_data()
    sampler = DistributedSampler(train_set, world.size, world.rank, seed=options.seed)
    batches = DataLoader(train_set, options.batch_size, sampler=sampler, drop_last=True)
    # Every rank judges its own share, without the padding of a DistributedSampler: a repeated
    # image would count twice in the accuracy.
    own_share = Subset(val_set, range(world.rank, len(val_set), world.size))

    learner = build_learner(options, world)
    progress = Progress()
    if options.resume:
        progress = load_checkpoint(options.resume, learner, world.device)
    if world.is_first:
        announce(options, world, progress)
        if not options.resume:
            RESULTS.unlink(missing_ok=True)

    for epoch in range(progress.epoch + 1, options.epochs + 1):
        sampler.set_epoch(epoch)  # without it every epoch comes in the same order
        # Distortions differ between ranks, and are the same again when an epoch is repeated.
        torch.manual_seed(hash((options.seed, epoch, world.rank)))
        result = run_epoch(learner, batches, own_share, world)
        is_best = progress.add(epoch, result)
        if world.is_first:
            append_row(progress, result)
            save_checkpoint(LAST, learner, progress)
            if is_best:
                save_checkpoint(BEST, learner, progress)
            say(f"epoch {epoch}/{options.epochs}  {result}")

    if world.is_first:
        say(
            f"done: best accuracy {progress.best_accuracy:.4f} in epoch {progress.best_epoch}, "
            f"{progress.time_s:.1f} s of training, checkpoints in {Path.cwd()}"
        )


def build_learner(options: argparse.Namespace, world: World) -> Learner:
    """Return a fresh network, and what trains it."""
    net = build_net().to(world.device)
    on_gpu = world.device.type == "cuda"
    if on_gpu and world.size > 1:
        # A rank's own batch is small: mean and variance are better taken over all ranks.
        net = nn.SyncBatchNorm.convert_sync_batchnorm(net)
    model: nn.Module = net
    if world.size > 1:
        model = DistributedDataParallel(net, device_ids=[world.device.index] if on_gpu else None)
    optimizer = torch.optim.SGD(
        net.parameters(), lr=options.lr, momentum=0.9, nesterov=True, weight_decay=5e-4
    )
    return Learner(
        net=net,
        model=model,
        optimizer=optimizer,
        schedule=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=options.epochs),
        # float16 gradients of small losses would round to 0 on a GPU; on a CPU this does nothing.
        scaler=torch.amp.GradScaler("cuda", enabled=on_gpu),
    )


def run_epoch(
    learner: Learner, batches: DataLoader, own_share: Subset, world: World
) -> EpochResult:
    """Train once over all images and validate; every rank gets the same result."""
    started_s = time.monotonic()
    lr = learner.optimizer.param_groups[0]["lr"]
    train_loss, image_count = train_epoch(learner, batches, world)
    trained_s = time.monotonic()
    val_loss, accuracy = validate(learner.net, own_share, world)
    learner.schedule.step()
    return EpochResult(
        time_s=time.monotonic() - started_s,
        train_loss=train_loss,
        val_loss=val_loss,
        accuracy=accuracy,
        lr=lr,
        samples_per_s=image_count / (trained_s - started_s),
    )


def load_data() -> tuple[TensorDataset, TensorDataset]:
    """Return 1,437 digits to learn from and 360 to be judged by: the same ones on every rank."""
    images, digits = load_digits(return_X_y=True)
    split = train_test_split(images, digits, test_size=0.2, stratify=digits, random_state=0)
    train_x, val_x, train_y, val_y = (torch.as_tensor(part) for part in split)

    def as_images(pixels: Tensor) -> Tensor:
        return pixels.float().div(8).sub(1).reshape(-1, 1, 8, 8)  # 0 … 16 becomes -1 … 1

    return TensorDataset(as_images(train_x), train_y), TensorDataset(as_images(val_x), val_y)


def build_net() -> nn.Sequential:
    """Return a network of four convolutions, 8×8 pixels to 10 logits."""

    def block(channels_in: int, channels_out: int) -> list[nn.Module]:
        return [
            nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
        ]

    return nn.Sequential(
        *block(1, 64),
        *block(64, 128),
        *block(128, 128),
        nn.MaxPool2d(2),
        *block(128, 256),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(256, 10),
    )


def train_epoch(learner: Learner, batches: DataLoader, world: World) -> tuple[float, int]:
    """See every image once; return the mean loss and the number of images, over all ranks."""
    learner.model.train()
    loss_sum = torch.zeros((), device=world.device)
    image_count = 0
    for images, digits in batches:
        inputs, targets = distort(images.to(world.device)), digits.to(world.device)
        with torch.autocast(world.device.type, enabled=learner.scaler.is_enabled()):
            loss = functional.cross_entropy(learner.model(inputs), targets)
        learner.optimizer.zero_grad(set_to_none=True)
        learner.scaler.scale(loss).backward()
        learner.scaler.step(learner.optimizer)
        learner.scaler.update()
        loss_sum += loss.detach() * len(images)
        image_count += len(images)
    counted = torch.tensor(float(image_count), device=world.device)
    loss_total, images_total = sum_over_ranks(torch.stack([loss_sum, counted]), world)
    return loss_total / images_total, int(images_total)


def distort(images: Tensor) -> Tensor:
    """Turn each image by up to 15°, move it by up to one pixel and scale it by up to a tenth."""
    count, device = len(images), images.device
    angle = (torch.rand(count, device=device) - 0.5) * 0.52
    scale = 1 + (torch.rand(count, device=device) - 0.5) * 0.2
    shift = (torch.rand(count, 2, device=device) - 0.5) * 0.5
    cos, sin = angle.cos() * scale, angle.sin() * scale
    rows = (torch.stack([cos, -sin, shift[:, 0]], 1), torch.stack([sin, cos, shift[:, 1]], 1))
    grid = functional.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


@torch.no_grad()
def validate(net: nn.Module, own_share: Subset, world: World) -> tuple[float, float]:
    """Return loss and accuracy over the whole validation set."""
    if world.size > 1:
        # BatchNorm has seen other images on each rank; all must judge the network that is saved.
        for buffer in net.buffers():
            dist.broadcast(buffer, src=0)
    # The bare network, not the DDP wrapper: that talks to the other ranks in each forward pass
    # and would wait for ever where shares differ in their number of batches.
    net.eval()
    sums = torch.zeros(3, dtype=torch.float64, device=world.device)
    for images, digits in DataLoader(own_share, batch_size=256):
        logits, targets = net(images.to(world.device)), digits.to(world.device)
        sums[0] += functional.cross_entropy(logits, targets, reduction="sum")
        sums[1] += (logits.argmax(1) == targets).sum()
        sums[2] += len(images)
    loss_total, correct_total, count = sum_over_ranks(sums, world)
    return loss_total / count, correct_total / count


def sum_over_ranks(values: Tensor, world: World) -> list[float]:
    """Return the sums of every rank's values."""
    if world.size > 1:
        dist.all_reduce(values)
    return [float(value) for value in values]


def append_row(progress: Progress, result: EpochResult) -> None:
    """Add one row in one write, so that whoever follows the file never sees half a row."""
    row = (
        f"{progress.epoch},{progress.time_s:.3f},{result.train_loss:.5f},{result.val_loss:.5f},"
        f"{result.accuracy:.5f},{result.lr:.6g},{result.samples_per_s:.1f}\n"
    )
    text = row if RESULTS.exists() else HEADER + row
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(text)


def save_checkpoint(path: Path, learner: Learner, progress: Progress) -> None:
    """Replace a checkpoint in one step: a kill in the middle leaves the old one whole."""
    state = {name: part.state_dict() for name, part in learner.parts().items()}
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("wb") as file:
        torch.save({**state, "progress": vars(progress)}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def load_checkpoint(path: Path, learner: Learner, device: torch.device) -> Progress:
    """Put every part back where the checkpoint left it."""
    state = torch.load(path, map_location=device, weights_only=True)
    for name, part in learner.parts().items():
        part.load_state_dict(state[name])
    return Progress(**state["progress"])


def announce(options: argparse.Namespace, world: World, progress: Progress) -> None:
    """Say what is about to be trained, and on what."""
    on_gpu = world.device.type == "cuda"
    where = torch.cuda.get_device_name(world.device) if on_gpu else "CPU"
    backend = f" ({dist.get_backend()})" if world.size > 1 else ""
    say(
        f"handwritten digits on {world.size} × {where}{backend}: {options.batch_size} images per "
        f"rank, global batch {options.batch_size * world.size}, "
        f"mixed precision {'on' if on_gpu else 'off'}"
    )
    if options.resume:
        say(f"resumed from {LAST.absolute()}: {progress.epoch}/{options.epochs} epochs are done")


def say(text: str) -> None:
    """Print at once: a log file would otherwise get its lines in lumps."""
    print(text, flush=True)


if __name__ == "__main__":
    main()
