from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from cockpit.errors import InputError
from cockpit.launch.interpreter import TrainingPython
from cockpit.launch.probe import NO_CUDA
from cockpit.launch.torchrun import NEWER_FLAGS
from cockpit.presets.model import (
    ArgStyle,
    ArgValue,
    DerivedFile,
    Launch,
    LaunchKind,
    MetricsSource,
    Needs,
    Origin,
    Preset,
    Resume,
)
from cockpit.slurm.job import SlurmRequest, plan_job
from cockpit.slurm.script import batch_script
from tests.waiting import wait_until

PYTHON = TrainingPython(
    Path("/train/bin/python"), "3.11.7", "2.13.0", "--python", cuda="12.8", flags=NEWER_FLAGS
)


def preset(kind: LaunchKind, gpus: str = "auto", **args: ArgValue) -> Preset:
    is_yolo = kind is LaunchKind.ULTRALYTICS
    launch = Launch(
        kind,
        script=None if is_yolo else "train.py",
        workdir="/code",
        gpus=gpus,
        cpu_ranks=2,
        style=ArgStyle.KEY_VALUE if is_yolo else ArgStyle.DASHES,
    )
    return Preset("my net", Path("/presets/my net.toml"), Origin.YOURS, "", launch, args=args)


def script(
    wanted: Preset,
    request: SlurmRequest | None = None,
    python: TrainingPython = PYTHON,
    texts: dict[str, str] | None = None,
) -> str:
    text = batch_script(plan_job(wanted, python, request or SlurmRequest(), texts or {}))
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return text


def directives(text: str) -> dict[str, str]:
    lines = [line.removeprefix("#SBATCH --") for line in text.splitlines() if "#SBATCH" in line]
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def test_what_is_asked_of_slurm_stands_at_the_top() -> None:
    request = SlurmRequest("04:00:00", "gpu", "lab-7", cpus=12)
    text = script(preset(LaunchKind.TORCHRUN, "4"), request)
    assert text.startswith("#!/bin/bash\n#SBATCH --job-name=my-net\n")
    assert directives(text) == {
        "job-name": "my-net", "nodes": "1", "ntasks": "1", "gres": "gpu:4", "cpus-per-task": "12",
        "time": "04:00:00", "partition": "gpu", "account": "lab-7", "signal": "B:USR1@120",
        "open-mode": "append", "output": "%x-%j.log", "no-requeue": "",
    }  # fmt: skip
    assert "# Planned for an imagined node with 4 GPUs" in text
    assert "--nproc-per-node=4" in text
    assert "SIGHUP,SIGQUIT,SIGUSR1" in text


@pytest.mark.parametrize(
    ("gpus", "needs", "asked"),
    [("auto", None, "gpu:1"), ("auto", 4, "gpu:4"), ("2,5,7", None, "gpu:3"), ("cpu", None, None)],
)
def test_the_number_of_gpus_is_the_presets(gpus: str, needs: int | None, asked: str | None) -> None:
    wanted = replace(preset(LaunchKind.TORCHRUN, gpus), needs=Needs(gpus=needs))
    assert directives(script(wanted)).get("gres") == asked


def test_slurm_alone_says_which_gpus_and_ultralytics_counts_within_them() -> None:
    text = script(preset(LaunchKind.ULTRALYTICS, "2,3", model="yolo11n.pt"))
    assert "device=0,1" in text
    assert "CUDA_VISIBLE_DEVICES" not in text
    assert "CUDA_VISIBLE_DEVICES" not in script(preset(LaunchKind.TORCHRUN, "4"))


def test_all_gpus_and_a_tpu_cannot_be_asked_for() -> None:
    with pytest.raises(InputError, match="differs by node"):
        script(preset(LaunchKind.TORCHRUN, "all"))
    with pytest.raises(InputError, match="TPU"):
        script(preset(LaunchKind.XLA))


def test_a_torch_without_cuda_here_is_told_and_may_be_another_on_the_node() -> None:
    text = script(preset(LaunchKind.TORCHRUN, "2"), python=replace(PYTHON, cuda=NO_CUDA))
    assert "# Take care: torch 2.13.0 in /train/bin/python has no CUDA" in text
    assert "Take care" not in script(preset(LaunchKind.TORCHRUN, "2"))
    on_cpu = preset(LaunchKind.TORCHRUN, "cpu")
    assert "Take care" not in script(on_cpu, python=replace(PYTHON, cuda=NO_CUDA))


@pytest.mark.parametrize(
    ("time", "partition", "account"),
    [("soon", None, None), (None, "a b", None), (None, None, "x\n#SBATCH")],
)
def test_what_would_break_a_line_is_refused(
    time: str | None, partition: str | None, account: str | None
) -> None:
    with pytest.raises(InputError):
        SlurmRequest(time, partition, account)


def test_an_older_torchrun_is_passed_by_and_its_ranks_are_warned() -> None:
    older = replace(PYTHON, torch="2.1.0", flags=("--log-dir", "--tee"))
    assert "pkill -USR1 -P" in script(preset(LaunchKind.TORCHRUN, "2"), python=older)
    assert "pkill" not in script(preset(LaunchKind.PYTHON, "1"), python=older)


def test_every_text_stays_one_word_and_only_the_jobs_folder_and_port_are_variables() -> None:
    wanted = preset(
        LaunchKind.PYTHON, "cpu", data="it's $HOME `x`", project="{out}/a b", url="tcp://h:{port}"
    )
    text = script(replace(wanted, env={"WHERE": "{out}/logs"}))
    line = next(line for line in text.splitlines() if line.startswith("set -- "))
    shell = f'run="/r u"; port=2; {line}; printf "%s\\n" "$@"'
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True)
    words = done.stdout.splitlines()
    assert "it's $HOME `x`" in words
    assert "/r u/out/a b" in words
    assert "tcp://h:2" in words
    assert 'export WHERE="${run}"/out/logs' in text


FAKE = """
import os, signal, sys, time
from pathlib import Path
out = Path(sys.argv[sys.argv.index("--out") + 1])
def leave(number, frame):
    (out / "last.pt").write_text("half")
    sys.exit(9)
signal.signal(signal.SIGUSR1, leave)
(out / "words.txt").write_text("\\n".join(sys.argv[1:]))
settings = Path(sys.argv[sys.argv.index("--config") + 1]).read_text()
(out / "ready").write_text(os.environ["SEED"] + " " + settings)
while "--hang" in sys.argv:
    time.sleep(0.02)
sys.exit(5 if "--fails" in sys.argv else 0)
"""


@pytest.fixture
def trainer(tmp_path: Path) -> Preset:
    """A preset with a settings file and a checkpoint, whose trainer is a small script."""
    (tmp_path / "train.py").write_text(FAKE)
    wanted = preset(LaunchKind.PYTHON, "cpu", out="{out}")
    return replace(
        wanted,
        launch=replace(wanted.launch, workdir=str(tmp_path)),
        env={"SEED": "a b"},
        config=DerivedFile("a.json", "config", {"where": "{out}"}),
        metrics=MetricsSource(),
        resume=Resume("{out}/last.pt", args=("--resume", "{checkpoint}")),
    )


class Cluster:
    """What of Slurm a script meets: a submit folder, a job number, and scontrol."""

    def __init__(self, folder: Path, wanted: Preset, flags: tuple[str, ...] = ()) -> None:
        self.run = folder / "submit" / "my-net-77"
        (folder / "submit").mkdir()
        (folder / "bin").mkdir()
        self.requeued = folder / "requeued"
        scontrol = folder / "bin" / "scontrol"
        scontrol.write_text(f'#!/bin/sh\necho "$*" > {shlex.quote(str(self.requeued))}\n')
        scontrol.chmod(0o755)
        python = replace(PYTHON, path=Path(sys.executable), flags=flags)
        texts = {"config": '{"where": "", "price": "$5 `each` \\\\\\\\ "}'}
        self._script = folder / "job.sh"
        self._script.write_text(script(wanted, python=python, texts=texts))
        self._environ = {
            **os.environ,
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "SLURM_SUBMIT_DIR": str(folder / "submit"),
            "SLURM_JOB_ID": "77",
            "RANK": "3",
        }

    def start(self, **variables: str) -> subprocess.Popen[bytes]:
        environ = self._environ | variables
        return subprocess.Popen(["bash", self._script], env=environ, start_new_session=True)


@pytest.fixture
def cluster(tmp_path: Path, trainer: Preset) -> Iterator[Cluster]:
    yield Cluster(tmp_path, trainer)


def end(job: subprocess.Popen[bytes]) -> int:
    return job.wait(timeout=60)


def test_a_job_runs_in_a_folder_of_its_own_and_a_finished_one_leaves_no_mark(
    cluster: Cluster,
) -> None:
    assert end(cluster.start()) == 0
    said = (cluster.run / "out" / "ready").read_text()
    assert said.startswith("a b {")
    assert f'"where": "{cluster.run}/out"' in said
    assert '"price": "$5 `each` \\\\\\\\ "' in said
    assert not (cluster.run / "unfinished").exists()
    assert not cluster.requeued.exists()


def with_args(trainer: Preset, **args: ArgValue) -> Preset:
    return replace(trainer, args={**trainer.args, **args})


def test_it_ends_with_the_trainings_own_status(tmp_path: Path, trainer: Preset) -> None:
    cluster = Cluster(tmp_path, with_args(trainer, fails=True))
    assert end(cluster.start()) == 5
    assert (cluster.run / "unfinished").exists()
    assert not cluster.requeued.exists()


def test_the_warning_reaches_the_training_and_an_unfinished_job_is_requeued(
    tmp_path: Path, trainer: Preset
) -> None:
    cluster = Cluster(tmp_path, with_args(trainer, hang=True))
    job = cluster.start()
    wait_until((cluster.run / "out" / "ready").exists)
    job.send_signal(signal.SIGUSR1)
    assert end(job) == 9
    assert cluster.requeued.read_text() == "requeue 77\n"


def test_a_requeued_job_continues_from_its_checkpoint(cluster: Cluster) -> None:
    assert end(cluster.start(SLURM_RESTART_COUNT="1")) == 0
    words = cluster.run / "out" / "words.txt"
    assert "--resume" not in words.read_text()  # nothing there yet to continue from
    (cluster.run / "out" / "last.pt").write_text("half")
    assert end(cluster.start(SLURM_RESTART_COUNT="1")) == 0
    assert words.read_text().endswith(f"--resume\n{cluster.run}/out/last.pt")


def test_a_training_that_cannot_continue_is_not_requeued(tmp_path: Path, trainer: Preset) -> None:
    cluster = Cluster(tmp_path, replace(with_args(trainer, hang=True), resume=None))
    job = cluster.start()
    wait_until((cluster.run / "out" / "ready").exists)
    job.send_signal(signal.SIGUSR1)
    assert end(job) == 9
    assert not cluster.requeued.exists()


def test_a_cancelled_job_ends_its_training(tmp_path: Path, trainer: Preset) -> None:
    cluster = Cluster(tmp_path, with_args(trainer, hang=True))
    job = cluster.start()
    wait_until((cluster.run / "out" / "ready").exists)
    os.killpg(job.pid, signal.SIGTERM)  # as Slurm does: to every process of the job
    assert end(job) == 128 + signal.SIGTERM


RANKS = """
import os, signal, sys, time
from pathlib import Path
out = Path(sys.argv[2])
def leave(number, frame):
    (out / f"warned-{os.environ['RANK']}").write_text("")
    sys.exit(0)
signal.signal(signal.SIGUSR1, leave)
(out / f"ready-{os.environ['RANK']}").write_text("")
while True:
    time.sleep(0.02)
"""


@pytest.mark.real
@pytest.mark.skipif(find_spec("torch") is None, reason="no torch in this interpreter")
@pytest.mark.parametrize("flags", [NEWER_FLAGS, ("--log-dir", "--tee")])
def test_the_warning_reaches_every_rank_of_torchrun(tmp_path: Path, flags: tuple[str, ...]) -> None:
    (tmp_path / "train.py").write_text(RANKS)
    wanted = preset(LaunchKind.TORCHRUN, "cpu", out="{out}")
    wanted = replace(wanted, launch=replace(wanted.launch, workdir=str(tmp_path)))
    cluster = Cluster(tmp_path, wanted, flags)
    job = cluster.start()
    out = cluster.run / "out"
    wait_until(lambda: len(list(out.glob("ready-*"))) == 2)
    job.send_signal(signal.SIGUSR1)
    end(job)
    assert {file.name for file in out.glob("warned-*")} == {"warned-0", "warned-1"}
