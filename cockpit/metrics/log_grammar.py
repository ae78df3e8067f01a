"""What the console lines of a trainer mean, as values; `grammar_toml` reads them from TOML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cockpit import expressions
from cockpit.metrics.match_numbers import number_of, whole_of

if TYPE_CHECKING:
    import regex

NUMBER: Final = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+|nan\b|inf\b)"
"""A number as Python prints it."""
BAR: Final = r"(?P<percent>\d{1,3})%\|[^|]*\|(?:\s*(?P<done>\d{1,12})/(?P<steps>\d{1,12})\s)?"
"""tqdm: `40%|####      | 10/25 [00:58<01:27]`; a narrow terminal cuts the counts off."""
FACTS: Final = ("world_size", "gpus_used", "train_samples", "val_samples", "image_size")
"""Groups that tell of the trainer and not of an epoch; see `TrainerFacts`."""
GPU_ORDINAL: Final = "gpu_ordinal"
"""A group for trainers that list their GPUs, 0 and on: the highest tells how many."""
MEANINGS: Final = ("epoch", "epochs", "done", "steps", "percent", "seconds", *FACTS, GPU_ORDINAL)
"""Every group that needs no curve."""
SEARCH_S: Final = 0.05
"""A search by a person's own pattern may take this long on a line: ten thousand times the usual."""


@dataclass(frozen=True, slots=True)
class LinePattern:
    """One kind of line, by a regular expression that is searched in it.

    Named groups with a meaning: `epoch`, `epochs` (how many there will be), `done` and `steps` or
    `percent` (how far a progress bar is), `seconds` (how long the epoch took), and the facts.
    Without `epoch` it speaks of the epoch that began last; with nothing else it begins one, again
    if need be.
    """

    pattern: re.Pattern[str] | regex.Pattern[str]
    """A person's own is one of `regex`, whose searches can be ended; `re` is quicker."""
    series: Mapping[str, str] = field(default_factory=dict)
    """Group to the name of the curve that its number belongs to; of a bar the end counts."""
    completes: bool = False
    """The epoch is complete with this line; where it is a bar, with the end of that."""
    means: Mapping[str, int] = field(default_factory=dict)
    """Facts that the line tells without a number in it."""
    place: str = ""
    """Where it is written, for people."""

    def search(self, frame: str) -> re.Match[str] | regex.Match[str] | None:
        """Search a frame. Raises TooSlow for a person's own pattern that backtracks for ever."""
        if isinstance(self.pattern, re.Pattern):
            return self.pattern.search(frame)
        return expressions.search(self.pattern, frame, SEARCH_S)

    @property
    def begins(self) -> bool:
        """True when the line tells of an epoch and nothing else."""
        groups = set(self.pattern.groupindex)
        return "epoch" in groups and groups <= {"epoch", "epochs"}

    @property
    def tells_facts(self) -> bool:
        """True when the line tells something of the trainer."""
        return bool(self.means) or not {*FACTS, GPU_ORDINAL}.isdisjoint(self.pattern.groupindex)


@dataclass(frozen=True, slots=True)
class LogGrammar:
    """The lines of one trainer; of several patterns that fit a line the first counts."""

    lines: tuple[LinePattern, ...]
    counts_from: int | None = None
    """The number of its first epoch, 0 or 1; None: from 0 once an epoch 0 is seen."""
    words: re.Pattern[str] | None = None
    """A line without any of these is passed over before it costs anything."""
    summary: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The curves, in the order in which they are declared."""
        return tuple(dict.fromkeys(name for line in self.lines for name in line.series.values()))


def part_of(groups: Mapping[str, str | None]) -> float | None:
    """Return how much of its way a progress bar shows, 0 to 1; None for other lines."""
    done, steps = whole_of(groups, "done"), whole_of(groups, "steps")
    if done is not None and steps:
        return min(done / steps, 1.0)
    percent = number_of(groups, "percent")
    return min(percent / 100, 1.0) if percent is not None and percent >= 0 else None
