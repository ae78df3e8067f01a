"""The batch tables of guides beside our own calculation. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.memory.forecast import forecast_memory
from cockpit.analysis.forecast.result import MemoryForecast
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.names import find_accelerator, is_same_model
from cockpit.catalog.rows import Catalog, DocumentMemory


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One line of a guide's table, and what we say of the same batch on the whole device."""

    told: DocumentMemory
    device: str
    """As its maker writes it."""
    need_bytes: Band | None
    """None: nothing can be said."""
    capacity_bytes: int | None
    fits: bool | None

    @property
    def is_held(self) -> bool | None:
        """The guide's figure lies in our range; where it tells none, both say it does not fit."""
        if self.need_bytes is None:
            return None
        if self.told.used_bytes is None:
            return self.fits is False
        return self.need_bytes.low <= self.told.used_bytes <= self.need_bytes.high


def document_rows(work: Work, catalog: Catalog) -> tuple[DocumentRow, ...]:
    """Return what guides say of this model's memory, calculated as `work` would be trained."""
    if work.model is None:
        return ()
    return tuple(
        _row(work, one, catalog)
        for one in catalog.document_memories
        if is_same_model(catalog, one.model, work.model)
    )


def _row(work: Work, told: DocumentMemory, catalog: Catalog) -> DocumentRow:
    accelerator = find_accelerator(catalog, told.accelerator)
    # A guide tells batch and memory of the whole device; a rank has one of its cores.
    cores = accelerator.cores or 1 if accelerator else 1
    asked = replace(
        work,
        device=told.accelerator,
        imgsz=told.imgsz,
        batch_per_rank=-(-told.batch_per_rank // cores),
        world_size=1,
        preset=None,
    )
    found = forecast_memory(asked, (), catalog)
    return DocumentRow(
        told,
        accelerator.name if accelerator else told.accelerator,
        found.need_bytes.times(cores) if found else None,
        _whole(found, cores),
        found.fits if found else None,
    )


def _whole(found: MemoryForecast | None, cores: int) -> int | None:
    if found is None or found.capacity_bytes is None:
        return None
    return found.capacity_bytes * cores
