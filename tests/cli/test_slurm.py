from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.calling import cockpit


def test_the_script_is_printed_and_nothing_is_started(home: Path) -> None:
    done = cockpit("slurm", "fake", "--gpus", "cpu", "--time", "10", "--set", "args.epochs=7")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("#!/bin/bash\n#SBATCH --job-name=fake\n")
    assert "--epochs 7" in done.stdout
    assert "runs" not in [path.name for path in (home / "data").glob("*/*")]


def test_a_written_script_runs_under_bash_alone(home: Path) -> None:
    done = cockpit("slurm", "fake", "--gpus", "cpu", "--output", "job.sh")
    assert (done.returncode, done.stdout) == (0, "")
    assert "sbatch job.sh" in done.stderr
    subprocess.run(["bash", "job.sh"], cwd=home, check=True)
    (results,) = home.glob("fake-*/out/results.csv")
    assert len(results.read_text().splitlines()) == 3


@pytest.mark.parametrize("words", [("--time", "soon"), ("--gpus", "all"), ("--set", "args.x")])
def test_a_wrong_wish_is_a_sentence_and_exit_2(home: Path, words: tuple[str, str]) -> None:
    done = cockpit("slurm", "fake", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cockpit: --")
