"""A trainer without torch that takes memory for each sample of its batch. Runs as a script."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

MIB = 1 << 20

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=100)
parser.add_argument("--batch-size", type=int, default=16)
parser.add_argument("--oom-above", type=int, default=0, help="out of memory above this batch")
parser.add_argument("--raises", action="store_true")
parser.add_argument("--hang", type=Path, help="with a child that hangs, too; their pids go there")
asked = parser.parse_args()

if asked.raises:
    raise ValueError("the images are upside down")
if asked.oom_above and asked.batch_size > asked.oom_above:
    print("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.", flush=True)
    sys.exit(1)
if os.environ.get("NVML_STUB_CONTROL"):  # the stand-in for the driver counts us on its GPUs
    Path(os.environ["NVML_STUB_CONTROL"]).write_text(f"pid={os.getpid()} same")
held = b"x" * (4 * MIB * asked.batch_size)
if asked.hang:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    body = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", body], start_new_session=True)
    asked.hang.write_text(f"{os.getpid()} {child.pid}\n")
    time.sleep(600)
pause_s = 2 if os.environ.get("NVML_STUB_CONTROL") else 0.3  # a driver is asked twice a second
for epoch in range(1, asked.epochs + 1):
    time.sleep(pause_s)
    print(f"epoch {epoch}/{asked.epochs} loss {1 / epoch}", flush=True)
