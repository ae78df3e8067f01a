"""The catalogue from its files: the rows that came with cockpit, the user's own over them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from cockpit.catalog import build
from cockpit.catalog.rows import Catalog
from cockpit.errors import InputError

YOURS: Final = "yours"
"""The source of a row of the user's file that names none."""
_ROW: Final = 'a row is [[offer]], then key = "mine", accelerator = "t4", hour = 1.10'
"""What a person sees who has mistaken the format."""
_SHIPPED: Final = Path(__file__).parent / "catalog.toml"


@cache
def shipped_catalog() -> Catalog:
    """Return the rows that came with cockpit."""
    document, _ = _read(_SHIPPED)
    times, memories = (
        build.rows_of(document, table, "", "") for table in ("document_time", "document_memory")
    )
    return replace(
        _catalog(document, "", ""),
        document_times=tuple(map(build.document_time, times)),
        document_memories=tuple(map(build.document_memory, memories)),
    )


def read_catalog(user_file: Path) -> Catalog:
    """Return the shipped rows and the user's, which replace those of the same key.

    The file need not exist. Raises InputError with everything that is wrong in it, row by row.
    """
    shipped = shipped_catalog()
    if not user_file.exists():
        return shipped
    from cockpit.catalog.schema import problems_of  # mostly not needed

    document, written_s = _read(user_file)
    problems = list(problems_of(document, tuple(shipped.accelerators)))
    if problems:
        told = "\n".join(f"{user_file}: {problem}" for problem in problems)
        raise InputError(told, f"edit {user_file}: {_ROW}")
    own = _catalog(document, YOURS, _day_of(written_s))
    # The user's rows first, also where they replace one: they are what the user looks for.
    return replace(
        shipped,
        accelerators={**own.accelerators, **shipped.accelerators, **own.accelerators},
        offers={**own.offers, **shipped.offers, **own.offers},
        models={**own.models, **shipped.models, **own.models},
    )


def _catalog(document: Mapping[str, object], source: str, day: str) -> Catalog:
    accelerators, offers, models = (
        build.rows_of(document, table, source, day) for table in ("accelerator", "offer", "model")
    )
    return Catalog(
        accelerators={row.key: build.accelerator(row) for row in accelerators},
        offers={row.key: build.offer(row) for row in offers},
        models={row.key: build.model(row) for row in models},
    )


def _read(file: Path) -> tuple[Mapping[str, object], float]:
    """Return what a file says, and when it was written last."""
    import tomllib

    try:
        with file.open("rb") as stream:
            return tomllib.load(stream), os.fstat(stream.fileno()).st_mtime
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}", "a file that can be read, or none") from error
    except (ValueError, RecursionError) as error:  # a number of 5000 digits is a plain ValueError
        raise InputError(f"{file}: not valid TOML: {error}", f"edit {file}: {_ROW}") from error


def _day_of(time_s: float) -> str:
    return datetime.fromtimestamp(time_s).astimezone().date().isoformat()
