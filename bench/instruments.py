"""What the panels cost, beside nvitop and gpustat: `python -m bench.instruments`.

All of them ask the same stand-in for the NVIDIA library, in one run, their rounds interleaved. A
call to it costs next to nothing: the figures are the tools' own work, without a driver's.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.terminal import COLOURS_256, TRUE_COLOUR, Screen, Terminal
from tests.nvml_stub.stub import NvmlStub, build_stub

COCKPIT: Final = str(Path(sys.executable).with_name("cockpit"))
PEERS: Final = Path(os.environ.get("BENCH_PEERS", ".venv-bench/bin")).resolve()
ROUNDS: Final = int(os.environ.get("BENCH_ROUNDS", "5"))
WINDOW_S: Final = float(os.environ.get("BENCH_WINDOW_S", "8"))
WARM_UP_S: Final = 4.0
FIRST_FRAME_S: Final = 2.5
KEYS: Final = 12
ROWS, COLUMNS = 50, 200
SIXTEEN: Final = "count=16 model=2080"
SIXTY_FOUR: Final = "count=64 model=h20"
SCRIPT: Final = """\
import pathlib, sys, time
results = pathlib.Path(sys.argv[1], "results.csv")
results.parent.mkdir(parents=True, exist_ok=True)
results.write_text("epoch,time,train/loss,metrics/accuracy\\n")
for epoch in range(1, 100000):
    time.sleep(2)
    with results.open("a") as file:
        file.write(f"{epoch},{2 * epoch},{1 / epoch:.4f},{1 - 1 / epoch:.4f}\\n")
    print(f"epoch {epoch}/100000  loss {1 / epoch:.4f}", flush=True)
"""
PRESET: Final = """\
schema = 1
summary = "an epoch every two seconds, at no cost"
[launch]
kind = "python"
script = "live.py"
cpu_ranks = 1
positional = ["{out}"]
[metrics]
reader = "csv"
file = "{out}/results.csv"
"""


@dataclass
class Figures:
    """What was measured of one tool, by name; medians are made at the end."""

    name: str
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, what: str, value: float | None) -> None:
        """Take one figure; None: it did not come about."""
        self.values.setdefault(what, []).append(float("inf") if value is None else value)

    def median(self, what: str) -> float | None:
        """Return the median of a figure, None where it was not measured."""
        return statistics.median(self.values[what]) if self.values.get(what) else None


@dataclass(frozen=True)
class Panel:
    """A tool that shows GPUs, and how its screens are told."""

    name: str
    argv: tuple[str, ...]
    help_key: str = "?"
    help_shown: str = ""
    back_key: str = "\x1b"
    quit_key: str = "q"


def panels() -> tuple[Panel, ...]:
    """Return cockpit and its peers; raises where those are not installed."""
    return (
        Panel("cockpit", (COCKPIT,), help_shown="─ Keys ─", back_key="?"),
        Panel(
            "nvitop", (str(PEERS / "nvitop"), "--interval", "1"), "h", "show this help screen", "q"
        ),
        Panel("gpustat", (str(PEERS / "gpustat"), "-i", "1", "-p", "-u", "-P"), help_key=""),
    )


def driver(stub: NvmlStub, scenario: str) -> dict[str, str]:
    """Return the environment in which the stand-in is the driver; it keeps no list of calls."""
    environment = stub.environment(scenario, is_still=False)
    environment.pop("NVML_STUB_CALLS", None)
    return environment | {"NVML_STUB_RENEW_MS": "50"}


def shows_row(number: int) -> Callable[[Screen], bool]:
    """Return whether a row of that index with a utilisation is on the screen."""
    pattern = re.compile(rf"(^|[^\d]){number}\b.*\d ?%")
    return lambda screen: any(pattern.search(line) for line in screen)


def first_frames(
    stub: NvmlStub, tools: Sequence[Panel], figures: Mapping[str, Figures], env: dict[str, str]
) -> None:
    """Time each tool's start to the row of the last of 16 GPUs."""
    for _ in range(ROUNDS):
        for tool in tools:
            with Terminal(tool.argv, env | driver(stub, SIXTEEN), ROWS, COLUMNS) as terminal:
                seen = terminal.first_seen(shows_row(15), FIRST_FRAME_S)
                figures[tool.name].add("first frame s", seen and seen - terminal.began)


def live(
    stub: NvmlStub, tool: Panel, figures: Figures, env: dict[str, str], size: tuple[int, int]
) -> None:
    """Measure CPU, bytes and memory of a tool over a window, then its keys and its end."""
    with Terminal(tool.argv, env | driver(stub, SIXTEEN), *size) as terminal:
        terminal.wait_for(shows_row(15))
        terminal.read_for(WARM_UP_S)
        window(terminal, figures)
        if tool.help_key:
            keys(terminal, tool, figures, "key ms")


def window(terminal: Terminal, figures: Figures, prefix: str = "") -> None:
    """Measure one window without a key."""
    cpu, received, began = terminal.cpu_s(), terminal.received, time.perf_counter()
    terminal.read_for(WINDOW_S)
    passed = time.perf_counter() - began
    figures.add(prefix + "CPU s/min", (terminal.cpu_s() - cpu) / passed * 60)
    figures.add(prefix + "kB/s", (terminal.received - received) / passed / 1000)
    figures.add(prefix + "MiB", terminal.resident_mib())


def keys(terminal: Terminal, tool: Panel, figures: Figures, what: str) -> None:
    """Open and close the help; time each until it is painted."""
    taken: list[float] = []
    for number in range(KEYS):
        is_opening = number % 2 == 0
        pressed = terminal.press(tool.help_key if is_opening else tool.back_key)
        seen = terminal.wait_for(showing(tool.help_shown, is_wanted=is_opening), 3.0)
        taken.append(float("inf") if seen is None else (seen - pressed) * 1000)
        terminal.read_for(0.4)
    figures.add(what, statistics.median(taken))


def showing(text: str, *, is_wanted: bool) -> Callable[[Screen], bool]:
    """Return whether a text is on the screen, or is not."""
    return lambda screen: any(text in line for line in screen) == is_wanted


def hanging(stub: NvmlStub, tool: Panel, figures: Figures, env: dict[str, str]) -> None:
    """Let every call to GPU 3 hang: is it marked, do the others go on, do the keys, does `q`?"""
    stub.from_now_on("")
    with Terminal(tool.argv, env | driver(stub, SIXTEEN), ROWS, COLUMNS) as terminal:
        terminal.wait_for(shows_row(15))
        terminal.read_for(WARM_UP_S)
        stub.from_now_on("hang=3")
        began = time.perf_counter()
        marked = terminal.wait_for(lambda screen: any(map(is_marked, screen)), 6.0)
        figures.add("hang: marked after s", marked and marked - began)
        terminal.read_for(3.0)
        before = terminal.screen[:]
        terminal.read_for(3.0)
        figures.add("hang: lines that change in 3 s", float(changed(before, terminal.screen)))
        if tool.help_key:
            keys(terminal, tool, figures, "hang: key ms")
        pressed = terminal.press(tool.quit_key)
        ended = terminal.wait_for_end(5.0)
        figures.add("hang: q ends after s", ended and ended - pressed)
    stub.from_now_on("")


def is_marked(line: str) -> bool:
    """Say whether a line tells that GPU 3 does not answer, or how old its values are."""
    return bool(re.search(r"(^|\D)3\b.*(▲ ?\d+ ?s|no answer)", line))


def changed(before: Screen, after: Screen) -> int:
    """Return how many lines differ."""
    return sum(one != other for one, other in zip(before, after, strict=True))


def one_shots(stub: NvmlStub, figures: Mapping[str, Figures], env: dict[str, str]) -> None:
    """Time the commands that print once, with 16 GPUs and, for us, with one that hangs."""
    commands = {
        "cockpit": (COCKPIT, "gpus"),
        "nvitop": (str(PEERS / "nvitop"), "-1"),
        "gpustat": (str(PEERS / "gpustat"), "-p", "-u", "-P"),
    }
    for _ in range(ROUNDS):
        for name, argv in commands.items():
            figures[name].add("one-shot s", command_s(argv, env | driver(stub, SIXTEEN)))
    faulty = env | driver(stub, f"{SIXTEEN} hang=3")
    figures["cockpit"].add("one-shot, one hangs s", command_s(commands["cockpit"], faulty))


def command_s(argv: Sequence[str], env: dict[str, str]) -> float:
    """Return the wall time of a command; raises when it fails."""
    began = time.perf_counter()
    subprocess.run(argv, check=True, capture_output=True, env=dict(env))
    return time.perf_counter() - began


def sixty_four(stub: NvmlStub, figures: Mapping[str, Figures], env: dict[str, str]) -> None:
    """Measure 64 GPUs: the Deck, the screen of all rows, and nvitop, which shows 21 of them."""
    for name, argv, key in (
        ("cockpit", (COCKPIT,), ""),
        ("cockpit", (COCKPIT,), "g"),
        ("nvitop", (str(PEERS / "nvitop"), "--interval", "1"), ""),
    ):
        with Terminal(argv, env | driver(stub, SIXTY_FOUR), ROWS, COLUMNS) as terminal:
            terminal.read_for(2.0)
            if key:
                terminal.press(key)
            terminal.read_for(WARM_UP_S)
            screen = "GPU screen, " if key else ""
            window(terminal, figures[name], f"64 GPUs, {screen}")


@contextmanager
def live_run(home: Path) -> Iterator[None]:
    """Have a training go on that costs nothing, so that the Deck has one live run."""
    folder = home / "live"
    (folder / "presets").mkdir(parents=True)
    (folder / "presets" / "live.py").write_text(SCRIPT, encoding="utf-8")
    (folder / "presets" / "live.toml").write_text(PRESET, encoding="utf-8")
    env = os.environ | {"COCKPIT_DEVICES": "none"}
    subprocess.run([COCKPIT, "run", "live"], cwd=folder, env=env, capture_output=True, check=True)
    try:
        yield
    finally:
        subprocess.run([COCKPIT, "stop", "last"], env=env, capture_output=True, check=True)


TARGETS: Final = (
    ("first frame s", 0.4),
    ("CPU s/min", 1.2),
    ("kB/s", 4.0),
    ("140x40, a live run, true colours: kB/s", 4.0),
    ("140x40, a live run, 256 colours: kB/s", 3.0),
    ("MiB", 80.0),
    ("key ms", 50.0),
    ("hang: marked after s", 3.5),
    ("hang: key ms", 150.0),
    ("hang: q ends after s", 1.0),
    ("one-shot s", 0.35),
    ("one-shot, one hangs s", 2.0),
    ("64 GPUs, CPU s/min", 3.0),
    ("64 GPUs, GPU screen, CPU s/min", 3.0),
)
"""Ours, at most. A mark within 3 s is seen up to one tick of half a second later."""


def report(figures: Mapping[str, Figures]) -> int:
    """Print every figure of every tool side by side; return how many targets were missed."""
    targets = dict(TARGETS)
    names = dict.fromkeys(what for one in figures.values() for what in one.values)
    print(f"{'':<44}" + "".join(f"{name:>12}" for name in figures) + "      target")
    missed = 0
    for what in names:
        middles = [one.median(what) for one in figures.values()]
        cells = "".join(f"{'–' if one is None else f'{one:.3g}':>12}" for one in middles)
        ours, target = figures["cockpit"].median(what), targets.get(what)
        is_missed = target is not None and ours is not None and ours > target
        missed += is_missed
        wanted = "" if target is None else f"≤ {target:g}"
        print(f"{what:<44}{cells}  {wanted:>10}{'  MISSED' if is_missed else ''}")
    return missed


def measure(stub: NvmlStub, env: dict[str, str], home: Path) -> dict[str, Figures]:
    """Measure everything; rounds of all tools are interleaved."""
    tools = panels()
    figures = {tool.name: Figures(tool.name) for tool in tools}
    one_shots(stub, figures, env)
    first_frames(stub, tools, figures, env)
    for _ in range(ROUNDS):
        for tool in tools:
            live(stub, tool, figures[tool.name], env, (ROWS, COLUMNS))
    ours = figures["cockpit"]
    with live_run(home):
        for label, colours in (("true", TRUE_COLOUR), ("256", COLOURS_256)):
            for _ in range(ROUNDS):
                with Terminal(
                    (COCKPIT,), env | colours | driver(stub, SIXTEEN), 40, 140
                ) as terminal:
                    terminal.wait_for(shows_row(15))
                    terminal.read_for(WARM_UP_S)
                    window(terminal, ours, f"140x40, a live run, {label} colours: ")
    for tool in tools:
        hanging(stub, tool, figures[tool.name], env)
    sixty_four(stub, figures, env)
    return figures


def main() -> int:
    """Measure in a home of its own; return 1 when a target is missed."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        os.environ.update({f"XDG_{kind}_HOME": name for kind in ("DATA", "CONFIG", "CACHE")})
        library = home / "library"
        library.mkdir()
        stub = build_stub(library)
        env = {key: text for key, text in os.environ.items() if key != "NO_COLOR"} | TRUE_COLOUR
        figures = measure(stub, env, home)
    print(
        f"medians of {ROUNDS}, windows of {WINDOW_S:g} s, load {os.getloadavg()[0]:.1f} at the end"
    )
    return 1 if report(figures) else 0


if __name__ == "__main__":
    sys.exit(main())
