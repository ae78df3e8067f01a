from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.launch.environment import Where, foreign_variables, job_environment
from cockpit.launch.notes import of_plan
from cockpit.launch.own import OwnPython, clean_environ, own_environment
from cockpit.launch.plan import EnvValue, Gpu, Machine
from cockpit.launch.planner import Place
from cockpit.presets.model import Launch, LaunchKind, Origin, Preset

OWN = OwnPython(Path("/opt/cockpit"), (Path("/opt/cockpit/lib/python3.11/site-packages"),))
PLACE = Place(Path("/train/bin/python"), "2.13.0", Path("/r/out"), Path("/r/config"), {})
GPUS = tuple(Gpu(index, f"GPU-{index}", "A100", 80 << 30, 0, is_busy=False) for index in range(4))


def variables(
    kind: LaunchKind,
    gpus: int = 0,
    where: Where = PLACE,
    wanted: dict[str, str] | None = None,
    max_restarts: int = 0,
) -> dict[str, EnvValue]:
    launch = Launch(kind, max_restarts=max_restarts)
    return job_environment(
        launch, GPUS[:gpus], max(1, gpus), 16, where, wanted or {}, hides_gpus=True
    )


@pytest.mark.parametrize("kind", [LaunchKind.TORCHRUN, LaunchKind.ULTRALYTICS])
def test_several_gpus_get_the_flight_recorder_with_a_file_in_the_run(kind: LaunchKind) -> None:
    found = variables(kind, gpus=2)
    assert found["TORCH_FR_BUFFER_SIZE"].value == "2000"
    assert found["TORCH_NCCL_DUMP_ON_TIMEOUT"].value == "1"
    assert found["TORCH_FR_DUMP_TEMP_FILE"].value == "/r/nccl_trace_rank_"


def test_its_variables_have_the_names_that_the_installed_torch_reads() -> None:
    old = variables(LaunchKind.TORCHRUN, 2, replace(PLACE, torch="2.7.1+cu126"))
    assert old["TORCH_NCCL_TRACE_BUFFER_SIZE"].value == "2000"
    assert old["TORCH_NCCL_DEBUG_INFO_TEMP_FILE"].value == "/r/nccl_trace_rank_"
    assert not [name for name in old if name.startswith("TORCH_FR")]
    middle = variables(LaunchKind.TORCHRUN, 2, replace(PLACE, torch="2.8.0"))
    assert "TORCH_FR_BUFFER_SIZE" in middle
    assert "TORCH_NCCL_DEBUG_INFO_TEMP_FILE" in middle


@pytest.mark.parametrize("kind", [LaunchKind.PYTHON, LaunchKind.ULTRALYTICS])
def test_one_process_on_one_gpu_needs_no_flight_recorder(kind: LaunchKind) -> None:
    assert not [name for name in variables(kind, gpus=1) if "NCCL" in name or "_FR_" in name]


def test_restarts_by_torchrun_come_with_what_keeps_them_from_hanging() -> None:
    name = "TORCH_DISABLE_SHARE_RDZV_TCP_STORE"
    found = variables(LaunchKind.TORCHRUN, max_restarts=2)
    assert found[name] == EnvValue("1", "cockpit: restarts hang without it")
    assert name not in variables(LaunchKind.TORCHRUN)


def test_cores_are_divided_among_the_ranks() -> None:
    assert variables(LaunchKind.TORCHRUN, gpus=4)["OMP_NUM_THREADS"].value == "4"


def test_a_switch_for_finding_a_fault_is_called_temporary() -> None:
    found = variables(LaunchKind.TORCHRUN, wanted={"NCCL_DEBUG": "INFO", "SEED": "1"})
    assert found["NCCL_DEBUG"].source == "preset; temporary: for finding a fault"
    assert found["SEED"].source == "preset"


def test_xla_gets_its_device_and_a_cache_and_nothing_of_cuda() -> None:
    found = variables(LaunchKind.XLA)
    assert found["PJRT_DEVICE"].value == "TPU"
    assert found["XLA_PERSISTENT_CACHE_PATH"].value == "/r/out/xla-cache"
    assert not [name for name in found if name.startswith("CUDA")]
    assert variables(LaunchKind.XLA, wanted={"PJRT_DEVICE": "CPU"})["PJRT_DEVICE"] == EnvValue(
        "CPU", "preset"
    )
    exported = replace(PLACE, inherited={"PJRT_DEVICE": "CPU"})
    kept = variables(LaunchKind.XLA, where=exported)["PJRT_DEVICE"]
    assert kept == EnvValue("CPU", "your environment")


def test_nothing_of_cockpits_own_reaches_another_python() -> None:
    inherited = {
        "PATH": "/opt/cockpit/bin:/home/ann/bin:/usr/bin",
        "VIRTUAL_ENV": "/opt/cockpit",
        "PYTHONHOME": "/opt/cockpit",
        "PYTHONPATH": "/opt/cockpit/lib/python3.11/site-packages:/home/ann/lib",
    }
    where = replace(PLACE, inherited=inherited, own=OWN)
    found = variables(LaunchKind.PYTHON, where=where)
    assert found["PATH"].value == "/train/bin:/home/ann/bin:/usr/bin"
    assert found["PYTHONPATH"].value == "/home/ann/lib"
    assert set(foreign_variables(LaunchKind.PYTHON, where)) == {"PYTHONHOME", "VIRTUAL_ENV"}


def test_a_python_path_that_was_all_ours_is_gone() -> None:
    where = replace(PLACE, inherited={"PYTHONPATH": str(OWN.packages[0])}, own=OWN)
    assert foreign_variables(LaunchKind.PYTHON, where) == ("PYTHONPATH",)


def test_the_users_own_environment_stays() -> None:
    inherited = {"PATH": "/usr/bin:/bin", "VIRTUAL_ENV": "/train", "PYTHONPATH": "/home/ann/lib"}
    system = OwnPython(None, (Path("/usr/lib/python3/dist-packages"),))
    where = replace(PLACE, inherited=inherited, own=system)
    found = variables(LaunchKind.PYTHON, where=where)
    assert found["PATH"].value == "/train/bin:/usr/bin:/bin"
    assert "PYTHONPATH" not in found
    assert foreign_variables(LaunchKind.PYTHON, where) == ()


def test_cockpits_own_python_keeps_its_environment() -> None:
    assert own_environment(Path(sys.executable)) is None
    where = replace(PLACE, inherited={"PATH": "/opt/cockpit/bin", "VIRTUAL_ENV": "/opt/cockpit"})
    assert "PATH" not in variables(LaunchKind.PYTHON, where=where)
    assert foreign_variables(LaunchKind.PYTHON, where) == ()


def test_a_second_venv_finds_its_own_programs_and_none_of_our_packages(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    python = tmp_path / "bin" / "python"
    own = own_environment(python)
    assert own is not None
    inherited = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": ":".join(map(str, own.packages)),
        "PYTHONHOME": "/nonexistent",
    }
    where = replace(PLACE, python=python, inherited=inherited, own=own)
    gone = foreign_variables(LaunchKind.PYTHON, where)
    kept = {name: text for name, text in inherited.items() if name not in gone}
    found = {name: item.value for name, item in variables(LaunchKind.PYTHON, where=where).items()}
    script = (
        "import shutil, importlib.util\n"
        "print(shutil.which('python'), importlib.util.find_spec('typer'))"
    )
    done = subprocess.run(
        [python, "-c", script], env=kept | found, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(python), "None"]


def test_a_python_home_of_ours_does_not_keep_another_python_from_answering() -> None:
    environ = {"PYTHONHOME": "/opt/cockpit", "HOME": "/home/ann"}
    assert clean_environ(environ, OWN) == {"HOME": "/home/ann"}
    assert clean_environ(environ, None) == environ


def test_a_backend_variable_without_effect_is_explained_with_the_argument_that_has_one() -> None:
    name = "TORCH_DISTRIBUTED_BACKEND"
    preset = Preset("a", Path("a.toml"), Origin.YOURS, "", Launch(LaunchKind.TORCHRUN))
    preset = replace(preset, env={name: "gloo"}, args={"dist-backend": "nccl"})
    (note,) = of_plan(preset, Machine((), 8), (), {})
    assert note.endswith("only if the script does; --set args.dist-backend=gloo")
    (note,) = of_plan(replace(preset, env={}, args={}), Machine((), 8), (), {name: "gloo"})
    assert note.endswith("only if the script does")
