"""What a forecast of time rests on, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.fitting.laws import efficiency_band
from cockpit.analysis.forecast.fitting.lookup import Lookup
from cockpit.analysis.forecast.work import Work
from cockpit.units import short_duration

FLAGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "model": "--model",
        "imgsz": "--imgsz",
        "batch_per_rank": "--batch-per-rank",
        "device": "--gpu",
        "world_size": "--gpus",
        "epochs": "--epochs",
        "train_samples": "--dataset-size",
    }
)
"""Field of `Work` to the flag that sets it."""
FEW_STEPS: Final = 20
MUCH: Final = 0.4
"""Of an epoch: with so much of it fixed no number of ranks makes it 2.5 times as quick."""
ONE_HOST: Final = 8
"""More GPUs than these may stand in several hosts."""


def span(band: Band) -> str:
    """Return `3.2 s to 4.1 s`."""
    return f"{short_duration(band.low)} to {short_duration(band.high)}"


def counted(count: int, what: str) -> str:
    """Return `1 run` or `3 runs`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def is_assumed(work: Work, field: str) -> bool:
    """Whether nobody told a field."""
    return work.sources.get(field, "assumed").startswith("assumed")


def work_sentences(work: Work, lookup: Lookup, *, assumed_only: bool) -> Iterator[str]:
    """Return what is asked about and where each value comes from; or the assumed ones alone."""
    for field, text in _values(work, lookup).items():
        if assumed_only and not is_assumed(work, field):
            continue
        source = work.sources.get(field) or f"assumed, since {FLAGS[field]} was not given"
        flag = "" if FLAGS[field] in source or not is_assumed(work, field) else f" ({FLAGS[field]})"
        yield f"{text}: {source}{flag}"


def _values(work: Work, lookup: Lookup) -> dict[str, str]:
    values: dict[str, str] = {}
    model = lookup.model(work.model)
    if model is not None:
        values["model"] = (
            f"{model.key}, {model.gflops:g} GFLOPs at {model.imgsz} px ({_brief(model.source)})"
        )
    elif work.model is not None:
        values["model"] = work.model
    if work.imgsz is not None:
        values["imgsz"] = f"{work.imgsz} px"
    values["batch_per_rank"] = f"{counted(work.batch_per_rank, 'sample')} per rank and step"
    device = lookup.accelerator(work.device)
    name = work.device if device is None or work.device.startswith("cpu:") else device.name
    speed = (
        f", {device.gb_per_s:g} GB/s ({_brief(device.source)})"
        if device and device.gb_per_s
        else ""
    )
    values["device"] = name + speed
    values["epochs"] = counted(work.epochs, "epoch")
    return values


def scaling_sentence(
    serial: Band,
    ranks: int,
    *,
    is_measured: bool,
    on_cpu: bool = False,
    cores: int | None = None,
) -> str:
    """Return what is known of scaling to so many ranks, which may share so many cores."""
    band = efficiency_band(serial, ranks)
    result = f"{band.low:.0%} to {band.high:.0%} efficient on {ranks} ranks"
    fraction = f"Karp-Flatt serial fraction {serial.likely:.2g}"
    spread = f"range {serial.low:.2g} to {serial.high:.2g}: {result}"
    if cores is not None and ranks > cores:
        spread += f"; they share {counted(cores, 'core')}, more ranks than cores bring little"
    if is_measured:
        return f"scaling: measured here; {fraction}, {spread}"
    if on_cpu:
        return f"scaling: assumed, not measured; {fraction}, ranks share the processor, {spread}"
    network = "" if ranks <= ONE_HOST else "; the network between hosts is not counted"
    return (
        f"scaling: assumed, not measured; {fraction}, as published for 4 and 8 RTX 2080 Ti in one "
        f"host (ultralytics/yolov5#1860), {spread}{network}"
    )


def few_steps_sentence(steps: int, share_fixed: float, *, on_cpu: bool = False) -> str | None:
    """Return what few steps mean for scaling; None where more ranks would help.

    They do as long as there are steps to share and the fixed times are not much of an epoch.
    """
    if steps >= FEW_STEPS:
        return None
    more = "more ranks" if on_cpu else "more GPUs"
    if share_fixed >= MUCH:
        fixed = f"the fixed times, {share_fixed:.0%} of an epoch here, decide"
        return f"only {counted(steps, 'step')} an epoch: {fixed}, {more} hardly help"
    if steps == 1:
        return f"only 1 step an epoch: {more} at this batch have nothing to share"
    return None


def _brief(source: str) -> str:
    """Return a source without its side remarks."""
    return source.split(";", maxsplit=1)[0]
