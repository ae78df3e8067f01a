"""The poller of a plain `cockpit gpus`, started before the command line is loaded: 0.1 s sooner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cockpit.errors import InputError

if TYPE_CHECKING:
    from cockpit.devices.feed import DeviceFeed

PLAIN: Final = frozenset({"--json", "--csv"})
"""With nothing but these it is known what will be asked."""

_started: dict[str, DeviceFeed] = {}


def start(words: list[str]) -> None:
    """Have the driver asked if these are the words of a plain `cockpit gpus`.

    A wrong COCKPIT_DEVICES is left for the command to refuse.
    """
    if words[:1] != ["gpus"] or not PLAIN.issuperset(words[1:]):
        return
    from cockpit.devices.spec import checked_spec

    try:
        feed_of(checked_spec(), is_ahead=True)
    except InputError:
        return


def feed_of(spec: str, *, is_ahead: bool = False) -> DeviceFeed:
    """Return the feed that was started ahead, or start one; it is handed out once."""
    from cockpit.devices.feed import DeviceFeed

    feed = _started.pop(spec, None) or DeviceFeed(spec)
    feed.start()
    if is_ahead:
        _started[spec] = feed
    return feed
