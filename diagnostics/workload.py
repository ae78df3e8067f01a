"""What is trained while something is measured: a model, a batch for it and its loss.

A batch is a dict of tensors; `img` is always there, shape (B, 3, S, S), float32, from 0 to 1.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import sys
from pathlib import Path
from typing import Any, ContextManager, Dict

from diagnostics.tracebacks import traceback_of

Batch = Dict[str, Any]
"""Tensors by name."""

SYNTHETIC = "synthetic"
SIZES = {"small": (32, 64, 128, 256), "medium": (64, 128, 256, 512)}
"""Channels of the four stages: 2.8 and 11.2 million parameters (medium is a ResNet-18)."""
CLASSES = 100


class WorkloadError(Exception):
    """A model cannot be had; `what` is one sentence, `traceback_text` the user's own or empty."""

    def __init__(self, what: str, traceback_text: str = "", remedy: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.traceback_text = traceback_text
        self.remedy = remedy


class Workload:
    """A model to train: how it is made, what it is fed, what its loss is."""

    has_real_loss = False
    """The loss is the one that a training of this model uses."""
    uses_ema = False
    """A training of this model keeps a moving average of its weights, a second copy."""
    val_factor = 1
    """So many times the training batch is the batch of a validation."""

    def __init__(self, name: str, image_size: int) -> None:
        self.name = name
        self.image_size = image_size

    def make_model(self) -> Any:
        """Return a new torch.nn.Module, float32, on the CPU, in training mode.

        Raises WorkloadError.
        """
        raise NotImplementedError

    def make_batch(self, batch_size: int, device: Any, generator: Any = None) -> Batch:
        """Return a made-up batch on `device`; `img` has shape (B, 3, S, S), float32.

        With a torch.Generator the values are repeatable; they are then drawn on its device.
        """
        return {"img": random_images(batch_size, self.image_size, device, generator)}

    def loss(self, model: Any, batch: Batch) -> Any:
        """Return the loss, shape (), floating point, on the device of `batch`.

        Only `model(…)` is called, so that a model wrapped in DDP communicates as it should.
        """
        raise NotImplementedError

    def validate(self, model: Any, batch: Batch) -> None:
        """Do what a validation does with one batch; `model` is in eval mode, under no_grad."""
        self.loss(model, batch)


def load_workload(spec: str, image_size: int) -> Workload:
    """Return the workload that `spec` names; nothing is ever downloaded.

    `synthetic` (or synthetic:small, synthetic:medium), NAME.yaml or NAME.pt for Ultralytics,
    `package.module:function` for a function that gives a model. Raises WorkloadError.
    """
    if image_size < 1:
        raise WorkloadError(f"the image size is {image_size}, not a positive number")
    name, colon, rest = spec.partition(":")
    if name == SYNTHETIC:
        return Synthetic(rest if colon else "small", image_size)
    if spec.lower().endswith((".yaml", ".yml", ".pt")):
        from diagnostics.workload_ultralytics import UltralyticsWorkload

        return UltralyticsWorkload(spec, image_size)
    if colon and name and rest.isidentifier():
        return FunctionWorkload(name, rest, image_size)
    raise WorkloadError(
        f"'{spec}' names no model",
        remedy="synthetic, a NAME.yaml or NAME.pt of Ultralytics, or package.module:function",
    )


def default_amp(device_type: str) -> bool:
    """Say whether a training on this device uses mixed precision unless told otherwise."""
    return device_type == "cuda"


def autocast(device_type: str, is_on: bool) -> ContextManager[Any]:
    """Return the context of a forward pass: float16 on CUDA, bfloat16 on a CPU, or nothing."""
    if not is_on:
        return contextlib.nullcontext()
    import torch

    dtype = torch.float16 if device_type == "cuda" else torch.bfloat16
    context: ContextManager[Any] = torch.autocast(device_type, dtype=dtype)
    return context


def random_images(batch_size: int, image_size: int, device: Any, generator: Any = None) -> Any:
    """Return made-up images, shape (B, 3, S, S), float32, from 0 to 1, on `device`."""
    import torch

    if batch_size < 1:
        raise ValueError(f"a batch of {batch_size} has no images")
    drawn_on = generator.device if generator is not None else device
    shape = (batch_size, 3, image_size, image_size)
    return torch.rand(shape, device=drawn_on, generator=generator).to(device)


class Synthetic(Workload):
    """A residual network for images of plain torch layers: 100 classes, cross-entropy."""

    has_real_loss = True

    def __init__(self, size: str, image_size: int) -> None:
        if size not in SIZES:
            what = f"there is no synthetic model '{size}'"
            raise WorkloadError(what, remedy="synthetic:small or synthetic:medium")
        super().__init__(f"{SYNTHETIC}:{size}", image_size)
        self._channels = SIZES[size]

    def make_model(self) -> Any:
        """Return the network: images (B, 3, S, S) to logits (B, 100), float32."""
        from diagnostics.synthetic import residual_network

        return residual_network(self._channels, CLASSES)

    def make_batch(self, batch_size: int, device: Any, generator: Any = None) -> Batch:
        """Return `img` and `cls`, shape (B,), int64."""
        import torch

        images = random_images(batch_size, self.image_size, device, generator)
        return {"img": images, "cls": torch.arange(batch_size, device=device) % CLASSES}

    def loss(self, model: Any, batch: Batch) -> Any:
        """Return the cross-entropy, shape (), float32."""
        import torch

        return torch.nn.functional.cross_entropy(model(batch["img"]).float(), batch["cls"])


class FunctionWorkload(Workload):
    """The model that a function of the user gives."""

    def __init__(self, module: str, function: str, image_size: int) -> None:
        super().__init__(f"{module}:{function}", image_size)
        self._make = _find_function(module, function)

    def make_model(self) -> Any:
        """Return what the function gives, called without arguments."""
        import torch

        try:
            model = self._make()
        except (Exception, SystemExit) as error:
            raise _failed(f"{self.name}() fails", error) from error
        if not isinstance(model, torch.nn.Module):
            what = f"{self.name}() gives {type(model).__name__}, not a torch.nn.Module"
            raise WorkloadError(what)
        return model.float().train()

    def loss(self, model: Any, batch: Batch) -> Any:
        """Return a loss made of whatever the model gives; see `losses.loss_of`."""
        from diagnostics.losses import loss_of

        return loss_of(model(batch["img"]))


def _find_function(module: str, function: str) -> Any:
    folder = str(Path.cwd())
    if folder not in sys.path:
        # As `python train.py` in this folder would see it.
        sys.path.insert(0, folder)
    try:
        found = importlib.import_module(module)
    except (Exception, SystemExit) as error:
        raise _failed(f"{module} cannot be imported", error) from error
    make = getattr(found, function, None)
    if make is None:
        near = difflib.get_close_matches(function, dir(found), 1)
        remedy = f"did you mean {module}:{near[0]}?" if near else None
        raise WorkloadError(f"{module} has no '{function}'", remedy=remedy)
    if not callable(make):
        raise WorkloadError(f"{module}:{function} is no function")
    return make


def _failed(what: str, error: BaseException) -> WorkloadError:
    words = str(error).strip().splitlines()
    said = f"{type(error).__name__}: {words[0]}" if words else type(error).__name__
    return WorkloadError(f"{what}: {said}", traceback_of(error))
