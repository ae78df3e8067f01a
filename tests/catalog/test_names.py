from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from cockpit.catalog.load import shipped_catalog
from cockpit.catalog.names import (
    age_note,
    find_accelerator,
    find_model,
    find_offer,
    is_same_accelerator,
    is_same_model,
    unknown_accelerator,
    unknown_model,
    unknown_offer,
)
from cockpit.catalog.rows import Accelerator, Catalog, Runtime

CATALOG = shipped_catalog()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("tpu-v2-8", "tpu-v2-8"),
        ("tpu-v2", "tpu-v2-8"),
        ("tpu-v3", "tpu-v3-8"),
        ("TPU v3-8", "tpu-v3-8"),
        ("v3-8", "tpu-v3-8"),
        ("tpu-v5e", "tpu-v5e-1"),
        ("a100", "a100"),
        ("A100", "a100"),
        ("v100", "v100"),
        ("t4", "t4"),
        ("cpu", "cpu"),
        ("cpu: Intel(R) Xeon(R), 8 cores", "cpu"),
        ("rtx2080", "rtx-2080"),
        ("rtx 2080", "rtx-2080"),
        ("rtx4090", "rtx-4090"),
        ("4090", "rtx-4090"),
        ("a6000", "rtx-a6000"),
        ("a10g", "a10g"),
        ("NVIDIA GeForce RTX 2080", "rtx-2080"),
        ("NVIDIA GeForce RTX 2080 Ti", "rtx-2080-ti"),
        ("NVIDIA GeForce RTX 2080 SUPER", "rtx-2080-super"),
        ("NVIDIA A100-SXM4-40GB", "a100"),
        ("NVIDIA A100-SXM4-80GB", "a100-80gb"),
        ("NVIDIA A100 80GB PCIe", "a100-80gb"),
        ("a100-80gb", "a100-80gb"),
        ("Tesla V100-SXM2-16GB", "v100"),
        ("Tesla V100-SXM2-32GB", "v100-32gb"),
        ("NVIDIA H100 80GB HBM3", "h100"),
        ("NVIDIA H20", "h20"),
        ("NVIDIA H200", "h200"),
        ("NVIDIA RTX 6000 Ada Generation", "rtx-6000-ada"),
        ("NVIDIA RTX A6000", "rtx-a6000"),
        ("Tesla K80", "k80"),
        ("Tesla P100-PCIE-16GB", "p100"),
        ("NVIDIA L40S", "l40s"),
        ("NVIDIA L40", "l40"),
        ("NVIDIA H100 PCIe", "h100-pcie"),
        ("H100 PCIe", "h100-pcie"),
        ("NVIDIA H100 NVL", "h100-nvl"),
        ("h100", "h100"),
        ("NVIDIA A800-SXM4-80GB", "a800"),
        ("NVIDIA B200", "b200"),
        ("NVIDIA GeForce RTX 5080", "rtx-5080"),
        ("5090", "rtx-5090"),
        ("NVIDIA GeForce RTX 3080", "rtx-3080"),
        ("NVIDIA GeForce RTX 3080 12GB", "rtx-3080-12gb"),
        ("NVIDIA GeForce RTX 4060 Ti", "rtx-4060-ti"),
        ("rtx 4060 ti 16gb", "rtx-4060-ti-16gb"),
        ("NVIDIA GeForce RTX 4090 D", "rtx-4090-d"),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "rtx-4090-laptop"),
        ("rtx-4090-laptop", "rtx-4090-laptop"),
        ("NVIDIA RTX 5000 Ada Generation", "rtx-5000-ada"),
        ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "rtx-pro-6000"),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "rtx-pro-6000"),
        ("Quadro RTX 6000", "quadro-rtx-6000"),
        ("NVIDIA TITAN RTX", "titan-rtx"),
        ("NVIDIA GeForce GTX 1080", "gtx-1080"),
        ("Tesla P40", "p40"),
        ("AMD Instinct MI300X", "mi300x"),
        ("mi300x", "mi300x"),
    ],
)
def test_an_accelerator_by_any_of_its_names(name: str, key: str) -> None:
    found = find_accelerator(CATALOG, name)
    assert found is not None and found.key == key


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "tpu",
        "tpu-v",
        "gpu",
        "rtx-2080-8",
        "NVIDIA GeForce RTX 2080 with Max-Q Design",
        "NVIDIA GeForce RTX 4050 Laptop GPU",
        "NVIDIA A100-SXM4-80GB MIG 1g.10gb",
        "RTX 3060 8GB",
        "Radeon VII",
        "80GB",
    ],
)
def test_what_is_not_in_the_catalogue_is_not_taken_for_something_like_it(name: str) -> None:
    assert find_accelerator(CATALOG, name) is None


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("yolo11n", "yolo11n"),
        ("yolo11n.pt", "yolo11n"),
        ("/home/me/weights/YOLO11n.yaml", "yolo11n"),
        ("YOLOv11n", "yolo11n"),
        ("yolov8m-seg.pt", "yolov8m-seg"),
        ("cfg/training/yolov7-tiny.yaml", "yolov7-tiny"),
        ("YOLOv7-Tiny", "yolov7-tiny"),
        ("MSHNet", "mshnet"),
    ],
)
def test_a_model_by_any_of_its_names(name: str, key: str) -> None:
    found = find_model(CATALOG, name)
    assert found is not None and found.key == key


def test_an_unknown_model_is_none() -> None:
    assert find_model(CATALOG, "resnet50") is None
    assert find_model(CATALOG, "") is None


@pytest.mark.parametrize("name", ["p3.2xlarge", "AWS p3.2xlarge", "P3.2XLARGE", "p3-2xlarge"])
def test_an_offer_by_key_or_name(name: str) -> None:
    found = find_offer(CATALOG, name)
    assert found is not None and found.key == "p3.2xlarge"


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    assert unknown_accelerator(CATALOG, "rtx2079") == (
        "no accelerator is called 'rtx2079' (did you mean rtx-2070?)"
    )
    assert "did you mean tpu-v2-8?" in unknown_accelerator(CATALOG, "tpu-v2-16")
    assert "did you mean yolo11n?" in unknown_model(CATALOG, "yolo12n.pt")
    assert "did you mean g5.xlarge?" in unknown_offer(CATALOG, "g6.xlarge")


def test_a_name_like_nothing_is_answered_with_where_to_look() -> None:
    told = unknown_accelerator(CATALOG, "\x1b[31mzzz" + "q" * 5000)
    assert "cockpit estimate --catalog" in told
    assert "\x1b" not in told
    assert len(told) < 300


def test_a_row_of_the_user_is_found_by_its_name_too() -> None:
    own = Accelerator("lab", "Lab Card 48GB", Runtime.CUDA, "yours", "2026-11")
    catalog = replace(CATALOG, accelerators={"lab": own, **CATALOG.accelerators})
    assert find_accelerator(catalog, "NVIDIA Lab Card") is own


def test_without_memory_in_the_name_the_plain_row_is_meant() -> None:
    large = CATALOG.accelerators["a100-80gb"]
    catalog = Catalog(accelerators={"a100-80gb": large, "a100": CATALOG.accelerators["a100"]})
    found = find_accelerator(catalog, "NVIDIA A100")
    assert found is not None and found.key == "a100"


@pytest.mark.parametrize(
    ("told", "note"),
    [
        ("2026-11", None),
        ("2025-12", None),
        ("2025-11", "of 2025-11, 1 year old"),
        ("2022-09", "of 2022-09, 4 years old"),
        ("2022-09-14", "of 2022-09-14, 4 years old"),
        ("2027-01", None),
        ("", "of an unknown date"),
        ("soon", "of an unknown date"),
    ],
)
def test_an_old_date_is_called_old(told: str, note: str | None) -> None:
    assert age_note(told, date(2026, 11, 22)) == note


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("yolo11n", "weights/YOLOv11n.pt", True),
        ("yolo11n.yaml", "yolo11s.yaml", False),
        ("nets/Mine.pt", "mine.yaml", True),
        ("mine", "mine-large", False),
        ("mine", "yolo11n", False),
    ],
)
def test_names_of_one_model_are_known_as_such(one: str, other: str, *, is_same: bool) -> None:
    assert is_same_model(CATALOG, one, other) is is_same
    assert is_same_model(CATALOG, other, one) is is_same


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("rtx-2080", "NVIDIA GeForce RTX 2080", True),
        ("a100-40gb", "NVIDIA A100-SXM4-80GB", False),
        ("cpu: Xeon, 8 cores", "cpu", True),
        ("My Chip 1", "my-chip-1", True),
        ("My Chip 1", "rtx-2080", False),
    ],
)
def test_names_of_one_device_are_known_as_such(one: str, other: str, *, is_same: bool) -> None:
    assert is_same_accelerator(CATALOG, one, other) is is_same
    assert is_same_accelerator(CATALOG, other, one) is is_same
