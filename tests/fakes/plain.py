"""A trainer that tells no times, as a first script of one's own does. Runs as a script."""

import argparse
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=8)
parser.add_argument("--epoch-ms", type=float, default=20)
parser.add_argument("--batch-size", type=int, default=16)
parser.add_argument("--hold-mib", type=int, default=0)
parser.add_argument("--tells", choices=["lines", "csv"], default="lines")
asked = parser.parse_args()
held = b"x" * (asked.hold_mib << 20)

with Path("results.csv" if asked.tells == "csv" else "notes.txt").open(
    "w", encoding="utf-8"
) as results:
    if asked.tells == "csv":
        results.write("epoch,loss\n")
    for epoch in range(1, asked.epochs + 1):
        time.sleep(asked.epoch_ms / 1000)
        if asked.tells == "lines":
            print(f"epoch {epoch} loss {1 / epoch:.3f}", flush=True)
        else:
            results.write(f"{epoch},{1 / epoch}\n")
        results.flush()
