"""What of all that was measured speaks for a job, and how far from it each of it is. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.forecast.fitting.laws import Size
from cockpit.analysis.forecast.fitting.lookup import Lookup
from cockpit.analysis.forecast.fitting.references import differing_arguments
from cockpit.analysis.forecast.time.published import cores_of, device_slowness, model_slowness
from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration, Kind
from cockpit.catalog.names import accelerator_key, model_key

# What the laws are wrong by, as standard deviations of logarithms; all assumed.
BATCH: Final = 0.1
"""For each e-fold of the batch,"""
RANKS: Final = 0.08
"""of the ranks,"""
CROWDED: Final = 0.4
"""of the ranks where there were fewer, and there will be more than the processor has cores,"""
AREA: Final = 0.2
"""of the pixels,"""
SAMPLES: Final = 0.03
"""of the data set."""
ARGUMENT: Final = 0.42
"""For an argument that differs and is in no law: half as long or twice; for several, times the root
of their number."""
MODEL: Final = 0.25
"""For another model, carried over by published figures,"""
OTHER_DEVICE: Final = 0.3
"""for another device, likewise."""
OTHER_PRESET: Final = 0.3
"""For another trainer of the same model."""
AREA_EXPONENT: Final = 1.7
"""With the side of an image its time grows less than its pixels do: it is read and its labels are
turned whatever its size, and small images fill a GPU badly. Assumed."""
IN_STEPS: Final = 0.9
"""Of an epoch, where nobody knows how many steps it has. Assumed."""
UNKNOWN_SAMPLES: Final = 0.3
"""Where nobody knows how many samples an epoch had."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The job that is asked about, with what had to be assumed of it."""

    work: Work
    lookup: Lookup
    samples: float
    assumed_samples: str = ""
    """Why these, in words; empty: they were told."""
    has_samples: bool = True
    """False: nobody knows, and their number only splits an epoch that is known as a whole."""

    @property
    def size(self) -> Size:
        """Return what its times depend on."""
        return Size(self.samples, self.work.batch_per_rank, self.work.world_size)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a calibration stands to a job."""

    size: Size
    """Of the calibration, relative to the job."""
    doubt: float
    """Of carrying a time over, beyond what the laws' own numbers leave open."""
    differences: tuple[str, ...] = ()
    """Which no law covers, or only a rough one, in words."""


def is_exact(likeness: Likeness) -> bool:
    """Whether nothing that matters differs."""
    return likeness.doubt == 0 and not likeness.differences


def speaks_for(calibration: Calibration, work: Work, lookup: Lookup) -> bool:
    """Whether a calibration may be evidence: measured on that host, on a GPU or its processor.

    Simulated GPUs train on the processor.
    """
    if work.host is None or calibration.host != work.host:
        return False
    was_cpu = lookup.is_cpu(calibration.device) or calibration.is_simulated
    return was_cpu == lookup.is_cpu(work.device)


def is_same_trainer(calibration: Calibration, work: Work, lookup: Lookup) -> bool:
    """Whether a run or probe trained what is asked about: by its preset, else by its model."""
    if calibration.kind not in (Kind.RUN, Kind.PROBE):
        return False
    if work.preset is not None and calibration.preset == work.preset:
        return True
    return is_same_model(calibration, work, lookup)


def is_same_model(calibration: Calibration, work: Work, lookup: Lookup) -> bool:
    """Whether both are known to train the same model."""
    ours, theirs = work.model, calibration.model
    if ours is None or theirs is None:
        return False
    return _model(ours, lookup) == _model(theirs, lookup)


def likeness(calibration: Calibration, subject: Subject) -> Likeness:
    """Return how a calibration of this host stands to the job."""
    work = subject.work
    slowness, doubts, differences = _unlike(calibration, subject)
    samples, doubt = _samples(calibration, subject)
    doubts.append(doubt)
    size = Size(
        samples=samples,
        batch_per_rank=calibration.batch_per_rank or work.batch_per_rank,
        ranks=calibration.world_size or work.world_size,
        area=_area(calibration, work),
        slowness=slowness,
    )
    doubts += [
        BATCH * _folds(size.batch_per_rank, work.batch_per_rank),
        _ranks_doubt(size.ranks, work) * _folds(size.ranks, work.world_size),
        AREA * _folds(size.area, 1.0),
        SAMPLES * _folds(size.samples, subject.samples),
    ]
    return Likeness(size, math.hypot(*doubts), tuple(differences))


def _ranks_doubt(were: int, work: Work) -> float:
    cores = cores_of(work.device)
    is_crowded = cores is not None and work.world_size > max(were, cores)
    return CROWDED if is_crowded else RANKS


def _unlike(calibration: Calibration, subject: Subject) -> tuple[float, list[float], list[str]]:
    """Return the slowness by published figures, the doubts, and what differs in words."""
    work, lookup = subject.work, subject.lookup
    slowness, doubts, differences = 1.0, [], []
    names = differing_arguments(calibration, work) if calibration.preset == work.preset else ()
    if names:
        doubts.append(ARGUMENT * math.sqrt(len(names)))
        differences.append(f"told otherwise: {', '.join(names[:6])}")
    if calibration.preset != work.preset and calibration.kind in (Kind.RUN, Kind.PROBE):
        doubts.append(OTHER_PRESET)
        differences.append(f"of {calibration.preset or 'no preset'}, not of {work.preset or 'one'}")
    if work.model and calibration.model and not is_same_model(calibration, work, lookup):
        known = lookup.model(work.model), lookup.model(calibration.model)
        ratio = model_slowness(known[1], known[0])
        slowness *= ratio or 1.0
        doubts.append(MODEL if ratio else 3 * MODEL)
        differences.append(f"of {calibration.model}, not {work.model}")
    if not _is_same_device(calibration, work, lookup):
        devices = (
            lookup.accelerator(work.device),
            lookup.accelerator(calibration.device),
        )
        ratio = device_slowness(devices[1], devices[0])
        slowness *= ratio or 1.0
        doubts.append(OTHER_DEVICE if ratio else 3 * OTHER_DEVICE)
        differences.append(f"on {calibration.device}, not {work.device}")
    return slowness, doubts, differences


def samples_by_steps(calibration: Calibration, work: Work) -> float | None:
    """Return about how many samples an epoch had, by how many of its steps it had room for."""
    if not calibration.step_s or not calibration.epoch_s:
        return None
    batch_per_rank = calibration.batch_per_rank or work.batch_per_rank
    ranks = calibration.world_size or work.world_size
    return IN_STEPS * calibration.epoch_s / calibration.step_s * batch_per_rank * ranks


def _samples(calibration: Calibration, subject: Subject) -> tuple[float, float]:
    """Return the samples of an epoch of a calibration, and the doubt of them."""
    if calibration.train_samples is not None:
        return calibration.train_samples, 0.0
    by_steps = samples_by_steps(calibration, subject.work)
    if by_steps is not None:
        return by_steps, UNKNOWN_SAMPLES / 3
    was_told = subject.work.train_samples is not None
    return subject.samples, UNKNOWN_SAMPLES if was_told else 0.0


def _area(calibration: Calibration, work: Work) -> float:
    if not calibration.imgsz or not work.imgsz:
        return 1.0
    return math.pow(calibration.imgsz / work.imgsz, AREA_EXPONENT)


def _is_same_device(calibration: Calibration, work: Work, lookup: Lookup) -> bool:
    if lookup.is_cpu(work.device):
        return True
    return _device(work.device, lookup) == _device(calibration.device, lookup)


def _device(name: str, lookup: Lookup) -> str:
    return accelerator_key(name, lookup.accelerator(name))


def _model(name: str, lookup: Lookup) -> str:
    return model_key(name, lookup.model(name))


def _folds(one: float, other: float) -> float:
    return abs(math.log(one / other))
