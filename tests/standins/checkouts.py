"""Checkouts of the guides' repositories, with stand-ins for their trainers."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.cli.calling import cockpit

HERE: Final = Path(__file__).parent
COCO: Final = (
    "train: ./coco/train2017.txt\nval: ./coco/val2017.txt\ntest: ./coco/test.txt\nnc: 80\n"
)
FILES: Final = {
    "yolov7": {
        "data/coco.yaml": COCO,
        "data/coco-multihead.yaml": COCO,
        "data/hyp.scratch.tiny.yaml": "lr0: 0.01\n",
        "data/hyp.scratch.tiny.multihead.320.yaml": "lr0: 0.01\n",
        "cfg/training/yolov7-tiny.yaml": "nc: 80\n",
        "cfg/training/yolov7-tiny-multihead-proper.yaml": "nc: 80\n",
        "coco/train2017.txt": "",
        "coco/val2017.txt": "",
    },
    "mshnet": {
        "datasets/IRSTD-1k/trainval.txt": "XDU0\n",
        "datasets/IRSTD-1k/test.txt": "XDU1\n",
        "run.sh": "python main.py --dataset-dir './datasets/IRSTD-1k' --batch-size 64\n",
    },
    "layoutmaster": {},
    "epri": {
        "data/processed/dataset.yaml": "path: /data\n",
        "train_ddp.py": '#!/bin/bash\nNUM_GPUS=${1:-$(nvidia-smi -L | wc -l)}\necho "$NUM_GPUS"\n',
    },
}
"""What lies there besides the trainers."""


def check_out(name: str, folder: Path) -> Path:
    """Return a checkout of a stand-in repository; its path has a space in it, as people's do."""
    target = folder / f"my {name}"
    shutil.copytree(HERE / name, target, ignore=shutil.ignore_patterns("__*__*"))
    for file, text in FILES[name].items():
        path = target / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return target


@dataclass(frozen=True)
class Outcome:
    """A run that is over, as `cockpit show --json` tells it."""

    run_id: str
    phase: str
    argv: list[str]
    epochs: tuple[int | None, int | None]
    exit_code: int | None
    metrics: dict[str, dict[str, float]]
    log: str
    directory: Path


def run_preset(
    name: str,
    checkout: Path,
    *words: str,
    env: dict[str, str] | None = None,
    python: str | Path = sys.executable,
) -> Outcome:
    """Launch a preset on a checkout and wait for its end."""
    where = ["--set", f"launch.workdir={checkout}", "--python", str(python)]
    any_machine = ["--set", 'launch.modules=["json"]', "--set", "retry.attempts=0"]
    done = cockpit("run", name, *where, *any_machine, *words, "--follow", "--json", env=env)
    assert done.returncode in (0, 4), done.stderr
    return outcome_of(done.stdout)


def outcome_of(text: str) -> Outcome:
    shown = json.loads(text)
    return Outcome(
        run_id=shown["run_id"],
        phase=shown["phase"],
        argv=shown["argv"],
        epochs=(shown["epoch"], shown["epochs"]),
        exit_code=shown["exit_code"],
        metrics=shown["metrics"],
        log=Path(shown["log"]).read_text(encoding="utf-8"),
        directory=Path(shown["dir"]),
    )
