from __future__ import annotations

import pytest

from diagnostics.cpu_meter import CpuMeter, read_busy_s
from diagnostics.memory_findings import Limit, Measured, Verdict, flat, largest
from diagnostics.memory_probe import HOST, OK, OUT_OF_MEMORY, failure_of

MIB = 1 << 20


def ran(batch: int, speed: float, spread_pct: float = 1.0) -> Measured:
    return Measured(batch, OK, batch * MIB, speed, spread_pct=spread_pct)


def test_speed_is_flat_only_where_no_larger_batch_is_slower() -> None:
    assert flat([ran(1, 100), ran(8, 61), ran(64, 99)], 64) is None
    found = flat([ran(1, 50), ran(8, 98), ran(64, 99), ran(96, 100)], 64)
    assert found is not None
    assert found.what.startswith("speed is flat above batch 8: it frees 56 MiB")


def test_steps_that_differ_much_do_not_tell_whether_speed_is_flat() -> None:
    assert flat([ran(8, 99), ran(64, 100, spread_pct=40)], 64) is None


@pytest.mark.parametrize(
    ("held", "told"),
    [("50 steps", "; stopped at --max 64"), ("", "; nothing larger was asked for")],
)
def test_the_answer_says_why_nothing_larger_was_tried(held: str, told: str) -> None:
    verdict = Verdict(64, MIB, held, 64, None)
    assert largest(verdict, [ran(64, 1)], Limit(2 * MIB, HOST, 10)).what.endswith(told)


@pytest.mark.parametrize(
    "error",
    [
        OSError(12, "Cannot allocate memory"),
        MemoryError(),
        RuntimeError("can't start new thread"),
        ImportError("libfoo.so: failed to map segment from shared object"),
    ],
)
def test_want_of_memory_is_seen_through_whatever_wraps_it(error: Exception) -> None:
    try:
        raise ValueError("cannot be built") from error
    except ValueError as wrapped:
        assert failure_of(wrapped)["outcome"] == OUT_OF_MEMORY
    assert failure_of(ImportError("cannot allocate memory in static TLS block"))["outcome"] != (
        OUT_OF_MEMORY
    )


def test_what_this_process_computes_is_not_that_of_others() -> None:
    meter = CpuMeter()
    assert meter.others is None
    with meter:
        began_s = read_busy_s()
        while read_busy_s() < began_s + 0.2:
            pass
    assert meter.others is not None
