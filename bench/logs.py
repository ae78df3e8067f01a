"""What a log of any size costs: `python -m bench.logs`.

The real program in a terminal, over a finished run whose log has 1,000,000 lines in 100 MB, then
over one that grows by 50,000 lines a second, then over one line of 100 MB. Times are from a key to
the screen, seen from outside; beside them stand a log of 100 lines and the smallest Textual app.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.frame import FLOOR
from bench.terminal import TRUE_COLOUR, Screen, Terminal

COCKPIT: Final = str(Path(sys.executable).with_name("cockpit"))
LINES: Final = 1_000_000
SMALL_LINES: Final = 100
LINES_PER_S: Final = 50_000
FOLLOW_S: Final = 6.0
KEYS: Final = 12
ROWS, COLUMNS = 40, 140
SETTLE_S: Final = 2.0
WRITER: Final = """\
import sys, time
line = b"INFO step loss 0.123456 lr 0.0100 images/s 1412.5".ljust(99, b".") + b"\\n"
done, began = 0, time.monotonic()
with open(sys.argv[1], "ab", buffering=0) as file:
    while True:
        due = int((time.monotonic() - began) * int(sys.argv[2]))
        file.write(line * (due - done))
        done = due
        time.sleep(0.02)
"""
PRESET: Final = """\
schema = 1
summary = "prints one line"
[launch]
kind = "python"
script = "first.py"
cpu_ranks = 1
[metrics]
reader = "csv"
file = "{out}/results.csv"
"""
"""It names its reader, so that nobody looks for figures in the log meanwhile."""


def line(number: int) -> bytes:
    """Return a line of 100 bytes."""
    words = b"INFO step %8d loss 0.%06d lr 0.0100 images/s 1412.5" % (
        number,
        number * 7919 % 999983,
    )
    return words.ljust(99, b".") + b"\n"


def main() -> int:
    """Measure everything in a home of its own; return 1 when a target is missed."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        os.environ.update({f"XDG_{kind}_HOME": name for kind in ("DATA", "CONFIG", "CACHE")})
        os.environ["COCKPIT_DEVICES"] = "none"
        log = finished_run(home)
        print(f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
        floor()
        verdicts = [*large_log(log), follow(log), one_line(log)]
    return 0 if all(verdicts) else 1


def say(name: str, figure: str, target: str, *, is_met: bool) -> bool:
    """Print one line and return whether its target was met."""
    print(f"{name:<34} {figure:<46} {target}{'' if is_met else '  MISSED'}", flush=True)
    return is_met


def finished_run(home: Path) -> Path:
    """Return the log of a run that is over; what is in it may be replaced."""
    folder = home / "first" / "presets"
    folder.mkdir(parents=True)
    (folder / "first.py").write_text("print('one line')\n", encoding="utf-8")
    (folder / "first.toml").write_text(PRESET, encoding="utf-8")
    command = [COCKPIT, "run", "first", "--follow"]
    subprocess.run(command, cwd=folder.parent, capture_output=True, check=True)
    return next((home / "cockpit" / "runs").iterdir()) / "train.log"


def floor() -> None:
    """Print what the smallest Textual app needs."""
    with Terminal(FLOOR, os.environ | TRUE_COLOUR, ROWS, COLUMNS) as terminal:
        seen = terminal.wait_for(shows("the floor"))
        terminal.read_for(SETTLE_S)
        figure = f"{(seen or 0) - terminal.began:.3f} s, {terminal.resident_mib():.1f} MiB"
    print(f"{'floor: first frame, memory':<34} {figure}")


def shows(text: str) -> Callable[[Screen], bool]:
    """Return whether a text is on the screen."""
    return lambda screen: any(text in row for row in screen)


def shows_no(text: str) -> Callable[[Screen], bool]:
    """Return whether a text is not on the screen."""
    return lambda screen: not any(text in row for row in screen)


@contextmanager
def deck() -> Iterator[Terminal]:
    """Open the program; the run is selected."""
    with Terminal((COCKPIT,), os.environ | TRUE_COLOUR, ROWS, COLUMNS) as terminal:
        if terminal.wait_for(shows("succeeded")) is None and terminal.wait_for(shows("✓")) is None:
            raise TimeoutError("the run is not on the screen")
        terminal.read_for(SETTLE_S)
        yield terminal


def took(terminal: Terminal, keys: str, is_there: Callable[[Screen], bool]) -> float:
    """Return the seconds from a key to the screen; raises TimeoutError."""
    pressed = terminal.press(keys)
    seen = terminal.wait_for(is_there, 60)
    if seen is None:
        raise TimeoutError(f"{keys!r}: " + "\n".join(terminal.screen))
    return max(0.0, seen - pressed)


def key_times(terminal: Terminal, count: int = KEYS) -> list[float]:
    """Return how long keys take whose effect can be seen."""
    return [
        took(terminal, "W", shows("wrapped") if turn % 2 == 0 else shows_no("wrapped"))
        for turn in range(count)
    ]


def large_log(log: Path) -> list[bool]:
    """Measure the log of a million lines beside one of a hundred."""
    small = visit(log, SMALL_LINES)
    large = visit(log, LINES)
    page, index = large["page"], large["index"]
    search, keys = large["search"], large["keys"]
    added, idle = large["memory"] - small["memory"], small["idle"]
    return [
        say("last page", f"{page:.3f} s, of {SMALL_LINES} lines {small['page']:.3f}",
            "≤ 0.3 s", is_met=page <= 0.3),
        say("whole index", f"{index:.3f} s behind the last page", "≤ 1.5 s", is_met=index <= 1.5),
        say("whole search, counted", f"{search:.3f} s, an expression {large['expression']:.3f}",
            "≤ 1.5 s", is_met=max(search, large["expression"]) <= 1.5),
        say("key while it searches", f"{keys * 1000:.0f} ms at most, idle {idle * 1000:.0f}",
            "≤ 100 ms", is_met=keys <= 0.1),
        say("memory", f"{added:+.1f} MiB beside {SMALL_LINES} lines ({small['memory']:.1f})",
            "≤ +16 MiB", is_met=added <= 16),
    ]  # fmt: skip


def visit(log: Path, lines: int) -> dict[str, float]:
    """Open a log of so many lines, look through it, and return what that took."""
    with log.open("wb") as file:
        file.writelines(map(line, range(lines)))
    found: dict[str, float] = {}
    last = f"step {lines - 1:8d}"
    with deck() as terminal:
        pressed = terminal.press("l")
        seen = terminal.wait_for(lambda screen: shows(last)(screen) and shows("esc curves")(screen))
        done = terminal.wait_for(shows_no("reading"))
        if seen is None or done is None:
            raise TimeoutError("the log is not on the screen")
        found["page"] = seen - pressed
        found["index"] = max(0.0, done - seen)
        terminal.read_for(SETTLE_S)
        found["idle"] = statistics.median(key_times(terminal))
        found["search"] = searched(terminal, "step        7 ", shows("1 of 1"))
        if lines > SMALL_LINES:
            expression = r"loss 0\.9999\d+ lr"
            has_count = shows(f"holds “{expression}” · 1")
            found["expression"] = searched(terminal, expression, has_count)
        searched(terminal, "zz nothing (at|all)", shows_no("⏎ find"))
        found["keys"] = max(key_times(terminal, 4))
        terminal.read_for(SETTLE_S)
        found["memory"] = terminal.resident_mib()
    return found


def searched(terminal: Terminal, text: str, is_there: Callable[[Screen], bool]) -> float:
    """Search for a text; return the seconds from ⏎ to the screen."""
    took(terminal, "/", shows("⏎ find"))
    terminal.press(text)  # it takes the place of what was searched before
    took(terminal, "", shows(text))
    return took(terminal, "\r", is_there)


def follow(log: Path) -> bool:
    """Measure keys while 50,000 lines a second are appended."""
    log.write_bytes(line(0))
    writer = None
    with deck() as terminal:
        terminal.press("l")
        try:
            writer = subprocess.Popen([sys.executable, "-c", WRITER, str(log), str(LINES_PER_S)])
            terminal.read_for(SETTLE_S)
            times: list[float] = []
            began = time.perf_counter()
            while time.perf_counter() - began < FOLLOW_S:
                times += key_times(terminal, 2)
            is_following = shows("following")(terminal.screen)
        finally:
            if writer is not None:
                writer.terminate()
                writer.wait()
        with log.open("ab") as file:
            file.write(b"the last line\n")
        lag = took(terminal, "", shows("the last line"))
    lines = log.stat().st_size // 100
    figure = f"{max(times) * 1000:.0f} ms at most, median {statistics.median(times) * 1000:.0f}"
    figure += f"; shown {lag:.2f} s late"
    is_met = max(times) <= 0.1 and is_following
    name = f"key at {lines / (FOLLOW_S + SETTLE_S):,.0f} lines/s"
    return say(name, figure, "≤ 100 ms", is_met=is_met)


def one_line(log: Path) -> bool:
    """Measure one line of 100 MB without an end."""
    with log.open("wb") as file:
        for _ in range(100):
            file.write(b"x" * (1_000_000 - 1) + b" ")
        file.write(b"newest")
    with deck() as terminal:
        before = terminal.resident_mib()
        page = took(terminal, "l", shows("esc curves"))
        terminal.wait_for(shows_no("reading"))
        times = key_times(terminal)
        shown = took(terminal, "W", shows("newest"))
        added = terminal.resident_mib() - before
    figure = f"page {page:.3f} s, its end {shown:.3f}, key {max(times) * 1000:.0f} ms"
    figure += f", {added:+.1f} MiB"
    return say("one line of 100 MB", figure, "≤ 0.3 s, 100 ms", is_met=max(times) <= 0.1)


if __name__ == "__main__":
    sys.exit(main())
