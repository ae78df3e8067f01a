"""Print the median of five runs of each command beside its target."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROUNDS: Final = 5
COCKPIT: Final = str(Path(sys.executable).with_name("cockpit"))


@dataclass(frozen=True)
class Bench:
    """One command and how long it may take."""

    name: str
    argv: Sequence[str]
    target_s: float | None = None


BENCHES: Final = (
    Bench("python -c pass", (sys.executable, "-c", "pass")),
    Bench("cockpit --help", (COCKPIT, "--help"), target_s=0.20),
    Bench("cockpit runs", (COCKPIT, "runs")),
    Bench("cockpit presets", (COCKPIT, "presets")),
)


def main() -> int:
    """Measure everything; return 1 when a target is missed."""
    missed = 0
    for bench in BENCHES:
        took_s = median_s(bench.argv)
        target = "" if bench.target_s is None else f"target {bench.target_s:.2f} s"
        is_missed = bench.target_s is not None and took_s > bench.target_s
        missed += is_missed
        print(f"{bench.name:<20} {took_s:6.3f} s  {target}{'  MISSED' if is_missed else ''}")
    return 1 if missed else 0


def median_s(argv: Sequence[str]) -> float:
    """Return the median wall time of a command, in seconds; raises when it fails."""
    times_s = []
    for _ in range(ROUNDS):
        started_s = time.perf_counter()
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
        times_s.append(time.perf_counter() - started_s)
    return statistics.median(times_s)


if __name__ == "__main__":
    sys.exit(main())
