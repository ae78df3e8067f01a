from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

import pytest

from cockpit import locations
from cockpit.tools.bundle import find_or_pack
from diagnostics.__main__ import TOOLS, find_tool, run

needs_torch = [
    pytest.mark.real,
    pytest.mark.skipif(find_spec("torch") is None, reason="no torch in this interpreter"),
]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return find_or_pack(locations.diagnostics_dir(), tmp_path / "cache")


def run_check(*argv: str | Path) -> tuple[int, list[dict[str, Any]], str]:
    environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    done = subprocess.run(
        [str(word) for word in argv], capture_output=True, text=True, env=environ, cwd="/"
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, events, done.stderr


def levels(events: list[dict[str, Any]]) -> dict[str, str]:
    findings = [event for event in events if event["kind"] == "finding"]
    found = {event["code"]: event["level"] for event in findings}
    assert len(found) == len(findings), "one finding for each subject"
    return found


def bare_python(folder: Path, base: str) -> Path:
    subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
    return folder / "bin" / "python"


@pytest.mark.parametrize("word", ["--no-such-flag", "--help"])
@pytest.mark.parametrize("tool", sorted(TOOLS))
def test_a_command_line_that_starts_nothing_ends_the_stream_all_the_same(
    tool: str, word: str, capfd: pytest.CaptureFixture[str]
) -> None:
    outcome, why = run(find_tool(tool), [word], io.StringIO())
    assert outcome == "failed"
    assert word.strip("-") in why


def test_without_torch_it_says_so_and_ends(bundle: Path, tmp_path: Path) -> None:
    python = bare_python(tmp_path / "bare", sys.executable)
    code, events, stderr = run_check(python, bundle, "check", "--disk", tmp_path)
    found = levels(events)
    assert (code, stderr) == (1, "")
    assert found["torch.version"] == "problem"
    assert found["python.version"] == found["host.memory"] == "ok"
    assert "cuda.build" not in found
    assert events[-1]["kind"] == "finished"
    assert events[-1]["outcome"] == "failed"


@pytest.mark.parametrize("minor", [8, 9, 10])
def test_it_runs_on_older_pythons(bundle: Path, minor: int) -> None:
    python = shutil.which(f"python3.{minor}")
    version = subprocess.run([python, "-V"], capture_output=True, text=True) if python else None
    if version is None or not version.stdout.startswith(f"Python 3.{minor}."):
        pytest.skip(f"no Python 3.{minor} here")
    code, events, stderr = run_check(str(python), "-I", bundle, "check")
    assert "Traceback" not in stderr
    assert code in (0, 1)
    assert events[-1]["kind"] == "finished"


def test_a_torch_folder_without_code_is_told_apart(bundle: Path, tmp_path: Path) -> None:
    python = bare_python(tmp_path / "bare", sys.executable)
    packages = next((tmp_path / "bare" / "lib").glob("python3*/site-packages"))
    (packages / "torch").mkdir()
    _, events, _ = run_check(python, bundle, "check")
    finding = next(event for event in events if event.get("code") == "torch.version")
    assert finding["level"] == "problem"
    assert "holds no code" in finding["what"]


def test_a_torch_that_breaks_on_import_is_a_problem_and_the_rest_is_told(
    bundle: Path, tmp_path: Path
) -> None:
    python = bare_python(tmp_path / "bare", sys.executable)
    packages = next((tmp_path / "bare" / "lib").glob("python3*/site-packages"))
    (packages / "torch.py").write_text("raise OSError('libcudart.so.13: cannot open')")
    _, events, stderr = run_check(python, bundle, "check")
    finding = next(event for event in events if event.get("code") == "torch.version")
    assert "libcudart.so.13" in finding["what"]
    assert "Traceback" in stderr
    assert levels(events)["ultralytics.version"] == "note"


# Stands in for a torch on a box with two GPUs, one of which its kernels do not cover; the names
# are torch's own. What trains is missing on purpose: a step that fails must be told, not raised.
TORCH_WITH_GPUS = """
from types import SimpleNamespace as Names
__version__ = "2.9.1+cu130"
version = Names(cuda="13.0", hip=None)
class cuda:
    nccl = Names(version=lambda: (2, 27, 5))
    is_available = staticmethod(lambda: True)
    device_count = staticmethod(lambda: 2)
    get_arch_list = staticmethod(lambda: ["sm_75", "sm_80", "sm_90"])
    @staticmethod
    def get_device_properties(ordinal):
        name, major = (("H20", 9), ("V100", 7))[ordinal]
        return Names(name=name, major=major, minor=0, total_memory=96 << 30)
    can_device_access_peer = staticmethod(lambda one, other: True)
from . import distributed
"""
DISTRIBUTED = "is_available = is_nccl_available = lambda: True\n"


def test_gpus_nccl_and_a_step_that_fails_are_told(bundle: Path, tmp_path: Path) -> None:
    python = bare_python(tmp_path / "bare", sys.executable)
    packages = next((tmp_path / "bare" / "lib").glob("python3*/site-packages"))
    (packages / "torch" / "distributed").mkdir(parents=True)
    (packages / "torch" / "__init__.py").write_text(TORCH_WITH_GPUS)
    (packages / "torch" / "distributed" / "__init__.py").write_text(DISTRIBUTED)
    (packages / "torch" / "distributed" / "distributed_c10d.py").write_text("")
    _, events, _ = run_check(python, bundle, "check", "--no-ddp")
    found = {event["code"]: event for event in events if event["kind"] == "finding"}
    assert found["gpu.0"]["what"] == "GPU 0: H20 (96.0 GiB, SM 9.0)"
    assert found["gpu.total"]["what"] == "total GPU memory: 192.0 GiB on 2 GPUs"
    assert found["gpu.p2p"]["what"] == "P2P"
    assert found["driver.version"]["level"] == "note"
    assert (found["gpu.0"]["level"], found["gpu.1"]["level"]) == ("ok", "problem")
    assert found["cuda.build"]["what"] == "torch is built for CUDA 13.0, 2 GPUs usable"
    assert found["nccl.version"]["what"] == "NCCL 2.27.5"
    assert found["distributed.available"]["level"] == "warning"
    assert found["amp.step"]["level"] == "problem"
    memory = [event for event in events if event.get("name") == "gpu.memory"]
    assert [(event["cuda_ordinal"], event["gpu"]) for event in memory] == [(0, "H20"), (1, "V100")]


def test_an_unknown_tool_is_wrong_usage(bundle: Path) -> None:
    code, events, stderr = run_check(sys.executable, bundle, "chekc")
    assert (code, events) == (2, [])
    assert stderr.startswith("usage:")


def test_a_tool_ends_when_its_reader_is_gone() -> None:
    program = (
        "import diagnostics.__main__ as main, threading, time\n"
        "threading.Thread(target=main._end_with_stdin, daemon=True).start()\n"
        "time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
    assert process.poll() is None
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == -signal.SIGTERM


def test_a_tool_that_breaks_has_failed(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(arguments: list[str], out: TextIO) -> tuple[str, str]:
        raise KeyError(f"no {arguments[0]}\nand more")

    outcome, why = run(broken, ["luck"], io.StringIO())
    assert outcome == "failed"
    assert why.startswith("KeyError: ")
    assert "Traceback" in capsys.readouterr().err


class TestUnderThisInterpreter:
    pytestmark = needs_torch

    @pytest.mark.parametrize("flags", [[], ["-I"]], ids=["plain", "isolated"])
    def test_every_subject_is_told(self, bundle: Path, flags: list[str]) -> None:
        code, events, _ = run_check(sys.executable, *flags, bundle, "check")
        found = levels(events)
        assert {
            "python.version",
            "host.memory",
            "disk.free",
            "shm.free",
            "files.limit",
            "driver.version",
            "torch.version",
            "cuda.build",
            "nccl.version",
            "distributed.available",
            "syncbatchnorm.convert",
            "amp.step",
            "torchvision.operators",
            "ultralytics.version",
            "python.environment",
            "swap.free",
            "cpu.limit",
            "port.free",
            "numpy.version",
            "ddp.step",
        } <= set(found)
        assert found["torch.version"] == found["distributed.available"] == "ok"
        assert found["syncbatchnorm.convert"] == found["amp.step"] == "ok"
        assert found["ddp.step"] == "ok"
        assert code == ("problem" in found.values())
        assert events[0]["kind"] == "started"
        assert events[-1]["outcome"] == ("failed" if code else "passed")

    def test_a_torchvision_for_another_torch_is_told(self, bundle: Path, tmp_path: Path) -> None:
        (tmp_path / "torchvision").mkdir()
        (tmp_path / "torchvision" / "__init__.py").write_text(
            "raise RuntimeError('operator torchvision::nms does not exist')"
        )
        (tmp_path / "torchvision-0.28.0.dist-info").mkdir()
        (tmp_path / "torchvision-0.28.0.dist-info" / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: torchvision\nVersion: 0.28.0\n"
        )
        program = "import sys, runpy; sys.path.insert(0, sys.argv[1]); del sys.argv[:2]"
        program += "; runpy.run_path(sys.argv[0], run_name='__main__')"
        argv = (sys.executable, "-c", program, tmp_path, bundle, "check", "--no-ddp")
        _, events, _ = run_check(*argv)
        finding = next(event for event in events if event.get("code") == "torchvision.operators")
        assert finding["level"] in ("warning", "problem")
        assert "operator torchvision::nms does not exist" in finding["what"]
