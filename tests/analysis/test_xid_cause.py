from __future__ import annotations

import pytest

from cockpit.analysis.cause import Cause
from cockpit.analysis.clue import Evidence
from cockpit.analysis.xid_cause import XidReport, with_xids

END = 10_000.0
NCCL = Cause("nccl_timeout", "a collective took longer than allowed", evidence=(Evidence(7, "x"),))
BUG = Cause("user_bug", "KeyError: 'lr'", evidence=(Evidence(3, "KeyError: 'lr'"),))
UNKNOWN = Cause("unknown", "the job ended with exit code 1")


def xid(code: int, before_s: float = 20.0, rank: int | None = 3) -> XidReport:
    return XidReport(END - before_s, code, 3, rank)


@pytest.mark.parametrize(
    ("code", "cause"), [(79, "gpu_lost"), (94, "ecc_error"), (46, "gpu_fault"), (119, "gpu_lost")]
)
def test_a_fault_of_the_gpu_goes_before_what_ranks_say_of_it(code: int, cause: str) -> None:
    found = with_xids(NCCL, [xid(code)], END)
    assert found is not None
    assert (found.code, found.rank) == (cause, 3)
    assert found.what.startswith(f"GPU 3, rank 3: Xid {code}, ")
    assert found.evidence[0].text == (
        f"the driver reported Xid {code} on GPU 3, rank 3, 20 s before the end"
    )
    assert found.evidence[1:] == NCCL.evidence
    assert found.facts["xid"] == code
    assert "{gpu}" not in (found.remedy or "")


@pytest.mark.parametrize("code", [13, 31, 43, 45])
def test_what_a_program_causes_stands_beside_its_traceback(code: int) -> None:
    found = with_xids(BUG, [xid(code)], END)
    assert found is not None
    assert (found.code, found.what) == ("user_bug", BUG.what)
    assert found.evidence[:1] == BUG.evidence
    assert f"Xid {code}" in found.evidence[1].text


def test_a_bug_that_has_nothing_to_do_with_gpus_stays_the_cause() -> None:
    found = with_xids(BUG, [xid(79)], END)
    assert found is not None
    assert found.code == "user_bug"
    assert found.facts["xid"] == 79
    cuda = Cause("user_bug", "RuntimeError: CUDA error: unspecified")
    assert (with_xids(cuda, [xid(79)], END) or BUG).code == "gpu_lost"


@pytest.mark.parametrize(("code", "cause"), [(31, "illegal_memory_access"), (45, "unknown")])
def test_an_end_that_nothing_explains_is_explained_by_a_report_that_can(
    code: int, cause: str
) -> None:
    assert (with_xids(UNKNOWN, [xid(code)], END) or BUG).code == cause


def test_the_worst_report_counts() -> None:
    found = with_xids(UNKNOWN, [xid(79, 40), xid(45, 5), xid(31, 1)], END)
    assert found is not None
    assert found.facts["xid"] == 79


def test_what_was_long_ago_and_what_was_asked_for_is_no_cause() -> None:
    assert with_xids(UNKNOWN, [xid(79, 5000)], END) is UNKNOWN
    stopped = Cause("interrupted", "stopped as asked")
    found = with_xids(stopped, [xid(79)], END, was_asked=True)
    assert found is not None
    assert found.code == "interrupted"
    assert with_xids(None, [xid(79)], None) is None
