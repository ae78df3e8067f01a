"""Situations in which somebody chooses a scheme, and what each asks of it. Pure.

They are those of document 002: its decision table and its scenarios.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cockpit import units
from cockpit.analysis.forecast.schemes.scheme import SchemeRow
from cockpit.catalog.rows import Runtime

Filter = Callable[[SchemeRow], bool]
Rank = Callable[[SchemeRow], tuple[float, ...]]
"""The lowest is chosen."""

REPRODUCTION_MONTH: Final = 30.0
"""Document 002, scenario 2: $10-30 a month."""
REPRODUCTION_S: Final = 14 * units.DAY_S
"""Document 002, scenario 2: one to two weeks."""
CENTS_UNTIL: Final = 9.995
"""Larger amounts are told without cents."""
DOLLARS: Final = "USD"
"""The guide's currency; others are not converted."""
LONG_TERM_PURCHASE: Final = 3000.0
"""Document 002, scenario 3: $1500-3000 once."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A situation, what it asks of a scheme, and what the guide recommends in it."""

    title: str
    wish: str
    needs: tuple[tuple[str, Filter], ...]
    """What a scheme must be, in words and as a test."""
    rank: Rank
    why: Callable[[SchemeRow], str]
    told: str
    told_accelerators: tuple[str, ...] = ()
    is_by_cost: bool = False
    """The cheapest is chosen: only of one currency."""


def _is_cuda(row: SchemeRow) -> bool:
    return row.scheme.accelerator.runtime is Runtime.CUDA


def _is_timed(row: SchemeRow) -> bool:
    return row.time is not None


def _is_unbought(row: SchemeRow) -> bool:
    """No hardware has to be there or bought: somebody offers it."""
    return row.scheme.offer is not None and not row.scheme.is_own


def _is_own(row: SchemeRow) -> bool:
    return row.scheme.is_own


def _is_device(row: SchemeRow) -> bool:
    """It has memory of its own."""
    return row.scheme.memory_bytes is not None


def _has_many_ranks(row: SchemeRow) -> bool:
    return row.scheme.ranks > 1 and _is_device(row)


def _is_cheap_by_month(row: SchemeRow) -> bool:
    if row.is_free:
        return True
    # A subscription is its own price of a month: the reproduction is one run, not thirty.
    offer = row.scheme.offer
    month = row.run_cost if offer is not None and offer.month is not None else row.month_cost
    return month is not None and _is_in_usd(row) and month.likely <= REPRODUCTION_MONTH


def _ends_in_weeks(row: SchemeRow) -> bool:
    return row.total_s is not None and row.total_s.likely <= REPRODUCTION_S


def _is_affordable(row: SchemeRow) -> bool:
    offer = row.scheme.offer
    if offer is None or not offer.purchase:
        return offer is not None
    return offer.currency == DOLLARS and offer.purchase <= LONG_TERM_PURCHASE


def _is_in_usd(row: SchemeRow) -> bool:
    """Its price can be held against those of the guide, and of other schemes."""
    return row.cost is not None and row.cost.currency == DOLLARS


def _seconds(row: SchemeRow) -> float:
    return math.inf if row.likely_s is None else row.likely_s


def _by_time(row: SchemeRow) -> tuple[float, ...]:
    return (_seconds(row),)


def _by_run_cost(row: SchemeRow) -> tuple[float, ...]:
    cost = row.run_cost
    return (math.inf if cost is None else cost.likely, _seconds(row))


def _by_memory(row: SchemeRow) -> tuple[float, ...]:
    return (-(row.scheme.memory_bytes or 0), _seconds(row))


def _by_device_memory(row: SchemeRow) -> tuple[float, ...]:
    return (-(row.scheme.accelerator.memory_bytes or 0), _seconds(row))


def _time_words(row: SchemeRow) -> str:
    band = row.total_s
    if band is None:
        return "its time is not known"
    low, likely, high = map(units.duration, (band.low, band.likely, band.high))
    told = likely if low == high else f"{likely} ({low} to {high})"
    return f"{told} by the guide's claim" if row.is_claim else told


def _cost_words(row: SchemeRow) -> str:
    if row.cost is None:
        return "its price is not known"
    if row.is_free:
        return "free"
    amount = row.cost.run.likely
    return f"{row.cost.currency} {amount:,.{0 if amount >= CENTS_UNTIL else 2}f} a run"


def _memory_words(row: SchemeRow) -> str:
    size = units.binary(row.scheme.memory_bytes)
    parts = row.scheme.ranks
    if parts == 1:
        return f"{size} of memory"
    each = units.binary((row.scheme.memory_bytes or 0) / parts)
    return f"{size} of memory, {each} for each of {parts} ranks"


def _session_words(row: SchemeRow) -> str:
    sessions = row.cost.sessions if row.cost else None
    return f", in {sessions} sessions" if sessions is not None and sessions > 1 else ""


def _script_words(row: SchemeRow) -> str:
    is_xla = row.scheme.accelerator.runtime is Runtime.XLA
    return "; needs a script for torch_xla" if is_xla else ""


def _first_why(row: SchemeRow) -> str:
    return f"CUDA: any operation of PyTorch, clear errors; {_time_words(row)}, {_cost_words(row)}"


def _fastest_why(row: SchemeRow) -> str:
    return f"{_time_words(row)}, {_cost_words(row)}{_session_words(row)}{_script_words(row)}"


def _free_why(row: SchemeRow) -> str:
    return f"{_cost_words(row)}, {_time_words(row)}{_session_words(row)}{_script_words(row)}"


def _own_why(row: SchemeRow) -> str:
    return f"no session limit, own; {_time_words(row)}, {_cost_words(row)}"


def _memory_why(row: SchemeRow) -> str:
    return f"{_memory_words(row)}; {_time_words(row)}{_script_words(row)}"


def _complex_why(row: SchemeRow) -> str:
    runtime = "CUDA: any operation of PyTorch; " if _is_cuda(row) else ""
    return f"{runtime}{_memory_words(row)}; {_time_words(row)}"


CUDA: Final = ("a GPU with CUDA", _is_cuda)
TIMED: Final = ("of a known time", _is_timed)
UNBOUGHT: Final = ("to be had without buying", _is_unbought)
FREE: Final = ("free", lambda row: row.is_free)
OWN: Final = ("one's own", _is_own)
ENDLESS: Final = ("without a session limit", lambda row: row.is_endless)
DEVICE: Final = ("an accelerator with memory of its own", _is_device)
COSTED: Final = ("of a known price", lambda row: row.cost is not None)

SITUATIONS: Final = (
    Situation(
        "First run",
        "any operation of PyTorch and clear errors, nothing to buy; then the fastest",
        (CUDA, UNBOUGHT, TIMED),
        _by_time,
        _first_why,
        "A100: compatible, easy to debug",
        ("a100",),
    ),
    Situation(
        "Paper deadline",
        "the fastest that fits",
        (TIMED,),
        _by_time,
        _fastest_why,
        "TPU: the fastest, 3 to 4 hours",
        ("tpu-v2-8",),
    ),
    Situation(
        "No budget",
        "free; then the fastest",
        (FREE, TIMED),
        _by_time,
        _free_why,
        "TPU Free: free, within limits",
        ("tpu-v2-8",),
    ),
    Situation(
        "Repeated experiments",
        "own, without a session limit; then the fastest",
        (OWN, ENDLESS, TIMED),
        _by_time,
        _own_why,
        "own GPU: no limit of time",
        ("rtx-4090",),
    ),
    Situation(
        "Large data set",
        "the most memory; then the fastest",
        (DEVICE,),
        _by_memory,
        _memory_why,
        "TPU v3: the most memory",
        ("tpu-v3", "tpu-v3-8"),
    ),
    Situation(
        "Complex model",
        "any operation of PyTorch, the most memory in one device",
        (CUDA, DEVICE),
        _by_device_memory,
        _complex_why,
        "A100: the most compatible",
        ("a100",),
    ),
)
"""Document 002, its decision table."""

SCENARIOS: Final = (
    Situation(
        "Quick experiment",
        "the cheapest run; then the fastest",
        (COSTED, TIMED),
        _by_run_cost,
        _free_why,
        "TPU Free: limited budget, urgent",
        ("tpu-v2-8",),
        is_by_cost=True,
    ),
    Situation(
        "Paper reproduction",
        "CUDA, up to USD 30 a month and nothing to buy, within two weeks; then the fastest",
        (
            CUDA,
            UNBOUGHT,
            ("up to USD 30 a month", _is_cheap_by_month),
            ("likely done in two weeks", _ends_in_weeks),
        ),
        _by_time,
        _first_why,
        "Colab Pro + A100: $10-30 a month, 1 to 2 weeks",
        ("a100",),
    ),
    Situation(
        "Long-term research",
        "own for up to USD 3000 once, without a session limit; then the fastest",
        (OWN, ENDLESS, ("up to USD 3000 once", _is_affordable), TIMED),
        _by_time,
        _own_why,
        "own RTX 4090: $1500-3000 once, months",
        ("rtx-4090",),
    ),
    Situation(
        "Large-scale training",
        "several ranks and the most memory for a large batch; then the fastest",
        (("of several ranks", _has_many_ranks),),
        _by_memory,
        _memory_why,
        "Colab Pro+ with several TPUs: large batches, a higher budget, a short time",
        ("tpu-v2-8", "tpu-v3", "tpu-v3-8"),
    ),
)
"""Document 002, its four scenarios."""
