"""Train an Ultralytics detector from scratch on generated images of coloured shapes.

    python train.py epochs=40 device=cpu
    python train.py resume=true

Arguments are Ultralytics' own, as key=value, and `batch_per_rank`. The images are drawn into
`project`/shapes, the results lie in `project`/`name`. Nothing is downloaded, and the user's own
Ultralytics settings are neither read nor changed.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from shapes import write_shapes

TRAIN_COUNT, VAL_COUNT = 128, 32


def main() -> None:
    """Draw the images if they are not there yet, and train."""
    settings = parse_settings(sys.argv[1:])
    project = Path(settings.get("project", ".")).absolute()
    settings["project"] = str(project)
    isolate(project / "ultralytics")
    wanted = settings.pop("resume", False)
    if wanted:
        last = project / settings["name"] / "weights" / "last.pt"
        resume(last if wanted is True else Path(wanted), settings)
        return
    data = write_shapes(
        project / "shapes", TRAIN_COUNT, VAL_COUNT, settings["imgsz"], settings["seed"]
    )
    print(f"shapes: {TRAIN_COUNT} images to train, {VAL_COUNT} to validate, in {data.parent}")
    batch_per_rank = settings.pop("batch_per_rank")
    settings.setdefault("batch", batch_per_rank * len(str(settings["device"]).split(",")))

    # Reads its settings folder when imported: not before isolate() has chosen one.
    from ultralytics import YOLO

    YOLO(settings.pop("model")).train(data=str(data), **settings)


def parse_settings(words: list[str]) -> dict[str, Any]:
    """Return the defaults with every `key=value` laid over them."""
    settings: dict[str, Any] = {
        "model": "yolo11n.yaml",
        "epochs": 40,
        "imgsz": 128,
        "batch_per_rank": 16,
        "seed": 0,
        "device": "cpu",
        "name": "train",
        # The self-test of mixed precision downloads weights.
        "amp": False,
    }
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise SystemExit(f"{word}: arguments are key=value, as in epochs=3")
        settings[key] = parse_value(value)
    return settings


def parse_value(text: str) -> Any:
    """Return the number, truth value or None that a text spells, else the text: `0,1` is one."""
    try:
        return json.loads({"True": "true", "False": "false", "None": "null"}.get(text, text))
    except ValueError:
        return text


def isolate(config_dir: Path) -> None:
    """Give Ultralytics a settings folder of its own, with the font in it that it asks for."""
    config_dir.mkdir(parents=True, exist_ok=True)
    os.environ["YOLO_CONFIG_DIR"] = str(config_dir)
    os.environ["YOLO_OFFLINE"] = "true"

    import matplotlib
    from ultralytics.utils import USER_CONFIG_DIR

    # It looks for Arial before each training and would fetch it.
    font = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    shutil.copyfile(font, Path(USER_CONFIG_DIR, "Arial.ttf"))


def resume(checkpoint: Path, settings: dict[str, Any]) -> None:
    """Continue from a checkpoint, unless nothing is left to do."""
    from ultralytics import YOLO

    if not checkpoint.exists():
        raise SystemExit(f"resume: there is no {checkpoint}")
    model = YOLO(str(checkpoint))
    # A finished training's checkpoint has epoch -1. Ultralytics would take it for plain weights
    # and start anew, on a data set that it downloads.
    if model.ckpt["epoch"] < 0:
        print(f"resume: nothing is left to do, {checkpoint} is of a finished training")
        return
    model.train(resume=True, device=settings["device"])


if __name__ == "__main__":
    main()
