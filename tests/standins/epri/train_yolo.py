"""Behaves like train_yolo.py of EPRI's repository: all values are fixed, arguments are ignored."""

from __future__ import annotations

print("Model: yolov8m-seg.pt\nDevice: cpu\nEpochs: 100")
