"""What the readings of one second give notice of. No Textual in here."""

from __future__ import annotations

from dataclasses import dataclass, field

from cockpit.analysis.alerts.book import AlertBook
from cockpit.analysis.alerts.host import disk_full_in_s
from cockpit.analysis.alerts.limits import Limits
from cockpit.analysis.alerts.window import HostPoint, Window, host_point_of
from cockpit.devices.sample import DeviceReading, HostSample
from cockpit.runs.alert import Alert


class DiskTrend:
    """Follows how fast the disk of the runs fills."""

    def __init__(self) -> None:
        self._points: Window[HostPoint] = Window()
        self._full_in_s: float | None = None

    def look(self, host: HostSample | None) -> float | None:
        """Return in how many seconds it is full at the rate of the last minutes, if it fills."""
        if host is not None and self._points.is_due(host.time):
            self._points.add(host_point_of(host))
            self._full_in_s = disk_full_in_s(self._points.points)
        return self._full_in_s


@dataclass
class Judge:
    """Keeps what the rules ask for, and asks them."""

    limits: Limits
    _book: AlertBook = field(init=False)
    _disk: DiskTrend = field(default_factory=DiskTrend, init=False)

    def __post_init__(self) -> None:
        self._book = AlertBook(self.limits)

    def look(self, reading: DeviceReading, now_s: float) -> tuple[tuple[Alert, ...], float | None]:
        """Return the alerts, worst first, and in how many seconds the disk is full, if it fills."""
        return self._book.look(reading, now_s), self._disk.look(reading.host)
