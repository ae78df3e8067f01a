"""Small things of a training, really done, because a version number does not prove them."""

from __future__ import annotations

import contextlib
import importlib
import math
import traceback
from typing import Any, Callable

TRIAL_ERRORS = (
    ImportError,
    RuntimeError,
    OSError,
    AttributeError,
    AssertionError,
    TypeError,
    ValueError,
    NotImplementedError,
)
"""What torch raises when a build, a driver or a GPU is not fit."""


def attempt(act: Callable[[], None]) -> str:
    """Return the first line of what `act` raised, or nothing when it worked."""
    try:
        act()
    except TRIAL_ERRORS as error:
        show_traceback()
        return first_line(error)
    return ""


def show_traceback() -> None:
    """Print the current traceback to stderr; a full disk under stderr must not end the tool."""
    with contextlib.suppress(OSError):
        traceback.print_exc()


def first_line(error: BaseException) -> str:
    """Return what an error says in one line."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def convert_batch_norm() -> None:
    """Turn a BatchNorm into a SyncBatchNorm, as a training on several GPUs does."""
    import torch

    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    converted = torch.nn.SyncBatchNorm.convert_sync_batchnorm(model)
    if not isinstance(converted[1], torch.nn.SyncBatchNorm):
        raise RuntimeError("BatchNorm2d was left as it is")


class PlainDescent:
    """Gradient descent without torch.optim, which imports the compiler: a second for each process.

    A gradient scaler takes it for an optimizer.
    """

    def __init__(self, model: Any, rate: float = 0.1) -> None:
        self.param_groups = [{"params": list(model.parameters())}]
        self._rate = rate

    def step(self) -> None:
        """Move each parameter against its gradient."""
        import torch

        with torch.no_grad():
            for parameter in self.param_groups[0]["params"]:
                parameter.sub_(self._rate * parameter.grad)

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.param_groups[0]["params"]:
            parameter.grad = None


def step_in_mixed_precision(device: str) -> None:
    """Take one optimizer step under autocast: scaled float16 on CUDA, bfloat16 on the CPU."""
    import torch

    on_cuda = device.startswith("cuda")
    torch.manual_seed(0)
    model = torch.nn.Linear(16, 4).to(device)
    before = model.weight.detach().clone()
    optimizer = PlainDescent(model)
    # A scale of 1 cannot overflow, so the scaler cannot skip the step that is looked at.
    make_scaler = getattr(torch.amp, "GradScaler", None) or torch.cuda.amp.GradScaler
    scaler = make_scaler(init_scale=1.0, enabled=on_cuda)
    dtype = torch.float16 if on_cuda else torch.bfloat16
    with torch.autocast(device.partition(":")[0], dtype=dtype):
        output = model(torch.ones(8, 16, device=device))
        loss = output.float().square().mean()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    if output.dtype != dtype:
        raise RuntimeError(f"autocast computed in {output.dtype}")
    if not math.isfinite(loss.item()) or torch.equal(before, model.weight):
        raise RuntimeError(f"the step left a loss of {loss.item()} and the same weights")


def suppress_boxes() -> None:
    """Call torchvision's nms: two boxes on each other, of which one stays."""
    import torch

    ops = importlib.import_module("torchvision.ops")
    boxes = torch.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 1.9]])
    kept = ops.nms(boxes, torch.tensor([0.5, 0.9]), 0.5)
    if kept.tolist() != [1]:
        raise RuntimeError(f"torchvision.ops.nms gave {kept.tolist()}")
