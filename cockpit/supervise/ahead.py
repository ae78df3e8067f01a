"""What a launch can have done while the rest of it is still being loaded and decided."""

from __future__ import annotations

from cockpit.devices.feed import DeviceFeed
from cockpit.devices.spec import spec_from_environment
from cockpit.supervise.spare import Spare


class Ahead:
    """The driver being asked, and a supervisor being started. Raises InputError for a bad spec."""

    def __init__(self) -> None:
        self.feed = DeviceFeed(spec_from_environment())
        self.feed.start()
        self.spare = Spare()

    def dismiss(self) -> None:
        """Leave nothing behind of a launch that was refused."""
        self.feed.close()
        self.spare.dismiss()
