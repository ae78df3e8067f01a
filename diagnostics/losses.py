"""A loss for a model of which only the output is known."""

from __future__ import annotations

from typing import Any, Iterable


def loss_of(output: Any) -> Any:
    """Return a loss, shape (), float32.

    A dict or tuple of losses (shape ()) is summed. Otherwise the first tensor counts: logits
    (B, C) or (B, C, …) meet made-up classes in a cross-entropy, one channel meets zeros in a
    binary one, anything else is driven to zero.
    """
    tensors = list(_tensors(output))
    if not tensors:
        raise TypeError(f"the model gives {type(output).__name__}, which holds no tensor")
    losses = [tensor for tensor in tensors if tensor.dim() == 0]
    if losses:
        return _sum(losses)
    return _made_up_loss(tensors[0].float())


def _tensors(output: Any) -> Iterable[Any]:
    import torch

    if isinstance(output, torch.Tensor):
        if output.is_floating_point():
            yield output
    elif isinstance(output, dict):
        for value in output.values():
            yield from _tensors(value)
    elif isinstance(output, (tuple, list)):
        for value in output:
            yield from _tensors(value)
    elif hasattr(output, "to_tuple"):
        # What models of transformers give.
        yield from _tensors(output.to_tuple())


def _sum(losses: list[Any]) -> Any:
    total = losses[0].float()
    for loss in losses[1:]:
        total = total + loss.float()
    return total


def _made_up_loss(output: Any) -> Any:
    import torch
    from torch.nn import functional

    if output.dim() not in (2, 4):
        return output.square().mean()
    if output.shape[1] == 1:
        zeros = torch.zeros_like(output)
        return functional.binary_cross_entropy_with_logits(output, zeros)
    shape = (output.shape[0], *output.shape[2:])
    count = output.numel() // output.shape[1]
    classes = torch.arange(count, device=output.device).reshape(shape) % output.shape[1]
    return functional.cross_entropy(output, classes)
