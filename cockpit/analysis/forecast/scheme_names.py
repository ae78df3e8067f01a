"""Which schemes the names of a comparison mean. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

from cockpit.analysis.forecast.scheme import Scheme, is_own
from cockpit.catalog.names import find_accelerator, find_offer
from cockpit.catalog.rows import Accelerator, Catalog, Offer, Runtime
from cockpit.errors import InputError, nearest

MOST_ACCELERATORS: Final = 4096
OWN: Final = "own"
"""Key of an offer that is the user's own hardware."""
_COUNTED: Final = re.compile(r"(\d{1,4})\s*x\s*(.+)", re.IGNORECASE)


def find_schemes(names: Sequence[str], catalog: Catalog, count: int | None) -> tuple[Scheme, ...]:
    """Return what the names mean, each an accelerator or an offer, `4x a100` for four of them.

    `count` is how many GPUs were asked for, None: as many as an offer has. Raises InputError with
    every name that means nothing, and with the nearest that does.
    """
    asked = [name.strip() for name in names if name.strip()]
    if not asked:
        raise InputError("--compare: no scheme is named", "--compare a100,v100,cpu")
    found = [_find(name, catalog, count) for name in asked]
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


def _find(name: str, catalog: Catalog, count: int | None) -> Scheme | None:
    counted = _COUNTED.fullmatch(name)
    if counted and 0 < int(counted[1]) <= MOST_ACCELERATORS:
        name, count = counted[2], int(counted[1])
    accelerator = find_accelerator(catalog, name)
    if accelerator is None:
        named = find_offer(catalog, name)
        accelerator = None if named is None else catalog.accelerators.get(named.accelerator)
        if accelerator is None:
            return None
        return _joined(accelerator, named, count if counted else None)
    if accelerator.runtime is not Runtime.CUDA and not counted:
        count = None
    offer = _fitting(accelerator, catalog, count)
    if offer is None and accelerator.runtime is Runtime.CPU:
        offer = own_machine(accelerator)
    return _joined(accelerator, offer, count)


def own_machine(accelerator: Accelerator) -> Offer:
    """Return the computer that everybody has: of no price that anybody told."""
    return Offer(OWN, "own machine", accelerator.key, source="", date="")


def _joined(accelerator: Accelerator, offer: Offer | None, count: int | None) -> Scheme:
    """Return the scheme with as many hosts as hold so many accelerators."""
    each = 1 if offer is None else offer.count
    wanted = count or each
    return Scheme(accelerator, offer, wanted, 1 if offer is None else math.ceil(wanted / each))


def _fitting(accelerator: Accelerator, catalog: Catalog, count: int | None) -> Offer | None:
    """Return the offer that is taken for an accelerator of which none is named."""
    offers = offers_of(accelerator, catalog)
    wanted = count or 1
    fitting = [one for one in offers if one.count >= wanted or not _is_notebook(one)]
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


def _is_notebook(offer: Offer) -> bool:
    return offer.session_hours is not None or offer.month is not None


def _unknown(name: str, catalog: Catalog) -> str:
    known = [*catalog.accelerators, *catalog.offers]
    return f"no accelerator or offer is called {name[:80]!r}{nearest(name.lower(), known)}"
