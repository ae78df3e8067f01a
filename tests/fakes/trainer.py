"""A trainer without torch: writes results.csv, and misbehaves as it is told. Runs as a script."""

import argparse
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=2)
parser.add_argument("--batch-size", type=int, default=16)
parser.add_argument("--hang", action="store_true", help="after the last epoch, for ever")
parser.add_argument("--ignore-term", action="store_true")
parser.add_argument("--child", choices=["session", "ignoring"], help="a child that outlives us")
parser.add_argument("--exit", type=int, default=0)
parser.add_argument("--raises", action="store_true")
parser.add_argument("--kill-self", action="store_true")
parser.add_argument("--nan", action="store_true")
parser.add_argument("--stop-after", type=int, default=0, help="end with code 0 after this epoch")
parser.add_argument("--fail-until", type=int, default=0, help="raise in this many first attempts")
parser.add_argument("--oom-above", type=int, default=0, help="out of memory above this batch")
parser.add_argument("--resume", type=Path, help="continue after the epoch in this checkpoint")
asked = parser.parse_args()


def save(path: Path, epoch: int) -> None:
    """Write a checkpoint as torch does: a zip."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("epoch", str(epoch))


def load(path: Path) -> int:
    with zipfile.ZipFile(path) as archive:
        return int(archive.read("epoch"))


if asked.ignore_term:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if asked.child:
    body = "import time; time.sleep(600)"
    if asked.child == "ignoring":
        body = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + body
    subprocess.Popen([sys.executable, "-c", body], start_new_session=True)
if asked.oom_above and asked.batch_size > asked.oom_above:
    print("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.", flush=True)
    sys.exit(1)
first = load(asked.resume) + 1 if asked.resume else 1
with Path("results.csv").open("a", encoding="utf-8") as results:
    if first == 1:
        results.write("epoch,time,train/loss,metrics/accuracy\n")
    for epoch in range(first, asked.epochs + 1):
        loss = float("nan") if asked.nan else 1 / epoch
        results.write(f"{epoch},{epoch * 0.5},{loss},{1 - 0.5 / epoch}\n")
        results.flush()
        save(Path("last.pt"), epoch)
        print(f"epoch {epoch}/{asked.epochs} done", flush=True)
        if epoch == asked.stop_after:
            sys.exit(0)
        tries = Path("tries")
        count = int(tries.read_text()) if tries.exists() else 0
        if count < asked.fail_until:
            tries.write_text(str(count + 1))
            raise ConnectionError(f"the data server went away in epoch {epoch}")
print("ready", flush=True)
while asked.hang:
    time.sleep(0.05)
if asked.raises:
    raise ValueError("the images are upside down")
if asked.kill_self:
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(asked.exit)
