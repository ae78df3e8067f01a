"""What a driver's report of a GPU has to do with the end of a run. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cockpit.analysis.cause import Cause
from cockpit.analysis.clue import Evidence
from cockpit.analysis.xid import Action, Fault, Xid, explain_xid
from cockpit.units import duration

BEFORE_S: Final = 900.0
"""A report so long before the end may be its cause: ranks wait ten minutes for one that is gone."""
AFTER_S: Final = 60.0
"""The driver may speak later than the job that it ended."""
LOST: Final = frozenset({79, 110, 119, 120})
MEMORY: Final = frozenset({48, 64, 94, 95, 140, 171, 172})
KERNEL: Final = frozenset({13, 31})
_ECHOES: Final = frozenset(
    {
        "cublas_alloc_failed",
        "cuda_not_available",
        "cudnn_error",
        "device_side_assert",
        "illegal_memory_access",
        "nccl_network",
        "nccl_p2p_or_topology",
        "nccl_timeout",
        "rendezvous_timeout",
        "segfault",
        "unknown",
    }
)
"""What a training says when its GPU fails under it."""
_GPU_WORDS: Final = ("CUDA", "NCCL", "cuDNN", "CUBLAS", "GPU")


@dataclass(frozen=True, slots=True)
class XidReport:
    """An Xid that was heard on a GPU of the run."""

    time: float
    """Epoch seconds."""
    code: int
    gpu_index: int
    rank: int | None = None


def with_xids(
    cause: Cause | None, xids: Sequence[XidReport], ended: float | None, *, was_asked: bool = False
) -> Cause | None:
    """Return the cause with what the driver reported shortly before the end, or in its place.

    A fault of hardware or driver goes before what the training says of its GPU. What a program
    itself causes explains an end that nothing else explains, and else stands beside it.
    """
    near = [one for one in xids if _is_near(one.time, ended)]
    if not near or (cause is None and ended is None):
        return cause
    worst = max(near, key=lambda one: (_is_fault(explain_xid(one.code)), _weight(one), one.time))
    xid = explain_xid(worst.code)
    explains = _is_fault(xid) and _is_echo(cause)
    explains = explains or (xid.action is not Action.IGNORE and _says_nothing(cause))
    if explains and not was_asked:
        return _by_xid(worst, xid, cause, ended)
    return None if cause is None else _beside(cause, worst, xid, ended)


def _is_near(heard: float, ended: float | None) -> bool:
    return ended is None or -AFTER_S <= ended - heard <= BEFORE_S


def _is_fault(xid: Xid) -> bool:
    """Say whether hardware or driver failed so that a program cannot go on."""
    is_ours = xid.fault in (Fault.APPLICATION, Fault.NONE)
    return not is_ours and xid.action is not Action.IGNORE


def _weight(one: XidReport) -> int:
    return explain_xid(one.code).weight


def _says_nothing(cause: Cause | None) -> bool:
    return cause is None or cause.code == "unknown"


def _is_echo(cause: Cause | None) -> bool:
    if cause is None or cause.code in _ECHOES:
        return True
    if cause.code != "user_bug":
        return False
    said = (cause.what, *(one.text for one in cause.evidence))
    return any(word in text for text in said for word in _GPU_WORDS)


def _by_xid(one: XidReport, xid: Xid, cause: Cause | None, ended: float | None) -> Cause:
    advice = xid.advice.replace("{gpu}", str(one.gpu_index))
    return Cause(
        _code(xid),
        f"{_where(one)}: Xid {xid.code}, {xid.meaning}",
        one.rank,
        (_evidence(one, xid, ended), *(cause.evidence if cause else ())),
        {**(cause.facts if cause else {}), "xid": xid.code, "gpu": one.gpu_index},
        (advice,),
    )


def _beside(cause: Cause, one: XidReport, xid: Xid, ended: float | None) -> Cause:
    return replace(
        cause,
        evidence=(*cause.evidence, _evidence(one, xid, ended)),
        facts={**cause.facts, "xid": xid.code, "gpu": one.gpu_index},
    )


def _code(xid: Xid) -> str:
    if xid.code in LOST:
        return "gpu_lost"
    if xid.code in MEMORY:
        return "ecc_error"
    return "illegal_memory_access" if xid.code in KERNEL else "gpu_fault"


def _where(one: XidReport) -> str:
    return f"GPU {one.gpu_index}" + ("" if one.rank is None else f", rank {one.rank}")


def _evidence(one: XidReport, xid: Xid, ended: float | None) -> Evidence:
    before = "" if ended is None else f", {duration(max(0.0, ended - one.time))} before the end"
    return Evidence(None, f"the driver reported Xid {xid.code} on {_where(one)}{before}")
