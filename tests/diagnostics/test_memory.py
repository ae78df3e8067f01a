"""The tool as a whole, on a CPU: real probes of tiny models."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from cockpit import locations
from cockpit.tools.bundle import find_or_pack
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(find_spec("torch") is None, reason="no torch in this interpreter"),
]

NET = """
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 8, 3)
    def forward(self, x):
        {before}
        return self.layer(x).mean((2, 3)) {after}
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return find_or_pack(locations.diagnostics_dir(), tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path


def write_net(project: Path, before: str = "pass", after: str = "") -> str:
    (project / "users_net.py").write_text(NET.format(before=before, after=after))
    return "users_net:Net"


def command(bundle: Path, *words: str) -> list[str]:
    quick = ["--device", "cpu", "--imgsz", "32", "--steps", "1", "--verify-steps", "2"]
    return [sys.executable, str(bundle), "memory", *quick, *words]


def environ() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "OMP_NUM_THREADS": "1"}


def sweep(bundle: Path, project: Path, *words: str) -> tuple[int, list[dict[str, Any]]]:
    done = subprocess.run(
        command(bundle, *words), capture_output=True, text=True, env=environ(), cwd=project
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def rows(events: list[dict[str, Any]], table: str = "memory") -> list[dict[str, Any]]:
    return [one["values"] for one in events if one["kind"] == "row" and one["table"] == table]


def findings(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["code"]: one for one in events if one["kind"] == "finding"}


def test_a_search_ends_with_a_verified_batch(bundle: Path, project: Path) -> None:
    code, events = sweep(bundle, project, "--model", write_net(project), "--max", "8")
    assert code == 0
    assert [row["batch"] for row in rows(events)] == [1, 8]
    assert [row["batch"] for row in rows(events, "verification")] == [8]
    for row in rows(events):
        assert row["outcome"] == "ok"
        assert row["kind"] == "host (no GPU)"
        assert row["reserved_bytes"] is None
        assert row["driver_used_bytes"] is None
        assert row["allocated_bytes"] is None
        assert row["peak_rss_bytes"] > 100 << 20, "Python and torch are in it"
        assert row["model"] == "users_net:Net"
        assert row["samples_per_s"] > 0
    largest = findings(events)["memory.largest"]
    assert largest["what"].startswith("take batch 8: peak ")
    assert largest["what"].endswith("; stopped at --max 8")
    (answer,) = [one for one in events if one.get("name") == "memory.largest_batch"]
    assert answer["value"] == 8
    assert "host memory (no GPU)" in largest["what"]
    assert "held for 2 steps and a validation" in largest["what"]
    assert events[-1]["outcome"] == "passed"


def test_a_sweep_goes_on_after_probes_that_end_badly(bundle: Path, project: Path) -> None:
    grow = "x = x.repeat(1, 1, 16, 16)"
    die = "import os; os.kill(os.getpid(), 9) if len(x) == 2 else None"
    model = write_net(project, f"{die}; {grow}", after="* float('nan')")
    words = ["--model", model, "--batch-sizes", "1,2,64", "--limit", "500MiB"]
    code, events = sweep(bundle, project, *words)
    assert code == 0
    assert [row["outcome"] for row in rows(events)] == ["ok", "failed", "out of memory"]
    assert rows(events)[2]["needed_bytes"] > 100 << 20
    found = findings(events)
    assert "ended by SIGKILL" in found["memory.probe"]["what"]
    assert found["memory.nan"]["level"] == "warning"
    assert found["memory.largest"]["what"].startswith("take batch 1: ")


def test_a_batch_that_crashes_is_not_taken_for_one_that_does_not_fit(
    bundle: Path, project: Path
) -> None:
    die = "import os; os.kill(os.getpid(), 11) if len(x) == 8 else None"
    code, events = sweep(bundle, project, "--model", write_net(project, die))
    assert (code, events[-1]["outcome"]) == (1, "failed")
    assert [(row["batch"], row["outcome"]) for row in rows(events)] == [
        *((1, "ok"), (8, "failed"), (8, "failed")),
    ]
    found = findings(events)
    assert found["memory.failed"]["level"] == "problem"
    assert "nothing is known above batch 1: batch 8 failed twice" in found["memory.failed"]["what"]
    assert "memory.largest" not in found
    assert not any(one.get("name") == "memory.largest_batch" for one in events)


def test_a_first_batch_that_does_not_fit_says_what_helps(bundle: Path, project: Path) -> None:
    words = ["--model", write_net(project), "--limit", "1MiB", "--imgsz", "64,96"]
    code, events = sweep(bundle, project, *words)
    assert code == 1
    finding = findings(events)["memory.oom-first"]
    assert "does not fit into 1 MiB of host memory (no GPU): it needs more than " in finding["what"]
    assert finding["level"] == "problem"
    assert "--imgsz" in finding["remedy"]
    sizes = rows(events, "by_image_size")
    assert [row["image_size"] for row in sizes] == [64, 96]
    assert all(row["batch_per_rank"] is None for row in sizes)


@pytest.mark.parametrize(
    ("before", "code", "why"),
    [
        ("raise KeyError('my own')", "model.step", "the model does not train here"),
        (None, "model.import", "the model cannot be built"),
    ],
)
def test_a_users_error_ends_the_sweep_with_the_users_traceback(
    bundle: Path, project: Path, before: str | None, code: str, why: str
) -> None:
    model = write_net(project, before or "pass")
    if before is None:
        (project / "users_net.py").write_text("import users_absent\n")
    exit_code, events = sweep(bundle, project, "--model", model)
    assert exit_code == 1
    finding = findings(events)[code]
    assert finding["level"] == "problem"
    assert 'users_net.py", line' in finding["what"]
    assert "memory_probe.py" not in finding["what"]
    assert [row["outcome"] for row in rows(events)] == ["failed"]
    assert events[-1]["why"] == why


def test_memory_that_ends_while_a_model_is_imported_is_no_broken_model(
    bundle: Path, project: Path
) -> None:
    (project / "users_net.py").write_text("raise OSError(12, 'Cannot allocate memory')\n")
    code, events = sweep(bundle, project, "--model", "users_net:Net")
    assert code == 1
    assert "memory.oom-first" in findings(events)
    assert [row["outcome"] for row in rows(events)] == ["out of memory"]


def test_a_gpu_that_torch_does_not_reach_is_told(bundle: Path, project: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("torch reaches a GPU")
    code, events = sweep(bundle, project, "--gpu", "0", "--device", "auto")
    assert code == 1
    assert rows(events) == []
    assert events[-1]["why"] == "there is no GPU that torch reaches"
    assert "reaches no GPU" in findings(events)["memory.device"]["what"]


def test_a_probe_that_hangs_is_ended(bundle: Path, project: Path) -> None:
    before = "import time; time.sleep(600) if len(x) == 1 else None"
    words = ["--model", write_net(project, before), "--batch-sizes", "1", "--silence-limit", "12"]
    code, events = sweep(bundle, project, *words)
    assert code == 1
    assert "said nothing for 12 s" in findings(events)["memory.probe"]["what"]
    assert rows(events)[0]["outcome"] == "failed"


@pytest.mark.parametrize(
    "words",
    [("--batch-sizes", "0"), ("--limit", "8GB"), ("--margin", "95"), ("--max", "-1")],
)
def test_wrong_words_start_nothing(bundle: Path, project: Path, words: tuple[str, str]) -> None:
    code, events = sweep(bundle, project, *words)
    assert code == 1
    assert [one["kind"] for one in events] == ["started", "finished"]
    assert words[0] in events[-1]["why"]


def children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in text.split()]


@pytest.fixture
def stuck(bundle: Path, project: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A sweep whose second probe hangs, and that probe."""
    before = "import time; time.sleep(600) if len(x) == 2 else None"
    words = ["--model", write_net(project, before), "--batch-sizes", "1,2"]
    with (
        (project / "events").open("w") as events,
        subprocess.Popen(
            command(bundle, *words),
            stdout=events,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environ(),
            cwd=project,
        ) as process,
    ):
        wait_until(lambda: '"kind": "row"' in (project / "events").read_text())
        wait_until(lambda: len(children(process.pid)) == 1)
        yield process, children(process.pid)[0]
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_sweep_keeps_its_rows_and_leaves_no_process(
    stuck: tuple[subprocess.Popen[str], int], project: Path, number: signal.Signals
) -> None:
    process, probe = stuck
    process.send_signal(number)
    process.wait(20)
    wait_until(lambda: not Path(f"/proc/{probe}").exists())
    events = [json.loads(line) for line in (project / "events").read_text().splitlines()]
    assert [row["batch"] for row in rows(events)] == [1]
    if number != signal.SIGKILL:
        assert events[-1]["outcome"] == "stopped"
        assert "memory.stopped" in findings(events)
