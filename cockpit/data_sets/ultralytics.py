"""The settings of a user's Ultralytics: where it looks for data sets and weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cockpit.files import read_json

_TASKS: Final = {"seg": "segment", "pose": "pose", "obb": "obb", "cls": "classify"}
_ASSET: Final = re.compile(
    r"(yolov8[nsmlx](-seg|-cls|-pose|-obb|-oiv7)?|yolo(11|26)[nsmlx](-seg|-cls|-pose|-obb)?"
    r"|yolo12[nsmlx]|yolov5[nsmlx]6?u|yolov3(-spp|-tiny)?u|yolov9[tsmce](-seg)?|yolov10[nsmblx]"
    r"|yolov8[smlx]-world(v2)?|yoloe-.+|rtdetr-[lx]|sam2?(\.1)?_[blst]|FastSAM-[sx]|mobile_sam"
    r"|yolo_nas_[sml])\.pt"
)
"""GITHUB_ASSETS_NAMES of Ultralytics 8.4.190: weights that it fetches by itself."""
_SHIPPED_MODEL: Final = re.compile(r"(yolov?\d+|yoloe|rtdetr)[\w.-]*\.ya?ml", re.IGNORECASE)
"""Architectures that come with the package, as cfg/models of 8.4.190 has them."""


def read_settings(environ: Mapping[str, str], home: Path) -> Mapping[str, Path]:
    """Return datasets_dir and weights_dir as far as they are written; they need not be there."""
    config = environ.get("YOLO_CONFIG_DIR") or environ.get("XDG_CONFIG_HOME")
    base = Path(config).expanduser() if config else home / ".config"
    values = read_json(base / "Ultralytics" / "settings.json") or {}
    return {
        name: Path(value)
        for name in ("datasets_dir", "weights_dir")
        if isinstance(value := values.get(name), str) and value
    }


def task_in_name(model: str) -> str | None:
    """Return `segment` for `yolov8m-seg.pt`; None where a name says nothing."""
    stem = Path(model).stem
    return next((task for ending, task in _TASKS.items() if f"-{ending}" in stem), None)


def is_fetched(weights: str) -> bool:
    """Say whether Ultralytics fetches weights of that name when they are not there."""
    return _ASSET.fullmatch(Path(weights).name) is not None


def is_shipped_model(name: str) -> bool:
    """Say whether a name is that of an architecture which comes with Ultralytics."""
    return "/" not in name and _SHIPPED_MODEL.fullmatch(name) is not None
