"""A real training step of a workload, and a validation: what fills the memory."""

from __future__ import annotations

import copy
import time
from typing import Any, Iterator

from diagnostics.workload import Workload, autocast

EMA_DECAY = 0.9999
OPTIMIZERS = ("sgd", "adamw")


class Training:
    """One model on one device, trained on one made-up batch."""

    def __init__(
        self, workload: Workload, batch_size: int, device: str, optimizer: str, amp: bool
    ) -> None:
        import torch

        self._torch = torch
        self._workload = workload
        self._batch_size = batch_size
        self._device = device
        self._amp = amp
        self._model = workload.make_model().to(device)
        self._ema = copy.deepcopy(self._model).eval() if workload.uses_ema else None
        self._optimizer = _make_optimizer(torch, optimizer, self._model)
        make_scaler = getattr(torch.amp, "GradScaler", None) or torch.cuda.amp.GradScaler
        self._scaler = make_scaler(enabled=amp and device == "cuda")
        self._batch = workload.make_batch(batch_size, device)

    @property
    def weight_bytes(self) -> int:
        """What the weights take; the gradients take as much."""
        return sum(one.numel() * one.element_size() for one in self._model.parameters())

    def steps(self, count: int) -> Iterator[tuple[float, bool]]:
        """Take so many steps; yield the seconds of each, and whether its loss was finite."""
        self._model.train()
        for _ in range(count):
            began_s = time.perf_counter()
            loss = self._step()
            # Asking for the value also waits for the device.
            is_finite = bool(self._torch.isfinite(loss).item())
            yield time.perf_counter() - began_s, is_finite

    def validate(self) -> None:
        """Do what a validation does with one batch, on the averaged weights where there are any."""
        model = self._ema or self._model
        model.eval()
        size = self._batch_size * self._workload.val_factor
        with self._torch.no_grad(), autocast(self._device, self._amp):
            self._workload.validate(model, self._workload.make_batch(size, self._device))

    def _step(self) -> Any:
        """Return the loss of one optimizer step, shape (), detached."""
        self._optimizer.zero_grad(set_to_none=True)
        with autocast(self._device, self._amp):
            loss = self._workload.loss(self._model, self._batch)
        self._scaler.scale(loss).backward()
        self._scaler.step(self._optimizer)
        self._scaler.update()
        if self._ema is not None:
            self._average(self._ema)
        return loss.detach()

    def _average(self, ema: Any) -> None:
        with self._torch.no_grad():
            now = self._model.state_dict()
            for name, mean in ema.state_dict().items():
                if name in now and mean.is_floating_point():
                    mean.mul_(EMA_DECAY).add_(now[name].detach(), alpha=1 - EMA_DECAY)


def median(values: list[float]) -> float:
    """Return the middle one, the larger of two."""
    return sorted(values)[len(values) // 2]


def _make_optimizer(torch: Any, name: str, model: Any) -> Any:
    parameters = [one for one in model.parameters() if one.requires_grad]
    if name == "adamw":
        return torch.optim.AdamW(parameters, lr=1e-5)
    return torch.optim.SGD(parameters, lr=1e-5, momentum=0.9, nesterov=True)
