"""What curves cost on the screen: `python -m bench.curves`.

The real program in a terminal over an opened file of 100,000 rows and 20 columns, which grows while
it is shown, beside the same with 100 rows; then the Deck with six live runs. Times are from a key,
or from the start, to the screen, seen from outside: a key's time holds Textual's own.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.instruments import COCKPIT, PRESET, SCRIPT
from bench.terminal import TRUE_COLOUR, Screen, Terminal

SIZES: Final = {"100 rows": 100, "100,000 rows": 100_000}
COLUMNS: Final = 20
ROUNDS: Final = 3
KEYS: Final = ("+", "-", "m", "M", "L", "L", "<", ">", "p", "P")
SETTLE_S: Final = 2.0
GROWS_EVERY_S: Final = 0.5
LIVE_RUNS: Final = 6
WINDOW_S: Final = 20.0
TERMINAL: Final = (40, 140)
LARGE: Final = "100,000 rows"
TARGETS: Final = {
    (LARGE, "first curve later s"): 0.5,
    (LARGE, "key ms"): 50.0,
    (LARGE, "key, growing ms"): 50.0,
    (LARGE, "memory more MiB"): 60.0,
    ("Deck", "six live runs, CPU s/min"): 3.0,
}
"""At most. `later` and `more`: than with 100 rows."""


def main() -> int:
    """Measure everything in a home of its own; return 1 when a target is missed."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        os.environ.update({f"XDG_{kind}_HOME": name for kind in ("DATA", "CONFIG", "CACHE")})
        os.environ["COCKPIT_DEVICES"] = "none"
        for what, rows in SIZES.items():
            write_results(home / what, rows)
        print(f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
        rounds = [{what: curves_of(home / what) for what in SIZES} for _ in range(ROUNDS)]
        figures = {what: medians([one[what] for one in rounds]) for what in SIZES}
        few, many = figures.values()
        many["first curve later s"] = many["first curve s"] - few["first curve s"]
        many["whole curve later s"] = many["whole curve s"] - few["whole curve s"]
        many["memory more MiB"] = many["memory MiB"] - few["memory MiB"]
        figures["Deck"] = {"six live runs, CPU s/min": six_live_runs(home)}
    return report(figures)


def write_results(folder: Path, rows: int) -> None:
    """Write a results file of noise."""
    folder.mkdir()
    rng = random.Random(7)
    lines = [",".join(["epoch", *(f"metric{number}" for number in range(1, COLUMNS))])]
    lines += [row(epoch, rng) for epoch in range(1, rows + 1)]
    (folder / "results.csv").write_text("\n".join(lines) + "\n")


def row(epoch: int, rng: random.Random) -> str:
    """Return one line of a results file."""
    return ",".join([str(epoch), *(f"{rng.random() / epoch**0.3:.6g}" for _ in range(1, COLUMNS))])


def curves_of(folder: Path) -> dict[str, float]:
    """Open the file, and return the first curve, keys at rest and while it grows, and memory."""
    file = folder / "results.csv"
    size = file.stat().st_size
    argv = (COCKPIT, "open", str(folder))
    own = {"XDG_DATA_HOME": str(folder.with_name(f"{folder.name} home"))}  # it lists this one only
    with Terminal(argv, os.environ | TRUE_COLOUR | own, *TERMINAL) as terminal:
        seen = terminal.wait_for(has_curves)
        if seen is None:
            raise RuntimeError("no curve came: " + "\n".join(terminal.screen))
        first_s = seen - terminal.began
        whole = terminal.wait_for(is_whole)
        terminal.read_for(SETTLE_S)
        keys = [key_ms(terminal, key) for key in KEYS]
        with growing(file):
            terminal.read_for(SETTLE_S)
            growing_keys = [key_ms(terminal, key) for key in KEYS]
        memory = terminal.resident_mib()
    with file.open("a") as grown:
        grown.truncate(size)
    return {
        "first curve s": first_s,
        "whole curve s": (whole or float("inf")) - terminal.began,
        "key ms": statistics.median(keys),
        "key, growing ms": statistics.median(growing_keys),
        "memory MiB": memory,
    }


def has_curves(screen: Screen) -> bool:
    """Say whether a curve is drawn: a braille cell stands beside a scale."""
    return any("┤" in line and any("⠀" < sign <= "⣿" for sign in line) for line in screen)


def is_whole(screen: Screen) -> bool:
    """Say whether the title of the curves names the file and not how much of it was read."""
    return has_curves(screen) and any("results.csv ─" in line for line in screen)


def plotted(screen: Screen) -> tuple[str, ...]:
    """Return the scales, curves and axes, without the log and the clock."""
    return tuple(line for line in screen if any(sign in line for sign in "┤└"))


def key_ms(terminal: Terminal, key: str) -> float:
    """Return how long a key takes until the plots look different."""
    before = plotted(terminal.screen)
    began = terminal.press(key)
    seen = terminal.first_seen(lambda screen: plotted(screen) != before, within_s=0.6)
    return float("inf") if seen is None else (seen - began) * 1e3


@contextmanager
def growing(file: Path) -> Iterator[None]:
    """Append rows meanwhile."""
    is_over, rng = threading.Event(), random.Random(8)
    epoch = sum(1 for _ in file.open()) - 1

    def grow() -> None:
        nonlocal epoch
        while not is_over.wait(GROWS_EVERY_S):
            epoch += 1
            with file.open("a") as rows:
                rows.write(row(epoch, rng) + "\n")

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def six_live_runs(home: Path) -> float:
    """Return the CPU seconds a minute of the Deck and its poller over six runs that go on."""
    presets = home / "live" / "presets"
    presets.mkdir(parents=True)
    (presets / "live.py").write_text(SCRIPT, encoding="utf-8")
    (presets / "live.toml").write_text(PRESET, encoding="utf-8")
    for _ in range(LIVE_RUNS):
        subprocess.run([COCKPIT, "run", "live"], cwd=home / "live", capture_output=True, check=True)
    try:
        with Terminal((COCKPIT,), os.environ | TRUE_COLOUR, *TERMINAL) as terminal:
            terminal.wait_for(has_curves)
            terminal.read_for(3 * SETTLE_S)
            before, began = terminal.cpu_s(), time.perf_counter()
            terminal.read_for(WINDOW_S)
            return (terminal.cpu_s() - before) * 60 / (time.perf_counter() - began)
    finally:
        for _ in range(LIVE_RUNS):
            stop_one()


def stop_one() -> None:
    """Stop one of the runs that still go on."""
    listed = subprocess.run([COCKPIT, "runs", "--json"], capture_output=True, text=True, check=True)
    found = json.loads(listed.stdout)
    runs = found["runs"] if isinstance(found, dict) else found
    live = [one["run_id"] for one in runs if one["phase"] == "running"]
    if live:
        subprocess.run([COCKPIT, "stop", live[0]], capture_output=True, check=False)


def medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of each figure."""
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def report(figures: Mapping[str, Mapping[str, float]]) -> int:
    """Print every figure; return 1 when a target is missed."""
    missed = 0
    for what, values in figures.items():
        for name, value in values.items():
            target = TARGETS.get((what, name))
            is_missed = target is not None and value > target
            missed += is_missed
            wanted = "" if target is None else f"target {target:g}"
            print(f"{what:<14} {name:<28} {value:8.3f}   {wanted}{'  MISSED' if is_missed else ''}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
