from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.errors import EnvironmentNotFit, GpusBusy, InputError
from cockpit.launch.command import file_lines, shell_lines
from cockpit.launch.gpus import parse_gpu_choice
from cockpit.launch.plan import EnvValue, Gpu, LaunchPlan, Machine
from cockpit.launch.planner import Place, plan_launch
from cockpit.launch.resuming import ResumePoint
from cockpit.launch.ultralytics import ENTRY
from cockpit.presets.model import (
    ArgStyle,
    ArgValue,
    Batch,
    BatchScope,
    DerivedFile,
    Launch,
    LaunchKind,
    Origin,
    Preset,
    Resume,
    ResumeEpochs,
)

NO_GPU = Machine((), cpu_count=8)
PLACE = Place(Path("/venv/bin/python"), "2.13.0", Path("/r/out"), Path("/r/config"), {})


def machine(count: int, busy: tuple[int, ...] = (), *, is_simulated: bool = False) -> Machine:
    gpus = tuple(
        Gpu(index, f"GPU-{index}", "RTX 2080", 8 << 30, 0, is_busy=index in busy)
        for index in range(count)
    )
    return Machine(gpus, cpu_count=32, is_simulated=is_simulated)


def preset(kind: LaunchKind, gpus: str = "auto", **args: ArgValue) -> Preset:
    style = ArgStyle.KEY_VALUE if kind is LaunchKind.ULTRALYTICS else ArgStyle.DASHES
    script = None if kind is LaunchKind.ULTRALYTICS else "train.py"
    return Preset(
        name="mine",
        file=Path("/presets/mine.toml"),
        origin=Origin.YOURS,
        summary="",
        launch=Launch(kind, script=script, workdir="/code", gpus=gpus, style=style, cpu_ranks=2),
        args=args,
    )


def env(plan: LaunchPlan) -> dict[str, str]:
    return {name: item.value for name, item in plan.env.items()}


def test_torchrun_starts_one_rank_for_each_gpu() -> None:
    plan = plan_launch(preset(LaunchKind.TORCHRUN, epochs=3, amp=True, no=False), machine(4), PLACE)
    assert plan.argv == (
        "/venv/bin/python", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=4",
        "/code/train.py", "--epochs", "3", "--amp",
    )  # fmt: skip
    assert plan.gpus == (0, 1, 2, 3)
    assert env(plan)["CUDA_VISIBLE_DEVICES"] == "0,1,2,3"
    assert env(plan)["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert env(plan)["OMP_NUM_THREADS"] == "8"
    assert plan.cwd == Path("/code")


def test_an_old_torch_gets_underscores() -> None:
    plan = plan_launch(preset(LaunchKind.TORCHRUN), NO_GPU, replace(PLACE, torch="1.13.1+cu117"))
    assert "--nproc_per_node=2" in plan.argv


def test_ultralytics_names_its_devices_itself() -> None:
    place = replace(PLACE, inherited={"CUDA_VISIBLE_DEVICES": "0,1,2,3"})
    chosen = preset(LaunchKind.ULTRALYTICS, "2,3", model="yolo11n.pt", amp=True)
    plan = plan_launch(chosen, machine(4), place)
    assert plan.argv == (
        "/venv/bin/python", "-c", ENTRY, "model=yolo11n.pt", "amp=True", "device=2,3",
    )  # fmt: skip
    assert "CUDA_VISIBLE_DEVICES" not in plan.env
    assert "CUDA_VISIBLE_DEVICES" in plan.unset


def test_without_a_gpu_the_ranks_run_on_the_cpu() -> None:
    plan = plan_launch(preset(LaunchKind.TORCHRUN), NO_GPU, PLACE)
    assert (plan.world_size, plan.gpus) == (2, ())
    assert "CUDA_VISIBLE_DEVICES" not in plan.env
    gpu_box = plan_launch(preset(LaunchKind.TORCHRUN, "cpu"), machine(4), PLACE)
    assert (gpu_box.world_size, env(gpu_box)["CUDA_VISIBLE_DEVICES"]) == (2, "")


def test_a_preset_without_cpu_ranks_needs_a_gpu() -> None:
    wants_gpu = preset(LaunchKind.PYTHON)
    wants_gpu = replace(wants_gpu, launch=replace(wants_gpu.launch, cpu_ranks=None))
    with pytest.raises(EnvironmentNotFit, match="mine needs a GPU"):
        plan_launch(wants_gpu, NO_GPU, PLACE)


def test_a_person_may_ask_for_the_cpu() -> None:
    wants_gpu = preset(LaunchKind.TORCHRUN, "cpu")
    wants_gpu = replace(wants_gpu, launch=replace(wants_gpu.launch, cpu_ranks=None))
    assert plan_launch(wants_gpu, NO_GPU, PLACE).world_size == 1


def test_auto_takes_the_free_gpus_and_a_count_prefers_them() -> None:
    box = machine(4, busy=(0, 2))
    assert plan_launch(preset(LaunchKind.TORCHRUN), box, PLACE).gpus == (1, 3)
    assert plan_launch(preset(LaunchKind.TORCHRUN, "2"), box, PLACE).gpus == (1, 3)
    with pytest.raises(GpusBusy, match="3 GPUs wanted, 2 of 4 free"):
        plan_launch(preset(LaunchKind.TORCHRUN, "3"), box, PLACE)
    shared = plan_launch(preset(LaunchKind.TORCHRUN, "3"), box, PLACE, shares=True)
    assert shared.gpus == (0, 1, 3)
    assert plan_launch(preset(LaunchKind.TORCHRUN, "all"), box, PLACE).gpus == (0, 1, 2, 3)
    assert plan_launch(preset(LaunchKind.PYTHON), box, PLACE).gpus == (1,)
    busy = plan_launch(preset(LaunchKind.TORCHRUN, "0,"), box, PLACE)
    assert busy.notes == ("GPU 0 already in use by other processes",)


def test_simulated_gpus_train_on_the_cpu_and_say_so() -> None:
    box = machine(16, is_simulated=True)
    plan = plan_launch(preset(LaunchKind.TORCHRUN), box, PLACE)
    assert (plan.world_size, plan.gpus) == (2, (0, 1))
    assert "SIMULATED" in plan.notes[0]
    assert "CUDA_VISIBLE_DEVICES" not in plan.env
    assert "device=cpu" in plan_launch(preset(LaunchKind.ULTRALYTICS), box, PLACE).argv


@pytest.mark.parametrize("text", ["0", "", "1,,2", "two", "-1", "0,0"])
def test_a_choice_of_gpus_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_gpu_choice(text)


def test_zero_is_refused_with_both_spellings() -> None:
    with pytest.raises(InputError) as caught:
        parse_gpu_choice("0")
    assert "--gpus 0," in caught.value.remedy
    assert "--gpus cpu" in caught.value.remedy


def test_more_gpus_than_exist() -> None:
    with pytest.raises(EnvironmentNotFit, match="8 GPUs are asked for; this machine has 4"):
        plan_launch(preset(LaunchKind.TORCHRUN, "8"), machine(4), PLACE)
    with pytest.raises(EnvironmentNotFit, match="GPU 7 is asked for; this machine has 4"):
        plan_launch(preset(LaunchKind.TORCHRUN, "1,7"), machine(4), PLACE)
    with pytest.raises(EnvironmentNotFit, match="no GPU was found"):
        plan_launch(preset(LaunchKind.TORCHRUN, "1"), NO_GPU, PLACE)


def with_batch(scope: BatchScope, batch: int) -> Preset:
    section = Batch("batch", scope, lr_argument="lr0", lr_base=0.01, lr_base_batch=64)
    return replace(preset(LaunchKind.TORCHRUN, "4", batch=batch, lr0=0.5), batch=section)


def test_the_learning_rate_scales_with_the_global_batch() -> None:
    plan = plan_launch(with_batch(BatchScope.RANK, 64), machine(4), PLACE)
    assert plan.batch is not None
    assert plan.batch.global_batch == 256
    assert plan.batch.lr == pytest.approx(0.04)
    assert "0.04" in plan.argv
    shared = plan_launch(with_batch(BatchScope.GLOBAL, 64), machine(4), PLACE)
    assert shared.batch is not None
    assert (shared.batch.batch_per_rank, shared.batch.global_batch) == (16, 64)


def test_a_learning_rate_that_was_given_is_kept() -> None:
    given = replace(with_batch(BatchScope.RANK, 64), sources={"args.lr0": "--set"})
    plan = plan_launch(given, machine(4), PLACE)
    assert plan.batch is not None
    assert plan.batch.lr is None
    assert "0.5" in plan.argv


def test_a_global_batch_must_be_divisible() -> None:
    with pytest.raises(InputError, match="cannot be divided among 4 ranks") as caught:
        plan_launch(with_batch(BatchScope.GLOBAL, 63), machine(4), PLACE)
    assert caught.value.remedy == "--set args.batch=64"


def test_a_settings_file_is_changed_in_a_copy() -> None:
    section = DerivedFile("cfg/a.json", "config", {"data.batch_size": 32})
    place = replace(PLACE, texts={"config": '{"data": {"batch_size": 8, "x": "配电"}}'})
    plan = plan_launch(replace(preset(LaunchKind.PYTHON), config=section), NO_GPU, place)
    derived = Path("/r/config/a.json")
    assert '"batch_size": 32' in plan.files[derived]
    assert "配电" in plan.files[derived]
    assert plan.argv[-2:] == ("--config", str(derived))
    assert file_lines(plan)[0] == "mkdir -p /r/config && cat > /r/config/a.json <<'END'"
    assert file_lines(plan)[-1] == "END"
    wrong = replace(section, set={"data.batch_siez": 1})
    with pytest.raises(InputError, match=r"no such key \(did you mean batch_size\?\)"):
        plan_launch(replace(preset(LaunchKind.PYTHON), config=wrong), NO_GPU, place)


def test_a_data_file_is_yaml_and_keeps_its_order() -> None:
    section = DerivedFile("data/coco.yaml", "data", {"train": "/d/train.txt", "lr": 4e-4})
    text = "train: ./a.txt\nnc: 2\nlr: 1\nnames: [猫, dog]\n"
    plan = plan_launch(
        replace(preset(LaunchKind.PYTHON), data=section),
        NO_GPU,
        replace(PLACE, texts={"data": text}),
    )
    expected = "train: /d/train.txt\nnc: 2\nlr: 0.0004\nnames:\n- 猫\n- dog\n"
    assert plan.files == {Path("/r/config/coco.yaml"): expected}
    assert plan.argv[-2:] == ("--data", "/r/config/coco.yaml")


def test_a_script_of_before_torch_2_gets_its_local_rank() -> None:
    old = preset(LaunchKind.TORCHRUN, epochs=3)
    old = replace(old, launch=replace(old.launch, local_rank="local_rank"))
    plan = plan_launch(old, machine(2), PLACE)
    wrapper = Path("/r/config/with_local_rank.py")
    assert plan.argv[-5:] == (str(wrapper), "--local_rank", "/code/train.py", "--epochs", "3")
    assert wrapper in plan.files
    alone = plan_launch(old, machine(1), PLACE)
    assert alone.argv == ("/venv/bin/python", "/code/train.py", "--epochs", "3")
    assert not alone.files


def test_a_run_of_another_holds_its_gpus_even_when_they_are_named() -> None:
    box = machine(2)
    held = replace(box.gpus[0], is_busy=True, holder="run digits-1 of ann, pid 7")
    box = replace(box, gpus=(held, box.gpus[1]))
    with pytest.raises(GpusBusy, match="GPU 0: run digits-1 of ann, pid 7"):
        plan_launch(preset(LaunchKind.PYTHON, "0,"), box, PLACE)
    assert plan_launch(preset(LaunchKind.PYTHON, "0,"), box, PLACE, shares=True).gpus == (0,)


def test_a_trainer_that_counts_again_is_asked_for_what_is_left() -> None:
    section = DerivedFile("a.json", "config", {"num_epochs": 100})
    trainer = replace(
        preset(LaunchKind.PYTHON, mode="train"),
        config=section,
        epochs_argument="num_epochs",
        resume=Resume("last.pth", args=("--resume", "{checkpoint}"), epochs=ResumeEpochs.REMAINING),
    )
    place = replace(PLACE, texts={"config": '{"num_epochs": 5}'})
    point = ResumePoint(Path("/code/e50.pth"), epoch=50)
    plan = plan_launch(trainer, NO_GPU, place, resume=point)
    assert plan.argv[-2:] == ("--resume", "/code/e50.pth")
    assert '"num_epochs": 50' in plan.files[Path("/r/config/a.json")]
    assert plan.epochs == 100
    cannot = replace(trainer, resume=Resume("last.pth"))
    with pytest.raises(EnvironmentNotFit, match="cannot continue"):
        plan_launch(cannot, NO_GPU, place, resume=point)


def test_foreign_ranks_are_taken_out_of_the_environment() -> None:
    place = replace(PLACE, inherited={"RANK": "3", "COCKPIT_RUN_ID": "outer", "HOME": "/root"})
    assert plan_launch(preset(LaunchKind.PYTHON), NO_GPU, place).unset == ("COCKPIT_RUN_ID", "RANK")


def test_what_the_person_exported_is_kept_and_the_preset_wins() -> None:
    place = replace(PLACE, inherited={"OMP_NUM_THREADS": "3"})
    plan = plan_launch(preset(LaunchKind.TORCHRUN), NO_GPU, place)
    assert plan.env["OMP_NUM_THREADS"] == EnvValue("3", "your environment")
    wanted = replace(preset(LaunchKind.TORCHRUN), env={"OMP_NUM_THREADS": "5"})
    assert plan_launch(wanted, NO_GPU, place).env["OMP_NUM_THREADS"].source == "preset"


def test_doubled_braces_reach_the_trainer_as_single_ones() -> None:
    chosen = preset(
        LaunchKind.PYTHON, name="{{epoch}}-{{loss:.2f}}-{{out}}", save="{out}/x", data='{"a": {}}'
    )
    argv = plan_launch(chosen, NO_GPU, PLACE).argv
    assert argv[-6:] == (
        "--name",
        "{epoch}-{loss:.2f}-{out}",
        "--save",
        "/r/out/x",
        "--data",
        '{"a": {}}',
    )


def test_the_command_can_be_pasted_and_read() -> None:
    chosen = preset(LaunchKind.TORCHRUN, data="sets/配电 1.yaml", epochs=3)
    plan = plan_launch(chosen, machine(2), PLACE)
    full = "\n".join(shell_lines(plan, short=False))
    assert full.startswith("mkdir -p /r/out /code && cd /code &&\nenv PYTHONUNBUFFERED=1")
    assert "--data 'sets/配电 1.yaml'" in full
    assert "/venv/bin/python -m torch.distributed.run" in full
    short = "\n".join(shell_lines(plan, short=True))
    assert "torchrun --standalone --nproc-per-node=2" in short
    assert all(line.endswith(("\\", "&&")) for line in full.splitlines()[:-1])


def test_a_preset_that_names_gpus_and_allows_the_cpu_says_that_it_takes_it() -> None:
    named = replace(preset(LaunchKind.PYTHON, gpus="0,"), sources={"launch.gpus": "preset"})
    plan = plan_launch(named, NO_GPU, PLACE)
    assert plan.gpus == ()
    assert plan.notes == ("no GPU was found: this trains on the CPU, as launch.cpu_ranks allows",)
    with pytest.raises(EnvironmentNotFit, match="GPU 0 is asked for"):
        plan_launch(replace(named, sources={"launch.gpus": "--gpus"}), NO_GPU, PLACE)


def test_a_text_that_looks_like_an_option_is_joined_to_its_argument() -> None:
    plan = plan_launch(
        preset(LaunchKind.PYTHON, a="-x", b=-1e-05, c=-3, d="", e="-"), NO_GPU, PLACE
    )
    assert plan.argv[2:] == ("--a=-x", "--b=-1e-05", "--c", "-3", "--d", "", "--e=-")
