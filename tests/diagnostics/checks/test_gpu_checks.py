from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from diagnostics.checks import cuda, topology
from diagnostics.checks.cuda import Peers
from diagnostics.checks.topology import Iommu, Link
from diagnostics.emit import NOTE, OK, PROBLEM, WARNING
from diagnostics.verdicts import GIB

GEFORCE = "NVIDIA GeForce RTX 2080"


@pytest.mark.parametrize(
    ("driver", "build", "gpu_count", "level"),
    [
        ("580.65.06", "13.0", 2, OK),
        ("570.86.15", "13.0", 0, PROBLEM),
        ("570.86.15", "12.8", 0, OK),
        ("525.60.13", "12.9", 1, OK),
        ("520.61.05", "12.1", 0, PROBLEM),
        ("520.61.05", "12.1", 4, NOTE),  # with NVIDIA's compatibility package
        ("450.80.02", "11.8", 1, OK),
    ],
)
def test_the_driver_is_judged_against_the_cuda_build(
    driver: str, build: str, gpu_count: int, level: str
) -> None:
    (finding,) = cuda.judge_driver_for(driver, build, gpu_count)
    assert (finding.level, finding.code) == (level, "driver.cuda")
    assert (finding.remedy is not None) == (level == PROBLEM)


def test_an_old_driver_is_told_which_cuda_it_could_run() -> None:
    (finding,) = cuda.judge_driver_for("570.86.15", "13.0", 0)
    assert "580.65.06 or newer" in finding.what
    assert "built for CUDA 12" in (finding.remedy or "")


@pytest.mark.parametrize(("driver", "build"), [(None, "12.8"), ("570.1", None), ("570.1", "99.0")])
def test_nothing_is_claimed_of_what_is_not_known(driver: str | None, build: str | None) -> None:
    assert cuda.judge_driver_for(driver, build, 0) == []


def test_the_memory_of_all_gpus_is_added_up() -> None:
    (finding,) = cuda.judge_total([8 * GIB] * 16)
    assert finding.what == "total GPU memory: 128.0 GiB on 16 GPUs"
    (mixed,) = cuda.judge_total([8 * GIB, 24 * GIB])
    assert (mixed.level, "the smallest decides" in mixed.what) == (NOTE, True)
    assert cuda.judge_total([]) == []


def torch_where(reach: set[tuple[int, int]], name: str) -> SimpleNamespace:
    return SimpleNamespace(
        cuda=SimpleNamespace(
            get_device_properties=lambda _: SimpleNamespace(name=name),
            can_device_access_peer=lambda one, other: (one, other) in reach,
        )
    )


@pytest.mark.parametrize(
    ("reach", "name", "level", "words"),
    [
        ({(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)}, "H20", OK, "all 3 pairs"),
        (set(), GEFORCE, NOTE, "usual for GeForce"),
        (set(), "H20", WARNING, "no P2P between any of 3"),
        ({(0, 1), (1, 0), (0, 2)}, "H20", NOTE, "2 of 3 pairs of GPUs (0-2, 1-2)"),
    ],
)
def test_which_gpus_reach_each_other(
    reach: set[tuple[int, int]], name: str, level: str, words: str
) -> None:
    finding = cuda.judge_peers(cuda.read_peers(torch_where(reach, name), 3))
    assert (finding.level, words in finding.what) == (level, True)


def test_many_cut_pairs_are_counted_and_not_all_named() -> None:
    cut = tuple((0, other) for other in range(1, 8))
    assert "and 3 more" in cuda.judge_peers(Peers(("H20",) * 8, cut)).what


def gpu(sys: Path, address: str, **files: str) -> Path:
    device = sys / "bus/pci/devices" / address
    device.mkdir(parents=True)
    texts = {"vendor": "0x10de", "class": "0x030200", "numa_node": "0", **files}
    for name, text in texts.items():
        (device / name).write_text(text + "\n")
    return device


def test_gpus_are_found_on_the_bus_with_their_links(tmp_path: Path) -> None:
    gpu(tmp_path, "0000:81:00.0", numa_node="1")
    gpu(tmp_path, "0000:01:00.1", **{"class": "0x040300"})  # its sound
    first = gpu(
        tmp_path,
        "0000:01:00.0",
        current_link_width="4",
        max_link_width="16",
        current_link_speed="2.5 GT/s PCIe",
        max_link_speed="16.0 GT/s PCIe",
    )
    found = topology.find_gpus(tmp_path)
    assert [device.name for device in found] == ["0000:01:00.0", "0000:81:00.0"]
    assert topology.read_link(first) == Link(4, 16, 2.5, 16.0)
    assert topology.read_link(found[1]) == Link()
    (finding,) = topology.judge_numa(topology.read_numa_nodes(found))
    assert "2 NUMA nodes (0: GPUs 0; 1: GPUs 1)" in finding.what
    assert topology.find_gpus(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("link", "level"),
    [
        (Link(16, 16, 16.0, 16.0), OK),
        (Link(16, 16, 8.0, 16.0), OK),  # a generation less: an older board
        (Link(16, 16, 2.5, 16.0), WARNING),
        (Link(4, 16, 16.0, 16.0), WARNING),
        (Link(16, 16), OK),
    ],
)
def test_a_link_is_judged_under_load(link: Link, level: str) -> None:
    (finding,) = topology.judge_links([("GPU 0", link)])
    assert (finding.level, finding.code) == (level, "pcie.load")


def test_links_that_nobody_told_are_not_judged() -> None:
    assert topology.judge_links([("GPU 0", Link())]) == []


def machine(folder: Path, cmdline: str, kind: str | None) -> tuple[Path, Path]:
    sys, proc = folder / "sys", folder / "proc"
    proc.mkdir()
    (proc / "cmdline").write_text(cmdline)
    if kind is not None:
        (sys / "class/iommu/dmar0").mkdir(parents=True)
        (sys / "kernel/iommu_groups/0").mkdir(parents=True)
        (sys / "kernel/iommu_groups/0/type").write_text(kind + "\n")
    return sys, proc


@pytest.mark.parametrize(
    ("cmdline", "kind", "level", "word"),
    [
        ("quiet", None, OK, "no IOMMU"),
        ("intel_iommu=on", "DMA-FQ", NOTE, "intel_iommu=on"),
        ("quiet", "DMA-FQ", NOTE, "dmar0"),
        ("intel_iommu=on iommu=pt", "DMA-FQ", OK, "iommu=pt"),
        ("quiet", "identity", OK, "passes addresses through"),
    ],
)
def test_an_iommu_between_gpus_is_noted(
    tmp_path: Path, cmdline: str, kind: str | None, level: str, word: str
) -> None:
    (finding,) = topology.judge_iommu(topology.read_iommu(*machine(tmp_path, cmdline, kind)), 2)
    assert (finding.level, word in finding.what) == (level, True)


def test_an_iommu_is_no_matter_for_one_gpu() -> None:
    assert topology.judge_iommu(Iommu(True, True), 1) == []
