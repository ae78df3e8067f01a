"""A trainer without torch: writes results.csv, and misbehaves as it is told. Runs as a script."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=2)
parser.add_argument("--hang", action="store_true", help="after the last epoch, for ever")
parser.add_argument("--ignore-term", action="store_true")
parser.add_argument("--child", choices=["session", "ignoring"], help="a child that outlives us")
parser.add_argument("--exit", type=int, default=0)
parser.add_argument("--raises", action="store_true")
parser.add_argument("--kill-self", action="store_true")
parser.add_argument("--nan", action="store_true")
asked = parser.parse_args()

if asked.ignore_term:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if asked.child:
    body = "import time; time.sleep(600)"
    if asked.child == "ignoring":
        body = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + body
    subprocess.Popen([sys.executable, "-c", body], start_new_session=True)
with Path("results.csv").open("a", encoding="utf-8") as results:
    results.write("epoch,time,train/loss,metrics/accuracy\n")
    for epoch in range(1, asked.epochs + 1):
        loss = float("nan") if asked.nan else 1 / epoch
        results.write(f"{epoch},{epoch * 0.5},{loss},{1 - 0.5 / epoch}\n")
        results.flush()
        print(f"epoch {epoch}/{asked.epochs} done", flush=True)
print("ready", flush=True)
while asked.hang:
    time.sleep(0.05)
if asked.raises:
    raise ValueError("the images are upside down")
if asked.kill_self:
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(asked.exit)
