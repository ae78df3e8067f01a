from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.errors import EnvironmentNotFit, LaunchError, PresetError
from cockpit.presets.model import Preset
from cockpit.presets.resolve import resolve
from cockpit.supervise.prepare import prepare
from cockpit.supervise.preparing import run_steps, steps_left
from cockpit.supervise.request import RunRequest
from tests.cli.calling import cockpit
from tests.waiting import wait_until

HEAD = """
schema = 1
summary = "A trainer that is made first"
[launch]
kind = "python"
script = "train.py"
workdir = "{work}"
python = "{python}"
cpu_ranks = 1
modules = {modules}
"""
STEP = """
[[prepare]]
what = "{what}"
command = {command}
"""


def write_preset(home: Path, *steps: str, modules: str = "[]") -> None:
    """Write the preset `made`; each step is `what | command | done_when | workdir`."""
    text = HEAD.format(work=home / "work", python=sys.executable, modules=modules)
    for step in steps:
        what, command, *more = (part.strip() for part in step.split("|"))
        text += STEP.format(what=what, command=json.dumps(command))
        keys = ("done_when", "workdir")
        text += "".join(f'{key} = "{value}"\n' for key, value in zip(keys, more, strict=False))
    (locations.config_dir() / "presets" / "made.toml").write_text(text)


def made() -> Preset:
    return resolve("made")


def run(preset: Preset) -> str:
    said: list[bytes] = []
    run_steps(preset, (), said.append)
    return b"".join(said).decode()


CODE = "get the code | mkdir work | work"
SCRIPT = 'write the script | python -c \'open("train.py", "w").write("print(6 * 7)")\' | train.py'


def test_steps_run_in_order_and_are_logged(home: Path) -> None:
    write_preset(home, f"{CODE} | {home}", SCRIPT)
    assert len(steps_left(made())) == 2
    said = run(made())
    assert said.index("step 1 (get the code)") < said.index("step 2 (write the script)")
    assert (home / "work" / "train.py").read_text() == "print(6 * 7)"
    (log,) = (locations.data_dir() / "prepare").iterdir()
    assert log.name.startswith("made-")
    assert log.read_text() == said
    assert steps_left(made()) == ()


def test_a_step_whose_product_is_there_is_skipped(home: Path) -> None:
    write_preset(home, f"{CODE} | {home}", SCRIPT)
    (home / "work").mkdir()
    said = run(made())
    assert "step 1 (get the code): done already, work is there" in said
    assert "nothing is left to prepare" in run(made())


def test_a_step_runs_in_the_jobs_folder_once_there_is_one(home: Path) -> None:
    write_preset(home, "look | python -c 'import os; print(os.getcwd())'")
    assert f"\n{home}\n" in run(made())
    (home / "work").mkdir()
    assert f"\n{home / 'work'}\n" in run(made())


def test_no_shell_reads_a_step(home: Path) -> None:
    write_preset(home, "say | echo $HOME ; touch there && echo *")
    assert "\n$HOME ; touch there && echo *\n" in run(made())
    assert not (home / "there").exists()


def test_a_step_that_fails_is_named_with_its_code_and_log(home: Path) -> None:
    write_preset(home, "go wrong | python -c 'print(\"oh\"); exit(7)'", CODE)
    with pytest.raises(LaunchError, match=r"step 1 \(go wrong\) failed with exit code 7") as caught:
        run(made())
    (log,) = (locations.data_dir() / "prepare").iterdir()
    assert str(log) in caught.value.remedy
    assert "\noh\n" in log.read_text()
    assert not (home / "work").exists()


def test_a_step_that_makes_nothing_is_no_success(home: Path) -> None:
    write_preset(home, "pretend | python -V | there")
    with pytest.raises(LaunchError, match=r"\(pretend\) ended well, but .*work/there does not"):
        run(made())


def test_a_program_that_is_not_there_is_named(home: Path) -> None:
    write_preset(home, "clone | there-is-no-such-program x")
    with pytest.raises(LaunchError, match="there-is-no-such-program: No such file"):
        run(made())


def test_what_a_step_leaves_behind_does_not_hold_it_up(home: Path) -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '300']).pid)"
    write_preset(home, f'leave | python -c "{code}"')
    said = run(made())
    os.kill(int(said.split()[-1]), signal.SIGKILL)


def test_an_interrupt_ends_the_step_and_what_it_started(home: Path) -> None:
    code = "import subprocess, time; print(subprocess.Popen(['sleep', '300']).pid, flush=True); "
    write_preset(home, f'hang | python -c "{code}time.sleep(300)"')
    words = [sys.executable, "-m", "cockpit", "run", "made", "--prepare"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    pid = next(int(line) for line in process.stderr if line.strip().isdigit())
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    process.stderr.close()
    wait_until(lambda: not is_running(pid))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_missing_folder_that_steps_can_make_is_said_with_their_commands(home: Path) -> None:
    write_preset(home, f"{CODE} | {home}", SCRIPT)
    with pytest.raises(EnvironmentNotFit, match="work does not exist") as caught:
        prepare(RunRequest("made"))
    assert caught.value.exit_code == 3
    remedy = caught.value.remedy
    assert remedy.startswith("cockpit run made --prepare\n")
    assert "    mkdir work\n" in remedy
    assert f"    cd {home / 'work'} && {sys.executable} -c 'open(" in remedy


def test_steps_that_are_done_are_not_offered(home: Path) -> None:
    write_preset(home, f"{CODE} | {home}", SCRIPT)
    (home / "work").mkdir()
    with pytest.raises(EnvironmentNotFit, match=r"train\.py does not exist") as caught:
        prepare(RunRequest("made"))
    assert "mkdir" not in caught.value.remedy
    assert f"cd {home / 'work'} && {sys.executable} -c" in caught.value.remedy


def test_a_missing_folder_that_nothing_makes_is_the_presets_fault(home: Path) -> None:
    write_preset(home)
    with pytest.raises(PresetError, match="work does not exist"):
        prepare(RunRequest("made"))


def test_a_wrong_key_beside_a_missing_folder_is_the_presets_fault(home: Path) -> None:
    write_preset(home, f"{CODE} | {home}", "quote | echo 'open")
    with pytest.raises(PresetError, match="no closing quotation") as caught:
        prepare(RunRequest("made"))
    assert caught.value.exit_code == 2


def test_a_missing_module_offers_the_steps_too(home: Path) -> None:
    write_preset(home, "install | pip install no-such-module", modules='["no_such_module"]')
    (home / "work").mkdir()
    (home / "work" / "train.py").touch()
    with pytest.raises(EnvironmentNotFit, match="has no no_such_module") as caught:
        prepare(RunRequest("made"))
    assert caught.value.remedy.startswith("cockpit run made --prepare\n")
    assert f"{sys.executable} -m pip install no-such-module" in caught.value.remedy
    assert "--python /path/to/python" in caught.value.remedy


def test_run_with_prepare_does_the_steps_and_then_the_run(home: Path) -> None:
    write_preset(home, f"{CODE} | {home}", SCRIPT)
    refused = cockpit("run", "made")
    assert refused.returncode == 3
    shown = cockpit("run", "made", "--prepare", "--dry-run")
    assert shown.returncode == 0
    assert shown.stdout.startswith("# get the code\nmkdir work\n# write the script\n")
    assert not (home / "work").exists()
    done = cockpit("run", "made", "--prepare", "--follow")
    assert done.returncode == 0, done.stderr
    assert "42" in done.stdout
    again = cockpit("run", "made", "--prepare", "--dry-run")
    assert "#   done: work is there" in again.stdout
    assert "train.py" in again.stdout.splitlines()[-1]
