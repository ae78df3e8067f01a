from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from cockpit.metrics.log_lines import clean
from cockpit.processes.identity import ProcessIdentity
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import read_processes
from tests.cli.calling import cockpit
from tests.faults.doing import is_settled, problem, run_script, shown, supervisor_of, write_trainer
from tests.faults.table import Fault
from tests.supervise.running import phase, wait_for, wait_for_log
from tests.waiting import wait_until

Begin = Callable[[str], Fault]


def memory_bytes(process: ProcessIdentity) -> int:
    """Return the most memory that a process ever had in RAM."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    words = next(line for line in text.splitlines() if line.startswith("VmHWM"))
    return int(words.split()[1]) << 10


ASKS = """
print("which data set?", flush=True)
input("> ")
"""


def test_a_question_on_standard_input_is_answered_by_its_end(home: Path, fault: Begin) -> None:
    case = fault("the script asks a question on standard input")
    paths = run_script("asks", ASKS)
    wait_for(paths, Phase.FAILED)
    seen = problem(paths)
    assert "standard input" in seen, seen
    assert is_settled(paths, Phase.FAILED)
    case.ends(seen, paths)


FLOODS = """
import sys
line = b"step 1 loss 0.5 " + b"x" * 84 + b"\\n"
block = line * 10000
written = 0
while True:
    sys.stdout.buffer.write(block)
    sys.stdout.buffer.flush()
    written += len(block)
    if written > (300 << 20):
        open("flooded", "w").close()
        import time
        while True:
            time.sleep(0.05)
"""


def test_a_flood_of_output_costs_the_supervisor_nothing(home: Path, fault: Begin) -> None:
    case = fault("the trainer prints hundreds of MB as fast as it can")
    paths = run_script("floods", FLOODS)
    supervisor = supervisor_of(paths)
    first = cockpit("show", paths.run_id)
    assert first.returncode == 0, first.stderr
    wait_until((paths.out / "flooded").exists)
    assert paths.log.stat().st_size > 300 << 20
    asked = [cockpit("show", paths.run_id), cockpit("explain", paths.run_id), cockpit("runs")]
    assert [one.returncode for one in asked] == [0, 0, 0], [one.stderr for one in asked]
    seen = memory_bytes(supervisor)
    assert seen < 200 << 20, f"{seen >> 20} MiB"
    assert cockpit("stop", paths.run_id).returncode == 0
    assert is_settled(paths, Phase.STOPPED)
    paths.log.unlink()
    case.ends(f"the supervisor had {seen >> 20} MiB; {asked[0].stdout.splitlines()[0]}", paths)


ONE_LINE = """
import sys, time
out = sys.stdout.buffer
for number in range(500_000):
    out.write(b"\\r" if sys.argv[1:] == [] else b"")
    out.write(b"epoch 1/2: " + b"#" * 80 + b" %07d" % number)
out.flush()
open("written", "w").close()
while True:
    time.sleep(0.05)
"""


def one_line(fault: Begin, name: str, what: str, body: str) -> None:
    case = fault(what)
    paths = run_script(name, body)
    wait_until((paths.out / "written").exists)
    assert paths.log.stat().st_size > 40 << 20
    asked = [cockpit(word, paths.run_id) for word in ("show", "logs", "explain")]
    assert [one.returncode for one in asked] == [0, 0, 0], [one.stderr for one in asked]
    assert "0499999" in asked[1].stdout[-200:], asked[1].stdout[-200:]
    assert "Traceback" not in "".join(one.stderr for one in asked)
    stop = cockpit("stop", paths.run_id)
    assert is_settled(paths, Phase.STOPPED)
    paths.log.unlink()
    case.ends(f"{asked[2].stdout}; {stop.stderr}", paths)


def test_a_bar_without_a_line_feed(home: Path, fault: Begin) -> None:
    what = "a progress bar of 50 MB: carriage returns, no line feed"
    one_line(fault, "bar", what, ONE_LINE)


def test_a_line_that_never_ends(home: Path, fault: Begin) -> None:
    body = ONE_LINE.replace('b"\\r" if sys.argv[1:] == [] else b""', 'b""')
    one_line(fault, "endless", "one line of 50 MB without any end", body)


GARBAGE = b"""
import os, sys, subprocess, time
sys.stdout.buffer.write(b"\\xff\\xfe\\x80 epoch \\xed\\xa0\\x80 \\x00\\x1b[31m done\\n")
sys.stdout.buffer.flush()
subprocess.Popen([b"/bin/sleep", b"600"], executable="/bin/sleep")
subprocess.Popen([b"sleep-\\xff\\xfe", b"600"], executable="/bin/sleep", env={b"N\\xff": b"\\xfe"})
print("ready", flush=True)
while True:
    time.sleep(0.05)
"""


def test_bytes_that_are_no_text(home: Path, fault: Begin) -> None:
    case = fault("bytes that are no UTF-8, in the log and in a command line")
    paths = run_script("garbage", GARBAGE.decode())
    wait_until(lambda: paths.log.exists() and b"ready" in paths.log.read_bytes())
    wait_until(lambda: any("sleep-" in "".join(one.argv) for one in read_processes(paths)))
    logs, show = cockpit("logs", paths.run_id), cockpit("show", paths.run_id)
    assert (logs.returncode, show.returncode) == (0, 0), logs.stderr + show.stderr
    assert "done" in logs.stdout
    assert "\x1b" not in logs.stdout
    assert shown(paths)["phase"] == "running"
    assert cockpit("stop", paths.run_id).returncode == 0
    assert is_settled(paths, Phase.STOPPED)
    case.ends(clean(logs.stdout.splitlines()[0]), paths)


ROTATES = """
import os, sys, time
print("the first part", flush=True)
while not os.path.exists("go"):
    time.sleep(0.02)
log = os.readlink("/proc/self/fd/1")
{how}
print("the second part", flush=True)
print("ready", flush=True)
while True:
    time.sleep(0.05)
"""
CUTS = "os.truncate(log, 0)"
MOVES = "os.rename(log, log + '.1'); d = os.open(log, os.O_WRONLY | os.O_CREAT); os.dup2(d, 1)"


def changes_its_log(fault: Begin, name: str, what: str, how: str) -> None:
    case = fault(what)
    paths = run_script(name, ROTATES.replace("{how}", how))
    wait_for_log(paths, "the first part")
    assert "the first part" in cockpit("logs", paths.run_id).stdout
    (paths.out / "go").touch()
    wait_for_log(paths, "ready")
    logs = cockpit("logs", paths.run_id).stdout
    assert "the second part" in logs
    assert cockpit("explain", paths.run_id).returncode == 0
    assert phase(paths) is Phase.RUNNING
    assert cockpit("stop", paths.run_id).returncode == 0
    assert is_settled(paths, Phase.STOPPED)
    case.ends(logs, paths)


def test_a_log_that_its_trainer_cuts(home: Path, fault: Begin) -> None:
    changes_its_log(fault, "cuts", "the trainer truncates its log", CUTS)


def test_a_log_that_its_trainer_rotates(home: Path, fault: Begin) -> None:
    changes_its_log(fault, "rotates", "the trainer rotates its log", MOVES)


ECHO = """
import json, sys
json.dump(sys.argv[1:], open("argv.json", "w"))
"""
NASTY = {
    "spaces": "a b  c",
    "quotes": 'it\'s "so"',
    "shell": "$HOME `id` ; rm -rf * && \\",
    "lines": "one\ntwo",
    "dash": "-x --y",
    "words": "訓練資料/学习率",
}


def test_values_that_a_shell_would_change(home: Path, fault: Begin) -> None:
    case = fault("values with spaces, quotes, $, line feeds, dashes, CJK")
    args = "[args]\n" + "".join(f'{name} = ""\n' for name in NASTY)
    write_trainer("echo", ECHO, more=args)
    words = [word for name, value in NASTY.items() for word in ("--set", f"args.{name}={value}")]
    done = cockpit("run", "echo", "--json", *words)
    assert done.returncode == 0, done.stderr
    paths = RunPaths(Path(json.loads(done.stdout)["dir"]))
    wait_for(paths, Phase.SUCCEEDED)
    got = json.loads((paths.out / "argv.json").read_text())
    assert got == [
        word
        for name, value in NASTY.items()
        for word in ((f"--{name}={value}",) if value.startswith("-") else (f"--{name}", value))
    ]
    assert os.fspath(paths.out) in str(shown(paths)["cwd"])
    case.ends(cockpit("show", paths.run_id).stdout.splitlines()[0], paths)
