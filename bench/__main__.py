"""Print the medians of five rounds beside their targets; the rounds of all are interleaved."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import curves, metrics
from bench.frame import FLOOR, frame_s

ROUNDS: Final = 5
COCKPIT: Final = str(Path(sys.executable).with_name("cockpit"))
SIXTEEN: Final = "simulated:16x2080"


@dataclass(frozen=True)
class Bench:
    """One thing that is timed, and how long it may take."""

    name: str
    measure: Callable[[], float]
    """Return one time in seconds."""
    target_s: float | None = None


def command(*argv: str, **env: str) -> Callable[[], float]:
    """Return a measure of the wall time of a command; it raises when the command fails."""

    def measure() -> float:
        began = time.perf_counter()
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env=os.environ | env)
        return time.perf_counter() - began

    return measure


def frame(argv: Sequence[str], *marks: str, **env: str) -> Callable[[], float]:
    """Return a measure of the time to the first full frame in a terminal of 40 x 140."""
    terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    encoded = [mark.encode() for mark in marks]
    return lambda: frame_s(argv, encoded, os.environ | terminal | env, 40, 140)


BENCHES: Final = (
    Bench("python -c pass", command(sys.executable, "-c", "pass")),
    Bench("cockpit --help", command(COCKPIT, "--help"), target_s=0.20),
    Bench("cockpit runs", command(COCKPIT, "runs")),
    Bench("cockpit gpus, 16 simulated", command(COCKPIT, "gpus", COCKPIT_DEVICES=SIXTEEN)),
    Bench("first frame, floor", frame(FLOOR, "the floor", "palette")),
    Bench(
        "first frame, no GPU",
        frame((COCKPIT,), "palette", "none yet", "ram", COCKPIT_DEVICES="none"),
        target_s=0.4,
    ),
    Bench(
        "first frame, 16 simulated",
        frame((COCKPIT,), "palette", "none yet", "SIMULATED", COCKPIT_DEVICES=SIXTEEN),
        target_s=0.4,
    ),
)
"""The floor is a bare Textual app: the rest of a first frame is ours."""


def main() -> int:
    """Measure everything in a home of its own; return 1 when a target is missed."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.update({f"XDG_{name}_HOME": home for name in ("DATA", "CONFIG", "CACHE")})
        times = [[bench.measure() for bench in BENCHES] for _ in range(ROUNDS)]
    missed = 0
    for bench, taken in zip(BENCHES, zip(*times, strict=True), strict=True):
        middle = statistics.median(taken)
        target = "" if bench.target_s is None else f"target {bench.target_s:.2f}"
        is_missed = bench.target_s is not None and middle > bench.target_s
        missed += is_missed
        spread = f"{min(taken):.3f} to {max(taken):.3f}"
        mark = "  MISSED" if is_missed else ""
        print(f"{bench.name:<28} {middle:6.3f} s   {spread}   {target}{mark}")
    missed += metrics.main() + curves.main()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
