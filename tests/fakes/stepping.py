"""A trainer without torch whose steps are seen in its log, or not. Runs as a script."""

import argparse
import subprocess
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=100)
parser.add_argument("--batch-size", type=int, default=16)
parser.add_argument("--steps", type=int, default=20)
parser.add_argument("--step-ms", type=float, default=10)
parser.add_argument("--silent", action="store_true", help="no bar, only a row at each epoch's end")
parser.add_argument("--raises-at", type=int, default=0, help="this step of the first epoch")
parser.add_argument(
    "--child", action="store_true", help="that leaves its tree and hears no SIGTERM"
)
asked = parser.parse_args()

if asked.child:
    body = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    subprocess.Popen([sys.executable, "-c", body], start_new_session=True)
print(f"training on {asked.steps * asked.batch_size} images", flush=True)
with Path("results.csv").open("w", encoding="utf-8") as results:
    results.write("epoch,train/loss\n")
    for epoch in range(1, asked.epochs + 1):
        for step in range(1, asked.steps + 1):
            time.sleep(asked.step_ms / 1000)
            if step == asked.raises_at:
                raise ValueError("the images are upside down")
            if not asked.silent:
                percent = 100 * step // asked.steps
                bar = f"{percent:3d}%|#####     | {step}/{asked.steps} [00:01<00:02, 9.9it/s]"
                print(f"\rEpoch {epoch}/{asked.epochs}: {bar}", end="", flush=True)
        results.write(f"{epoch},{1 / epoch}\n")
        results.flush()
        print("" if not asked.silent else f"epoch {epoch} is done", flush=True)
