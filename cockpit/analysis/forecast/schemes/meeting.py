"""Which schemes meet a budget and a deadline: the question of an estimate turned around. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.cost.terms import OWN, CostTerms, is_own
from cockpit.analysis.forecast.schemes.comparison import row_of
from cockpit.analysis.forecast.schemes.forecasts import Forecasts
from cockpit.analysis.forecast.schemes.names import is_given, joined, own_machine, scheme_of
from cockpit.analysis.forecast.schemes.scheme import Scheme, SchemeRow
from cockpit.analysis.forecast.time.forecast import why_unknown
from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration
from cockpit.catalog.names import find_accelerator
from cockpit.catalog.rows import Accelerator, Catalog, Offer, Runtime
from cockpit.errors import InputError

COUNTS: Final = (1, 2, 4, 8, 16)
"""So many GPUs are tried of each offer; more than one host has is several hosts."""
MOST_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Shortlist:
    """What meets a budget and a deadline."""

    work: Work
    budget: float | None
    deadline_s: float | None
    currency: str
    surely: tuple[SchemeRow, ...]
    """Even the high end of their ranges does, and nothing is left out of it."""
    likely: tuple[SchemeRow, ...]
    """The likely end does, the high end not, or a network is not counted in it."""
    best: SchemeRow | None
    """The cheapest within the deadline; without one, the fastest within the budget."""
    cheapest: SchemeRow | None
    fastest: SchemeRow | None
    nearest: SchemeRow | None
    """Where none does: the one that misses by the smallest factor."""
    tried: int
    left_out: tuple[str, ...]
    """Why schemes were not considered, with how many."""
    unknown: str = ""
    """Why nothing is known of the time of the work where it is asked for; empty where it is."""


def meet(
    work: Work,
    catalog: Catalog,
    calibrations: Sequence[Calibration],
    *,
    budget: float | None = None,
    deadline_s: float | None = None,
    terms: CostTerms,
    currency: str = "USD",
) -> Shortlist:
    """Return the schemes of the catalogue whose memory fits and that meet both, cheapest first.

    The machine of the work is one of them. A device or a number of GPUs that the user gave for
    this question holds for all.
    Raises InputError without any of both, and for one that is no number.
    """
    _check(budget, deadline_s)
    forecasts = Forecasts(catalog, calibrations, terms)
    rows, left_out = _sorted_out(
        [row_of(scheme, work, forecasts) for scheme in _schemes(catalog, work)],
        currency,
        needs_price=budget is not None,
    )
    limits = _Limits(budget, deadline_s)
    surely = tuple(row for row in rows if limits.holds(row, "high"))
    likely = tuple(row for row in rows if limits.holds(row, "likely") and row not in surely)
    meeting = surely or likely
    cheapest, fastest = cheapest_and_fastest(meeting)
    return Shortlist(
        work,
        budget,
        deadline_s,
        currency,
        tuple(sorted(surely, key=_by_cost)),
        tuple(sorted(likely, key=_by_cost)),
        cheapest if deadline_s is not None else fastest,
        cheapest,
        fastest,
        None if meeting else min(rows, key=limits.excess, default=None),
        len(rows),
        left_out,
        "" if forecasts.time(work) is not None else why_unknown(work, catalog),
    )


def undominated(rows: Sequence[SchemeRow], others: Sequence[SchemeRow] = ()) -> list[SchemeRow]:
    """Return those that none with the same script, here or among the others, beats in both."""
    rivals = [*rows, *others]
    return [row for row in rows if not any(_beats(rival, row) for rival in rivals)]


def without_xla(rows: Sequence[SchemeRow]) -> list[SchemeRow]:
    """Return those that need no script for torch_xla."""
    return [row for row in rows if _runtime(row) is not Runtime.XLA]


def cheapest_and_fastest(
    rows: Sequence[SchemeRow],
) -> tuple[SchemeRow | None, SchemeRow | None]:
    """Return both; None where there is no row."""
    return min(rows, key=_by_cost, default=None), min(rows, key=_by_time, default=None)


def _beats(other: SchemeRow, row: SchemeRow) -> bool:
    if _runtime(other) is not _runtime(row):
        return False
    ours, theirs = _by_cost(row), _by_cost(other)
    return theirs != ours and theirs[0] <= ours[0] and theirs[1] <= ours[1]


def _runtime(row: SchemeRow) -> Runtime:
    return row.scheme.accelerator.runtime


@dataclass(frozen=True, slots=True)
class _Limits:
    budget: float | None
    deadline_s: float | None

    def holds(self, row: SchemeRow, end: str) -> bool:
        """Say whether this end of its ranges is within both limits."""
        is_sure = end == "high"
        if is_sure and (_is_open(row) or self._is_to_be_bought(row)):
            return False
        # What never ends may be free: it meets no budget either.
        if row.total_s is None or not math.isfinite(_end(row.total_s, end)):
            return False
        for limit, band in ((self.budget, row.run_cost), (self.deadline_s, row.total_s)):
            if limit is not None and (band is None or _end(band, end) > limit):
                return False
        return True

    def _is_to_be_bought(self, row: SchemeRow) -> bool:
        """Say whether hardware for more than the budget has to be there: nobody said that it is."""
        offer = row.scheme.offer
        if offer is None or self.budget is None:
            return False
        return (offer.purchase or 0.0) * row.scheme.hosts > self.budget

    def excess(self, row: SchemeRow) -> tuple[float, ...]:
        """Return by which factor it misses, the worse of both; then what it costs and takes."""
        cost, time = _by_cost(row)
        missed = [_factor(cost, self.budget), _factor(time, self.deadline_s)]
        return (max(missed), cost, time)


def _is_open(row: SchemeRow) -> bool:
    """Say whether its range leaves something out: a network, a quota, whether one may go on."""
    is_parted = row.cost is not None and (row.cost.waited_s.high > 0 or row.cost.is_parted)
    return is_parted or row.scheme.hosts > 1 or not row.is_surely_fit


def _end(band: Band, end: str) -> float:
    return band.high if end == "high" else band.likely


def _factor(value: float, limit: float | None) -> float:
    if limit is None or value <= limit:
        return 1.0
    return value / limit if limit > 0 else math.inf


def _by_cost(row: SchemeRow) -> tuple[float, float]:
    cost, time = row.run_cost, row.total_s
    return (
        math.inf if cost is None else cost.likely,
        math.inf if time is None else time.likely,
    )


def _by_time(row: SchemeRow) -> tuple[float, float]:
    return _by_cost(row)[::-1]


def _schemes(catalog: Catalog, work: Work) -> Iterator[Scheme]:
    """Yield every offer with as many hosts as make up each count; of one's own what there is."""
    asked = find_accelerator(catalog, work.device)
    only = asked if is_given(work, "device") else None
    count = _count_given(work, asked)
    if asked is not None and work.host is not None and not _has_own(catalog, asked):
        is_cpu = asked.runtime is Runtime.CPU  # its ranks share one machine
        there = 1 if is_cpu else work.world_size
        yield Scheme(asked, own_machine(asked, "this machine"), there)
    for offer in catalog.offers.values():
        accelerator = catalog.accelerators.get(offer.accelerator)
        if accelerator is None or (only is not None and accelerator.key != only.key):
            continue
        yield from _counted(offer, accelerator, catalog, work, count)


def _counted(
    offer: Offer, accelerator: Accelerator, catalog: Catalog, work: Work, count: int | None
) -> Iterator[Scheme]:
    """Yield an offer with the given number of accelerators, else with each that is tried."""
    if count is not None:
        if accelerator.runtime.is_gpu and (offer.count >= count or _is_joinable(offer, catalog)):
            yield joined(accelerator, offer, count)
    elif offer.key == OWN:
        counts = {count for count in COUNTS if count < work.world_size} | {work.world_size}
        yield from (Scheme(accelerator, offer, count) for count in sorted(counts))
    else:
        tried = (scheme_of(offer, catalog, hosts) for hosts in _hosts(offer, catalog))
        yield from (scheme for scheme in tried if scheme is not None)


def _count_given(work: Work, asked: Accelerator | None) -> int | None:
    """Return the number of GPUs that the user gave; None: as many as an offer has."""
    is_gpu = asked is None or asked.runtime.is_gpu
    return work.world_size if is_gpu and is_given(work, "world_size") else None


def _has_own(catalog: Catalog, accelerator: Accelerator) -> bool:
    own = catalog.offers.get(OWN)
    return own is not None and own.accelerator == accelerator.key


def _is_joinable(offer: Offer, catalog: Catalog) -> bool:
    """Say whether several hosts of it can train together."""
    return offer.key == OWN or len(_hosts(offer, catalog)) > 1 or offer.count >= max(COUNTS)


def _hosts(offer: Offer, catalog: Catalog) -> tuple[int, ...]:
    """Return the numbers of hosts that are tried: of what is not rented, and of a TPU, one."""
    accelerator = catalog.accelerators.get(offer.accelerator)
    is_gpu = accelerator is not None and accelerator.runtime.is_gpu
    if not is_gpu or not offer.hour or offer.session_hours is not None or is_own(offer):
        return (1,)
    most = max(COUNTS) // offer.count
    return tuple(hosts for hosts in COUNTS if hosts == 1 or hosts <= most)


def _sorted_out(
    rows: Sequence[SchemeRow], currency: str, *, needs_price: bool
) -> tuple[list[SchemeRow], tuple[str, ...]]:
    """Return the rows that can be judged, and why the others cannot."""
    kept, reasons = [], Counter[str]()
    for row in rows:
        reason = _why_not(row, currency, needs_price=needs_price)
        if reason:
            reasons[reason] += 1
        else:
            kept.append(row)
    return kept, tuple(f"{count} {reason}" for reason, count in reasons.items())


def _why_not(row: SchemeRow, currency: str, *, needs_price: bool) -> str:
    if row.time is None:
        return "of unknown time"
    if row.needs_port:
        return "that would need the trainer ported to torch_xla"
    if not row.is_fit:
        return "whose memory is too small"
    # What is there already may end in time, whatever its hour costs.
    if row.cost is None and (needs_price or row.scheme.offer is None or not row.scheme.is_own):
        return "of unknown price"
    if row.cost is not None and row.cost.currency != currency:
        return f"with prices in {row.cost.currency}"
    if row.total_s is None or not math.isfinite(row.total_s.likely):
        return _why_endless(row)
    train, batch = row.work.train_samples, row.work.global_batch
    return "with a larger global batch than there are images" if train and batch > train else ""


def _why_endless(row: SchemeRow) -> str:
    """Say why no run ever ends: all since the last checkpoint is lost each time."""
    if row.cost is not None and row.cost.is_spot:
        return "whose hosts are taken away before an interval of checkpoints ends"
    return "of which an epoch does not fit into a session"


def _check(budget: float | None, deadline_s: float | None) -> None:
    if budget is None and deadline_s is None:
        raise InputError("neither a budget nor a deadline is given", "--budget 20 --deadline 12h")
    if budget is not None and not 0 <= budget < math.inf:
        raise InputError(f"--budget: {budget:g} is no amount of money", "--budget 20")
    if deadline_s is not None and not 0 < deadline_s < math.inf:
        raise InputError(f"--deadline: {deadline_s:g} s is no time", "--deadline 12h")
