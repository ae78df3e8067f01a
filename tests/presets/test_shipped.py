"""The shipped presets: what each would start on the machine that its guide has in mind."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.cli.preset_text import command_lines, explain
from cockpit.launch.plan import Gpu, LaunchPlan, Machine
from cockpit.launch.planner import Place, plan_launch
from cockpit.launch.ultralytics import ENTRY
from cockpit.presets.check import problems_of_preset
from cockpit.presets.load import find_presets
from cockpit.presets.resolve import problems_of_file, resolve
from tests.standins.checkouts import COCO, HERE

GUIDES = (
    "yolov7-tiny-baseline",
    "yolov7-tiny-1b4h",
    "obstacle-yolo11n-16gpu",
    "mshnet-tpu",
    "mshnet-gpu",
    "mshnet-local",
    "layoutmaster-8gpu",
    "epri-yolov8-seg",
    "epri-yolov8-seg-ddp",
)
TEXTS = {
    "data": COCO + "path: data/seed_dataset\n",
    "config": (HERE / "layoutmaster" / "config_data_action_head.json").read_text(),
}


def plan(name: str, gpu_count: int, **settings: str) -> LaunchPlan:
    overrides = {key.replace("__", "."): value for key, value in settings.items()}
    preset = resolve(name, {"launch.workdir": "/code", **overrides})
    gpus = tuple(
        Gpu(index, f"GPU-{index}", "GPU", 96 << 30, 0, is_busy=False) for index in range(gpu_count)
    )
    place = Place(
        Path("/py"), "2.13.0", Path("/r/out"), Path("/r/config"), {}, texts=texts_for(preset.data)
    )
    return plan_launch(preset, Machine(gpus, cpu_count=32), place)


def texts_for(data: object) -> dict[str, str]:
    return TEXTS if data else {"config": TEXTS["config"]}


def wanted(plan: LaunchPlan) -> dict[str, str]:
    return {name: item.value for name, item in plan.env.items() if item.source == "preset"}


YOLOV7 = """--img-size 320 320 --batch-size 384 --epochs 100 --cfg cfg/training/{cfg}.yaml
--weights '' --hyp data/hyp.scratch.tiny{hyp}.yaml --device {gpus} --workers 8 --project /r/out
--name {name} --exist-ok --noautoanchor --cache-images --data /r/config/{data}.yaml"""


def words(text: str) -> tuple[str, ...]:
    return tuple("" if word == "''" else word for word in text.split())


@pytest.mark.parametrize(
    ("preset", "parts"),
    [
        (
            "yolov7-tiny-baseline",
            {"cfg": "yolov7-tiny", "hyp": "", "name": "yolov7_tiny_baseline_320", "data": "coco"},
        ),
        (
            "yolov7-tiny-1b4h",
            {
                "cfg": "yolov7-tiny-multihead-proper",
                "hyp": ".multihead.320",
                "name": "yolov7_tiny_1b4h_320",
                "data": "coco-multihead",
            },
        ),
    ],
)
def test_yolov7_on_one_gpu_and_on_two(home: Path, preset: str, parts: dict[str, str]) -> None:
    one = plan(preset, 2)
    assert one.argv == ("/py", "/code/train.py", *words(YOLOV7.format(gpus="0", **parts)))
    assert wanted(one) == {"TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1"}
    assert one.batch is not None
    assert (one.epochs, one.batch.global_batch) == (100, 384)
    assert one.results == Path("/r/out") / parts["name"] / "results.txt"
    two = plan(preset, 2, launch__gpus="2")
    assert two.argv == (
        *("/py", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"),
        *("/r/config/with_local_rank.py", "--local_rank", "/code/train.py"),
        *words(YOLOV7.format(gpus="0,1", **parts)),
    )
    assert Path("/r/config/with_local_rank.py") in two.files


OBSTACLES = """detect train model=yolo11n.pt epochs=100 batch=256 imgsz=640 optimizer=AdamW lr0=0.04
warmup_epochs=5 mosaic=1.0 mixup=0.2 degrees=10.0 patience=30 save_period=10 workers=8 amp=True
cache=True project=/r/out name=obstacle_yolo11n_16gpu exist_ok=True
device=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 data=/r/config/data.yaml"""


def test_obstacles_on_16_gpus(home: Path) -> None:
    found = plan("obstacle-yolo11n-16gpu", 16)
    assert found.argv == ("/py", "-c", ENTRY, *words(OBSTACLES))
    assert found.batch is not None
    assert (found.batch.batch_per_rank, found.batch.lr) == (16, 0.04)
    assert wanted(found) == {}
    assert "path: data/yolo_dataset\n" in found.files[Path("/r/config/data.yaml")]
    half = plan("obstacle-yolo11n-16gpu", 16, args__batch="128")
    assert "lr0=0.02" in half.argv


MSHNET = """--dataset-dir ./datasets/IRSTD-1k --batch-size {batch} --epochs 400 --lr 0.05
--warm-epoch 5 --base-size 256 --crop-size 256 --mode train"""


@pytest.mark.parametrize(
    ("preset", "start", "rest"),
    [
        ("mshnet-tpu", "main_tpu.py", MSHNET.format(batch=32) + " --use-tpu --num-cores 1"),
        ("mshnet-gpu", "main.py", MSHNET.format(batch=16)),
        ("mshnet-local", "main.py", MSHNET.format(batch=64)),
    ],
)
def test_mshnet(home: Path, preset: str, start: str, rest: str) -> None:
    found = plan(preset, 2)
    assert found.argv == ("/py", f"/code/{start}", *words(rest))
    assert found.gpus == (() if "tpu" in preset else (0,))
    assert found.checkpoint is None  # it cannot resume
    assert found.metrics_reader == "mshnet-log"


def test_layoutmaster_on_8_gpus(home: Path) -> None:
    found = plan("layoutmaster-8gpu", 8)
    config = "/r/config/config_data_action_head.json"
    assert found.argv == ("/py", "/code/train.py", "--mode", "train", "--config", config)
    assert found.gpus == tuple(range(8))
    assert found.world_size == 1  # DataParallel: one process
    assert wanted(found) == {"OMP_NUM_THREADS": "8", "TORCH_CUDNN_V8_API_ENABLED": "1"}
    assert found.batch is not None
    assert (found.epochs, found.batch.global_batch) == (100, 32)
    assert '"save_dir": "/r/out/checkpoints"' in found.files[Path(config)]


EPRI = """segment train model=yolov8m-seg.pt data=data/processed/dataset.yaml epochs=100 imgsz=640
batch=16 patience=50 seed=42 project=/r/out name=epri_distribution exist_ok=True device=0"""
EPRI_DDP = """/code/train_yolo_ddp.py --model yolov8m-seg.pt --data data/processed/dataset.yaml
--epochs 100 --batch-size 16 --img-size 640 --lr 0.01 --weight-decay 0.0005 --save-dir /r/out"""


def test_epri(home: Path) -> None:
    assert plan("epri-yolov8-seg", 4).argv == ("/py", "-c", ENTRY, *words(EPRI))
    ddp = plan("epri-yolov8-seg-ddp", 4)
    start = ("/py", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=4")
    assert ddp.argv == (*start, *words(EPRI_DDP))
    assert ddp.batch is not None
    assert ddp.batch.global_batch == 64


@pytest.mark.parametrize("name", GUIDES)
def test_a_guides_preset_lacks_only_its_code_here(home: Path, name: str) -> None:
    preset = resolve(name, {"launch.workdir": str(home / "nowhere")})
    missing = f"launch.workdir: {home / 'nowhere'} does not exist"
    assert problems_of_preset(preset) == [missing]
    assert preset.departures
    assert all(
        step.done_when or step.command.startswith(("pip ", "bash ")) for step in preset.prepare
    )
    assert (preset.prepare[0].done_when or "").startswith(f"{home / 'nowhere'}/")


def test_the_list_calls_no_shipped_preset_broken(home: Path) -> None:
    entries = {entry.name: entry.problems for entry in find_presets()}
    assert set(GUIDES) <= set(entries)
    assert not any(entries.values())


@pytest.mark.parametrize("name", GUIDES)
def test_show_tells_every_departure_and_step_in_80_columns(home: Path, name: str) -> None:
    preset = resolve(name, {"args.epochs": "3"} if "layout" not in name else {})
    lines = explain(preset, 80)
    document = tomllib.loads(preset.file.read_text(encoding="utf-8"))
    text = " ".join(" ".join(lines).split())
    for departure in document["departure"]:
        assert " ".join(departure["from"].split()) in text
        assert " ".join(departure["why"].split()) in text
    for step in (*preset.prepare, *preset.after):
        assert " ".join(" ".join(command_lines(step.command, 76)).split()) in text
    wide = [line for line in lines if len(line) > 80]
    assert not [line for line in wide if "bash" not in line and "'" not in line and "/" not in line]
    if "layout" not in name:
        assert any(line.split() == ["args.epochs", "3", "--set"] for line in lines)


def test_the_place_of_the_code_follows_in_the_steps(home: Path) -> None:
    preset = resolve("mshnet-gpu", {"launch.workdir": "~/my code"})
    clone = preset.prepare[0]
    assert clone.command.endswith("MSHNet.git '~/my code'")
    assert clone.done_when == "~/my code/main.py"


def test_a_shipped_preset_copied_is_the_same(home: Path) -> None:
    from cockpit.presets.copying import copy_preset

    source = resolve("layoutmaster-8gpu")
    copy_preset(source.file, "mine", locations.config_dir() / "presets")
    again = replace(resolve("mine"), name=source.name, file=source.file, origin=source.origin)
    assert again == source


def test_a_check_tells_wrong_types_and_parts_that_do_not_fit_at_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'schema = 1\nsumary = "x"\n[launch]\nkind = "pythn"\nscript = "no.py"\n'
        '[args]\nepochs = {a = 1}\nx = "{uot}"\n[epochs]\nargument = "epoch"\n'
        '[batch]\nargument = "epochs"\n[[prepare]]\nwhat = 3\n'
    )
    found = [
        problem.removeprefix(f"{file}: ").partition(": ")[0] for problem in problems_of_file(file)
    ]
    assert found == [
        "summary",
        "sumary",
        "launch.kind",
        "args.epochs",
        "prepare 1",
        "prepare 1",
        "launch.script",
        "epochs.argument",
        "args.x",
    ]
