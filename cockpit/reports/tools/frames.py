"""Rows as pandas frames, with the columns that are asked for and real gaps for what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from cockpit.tool_runs.events import Row

if TYPE_CHECKING:  # read when something is drawn
    from pandas import DataFrame


def frame_of(
    rows: Iterable[Row], *, texts: Sequence[str] = (), numbers: Sequence[str]
) -> DataFrame:
    """Return these columns of the rows; a number that is missing, or none, is NaN."""
    import pandas as pd

    frame = pd.DataFrame([dict(row.values) for row in rows], dtype=object)
    frame = frame.reindex(columns=[*texts, *numbers])
    for column in numbers:
        frame[column] = pd.to_numeric(frame[column], errors="coerce").astype(float)
    for column in texts:
        frame[column] = frame[column].map(lambda cell: "" if pd.isna(cell) else str(cell))
    return frame
