from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.errors import EnvironmentNotFit
from cockpit.launch.fallback import TorchBuild, cuda_fallback
from cockpit.launch.plan import Gpu, Machine
from cockpit.launch.planner import Place, plan_launch
from cockpit.launch.probe import NO_CUDA
from cockpit.launch.tpu import TpuSight, find_tpus
from cockpit.launch.xla import device_of, naming_fallback, xla_fallbacks
from cockpit.presets.model import Launch, LaunchKind, Origin, Preset

TPU = TpuSight((Path("/dev/accel0"),), 4)
BUILD = TorchBuild(Path("/p"), "2.9.0", NO_CUDA, {"torch_xla": "2.9.0", "libtpu": "0.0.21"}, TPU)
GPU = Machine((Gpu(0, "GPU-0", "A100", 80 << 30, 0, is_busy=False),), 16)


def preset(kind: LaunchKind, *modules: str, **env: str) -> Preset:
    launch = Launch(kind, script="train.py", workdir="/code", cpu_ranks=1, modules=modules)
    return Preset("mine", Path("/p/mine.toml"), Origin.YOURS, "", launch, env=env)


def without_cpu(asked: Preset) -> Preset:
    return replace(asked, launch=replace(asked.launch, cpu_ranks=None))


def place(build: TorchBuild | None, **inherited: str) -> Place:
    return Place(
        Path("/p"), "2.9.0", Path("/r/out"), Path("/r/config"), dict(inherited), build=build
    )


def codes(build: TorchBuild, device: str = "TPU") -> list[str]:
    return [reason.code for reason in xla_fallbacks(build, device)]


def test_a_fit_environment_gives_plain_python_on_the_tpu() -> None:
    plan = plan_launch(preset(LaunchKind.XLA), GPU, place(BUILD))
    assert plan.argv == ("/p", "/code/train.py")
    assert (plan.gpus, plan.world_size) == ((), 1)
    assert plan.env["PJRT_DEVICE"].value == "TPU"
    assert not plan.notes


def test_without_a_tpu_only_a_dry_run_starts() -> None:
    bare = replace(BUILD, tpus=TpuSight())
    with pytest.raises(EnvironmentNotFit, match="no TPU found") as caught:
        plan_launch(preset(LaunchKind.XLA), GPU, place(bare))
    assert "env.PJRT_DEVICE=CPU" in caught.value.remedy
    for wanted, here in (
        (preset(LaunchKind.XLA, PJRT_DEVICE="CPU"), place(bare)),
        (preset(LaunchKind.XLA), place(bare, PJRT_DEVICE="CPU")),
    ):
        assert "a dry run" in plan_launch(wanted, GPU, here).notes[0]


def test_without_torch_xla_the_fallback_is_named() -> None:
    (reason,) = xla_fallbacks(replace(BUILD, distributions={}), "TPU")
    assert reason.code == "xla.missing"
    assert "fall back to the CPU without a word" in reason.what
    assert reason.remedy == "/p -m pip install 'torch_xla[tpu]==2.9.*'"
    assert codes(replace(BUILD, distributions={}), "CPU") == ["xla.missing"]


def test_the_successor_is_pointed_to_torchrun() -> None:
    (reason,) = xla_fallbacks(replace(BUILD, distributions={"torch_tpu": "0.1"}), "TPU")
    assert "torch_tpu 0.1 is there" in reason.what
    assert "torchrun" in reason.remedy


def test_torch_and_torch_xla_of_different_minors_are_refused_with_both_versions() -> None:
    newer = replace(BUILD, torch="2.13.0+cpu")
    (reason,) = xla_fallbacks(newer, "TPU")
    assert reason.code == "xla.version-mismatch"
    assert "torch 2.13.0+cpu and torch_xla 2.9.0" in reason.what
    assert "~/xla/bin/python -m pip install 'torch==2.9.*' 'torch_xla[tpu]==2.9.*'" in reason.remedy
    assert codes(replace(BUILD, torch="2.9.1")) == []


def test_all_reasons_are_told_at_once() -> None:
    worst = replace(BUILD, torch="2.13.0", tpus=TpuSight())
    with pytest.raises(EnvironmentNotFit) as caught:
        plan_launch(preset(LaunchKind.XLA), GPU, place(worst))
    assert len(caught.value.problem.splitlines()) == 2


def test_the_presets_device_wins_over_the_persons() -> None:
    assert device_of({"PJRT_DEVICE": "cpu"}, {"PJRT_DEVICE": "TPU"}) == "CPU"
    assert device_of({}, {}) == "TPU"


def test_a_refusal_over_the_modules_names_the_fallback_for_xla_alone() -> None:
    def refuse(kind: LaunchKind) -> str:
        with pytest.raises(EnvironmentNotFit) as caught, naming_fallback(kind):
            raise EnvironmentNotFit("/p has no torch_xla", "pip")
        return caught.value.problem

    assert refuse(LaunchKind.XLA).endswith(
        "without torch_xla this training would fall back to the CPU without a word"
    )
    assert refuse(LaunchKind.PYTHON) == "/p has no torch_xla"


def machine(
    folder: Path, *, nodes: tuple[str, ...] = (), pci: tuple[tuple[str, str], ...] = ()
) -> TpuSight:
    """Make a tree of device nodes and of PCI devices (vendor, class), and look for TPUs in it."""
    devices, bus = folder / "dev", folder / "pci"
    for node in nodes:
        (devices / node).parent.mkdir(parents=True, exist_ok=True)
        (devices / node).write_text("")
    for number, (vendor, kind) in enumerate(pci):
        (bus / f"0000:00:0{number}.0").mkdir(parents=True)
        (bus / f"0000:00:0{number}.0" / "vendor").write_text(vendor + "\n")
        (bus / f"0000:00:0{number}.0" / "class").write_text(kind + "\n")
    return find_tpus(devices, bus)


def test_a_tpu_of_the_older_kind_has_accel_nodes(tmp_path: Path) -> None:
    seen = machine(tmp_path, nodes=("accel0", "accel1", "null"), pci=(("0x1ae0", "0xff0000"),) * 2)
    assert (seen.has_tpu, len(seen.nodes), seen.chips) == (True, 2, 2)


def test_a_newer_one_is_a_vfio_node_with_googles_chip(tmp_path: Path) -> None:
    assert machine(tmp_path, nodes=("vfio/0", "vfio/vfio"), pci=(("0x1ae0", "0x120000"),)).has_tpu


def test_a_passed_through_gpu_is_no_tpu(tmp_path: Path) -> None:
    assert not machine(
        tmp_path, nodes=("vfio/12", "accel/accel0"), pci=(("0x10de", "0x030000"),)
    ).has_tpu


def test_googles_network_card_and_disk_are_no_tpu(tmp_path: Path) -> None:
    pci = (("0x1ae0", "0x020000"), ("0x1ae0", "0x010802"))
    seen = machine(tmp_path, nodes=("vfio/0",), pci=pci)
    assert (seen.chips, seen.has_tpu) == (0, False)


def test_a_chip_without_a_node_says_so(tmp_path: Path) -> None:
    seen = machine(tmp_path, pci=(("0x1ae0", "0x120000"),))
    (reason,) = xla_fallbacks(replace(BUILD, tpus=seen), "TPU")
    assert "on the PCI bus, but there is no /dev/accel*" in reason.what


def test_gpus_are_never_quietly_left_for_the_cpu() -> None:
    build = replace(BUILD, torch="2.13.0+cpu")
    for kind in (LaunchKind.TORCHRUN, LaunchKind.ULTRALYTICS, LaunchKind.PYTHON):
        with pytest.raises(EnvironmentNotFit, match=r"torch 2\.13\.0\+cpu in /p has no CUDA"):
            plan_launch(without_cpu(preset(kind, "torch")), GPU, place(build))


def test_where_the_cpu_is_allowed_it_is_taken_and_said() -> None:
    asked = preset(LaunchKind.TORCHRUN, "torch")
    allowed = replace(asked, launch=replace(asked.launch, cpu_ranks=2))
    plan = plan_launch(allowed, GPU, place(BUILD))
    assert (plan.gpus, plan.world_size) == ((), 2)
    assert "has no CUDA: this trains on the CPU" in plan.notes[0]
    assert plan.env["CUDA_VISIBLE_DEVICES"].value == ""
    named = replace(allowed, sources={"launch.gpus": "--gpus"})
    with pytest.raises(EnvironmentNotFit, match="has no CUDA"):
        plan_launch(named, GPU, place(BUILD))


@pytest.mark.parametrize("cuda", ["12.8", "ROCm 6.4", None])
def test_a_build_for_gpus_or_of_unknown_kind_is_let_through(cuda: str | None) -> None:
    plan = plan_launch(preset(LaunchKind.TORCHRUN), GPU, place(replace(BUILD, cuda=cuda)))
    assert plan.gpus == (0,)


def test_the_cpu_may_be_chosen_and_simulated_gpus_and_other_frameworks_need_no_cuda() -> None:
    on_cpu = preset(LaunchKind.PYTHON)
    on_cpu = replace(on_cpu, launch=replace(on_cpu.launch, gpus="cpu"))
    assert plan_launch(on_cpu, GPU, place(BUILD)).gpus == ()
    simulated = replace(GPU, is_simulated=True)
    assert plan_launch(preset(LaunchKind.TORCHRUN), simulated, place(BUILD)).gpus == (0,)
    assert cuda_fallback(preset(LaunchKind.PYTHON, "jax"), BUILD) is None


XLA_PYTHON = os.environ.get("COCKPIT_XLA_PYTHON", "")
SCRIPT = """
import torch, torch_xla, torch_xla.runtime as runtime
ones = torch.ones(2, 2, device=torch_xla.device())
torch_xla.sync()
print(runtime.device_type(), float((ones + ones).sum()))
"""


@pytest.mark.xla
@pytest.mark.skipif(not XLA_PYTHON, reason="COCKPIT_XLA_PYTHON names no Python with torch_xla")
def test_a_dry_run_computes_with_the_real_torch_xla(tmp_path: Path) -> None:
    from cockpit.launch.interpreter import build_of, find_python

    try:
        python = find_python(XLA_PYTHON, ["torch", "torch_xla"], os.environ)
    except EnvironmentNotFit as error:
        pytest.skip(error.problem)
    build = build_of(python, TpuSight())
    assert xla_fallbacks(build, "CPU") == ()
    (tmp_path / "train.py").write_text(SCRIPT)
    wanted = preset(LaunchKind.XLA, PJRT_DEVICE="CPU")
    wanted = replace(wanted, launch=replace(wanted.launch, workdir=str(tmp_path)))
    where = replace(place(build), python=python.path, out=tmp_path / "out")
    plan = plan_launch(wanted, Machine((), 2), where)
    variables = os.environ | {name: item.value for name, item in plan.env.items()}
    done = subprocess.run(plan.argv, env=variables, capture_output=True, text=True, timeout=300)
    assert done.stdout.split() == ["CPU", "8.0"], done.stderr
