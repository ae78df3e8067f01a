"""results.txt of YOLOv7 and of YOLOv5 before it wrote CSV: fields without a header."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cockpit.metrics.cells import number
from cockpit.metrics.results_csv import ResultsCsvReader
from cockpit.metrics.series import MetricTable
from cockpit.metrics.table_reader import TableReader

FIELDS: Final = (
    "epoch",
    "gpu_mem",
    "train/box_loss",
    "train/obj_loss",
    "train/cls_loss",
    "train/total_loss",
    "labels",
    "img_size",
    "metrics/precision",
    "metrics/recall",
    "metrics/mAP_0.5",
    "metrics/mAP_0.5:0.95",
    "val/box_loss",
    "val/obj_loss",
    "val/cls_loss",
)
"""The file has no header: the names are those of YOLOv5's results.csv."""
WIDTH: Final = 10
"""Each field is filled up to this; one that is longer runs into the one before."""
NO_CURVES: Final = ("gpu_mem", "labels", "img_size")
"""Of the last batch only, or known before."""
TESTED: Final = 7
"""The last fields come from the test of an epoch, and are 0 where it was left out."""
_COLUMNS: Final = [at for at, name in enumerate(FIELDS) if name not in NO_CURVES]


class Yolov7TxtReader(TableReader):
    """Reads `0/99  5.2G  0.08  …`, a row for each epoch, as the table that it is.

    On a resume the trainer writes the file anew, from the copy in its checkpoint.
    """

    def __init__(self) -> None:
        self._rows = ResultsCsvReader()
        super().__init__()

    def restart(self) -> None:
        """Forget everything."""
        super().restart()
        self._rows.restart()
        self._rows.feed([",".join(FIELDS[at] for at in _COLUMNS)])
        self._epochs: int | None = None
        self._has_words = False
        """There was something that is no row."""

    def _take_block(self, lines: Sequence[str]) -> bool:
        self._rows.feed([row for line in lines if (row := self._as_csv(line)) is not None])
        return True

    def _build(self) -> MetricTable:
        problem = "the results file has no rows of 15 fields"
        is_strange = self._has_words and self._epochs is None
        return replace(
            self._rows.table(), epochs=self._epochs, problem=problem if is_strange else None
        )

    def _as_csv(self, line: str) -> str | None:
        cells = split_fields(line)
        epoch, _, last = cells[0].partition("/")
        if len(cells) != len(FIELDS) or not epoch.isdecimal() or not last.isdecimal():
            self._has_words = self._has_words or bool(line.strip())
            return None
        self._epochs = int(last) + 1
        if int(epoch) < int(last) and all(number(cell) == 0 for cell in cells[-TESTED:]):
            cells[-TESTED:] = [""] * TESTED
        return ",".join((str(int(epoch) + 1), *(cells[at] for at in _COLUMNS[1:])))


def split_fields(line: str) -> list[str]:
    """Return the fields of a row: at the blanks, or where two have grown together, by width."""
    cells = line.split()
    text = line.rstrip()
    if len(cells) < len(FIELDS) and len(text) == WIDTH * len(FIELDS):
        return [text[at : at + WIDTH].strip() for at in range(0, len(text), WIDTH)]
    return cells or [""]
