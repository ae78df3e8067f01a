from __future__ import annotations

import pytest

from cockpit.analysis.workload import (
    GB_PER_S,
    GFLOPS,
    find_gpu,
    find_model,
    get_workload,
    unknown_gpu,
    unknown_model,
)
from cockpit.errors import InputError


@pytest.mark.parametrize(
    ("model", "days"), [("yolov5n", 1), ("yolov5s", 2), ("yolov5m", 4), ("yolov5l", 6)]
)
def test_the_published_training_times_come_out(model: str, days: int) -> None:
    one_image_s = get_workload(model, 640, "V100").image_s
    assert 300 * 118_287 * one_image_s / 86_400 == pytest.approx(days, rel=0.15)


@pytest.mark.parametrize(
    "name", ["yolo11n", "yolo11n.pt", "YOLO11n.yaml", "/home/me/weights/yolo11n.pt", " yolo11n "]
)
def test_a_model_by_any_of_its_names(name: str) -> None:
    assert find_model(name) == "yolo11n"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("RTX 2080", "RTX 2080"),
        ("rtx2080", "RTX 2080"),
        ("NVIDIA GeForce RTX 2080", "RTX 2080"),
        ("NVIDIA GeForce RTX 2080 Ti", "RTX 2080 Ti"),
        ("NVIDIA A100-SXM4-80GB", "A100"),
        ("Tesla V100-SXM2-16GB", "V100"),
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("RTX 3080 Laptop GPU", None),
        ("", None),
    ],
)
def test_a_gpu_by_the_name_its_driver_gives(name: str, known: str | None) -> None:
    assert find_gpu(name) == known


def test_an_unknown_name_brings_the_nearest_or_all() -> None:
    assert "did you mean yolo11" in unknown_model("yolo11z")
    assert "known are yolov5n" in unknown_model("resnet")
    assert "did you mean RTX 2080" in unknown_gpu("rtx 2081")
    assert "known are GTX 1080 Ti" in unknown_gpu("voodoo")
    with pytest.raises(InputError):
        get_workload("resnet", 640, "V100")
    with pytest.raises(InputError):
        get_workload("yolo11n", 640, "voodoo")


def test_every_pair_has_a_time() -> None:
    for model in GFLOPS:
        for gpu in GB_PER_S:
            assert 1e-4 < get_workload(model, 640, gpu).image_s < 1


def test_time_grows_with_the_pixels() -> None:
    small, large = (get_workload("yolo11n", imgsz, "T4").image_s for imgsz in (320, 640))
    assert large == pytest.approx(4 * small)
