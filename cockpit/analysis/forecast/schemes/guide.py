"""What training guides say of schemes, to be shown beside ours. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from cockpit.analysis.forecast.schemes.scheme import Scheme, Told
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.names import find_model
from cockpit.catalog.rows import Catalog, DocumentTime, Runtime

SCHEMES_GUIDE: Final = "002"
HOSTS_GUIDE: Final = "000"


@dataclass(frozen=True, slots=True)
class ToldCost:
    """What a guide says that a scheme costs, in dollars."""

    run: float | None
    month: float | None
    note: str = ""


COSTS: Final[Mapping[str, ToldCost]] = MappingProxyType(
    {
        "colab-free-tpu": ToldCost(0, 0),
        "colab-pro-a100": ToldCost(10, 10),
        "own-rtx-4090": ToldCost(3, 30, "its $3 are 10 h of $0.30, its month 10 runs"),
        "aws-a100": ToldCost(26, 780, "its $26 are 7.1 h of $3.67, its month 30 runs"),
    }
)
"""Document 002, costs of 400 epochs, by offer."""
COSTS_EPOCHS: Final = 400
COSTS_MODEL: Final = "mshnet"


@dataclass(frozen=True, slots=True)
class ToldHosts:
    """What a guide says of trainings on hosts of their own, in parallel and one after the other."""

    document: str
    model: str
    hosts: int
    epochs: int
    parallel_h: tuple[float, float]
    serial_h: tuple[float, float]
    costs: tuple[str, ...]
    """As it prints them."""
    prices: tuple[float, float]
    """Of an hour of a host, lowest and highest."""


TOLD_HOSTS: Final = ToldHosts(
    HOSTS_GUIDE,
    "yolov7-tiny",
    2,
    100,
    (3, 4),
    (6, 8),
    ("$6-24", "$12-24"),
    (0.5, 3.06),
)


def told_cost(told: ToldHosts) -> tuple[float, float]:
    """Return what a guide's own hours and prices come to, lowest and highest."""
    low, high = told.prices
    return told.hosts * told.parallel_h[0] * low, told.hosts * told.parallel_h[1] * high


def told_times(work: Work, catalog: Catalog) -> tuple[DocumentTime, ...]:
    """Return the times that guides give for this model, image size and data set."""
    model = find_model(catalog, work.model) if work.model else None
    if model is None:
        return tuple(row for row in catalog.document_times if row.model == work.model)
    return tuple(
        row
        for row in catalog.document_times
        if row.model == model.key
        and _agree(row.train_samples, work.train_samples)
        and _agree(row.imgsz, work.imgsz)
    )


def is_of_guide(work: Work, catalog: Catalog) -> bool:
    """Say whether the guide of the schemes is about the model of this work."""
    model = find_model(catalog, work.model) if work.model else None
    told = {row.model for row in catalog.document_times if row.document == SCHEMES_GUIDE}
    return (work.model if model is None else model.key) in told


def is_told_on_xla(work: Work, catalog: Catalog) -> bool:
    """Say whether a guide has trained this model on a TPU: it has a script for torch_xla."""
    model = find_model(catalog, work.model) if work.model else None
    key = work.model if model is None else model.key
    return any(
        row.model == key and catalog.accelerators[row.accelerator].runtime is Runtime.XLA
        for row in catalog.document_times
        if row.accelerator in catalog.accelerators
    )


def told_of(scheme: Scheme, work: Work, times: Sequence[DocumentTime]) -> Told | None:
    """Return what the guide of these times says of the scheme; None: nothing."""
    row = next((row for row in times if _is_of(row, scheme)), None)
    offer = scheme.offer.key if scheme.offer is not None and scheme.count == 1 else ""
    cost = COSTS.get(offer) if _is_costed(work, times) else None
    if row is None and cost is None:
        return None
    told = Told(SCHEMES_GUIDE if row is None else row.document)
    if row is not None:
        total_s = row.total_s if row.epochs == work.epochs else None
        told = replace(told, batch=row.batch_per_rank, epoch_s=row.epoch_s, total_s=total_s)
    if cost is not None:
        told = replace(told, run_cost=cost.run, month_cost=cost.month, note=cost.note)
    return told


def told_baseline(times: Sequence[DocumentTime]) -> str | None:
    """Return the accelerator whose speed the guide calls 1.0: of document 002 the T4."""
    is_schemes = any(row.document == SCHEMES_GUIDE for row in times)
    return "t4" if is_schemes and any(row.accelerator == "t4" for row in times) else None


def _is_of(row: DocumentTime, scheme: Scheme) -> bool:
    return row.accelerator == scheme.accelerator.key and row.count == scheme.count


def _is_costed(work: Work, times: Sequence[DocumentTime]) -> bool:
    return work.epochs == COSTS_EPOCHS and any(row.model == COSTS_MODEL for row in times)


def _agree(one: int | None, other: int | None) -> bool:
    """Say whether two numbers are the same as far as they are known."""
    return one is None or other is None or one == other
