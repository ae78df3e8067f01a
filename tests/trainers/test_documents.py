"""The guides' presets, really launched on stand-ins for the guides' repositories."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.cli.calling import cockpit
from tests.standins.checkouts import check_out, outcome_of, run_preset
from tests.trainers.running import needs

SMALL = ("--set", "needs.ram=1 GiB", "--set", "needs.disk=1 MiB")
ON_CPU = ("--gpus", "cpu")


def shell(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of a guide, typed by a person whose terminal is gone."""
    return subprocess.run(
        words, cwd=checkout, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("name", ["yolov7-tiny-baseline", "yolov7-tiny-1b4h"])
def test_yolov7_trains_to_its_end_and_its_curves_are_read(home: Path, name: str) -> None:
    checkout = check_out("yolov7", home)
    before = (checkout / "data" / "coco.yaml").read_text()
    run = run_preset(
        name,
        checkout,
        *(*ON_CPU, *SMALL, "--set", "args.epochs=3"),
        *("--set", f"data.set.val={checkout}/coco/val2017.txt"),
    )
    assert (run.phase, run.epochs, run.exit_code) == ("succeeded", (3, 3), 0), run.log
    assert run.metrics["metrics/mAP_0.5"]["last"] == pytest.approx(0.3)
    assert "Optimizer stripped" in run.log
    assert "Starting training for 3 epochs" in run.log  # from standard error
    assert (checkout / "data" / "coco.yaml").read_text() == before
    assert str(checkout) in next((run.directory / "config").glob("coco*.yaml")).read_text()


def test_without_the_presets_variable_yolov7_fails_after_the_last_epoch(home: Path) -> None:
    run = run_preset(
        "yolov7-tiny-baseline",
        check_out("yolov7", home),
        *(*ON_CPU, *SMALL, "--set", "args.epochs=2"),
        *("--set", "env.TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=0"),
    )
    assert (run.exit_code, run.epochs) == (1, (2, 2))
    assert "Weights only load failed" in run.log


def test_yolov7_goes_on_from_its_last_checkpoint(home: Path) -> None:
    killed = run_preset(
        "yolov7-tiny-baseline",
        check_out("yolov7", home),
        *(*ON_CPU, *SMALL, "--set", "args.epochs=4"),
        env={"STANDIN_DIE_AT": "2"},
    )
    assert (killed.phase, killed.exit_code) == ("failed", -9), killed.log
    done = cockpit("resume", killed.run_id, "--follow", "--json")
    resumed = outcome_of(done.stdout)
    assert (resumed.phase, resumed.epochs) == ("succeeded", (4, 4)), resumed.log
    assert "Resuming training from" in resumed.log
    rows = next(resumed.directory.glob("out/*/results.txt")).read_text().splitlines()
    assert [row.split()[0] for row in rows] == ["0/3", "1/3", "2/3", "3/3"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--device", "cpu", "--wandb"], 2, "unrecognized arguments: --wandb"),
        (["--device", "0"], 1, "CUDA unavailable, invalid device 0"),
        (["--device", "cpu", "--local-rank=0"], 2, "unrecognized arguments: --local-rank=0"),
    ],
)
def test_document_000_fails_where_the_preset_departs(
    tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    checkout = check_out("yolov7", tmp_path)
    files = ["--cfg", "cfg/training/yolov7-tiny.yaml", "--hyp", "data/hyp.scratch.tiny.yaml"]
    done = shell(checkout, sys.executable, "train.py", *files, "--weights", "", *words)
    assert done.returncode == code
    assert said in done.stderr
    assert done.stdout == ""  # `> log` would keep nothing


@pytest.mark.parametrize(("name", "batch"), [("mshnet-gpu", 16), ("mshnet-local", 64)])
def test_mshnet_tells_its_epochs_by_its_bars(home: Path, name: str, batch: int) -> None:
    checkout = check_out("mshnet", home)
    run = run_preset(name, checkout, *ON_CPU, "--set", "args.epochs=4")
    assert (run.phase, run.epochs, run.exit_code) == ("succeeded", (4, 4), 0), run.log
    assert run.metrics["metrics/IoU"]["best"] == pytest.approx(0.3)
    assert run.metrics["train/loss"]["last_epoch"] == 4
    metric_log = next(checkout.glob("weight/*/metric.log")).read_text()
    assert len(metric_log.splitlines()) == 2  # only where it became better
    assert run.argv[run.argv.index("--batch-size") + 1] == str(batch)


def test_mshnet_local_takes_the_cpu_by_itself_and_says_so(home: Path) -> None:
    checkout = check_out("mshnet", home)
    words = ["--set", f"launch.workdir={checkout}", "--python", sys.executable]
    words += ["--set", 'launch.modules=["json"]', "--dry-run"]
    local = cockpit("run", "mshnet-local", *words)
    assert local.returncode == 0, local.stderr
    assert "no GPU was found: this trains on the CPU" in local.stderr
    gpu = cockpit("run", "mshnet-gpu", *words)
    assert gpu.returncode == 3
    assert "GPU 0 is asked for, but no GPU was found" in gpu.stderr


def test_mshnet_on_a_tpu_is_refused_without_torch_xla(home: Path) -> None:
    checkout = check_out("mshnet", home)
    words = ("--set", f"launch.workdir={checkout}", "--python", sys.executable)
    done = cockpit("run", "mshnet-tpu", *words)
    assert done.returncode == 3
    assert "torch_xla" in done.stderr
    quiet = shell(checkout, sys.executable, "main_tpu.py", "--use-tpu", "--epochs", "1")
    assert quiet.returncode == 1  # its data folder; given that, it would train on the CPU
    here = ["--dataset-dir", "datasets/IRSTD-1k", "--use-tpu", "--epochs", "1"]
    assert shell(checkout, sys.executable, "main_tpu.py", *here).returncode == 0


def test_mshnet_trains_on_one_core_where_torch_xla_is(home: Path) -> None:
    python = python_with_xla(home)
    checkout = check_out("mshnet", home)
    words = ("--set", "args.epochs=2", "--set", "env.PJRT_DEVICE=CPU")  # no TPU: a dry run
    run = run_preset("mshnet-tpu", checkout, *words, python=python)
    assert (run.phase, run.epochs, run.exit_code) == ("succeeded", (2, 2), 0), run.log
    assert "使用1个核心" in run.log
    here = ["--dataset-dir", "datasets/IRSTD-1k", "--use-tpu", "--num-cores", "8"]
    assert "Unsupported nprocs (8)" in shell(checkout, str(python), "main_tpu.py", *here).stderr


def python_with_xla(folder: Path) -> Path:
    """An interpreter of its own that seems to have torch and torch_xla."""
    venv.create(folder / "xla", with_pip=False)
    packages = next((folder / "xla").glob("lib/python*/site-packages"))
    for name in ("torch", "torch_xla", "libtpu"):
        (packages / name).mkdir()
        (packages / name / "__init__.py").touch()
        about = packages / f"{name}-2.9.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.9.0\n")
    return folder / "xla" / "bin" / "python"


def test_document_002_resumes_by_any_text_and_then_finds_nothing(tmp_path: Path) -> None:
    checkout = check_out("mshnet", tmp_path)
    here = ["--dataset-dir", "datasets/IRSTD-1k", "--if-checkpoint", "False"]
    done = shell(checkout, sys.executable, "main.py", *here)
    assert done.returncode == 1
    assert "/checkpoint.pkl" in done.stderr


def test_layoutmaster_trains_from_a_changed_copy_of_its_settings(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_DEVICES", "simulated:8xh20")
    checkout = check_out("layoutmaster", home)
    before = (checkout / "config_data_action_head.json").read_text()
    words = ("--set", "config.set.training.num_epochs=12", "--set", "config.set.data.batch_size=16")
    run = run_preset("layoutmaster-8gpu", checkout, *words)
    assert (run.phase, run.epochs, run.exit_code) == ("succeeded", (12, 12), 0), run.log
    assert run.metrics["val/loss"]["last"] == pytest.approx(2.75e7)
    assert (checkout / "config_data_action_head.json").read_text() == before
    made = json.loads((run.directory / "config" / "config_data_action_head.json").read_text())
    assert (made["data"]["batch_size"], made["optimizer"]["lr"]) == (16, 4e-4)
    saved = run.directory / "out" / "checkpoints"
    assert sorted(path.name for path in saved.iterdir()) == [
        "best_model.pth",
        "checkpoint_epoch_10.pth",
    ]


def test_layoutmaster_is_asked_for_what_is_left_and_then_predicts(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_DEVICES", "simulated:8xh20")
    checkout = check_out("layoutmaster", home)
    words = ("--set", "config.set.training.num_epochs=25")
    killed = run_preset("layoutmaster-8gpu", checkout, *words, env={"STANDIN_DIE_AT": "23"})
    assert (killed.phase, killed.epochs) == ("failed", (23, 25)), killed.log
    resumed = outcome_of(cockpit("resume", killed.run_id, "--follow", "--json").stdout)
    assert (resumed.phase, resumed.epochs) == ("succeeded", (25, 25)), resumed.log
    assert resumed.log.count("checkpoint_epoch_20.pth") == 2  # saved, and loaded
    assert "Epoch 5/5" in resumed.log
    assert resumed.metrics["val/loss"]["last_epoch"] == 25
    done = cockpit("after", killed.run_id, "predict", "--follow")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "预测完成" in done.stdout
    assert "共保存了 20" in done.stdout


def test_document_003s_own_starts_train_nothing(tmp_path: Path) -> None:
    checkout = check_out("layoutmaster", tmp_path)
    script = shell(checkout, "bash", "start_training.sh")
    assert script.returncode == 0  # it asked, nobody answered
    assert "已取消" in script.stdout
    launcher = shell(checkout, sys.executable, "train_multi_gpu.py")
    assert launcher.returncode == 1
    assert "EOFError" in launcher.stderr
    predicts = shell(
        checkout, sys.executable, "train.py", "--config", "config_data_action_head.json"
    )
    assert "开始预测模式" in predicts.stderr


@pytest.mark.parametrize("ranks", [1, pytest.param(2, marks=[pytest.mark.real, needs("torch")])])
def test_epri_ddp_prints_its_epochs_and_saves_only_what_became_better(
    home: Path, ranks: int
) -> None:
    preset = Path("mine.toml")
    text = (Path(__file__).parents[2] / "presets" / "epri-yolov8-seg-ddp.toml").read_text()
    kind = "torchrun" if ranks > 1 else "python"
    text = text.replace('kind = "torchrun"', f'kind = "{kind}"\ncpu_ranks = {ranks}')
    preset.write_text(text)
    run = run_preset(str(preset), check_out("epri", home), *ON_CPU, "--set", "args.epochs=3")
    assert (run.phase, run.epochs, run.exit_code) == ("succeeded", (3, 3), 0), run.log
    assert run.metrics["loss"]["best"] == pytest.approx(2.0)
    assert f"World Size: {ranks}" in run.log
    assert run.log.count("Saved checkpoint") == 2


def test_document_004_starts_a_script_that_is_not_there(tmp_path: Path) -> None:
    checkout = check_out("epri", tmp_path)
    assert shell(checkout, "bash", "train_ddp.sh", "4").returncode == 127
    assert "SyntaxError" in shell(checkout, sys.executable, "train_ddp.py").stderr
    ignored = shell(checkout, sys.executable, "train_yolo.py", "--epochs", "3")
    assert (ignored.returncode, "Epochs: 100" in ignored.stdout) == (0, True)


def test_a_torch_of_one_gpu_needs_no_torchrun_and_more_pass_the_local_rank(home: Path) -> None:
    checkout = check_out("yolov7", home)
    words = ["--set", f"launch.workdir={checkout}", "--python", sys.executable, *ON_CPU, *SMALL]
    words += ["--set", 'launch.modules=["json"]', "--dry-run", "--json"]
    done = cockpit("run", "yolov7-tiny-baseline", *words)
    argv = json.loads(done.stdout)["argv"]
    assert argv[1:6] == [str(checkout / "train.py"), "--img-size", "320", "320", "--batch-size"]
    assert argv[argv.index("--weights") + 1] == ""
    assert argv[argv.index("--device") + 1] == "cpu"


NASTY = {
    "spaces": "a b  c",
    "quotes": 'it\'s "so"',
    "shell": "$HOME `id` ; rm -rf * && \\",
    "lines": "one\ntwo",
    "dash": "-x --y",
    "words": "訓練資料/学习率",
    "empty": "",
}


@pytest.mark.parametrize(
    "kind",
    ["python", "ultralytics", pytest.param("torchrun", marks=[pytest.mark.real, needs("torch")])],
)
def test_every_value_arrives_as_it_was_given(home: Path, kind: str) -> None:
    """The trainer's own parser has the last word, so argparse is asked, too."""
    checkout = home / "code"
    checkout.mkdir()
    shutil.copy(Path(__file__).parents[1] / "standins" / "echo_argv.py", checkout)
    names = "".join(f"{name} = ''\n" for name in NASTY)
    text = f"""schema = 1\nsummary = "x"\n[launch]\nkind = "{kind}"\nscript = "echo_argv.py"
cpu_ranks = 2\n[args]\n{names}"""
    Path("mine.toml").write_text(text, encoding="utf-8")
    words = [word for name, value in NASTY.items() for word in ("--set", f"args.{name}={value}")]
    run = run_preset("mine.toml", checkout, *words)
    assert run.phase == "succeeded", run.log
    got = json.loads((checkout / "argv.json").read_text())
    if kind == "ultralytics":
        assert got == [f"{name}={value}" for name, value in NASTY.items()] + ["device=cpu"]
        return
    parser = argparse.ArgumentParser()
    for name in NASTY:
        parser.add_argument(f"--{name}")
    assert vars(parser.parse_args(got)) == NASTY
