"""Which schemes the names of a comparison mean. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

from cockpit.analysis.forecast.cost.terms import OWN, is_notebook, is_own
from cockpit.analysis.forecast.schemes.scheme import Scheme
from cockpit.analysis.forecast.work import GIVEN, Work
from cockpit.catalog.names import find_accelerator, find_offer
from cockpit.catalog.rows import Accelerator, Catalog, Offer, Runtime
from cockpit.errors import InputError, nearest

MOST_ACCELERATORS: Final = 4096
_COUNTED: Final = re.compile(r"(\d{1,4})\s*x\s*(.+)", re.IGNORECASE)


def find_schemes(names: Sequence[str], catalog: Catalog, work: Work) -> tuple[Scheme, ...]:
    """Return what the names mean, each an accelerator or an offer, `4x a100` for four of them.

    Where the user gave a number of GPUs, it holds for every kind of GPU; else the GPUs of the work
    itself are as many as it has, and of others one offer is taken. Raises InputError with every
    name that means nothing, and with the nearest that does.
    """
    asked = [name.strip() for name in names if name.strip()]
    if not asked:
        raise InputError("--compare: no scheme is named", "--compare a100,v100,cpu")
    found = [_find(name, catalog, work) for name in asked]
    unknown = [_unknown(name, catalog) for name, one in zip(asked, found, strict=True) if not one]
    if unknown:
        raise InputError("\n".join(unknown), "cockpit estimate --catalog")
    return tuple(dict.fromkeys(one for one in found if one is not None))


def scheme_of(offer: Offer, catalog: Catalog, hosts: int = 1) -> Scheme | None:
    """Return so many hosts of an offer; None where its accelerator is not in the catalogue."""
    accelerator = catalog.accelerators.get(offer.accelerator)
    return None if accelerator is None else Scheme(accelerator, offer, hosts * offer.count, hosts)


def offers_of(accelerator: Accelerator, catalog: Catalog) -> list[Offer]:
    """Return where it is offered, the cheapest way to begin first.

    That is what is free, then a subscription, then hardware of one's own, then what is rented.
    """
    offers = [one for one in catalog.offers.values() if one.accelerator == accelerator.key]
    return sorted(offers, key=_hardness)


def _find(name: str, catalog: Catalog, work: Work) -> Scheme | None:
    counted, count = _COUNTED.fullmatch(name), None
    if counted and 0 < int(counted[1]) <= MOST_ACCELERATORS:
        name, count = counted[2], int(counted[1])
    accelerator = find_accelerator(catalog, name)
    if accelerator is None:
        named = find_offer(catalog, name)
        accelerator = None if named is None else catalog.accelerators.get(named.accelerator)
        if accelerator is None:
            return None
        is_counted = accelerator.runtime.is_gpu and named and not is_notebook(named)
        if count is None and is_counted and is_given(work, "world_size"):
            count = work.world_size
        return joined(accelerator, named, count)
    if count is None and accelerator.runtime.is_gpu:
        count = _count_of(accelerator, catalog, work)
    return joined(accelerator, _taken(accelerator, catalog, work, count), count)


def _taken(
    accelerator: Accelerator, catalog: Catalog, work: Work, count: int | None
) -> Offer | None:
    """Return the offer of an accelerator: of what the work is asked for, the machine it is in."""
    own = catalog.offers.get(OWN)
    if own is not None and own.accelerator == accelerator.key:
        return own
    is_asked = _is_of(accelerator, catalog, work)
    if is_asked and work.host is not None:
        return own_machine(accelerator, "this machine")
    offer = _fitting(accelerator, catalog, count)
    if offer is None and (is_asked or accelerator.runtime is Runtime.CPU):
        return own_machine(accelerator, "own machine")
    return offer


def _count_of(accelerator: Accelerator, catalog: Catalog, work: Work) -> int | None:
    """Return how many GPUs of a kind are meant; None: as many as an offer has."""
    if _is_of(accelerator, catalog, work):
        return work.world_size
    return work.world_size if is_given(work, "world_size") else None


def _is_of(accelerator: Accelerator, catalog: Catalog, work: Work) -> bool:
    """Say whether the work is asked for on this accelerator."""
    asked = find_accelerator(catalog, work.device)
    return asked is not None and asked.key == accelerator.key


def is_given(work: Work, name: str) -> bool:
    """Say whether the user gave this value, rather than a preset or a default."""
    return work.sources.get(name, "").startswith(GIVEN)


def own_machine(accelerator: Accelerator, name: str) -> Offer:
    """Return a machine that is there: of no price that anybody told."""
    return Offer(OWN, name, accelerator.key, source="", date="")


def joined(accelerator: Accelerator, offer: Offer | None, count: int | None) -> Scheme:
    """Return the scheme with as many hosts as hold so many accelerators."""
    each = 1 if offer is None else offer.count
    wanted = count or each
    is_one = offer is None or offer.key == OWN
    return Scheme(accelerator, offer, wanted, 1 if is_one else math.ceil(wanted / each))


def _fitting(accelerator: Accelerator, catalog: Catalog, count: int | None) -> Offer | None:
    """Return the offer that is taken for an accelerator of which none is named."""
    offers = offers_of(accelerator, catalog)
    wanted = count or 1
    fitting = [one for one in offers if one.count >= wanted or not is_notebook(one)]
    return min(
        fitting,
        key=lambda one: (_hardness(one)[0], math.ceil(wanted / one.count) * one.count - wanted),
        default=None,
    )


def _hardness(offer: Offer) -> tuple[int, float]:
    price = offer.hour or offer.month or offer.electricity_hour or 0.0
    if is_own(offer):
        return 2, price
    if offer.month:
        return 1, price
    if offer.hour:
        return 3, price / offer.count
    return 0, 0.0


def _unknown(name: str, catalog: Catalog) -> str:
    known = [*catalog.accelerators, *catalog.offers]
    return f"no accelerator or offer is called {name[:80]!r}{nearest(name.lower(), known)}"
