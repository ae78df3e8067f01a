"""A small residual network of plain torch layers, for measuring without anyone's model."""

from __future__ import annotations

from typing import Any, Sequence

import torch
from torch import nn


class Block(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """Two 3×3 convolutions and the way around them: (B, I, H, W) to (B, O, H/stride, W/stride)."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.way = nn.Sequential(
            nn.Conv2d(inside, outside, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outside),
            nn.ReLU(inplace=True),
            nn.Conv2d(outside, outside, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outside),
        )
        is_same = stride == 1 and inside == outside
        self.around = nn.Identity() if is_same else nn.Conv2d(inside, outside, 1, stride)

    def forward(self, x: Any) -> Any:
        """Return features, shape (B, O, H/stride, W/stride), in the dtype of `x`."""
        return torch.relu(self.way(x) + self.around(x))


def residual_network(channels: Sequence[int], classes: int) -> Any:
    """Return a network of four stages of two blocks: (B, 3, S, S) to logits (B, classes)."""
    layers = [
        nn.Conv2d(3, channels[0], 7, 2, 3, bias=False),
        nn.BatchNorm2d(channels[0]),
        nn.ReLU(inplace=True),
    ]
    before = channels[0]
    for stage, width in enumerate(channels):
        layers += [Block(before, width, 2 if stage else 1), Block(width, width, 1)]
        before = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, classes))
