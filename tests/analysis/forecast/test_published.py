from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.analysis.forecast.time.published import device_slowness, image_time, model_slowness
from cockpit.catalog.load import shipped_catalog
from cockpit.catalog.rows import Accelerator, ModelEntry, Runtime

CATALOG = shipped_catalog()
V100 = CATALOG.accelerators["v100"]
T4 = CATALOG.accelerators["t4"]
CPU = CATALOG.accelerators["cpu"]
YOLO11N = CATALOG.models["yolo11n"]


def seconds(model: ModelEntry, imgsz: int, accelerator: Accelerator, device: str = "") -> float:
    found = image_time(model, imgsz, accelerator, device)
    assert found is not None
    return found.seconds


@pytest.mark.parametrize(
    ("model", "days"), [("yolov5n", 1), ("yolov5s", 2), ("yolov5m", 4), ("yolov5l", 6)]
)
def test_the_published_training_times_come_out(model: str, days: int) -> None:
    one_image_s = seconds(CATALOG.models[model], 640, V100)
    launching_s = 118_287 / 64 * 0.02
    assert 300 * (118_287 * one_image_s + launching_s) / 86_400 == pytest.approx(days, rel=0.15)


def test_gpus_are_in_the_order_that_people_see() -> None:
    """Older to newer, and tensor cores count: bandwidth alone had the P100 at two T4s."""
    names = ("k80", "gtx-1080-ti", "rtx-2080", "l4", "v100", "rtx-3090", "a100", "l40s", "h100")
    times = [seconds(YOLO11N, 640, CATALOG.accelerators[name]) for name in names]
    assert times == sorted(times, reverse=True)
    p100 = seconds(YOLO11N, 640, CATALOG.accelerators["p100"])
    assert seconds(YOLO11N, 640, T4) / p100 < 1.5


def test_every_model_has_an_honest_time_on_every_accelerator() -> None:
    for model in CATALOG.models.values():
        for accelerator in CATALOG.accelerators.values():
            found = image_time(model, 640, accelerator)
            assert found is not None, accelerator.key
            assert 1e-5 < found.seconds < 1000
            assert found.factor >= 2


def test_time_grows_with_the_pixels() -> None:
    assert seconds(YOLO11N, 640, T4) == pytest.approx(4 * seconds(YOLO11N, 320, T4))
    assert seconds(YOLO11N, 640, CPU) == pytest.approx(4 * seconds(YOLO11N, 320, CPU))


def test_a_models_own_image_size_does_not_change_what_it_computes() -> None:
    halved = replace(YOLO11N, gflops=YOLO11N.gflops / 4, imgsz=320)
    assert seconds(halved, 640, T4) == pytest.approx(seconds(YOLO11N, 640, T4))


def test_what_is_less_alike_the_anchor_is_less_sure() -> None:
    factors = []
    bare = replace(V100, gb_per_s=None)
    for accelerator in (V100, bare, CATALOG.accelerators["tpu-v2-8"], CPU):
        found = image_time(YOLO11N, 640, accelerator)
        assert found is not None
        factors.append(found.factor)
    assert factors == sorted(factors)
    assert factors[0] < factors[-1]


def test_without_any_figure_there_is_no_time() -> None:
    unknown = Accelerator("x", "X", Runtime.CUDA, "", "")
    assert image_time(YOLO11N, 640, unknown) is None
    assert device_slowness(unknown, V100) is None
    assert device_slowness(None, V100) is None
    assert model_slowness(YOLO11N, None) is None


def test_a_peak_stands_in_for_a_bandwidth_that_is_not_known() -> None:
    bare = replace(V100, gb_per_s=None)
    assert seconds(YOLO11N, 640, bare) == pytest.approx(seconds(YOLO11N, 640, V100))


def test_more_cores_are_faster_and_named_ones_surer() -> None:
    few = image_time(YOLO11N, 640, CPU, "cpu: Xeon, 2 cores")
    many = image_time(YOLO11N, 640, CPU, "cpu: Xeon, 64 cores")
    unnamed = image_time(YOLO11N, 640, CPU)
    assert few is not None
    assert many is not None
    assert unnamed is not None
    assert few.seconds == pytest.approx(32 * many.seconds)
    assert unnamed.factor > few.factor
    assert "assumed" in few.how


def test_ratios_order_devices_and_models() -> None:
    slower = device_slowness(T4, V100)
    assert slower is not None
    assert 2 < slower < 900 / 320
    larger = model_slowness(CATALOG.models["yolo11x"], YOLO11N)
    assert larger is not None
    assert larger > 3
