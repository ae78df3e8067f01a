"""What is known now: runs and readings, gathered once a second. No Textual in here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from cockpit.analysis.alerts.limits import Limits, Targets
from cockpit.devices.sample import DeviceReading, DeviceSource
from cockpit.runs.alert import Alert
from cockpit.units import DAY_S
from cockpit.views.gpu_owners import GpuOwner, owners_of_gpus
from cockpit.views.instrument_settings import InstrumentSettings
from cockpit.views.run_view import RunView

if TYPE_CHECKING:
    from cockpit.analysis.alerts.book import AlertBook

JUDGED_AFTER_S: Final = 0.8
"""The first frame does not wait for the rules: they want a time to look at, and to be read."""


class RunSource(Protocol):
    """Where runs are read: `views.registry.Registry`."""

    def read(self, now_s: float) -> tuple[RunView, ...]:
        """Return every run, newest first."""
        ...


class ReadingSource(Protocol):
    """Where readings come from: `devices.feed.DeviceFeed`."""

    def start(self) -> None:
        """Begin to read; returns at once."""
        ...

    def latest(self) -> DeviceReading:
        """Return the newest readings without waiting."""
        ...

    def close(self) -> None:
        """End the poller."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the screens show, at one moment."""

    runs: tuple[RunView, ...]
    """Newest first."""
    reading: DeviceReading
    time: float
    """Epoch seconds."""
    opened: float
    """When the TUI was started, epoch seconds."""
    alerts: tuple[Alert, ...] = ()
    """What the readings give notice of, worst first; of runs and other hosts their own tell."""
    targets: Targets = field(default_factory=Targets)
    """Where a healthy training lies."""
    disk_full_in_s: float | None = None
    """When the disk of the runs is full at a steady rate; None: not while that concerns a run."""
    settings_problems: tuple[str, ...] = ()
    """What is wrong with config.toml."""
    hidden: frozenset[str] = frozenset()
    """Topics of the needs that the user has noted."""

    def run(self, run_id: str | None) -> RunView | None:
        """Return the run of that id, or None when it is gone."""
        return next((run for run in self.runs if run.run_id == run_id), None)

    @property
    def is_simulated(self) -> bool:
        """True when the GPUs shown do not exist."""
        inventory = self.reading.inventory
        return inventory is not None and inventory.source is DeviceSource.SIMULATED


def usual_settings() -> InstrumentSettings:
    """Return what holds where the user set nothing."""
    return InstrumentSettings(Limits(), Targets())


def concerning(full_in_s: float | None, runs: Iterable[RunView]) -> float | None:
    """Return when the disk is full, if that is within a day or before a run ends; else None."""
    ends = [run.eta.remaining_s for run in runs if run.phase.is_live and run.eta is not None]
    return None if full_in_s is None or full_in_s > max([DAY_S, *ends]) else full_in_s


@dataclass
class Store:
    """Joins the registry and the device feed into snapshots."""

    runs: RunSource
    devices: ReadingSource
    opened: float
    settings: InstrumentSettings = field(default_factory=usual_settings)
    _started: bool = field(default=False, init=False)
    _book: AlertBook | None = field(default=None, init=False)

    def refresh(self, now_s: float) -> Snapshot:
        """Return what is known now; the first call starts the poller."""
        if not self._started:
            self._started = True
            self.devices.start()
        runs, reading = self.runs.read(now_s), self.devices.latest()
        alerts, full_in_s = self._judged(reading, now_s)
        targets = self.settings.targets
        problems = self.settings.problems
        full_in_s = concerning(full_in_s, runs)
        return Snapshot(runs, reading, now_s, self.opened, alerts, targets, full_in_s, problems)

    def _judged(
        self, reading: DeviceReading, now_s: float
    ) -> tuple[tuple[Alert, ...], float | None]:
        if 0 <= now_s - self.opened < JUDGED_AFTER_S:
            return (), None
        if self._book is None:
            from cockpit.analysis.alerts.book import AlertBook

            self._book = AlertBook(self.settings.limits)
        return self._book.look(reading, now_s), self._book.disk_fills_in_s

    def close(self) -> None:
        """End the poller; no run is touched."""
        if self._started:
            self.devices.close()


def holders(snapshot: Snapshot) -> dict[str, GpuOwner]:
    """Return which run and rank hold which GPU, by `GpuSample.key`."""
    is_simulated = snapshot.is_simulated
    return owners_of_gpus(snapshot.reading.gpus, snapshot.runs, is_simulated=is_simulated)


def owners(snapshot: Snapshot) -> dict[str, str]:
    """Return the same in words: `run · r3`, or the run alone."""
    return {key: owner.label for key, owner in holders(snapshot).items()}


def gpu_words(indices: Iterable[int]) -> str:
    """Return `GPU 3`, `GPUs 0 to 15` or `GPUs 0, 2`; `cpu` for none."""
    numbers = sorted(indices)
    if not numbers:
        return "cpu"
    if len(numbers) == 1:
        return f"GPU {numbers[0]}"
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"GPUs {numbers[0]} to {numbers[-1]}"
    return "GPUs " + ", ".join(map(str, numbers))
