"""What supervision costs: `python -m bench.supervision`.

Launch to the first line of the trainer beside its own start; a list of 200 finished runs; the
memory and CPU of a supervisor; a real 2-rank training with one and without, in pairs.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

COCKPIT: Final = str(Path(sys.executable).with_name("cockpit"))
ROUNDS: Final = 7
PAIRS: Final = 8
EPOCHS: Final = 12
WATCH_S: Final = 60.0
PATIENCE_S: Final = 300.0
FIRST_LINE: Final = "import time\nprint(time.time(), flush=True)\n"
PRESET: Final = """\
schema = 1
summary = "prints the time"
[launch]
kind = "python"
script = "first.py"
cpu_ranks = 1
"""


def main() -> int:
    """Measure everything in a home of its own; return 1 when a target is missed."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.update({f"XDG_{name}_HOME": home for name in ("DATA", "CONFIG", "CACHE")})
        os.environ["COCKPIT_DEVICES"] = "none"
        runs = Path(home, "cockpit", "runs")
        verdicts = [
            first_line(Path(home, "first"), runs),
            list_of_runs(runs),
            footprint(runs),
            training_speed(Path(home, "alone"), runs),
        ]
    return 0 if all(verdicts) else 1


def say(name: str, figure: str, target: str, *, is_met: bool) -> bool:
    """Print one line and return whether its target was met."""
    print(f"{name:<42} {figure:<34} {target}{'' if is_met else '  MISSED'}", flush=True)
    return is_met


def first_line(presets: Path, runs: Path) -> bool:
    """Time from `cockpit run` to the trainer's first line, beside its own start."""
    folder = presets / "presets"
    folder.mkdir(parents=True)
    script = folder / "first.py"
    script.write_text(FIRST_LINE, encoding="utf-8")
    (folder / "first.toml").write_text(PRESET, encoding="utf-8")
    extra, own = [], []
    for _ in range(ROUNDS):
        began = time.time()
        done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
        own.append(float(done.stdout) - began)
        began = time.time()
        subprocess.run([COCKPIT, "run", "first"], cwd=presets, capture_output=True, check=True)
        log = newest(runs) / "train.log"
        wait_until(lambda log=log: log.exists() and log.read_text().endswith("\n"))
        extra.append(float(log.read_text()) - began - own[-1])
    middle = statistics.median(extra)
    figure = f"{middle:.3f} s beyond {statistics.median(own):.3f} s"
    return say("launch to first line", figure, "≤ 0.3 s beyond", is_met=middle <= 0.3)


def list_of_runs(runs: Path) -> bool:
    """Time `cockpit runs` with 200 finished runs beside that with none."""
    model = newest(runs)
    for number in range(200):
        copy_run(model, runs / f"old-20260101-{number:06d}")
    full = statistics.median(command_s(COCKPIT, "runs") for _ in range(ROUNDS))
    os.environ["XDG_DATA_HOME"] = str(runs.parent.parent / "empty")
    empty = statistics.median(command_s(COCKPIT, "runs") for _ in range(ROUNDS))
    os.environ["XDG_DATA_HOME"] = str(runs.parent.parent)
    figure = f"{full:.3f} s, with none {empty:.3f} s"
    return say("200 finished runs listed", figure, "≤ 0.3 s", is_met=full <= 0.3)


def footprint(runs: Path) -> bool:
    """Read a supervisor's memory and CPU while a 2-rank training goes on."""
    command = [COCKPIT, "run", "quickstart", "--set", "args.epochs=100000"]
    subprocess.run(command, capture_output=True, check=True)
    run = newest(runs)
    pid = state(run)["supervisor"]["pid"]
    wait_until(lambda: "epoch 1/" in (run / "train.log").read_text())
    before, began = cpu_s(pid), time.monotonic()
    time.sleep(WATCH_S)
    share = (cpu_s(pid) - before) / (time.monotonic() - began) * 100
    resident = resident_mib(pid)
    subprocess.run([COCKPIT, "stop", run.name], capture_output=True, check=True)
    peak = f"{resident:.1f} MiB resident"
    is_small = say("supervisor's memory", peak, "≤ 30 MiB", is_met=resident <= 30)
    figure = f"{share:.2f} % of a core over {WATCH_S:.0f} s"
    return say("supervisor's CPU", figure, "≤ 0.3 %", is_met=share <= 0.3) and is_small


def training_speed(alone: Path, runs: Path) -> bool:
    """Time the same training with a supervisor and without one, alternating."""
    command = [COCKPIT, "run", "quickstart", "--set", f"args.epochs={EPOCHS}"]
    plan = json.loads(
        subprocess.run([*command, "--dry-run", "--json"], capture_output=True, check=True).stdout
    )
    ratios = []
    for number in range(PAIRS):
        pair = {}
        for is_supervised in (True, False) if number % 2 else (False, True):
            if is_supervised:
                subprocess.run(command, capture_output=True, check=True)
                run = newest(runs)
                wait_until(lambda run=run: state(run)["phase"] == "succeeded", 1.0)
                pair[True] = epochs_s(run / "out")
            else:
                pair[False] = epochs_s(train_alone(plan, alone / str(number)))
        ratios.append(pair[True] / pair[False])
    middle = statistics.median(ratios)
    spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
    figure = f"× {middle:.3f} ({spread}, {PAIRS} pairs)"
    return say("2-rank training, with / without", figure, "≤ × 1.01", is_met=middle <= 1.01)


def train_alone(plan: dict[str, Any], folder: Path) -> Path:
    """Run a plan's command without cockpit, as a shell would; return where it ran."""
    folder.mkdir(parents=True)
    words = [word for word in plan["argv"] if not word.startswith("--log-dir=")]
    words = [word for word in words if not word.startswith("--tee=")]
    with (folder / "log").open("wb") as log:
        subprocess.run(
            words, cwd=folder, env=os.environ | plan["env"], stdout=log, stderr=log, check=True
        )
    return folder


def epochs_s(folder: Path) -> float:
    """Return the seconds of training up to the last epoch, as the trainer itself counts them."""
    header, *rows = (folder / "results.csv").read_text(encoding="utf-8").split()
    return float(rows[-1].split(",")[header.split(",").index("time")])


def copy_run(model: Path, target: Path) -> None:
    """Make another finished run of a small one."""
    target.mkdir()
    for name in ("run.json", "state.json", "events.jsonl", "processes.jsonl", "train.log"):
        text = (model / name).read_text(encoding="utf-8").replace(model.name, target.name)
        (target / name).write_text(text, encoding="utf-8")


def newest(runs: Path) -> Path:
    """Return the run that was made last."""
    return max(_folders(runs), key=lambda folder: (folder / "run.json").stat().st_mtime)


def _folders(runs: Path) -> Iterator[Path]:
    return (folder for folder in runs.iterdir() if (folder / "run.json").exists())


def state(run: Path) -> dict[str, Any]:
    """Return a run's state.json."""
    value: dict[str, Any] = json.loads((run / "state.json").read_text(encoding="utf-8"))
    return value


def command_s(*argv: str) -> float:
    """Return the wall time of a command; raises when it fails."""
    began = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """Return the most memory that a process ever held at once, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def wait_until(condition: Any, pause_s: float = 0.01) -> None:
    """Return once the condition is true; raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(pause_s)


if __name__ == "__main__":
    sys.exit(main())
