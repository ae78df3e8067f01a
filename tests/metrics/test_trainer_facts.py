from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.metrics.grammar_toml import find_grammar
from cockpit.metrics.series import TrainerFacts
from cockpit.metrics.trainer_facts import FactReader
from tests.metrics.paths import DATA, read_table

NEW = TrainerFacts(gpus_used=0, train_samples=64, val_samples=16, image_size=128)

REAL = {
    "ultralytics_detect_8.0.100.log.raw": NEW,
    "ultralytics_detect_8.3.0.log.raw": NEW,
    "ultralytics_detect_nohup.log.raw": NEW,
    "yolov7_killed_in_epoch3.log.raw": replace(NEW, world_size=1),
    "torchrun_success.stdout": TrainerFacts(world_size=2),
    "hf_run.log.raw": TrainerFacts(),
}


def facts_of(*lines: str, reader: str = "none") -> TrainerFacts:
    one = FactReader(find_grammar(reader))
    one.feed(lines)
    return one.facts()


@pytest.mark.parametrize("name", REAL)
def test_what_real_trainers_say_of_themselves(name: str) -> None:
    lines = (DATA / name).read_text(encoding="utf-8", errors="replace").split("\n")
    assert facts_of(*lines) == REAL[name]


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        ("World Size: 8", TrainerFacts(world_size=8)),
        ("[default0]:world_size=8", TrainerFacts(world_size=8)),
        ("handwritten digits on 2 × CPU (gloo): 16 images", TrainerFacts(2, gpus_used=0)),
        ("handwritten digits on 4 × NVIDIA H200 (nccl): 16", TrainerFacts(4)),
        ("shapes: 64 images to train, 16 to validate, in /x", TrainerFacts()),  # drawn, not used
        (
            "Using 64 train, 32 val images for fraction=0.5 at imgsz=128",
            TrainerFacts(None, None, 64, 32, 128),
        ),
        ("Initializing distributed: GLOBAL_RANK: 0, MEMBER: 1/8", TrainerFacts(8)),
        ("GPU available: True (cuda), used: False", TrainerFacts(gpus_used=0)),
        ("GPU available: True (cuda), used: True", TrainerFacts()),
        ("Using 8 GPUs", TrainerFacts(gpus_used=8)),
        ("Let's use 4 GPUs!", TrainerFacts(gpus_used=4)),
        ("  Num examples = 12,800", TrainerFacts(train_samples=12800)),
        ("Training samples: 800", TrainerFacts(train_samples=800)),
        ("INFO:root:World size: 8, rank 0", TrainerFacts(8)),
        ("tensor parallel world size: 1", TrainerFacts()),
        ("LOCAL_WORLD_SIZE=1, local world size: 1", TrainerFacts()),
        ("the world size of 8 is large", TrainerFacts()),
        ("Using 8 dataloader workers", TrainerFacts()),
        ("train: Scanning a... 32 images, 0 corrupt:  50%|##| 32/64", TrainerFacts()),
    ],
)
def test_one_line_tells(line: str, facts: TrainerFacts) -> None:
    assert facts_of(line) == facts


def test_the_gpus_that_a_trainer_lists_are_counted() -> None:
    first = (
        "Ultralytics 8.4.190 🚀 Python-3.11.7 torch-2.13.0+cu128 CUDA:0 (NVIDIA H200, 143771MiB)"
    )
    assert facts_of(first).gpus_used == 1
    further = " " * 60 + "CUDA:1 (NVIDIA H200, 143771MiB)"
    assert facts_of(first, further, first, further).gpus_used == 2


def test_the_first_word_counts_and_its_line_is_kept() -> None:
    reader = FactReader()
    reader.feed(["hello", "  Num examples = 64"])
    reader.feed(["  Num examples = 16"])
    assert reader.facts().train_samples == 64
    assert reader.lines == {"train_samples": 2}
    reader.restart()
    assert (reader.facts(), reader.lines) == (TrainerFacts(), {})


def test_layoutmaster_says_how_many_gpus_and_samples() -> None:
    lines = (
        "✅ 使用 8 个GPU进行训练",
        "✅ 训练数据集包含 800 个样本",
        "✅ 验证数据集包含 200 个样本",
    )
    assert facts_of(*lines, reader="layoutmaster-log") == TrainerFacts(None, 8, 800, 200)


def test_a_log_that_holds_the_curves_holds_the_facts_too(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("World Size: 4\nEpoch 1\n  Average Loss: 2.5\n")
    assert read_table(log, "epri-log").facts.world_size == 4
