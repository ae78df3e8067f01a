"""What the console lines of a trainer mean, declared as data for `LogReader`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

NUMBER: Final = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+|nan\b|inf\b)"
"""A number as Python prints it."""


@dataclass(frozen=True, slots=True)
class LinePattern:
    """One kind of line, by a regular expression that is searched in it.

    Named groups with a meaning: `epoch`, `epochs` (how many there will be), `done` and `steps` or
    `percent` (how far a progress bar is), `seconds` (how long the epoch took). Without `epoch` it
    speaks of the epoch that began last; with nothing else it begins one, again if need be.
    """

    pattern: re.Pattern[str]
    series: Mapping[str, str] = field(default_factory=dict)
    """Group to the name of the curve that its number belongs to; of a bar the end counts."""
    completes: bool = False
    """The epoch is complete with this line; where it is a bar, with the end of that."""

    @property
    def begins(self) -> bool:
        """True when the line tells of an epoch and nothing else."""
        return set(self.pattern.groupindex) <= {"epoch", "epochs"}


@dataclass(frozen=True, slots=True)
class LogGrammar:
    """The lines of one trainer; of several patterns that fit a line the first counts."""

    lines: tuple[LinePattern, ...]
    counts_from: int | None = None
    """The number of its first epoch, 0 or 1; None: from 0 once an epoch 0 is seen."""
    words: re.Pattern[str] | None = None
    """A line without any of these is passed over before it costs anything."""

    @property
    def names(self) -> tuple[str, ...]:
        """The curves, in the order in which they are declared."""
        return tuple(dict.fromkeys(name for line in self.lines for name in line.series.values()))


_EPOCH_OF: Final = r"\s*Epoch:?\s+\[?(?P<epoch>\d{1,7})(?:\s*/\s*(?P<epochs>\d{1,7}))?\]?\s*"
_BAR: Final = r"(?P<percent>\d{1,3})%\|[^|]*\|(?:\s*(?P<done>\d{1,12})/(?P<steps>\d{1,12})\s)?"
"""tqdm: `40%|####      | 10/25 [00:58<01:27]`; a narrow terminal cuts the counts off."""

EPRI: Final = LogGrammar(
    lines=(
        LinePattern(re.compile(rf"^{_EPOCH_OF}:?[^|]*\s{_BAR}")),
        LinePattern(re.compile(rf"^{_EPOCH_OF}$")),
        LinePattern(re.compile(r"^\s*Batch \[(?P<done>\d{1,12})/(?P<steps>\d{1,12})\]")),
        LinePattern(
            re.compile(rf"^\s*Average Loss:\s*(?P<loss>{NUMBER})", re.IGNORECASE),
            {"loss": "loss"},
            completes=True,
        ),
        LinePattern(re.compile(rf"^\s*Time:\s*(?P<seconds>{NUMBER})\s*s", re.IGNORECASE)),
        LinePattern(
            re.compile(rf"^\s*Throughput:\s*(?P<speed>{NUMBER})\s*batches/s", re.IGNORECASE),
            {"speed": "batches_per_s"},  # summed over all ranks, as the script prints it
        ),
    ),
    words=re.compile(r"epoch|batch|loss|time|throughput", re.IGNORECASE),
)
"""A plain PyTorch DDP script, as document 004 shows it.

Epoch 3
  Batch [10/1234] - Loss: 2.3891
  Average Loss: 2.1234
  Time: 180.5s
  Throughput: 27.3 batches/sec
"""

MSHNET: Final = LogGrammar(
    lines=(
        LinePattern(
            re.compile(rf"Epoch (?P<epoch>\d{{1,7}}), loss (?P<loss>{NUMBER}):\s*{_BAR}"),
            {"loss": "train/loss"},
        ),
        LinePattern(
            re.compile(rf"Epoch (?P<epoch>\d{{1,7}}), IoU (?P<iou>{NUMBER}):\s*{_BAR}"),
            {"iou": "metrics/IoU"},
            completes=True,
        ),
        LinePattern(
            re.compile(
                rf"- (?P<epoch>\d{{4,7}})\s+- IoU {NUMBER}\s+- PD (?P<pd>{NUMBER})\s+"
                rf"- FA (?P<fa>{NUMBER})"
            ),
            {"pd": "metrics/PD", "fa": "metrics/FA"},
        ),
    ),
    counts_from=0,
    words=re.compile(r"Epoch|IoU"),
)
"""MSHNet: a bar for the training and one for the test of each epoch, told apart by their words.

Epoch 2, loss 1.9370: 100%|██████████| 2/2 [00:01<00:00,  1.60it/s]
Epoch 2, IoU 0.0000: 100%|██████████| 4/4 [00:00<00:00, 17.03it/s]
2026-11-20-18-32-02 - 0001	 - IoU 0.0029	 - PD 0.0000	 - FA 1000000.0000

The last is a line of its metric.log, written where the IoU became better; some print it too.
"""

LAYOUTMASTER: Final = LogGrammar(
    lines=(
        LinePattern(
            re.compile(rf"Epoch (?P<epoch>\d{{1,7}})/(?P<epochs>\d{{1,7}}):\s*{_BAR}"),
        ),
        LinePattern(
            re.compile(rf"Epoch (?P<epoch>\d{{1,7}}) - Train Loss: (?P<loss>{NUMBER})"),
            {"loss": "train/loss"},
        ),
        LinePattern(
            re.compile(rf"Epoch (?P<epoch>\d{{1,7}}) - Val Loss: (?P<loss>{NUMBER})"),
            {"loss": "val/loss"},
            completes=True,
        ),
    ),
    counts_from=1,
    words=re.compile(r"Epoch"),
)
"""LayoutMaster: Python's logging between progress bars, of which the second is the validation's.

Epoch 7/100:  40%|####      | 10/25 [00:58<01:27,  5.8s/it, loss=1.78e+08, step=160]
INFO:__main__:Epoch 7 - Train Loss: 177766985.4400
INFO:__main__:Epoch 7 - Val Loss: 181543210.1200
"""

GRAMMARS: Final[Mapping[str, LogGrammar]] = MappingProxyType(
    {"epri-log": EPRI, "mshnet-log": MSHNET, "layoutmaster-log": LAYOUTMASTER}
)
"""By the name of the reader."""
