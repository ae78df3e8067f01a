from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.cli.gpu_select import parse_select, select_free
from cockpit.devices.sample import DeviceReading, GpuProcess, GpuSample
from cockpit.errors import InputError
from cockpit.units import GIB, MIB

FREE = GpuSample(
    0, "GPU-0", "RTX", 1.0, memory_used_bytes=200 * MIB, memory_total_bytes=8 * GIB, processes=()
)
HELD = GpuProcess(4_100_123, 6 * GIB, user="ada", command="python \x1btrain.py")


def selected(*changed: GpuSample, holders: dict[int, str | None] | None = None) -> list[object]:
    gpus = tuple(
        replace(gpu, gpu_index=index, gpu_uuid=f"GPU-{index}") for index, gpu in enumerate(changed)
    )
    every = dict.fromkeys(range(len(gpus))) if holders is None else holders
    found = select_free(DeviceReading(None, gpus, None), every)
    return [found.free, *found.taken]


def test_only_a_gpu_that_answers_and_holds_nothing_is_free() -> None:
    assert selected(
        FREE,
        replace(FREE, processes=(HELD,)),
        replace(FREE, memory_used_bytes=GIB),
        replace(FREE, problem="no answer for 4 s"),
        replace(FREE, problem="lost: it fell"),
        replace(FREE, has_mig=True),
        replace(FREE, memory_used_bytes=None),
        replace(FREE, processes=(GpuProcess(1, GIB, is_visible=False), HELD)),
        FREE,
    ) == [
        (0, 8),
        "GPU 1: pid 4100123 of ada, 6.0 GiB: python  train.py",
        "GPU 2: 1.0 GiB (12%) in use, and no process to be seen",
        "GPU 3: no answer for 4 s",
        "GPU 4: lost: it fell",
        "GPU 5: cut into MIG devices, which CUDA takes by UUID",
        "GPU 6: its memory in use is not told",
        "GPU 7: pid 4100123 of ada, 6.0 GiB, and 1 more: python  train.py",
    ]


def test_a_process_nobody_sees_holds_a_gpu_too() -> None:
    assert selected(replace(FREE, processes=(GpuProcess(1, GIB, is_visible=False),))) == [
        (),
        "GPU 0: a process that is not visible here, 1.0 GiB",
    ]


def test_what_a_run_was_given_or_the_user_may_not_use_is_not_free() -> None:
    assert selected(FREE, FREE, FREE, holders={0: None, 1: "run a of ada"}) == [
        (0,),
        "GPU 1: run a of ada",
        "GPU 2: not in CUDA_VISIBLE_DEVICES",
    ]


def test_how_many_are_wanted() -> None:
    assert (parse_select("free"), parse_select("free:4"), parse_select("free:128")) == (
        None,
        4,
        128,
    )


@pytest.mark.parametrize("text", ["", "all", "free:", "free:0", "free:-1", "free:x", "free4"])
def test_a_wrong_choice_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--select"):
        parse_select(text)
