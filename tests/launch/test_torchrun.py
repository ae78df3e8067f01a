from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from cockpit.launch.planner import Place
from cockpit.launch.torchrun import NEWER_FLAGS, torchrun_words


def place(
    *flags: str, torch: str | None = "2.13.0", ranks: str | None = "/r/ranks", python: str = "/p"
) -> Place:
    return Place(
        Path(python),
        torch,
        Path("/r/out"),
        Path("/r/config"),
        {},
        ranks=Path(ranks) if ranks else None,
        flags=flags,
    )


def test_a_closed_terminal_does_not_end_torchrun_where_it_can_be_told() -> None:
    words = torchrun_words(place("--signals-to-handle"), 2)
    assert "--signals-to-handle=SIGTERM,SIGINT,SIGQUIT" in words
    assert not [word for word in torchrun_words(place(), 2) if "signals" in word]


def test_each_rank_keeps_a_log_where_there_is_a_place() -> None:
    words = torchrun_words(place(*NEWER_FLAGS), 2)
    assert words[-2:] == ["--log-dir=/r/ranks", "--tee=3"]
    for without in (place(*NEWER_FLAGS, ranks=None), place("--tee"), place("--log-dir")):
        assert not [word for word in torchrun_words(without, 2) if "tee" in word or "log" in word]


def test_an_old_torch_gets_underscores_everywhere() -> None:
    words = torchrun_words(place("--log-dir", "--tee", torch="1.13.1+cu117"), 4, max_restarts=2)
    assert words[3:] == [
        "--standalone", "--nproc_per_node=4", "--max_restarts=2", "--log_dir=/r/ranks", "--tee=3",
    ]  # fmt: skip


@pytest.mark.real
@pytest.mark.skipif(find_spec("torch") is None, reason="no torch in this interpreter")
def test_the_installed_torchrun_takes_the_words_and_keeps_each_ranks_log(tmp_path: Path) -> None:
    from cockpit.launch.interpreter import find_python

    python = find_python(sys.executable, ["torch"], {"PATH": "/usr/bin:/bin", "HOME": "/"})
    assert python.flags == NEWER_FLAGS
    script = tmp_path / "say.py"
    script.write_text("import os; print('I am rank', os.environ['RANK'], flush=True)")
    ranks = tmp_path / "ranks"
    words = torchrun_words(place(*python.flags, ranks=str(ranks), python=sys.executable), 2)
    done = subprocess.run([*words, str(script)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert sorted(re.findall(r"\[default(\d)\]:I am rank (\d)", done.stdout)) == [
        ("0", "0"),
        ("1", "1"),
    ]
    (log,) = ranks.glob("*/attempt_0/1/stdout.log")
    assert log.read_text() == "I am rank 1\n"
