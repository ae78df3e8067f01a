"""Known inputs for each rank, and how many elements of a result are not what they must be."""

from __future__ import annotations

from typing import Any

PERIOD = 1009
"""A prime: a part that lands in another place is seen."""
COPIES = 512
LARGEST_SUM = 255
"""Exact in every data type here, bfloat16 and uint8 too."""


def pattern(rank: int, world_size: int) -> Any:
    """Return the values of one rank, which repeat, shape (PERIOD,), int64, on the CPU."""
    import torch

    index = torch.arange(PERIOD)
    values = min(7, LARGEST_SUM // world_size + 1)
    return (index * index + 31 * rank * index + 17 * rank) % PERIOD % values


def summed(world_size: int) -> Any:
    """Return the sum of the values of all ranks, shape (PERIOD,), int64, on the CPU."""
    return sum(pattern(rank, world_size) for rank in range(world_size))


def fill(tensor: Any, values: Any) -> None:
    """Write the repeated values into a tensor, shape (n,), of any data type and device."""
    block = values.to(tensor.dtype).to(tensor.device).repeat(COPIES)
    for start in range(0, tensor.numel(), block.numel()):
        part = tensor[start : start + block.numel()]
        part.copy_(block[: part.numel()])


def count_wrong(tensor: Any, values: Any, offset: int = 0) -> int:
    """Return how many elements differ from the repeated values, begun at `offset`; NaN differs."""
    shifted = values.roll(-(offset % PERIOD))
    block = shifted.to(tensor.dtype).to(tensor.device).repeat(COPIES)
    wrong = 0
    for start in range(0, tensor.numel(), block.numel()):
        part = tensor[start : start + block.numel()]
        wrong += int((part != block[: part.numel()]).sum())
    return wrong


def count_not_finite(tensor: Any) -> int:
    """Return how many elements are NaN or infinite."""
    block = PERIOD * COPIES
    starts = range(0, tensor.numel(), block)
    return sum(int((~tensor[start : start + block].isfinite()).sum()) for start in starts)
