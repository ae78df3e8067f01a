"""What one supervisor process has at hand, from its first moment to its last."""

from __future__ import annotations

from dataclasses import dataclass, field

from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord
from cockpit.supervise.foretelling import Foretelling
from cockpit.supervise.journal import Journal
from cockpit.supervise.notices import Notices
from cockpit.supervise.samples import Recorder
from cockpit.supervise.wall_clock import WallClock


@dataclass(frozen=True, slots=True)
class Station:
    """The run, and the ways to write of it, to sample beside it, to tell somebody, to be woken."""

    record: RunRecord
    paths: RunPaths
    wake: int
    """The end of a pipe that becomes readable when a signal came."""
    journal: Journal = field(init=False)
    recorder: Recorder = field(init=False)
    notices: Notices = field(init=False)
    foretelling: Foretelling = field(init=False)
    wall_clock: WallClock = field(default_factory=WallClock)
    """From before the first time that is written: what is told by another clock is noticed."""

    def __post_init__(self) -> None:
        journal = Journal(self.paths)
        object.__setattr__(self, "journal", journal)
        recorder = Recorder(self.paths, journal, self.record.devices)
        object.__setattr__(self, "recorder", recorder)
        object.__setattr__(self, "notices", Notices(self.record, self.paths))
        object.__setattr__(self, "foretelling", Foretelling(self.record, self.paths))
