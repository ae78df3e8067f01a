"""Ultralytics models by the name of their yaml or weights, with their own loss.

Ultralytics is the user's, and is loaded by name: nothing here needs it to be installed.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from diagnostics.tracebacks import traceback_of
from diagnostics.workload import Batch, Workload, WorkloadError, random_images

OBJECTS_PER_IMAGE = 20
"""COCO has 7 objects an image, and the mosaic of a training joins parts of four images."""
MASK_RATIO = 4
"""Ultralytics' default: masks are a quarter of the image in each direction."""
TASKS = ("detect", "segment", "pose", "obb", "classify")


class UltralyticsWorkload(Workload):
    """A model that Ultralytics builds, and the loss of its task over made-up objects."""

    has_real_loss = True
    uses_ema = True
    val_factor = 2
    """Ultralytics validates with twice the training batch."""

    def __init__(self, spec: str, image_size: int) -> None:
        super().__init__(spec, image_size)
        self._ultralytics = _import_ultralytics()
        self._source = _find_source(spec, self._ultralytics)
        first = self._build()
        self._task = str(first.task)
        if self._task not in TASKS:
            what = f"{spec} is for the task {self._task}, whose batches are not known here"
            raise WorkloadError(what, remedy="one of " + ", ".join(TASKS))
        self._first: Any = first
        self._keypoints = tuple(getattr(first.model.model[-1], "kpt_shape", (17, 3)))
        stride = getattr(first.model, "stride", None)
        self._check_stride(32 if stride is None else int(max(stride)))

    def make_model(self) -> Any:
        """Return the torch.nn.Module inside, with Ultralytics' default settings for its loss."""
        # The first one was built to learn its task; building takes a second.
        found, self._first = self._first or self._build(), None
        model = found.model
        get_cfg = importlib.import_module("ultralytics.cfg").get_cfg
        model.args = get_cfg(overrides={"task": self._task, "imgsz": self.image_size})
        for parameter in model.parameters():
            parameter.requires_grad_(parameter.is_floating_point())
        return model.float().train()

    def make_batch(self, batch_size: int, device: Any, generator: Any = None) -> Batch:
        """Return images and what the loss of the task asks for, all on `device`.

        With N = 20 B objects: `cls` (N, 1), `bboxes` (N, 4) as centre and size from 0 to 1,
        (N, 5) with an angle for obb, `batch_idx` (N,), all float32; `masks` (B, S/4, S/4)
        float32, `keypoints` (N, K, 3) float32. For classify `cls` is (B,), int64.
        """
        import torch

        batch: Batch = {"img": random_images(batch_size, self.image_size, device, generator)}
        if self._task == "classify":
            batch["cls"] = torch.arange(batch_size, device=device) % 10
            return batch
        count = batch_size * OBJECTS_PER_IMAGE
        drawn = torch.rand((count, 4), generator=generator, device=_place(device, generator))
        boxes = torch.cat((0.2 + 0.6 * drawn[:, :2], 0.05 + 0.3 * drawn[:, 2:]), 1).to(device)
        index = torch.arange(count, device=device)
        batch["batch_idx"] = (index // OBJECTS_PER_IMAGE).float()
        batch["cls"] = torch.zeros((count, 1), device=device)
        batch["bboxes"] = boxes
        if self._task == "obb":
            batch["bboxes"] = torch.cat((boxes, torch.full((count, 1), 0.3, device=device)), 1)
        if self._task == "segment":
            batch["masks"] = self._masks(batch_size, device)
            batch["sem_masks"] = torch.zeros_like(batch["masks"], dtype=torch.int64)
        if self._task == "pose":
            points, values = self._keypoints
            keypoints = boxes[:, None, :2].repeat(1, points, 1)
            seen = torch.ones((count, points, values - 2), device=device)
            batch["keypoints"] = torch.cat((keypoints, seen), 2)
        return batch

    def loss(self, model: Any, batch: Batch) -> Any:
        """Return the sum of the losses of the task over the batch, shape (), float32."""
        loss = model(batch)[0]
        return loss.sum()

    def validate(self, model: Any, batch: Batch) -> None:
        """Predict and compute the loss of the predictions, as Ultralytics' validator does."""
        model.loss(batch, model(batch["img"]))

    def _masks(self, batch_size: int, device: Any) -> Any:
        """Return overlapping masks, shape (B, S/4, S/4), float32: object numbers, 0 is none."""
        import torch

        side = self.image_size // MASK_RATIO
        numbers = torch.arange(side * side, device=device) % (OBJECTS_PER_IMAGE + 1)
        return numbers.reshape(1, side, side).repeat(batch_size, 1, 1).float()

    def _build(self) -> Any:
        name = "RTDETR" if "rtdetr" in Path(self._source).stem else "YOLO"
        try:
            return getattr(self._ultralytics, name)(self._source)
        except (Exception, SystemExit) as error:
            what = f"Ultralytics cannot build {self.name}: {error or type(error)}"
            raise WorkloadError(what.splitlines()[0], traceback_of(error)) from error

    def _check_stride(self, stride: int) -> None:
        if self.image_size % stride and self._task != "classify":
            near = max(stride, round(self.image_size / stride) * stride)
            size = f"an image size of {self.image_size}"
            what = f"{size} is no multiple of {stride}, the stride of {self.name}"
            raise WorkloadError(what, remedy=f"--imgsz {near}")


def _place(device: Any, generator: Any) -> Any:
    return generator.device if generator is not None else device


def _import_ultralytics() -> Any:
    # It would otherwise install what it misses and look for updates while it is measured.
    os.environ.setdefault("YOLO_AUTOINSTALL", "false")
    os.environ.setdefault("YOLO_OFFLINE", "true")
    try:
        return importlib.import_module("ultralytics")
    except (Exception, SystemExit) as error:
        what = f"Ultralytics cannot be imported: {error or type(error).__name__}"
        remedy = "pip install ultralytics, or choose the interpreter that has it"
        raise WorkloadError(what.splitlines()[0], traceback_of(error), remedy) from error


def _find_source(spec: str, ultralytics: Any) -> str:
    """Return where the model is; weights that are not on this machine are an error."""
    if "://" in spec:
        raise WorkloadError(f"{spec} is an address; nothing is downloaded")
    if not spec.endswith(".pt"):
        return spec
    kept = Path(str(ultralytics.settings.get("weights_dir", "weights"))) / spec
    for place in (Path(spec).expanduser(), kept):
        if place.is_file():
            return str(place.resolve())
    remedy = "{}.yaml has the same layers and needs no weights".format(spec[: -len(".pt")])
    raise WorkloadError(f"{spec} is not on this machine; nothing is downloaded", "", remedy)
