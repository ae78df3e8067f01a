"""What a person wants to be told about, and how: `[notices]` of config.toml. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from cockpit.errors import nearest


class Occasion(StrEnum):
    """What may be worth a notice."""

    ENDED = "ended"
    """succeeded, or stopped by somebody"""
    FAILED = "failed"
    NEEDS_YOU = "needs-you"
    """it hangs, its disk is full, or it was started again"""


ALL: Final = frozenset(Occasion)
KEYS: Final = ("command", "webhook", "on", "terminal")


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """Where notices go; by default nowhere but the terminal."""

    command: tuple[str, ...] = ()
    """Words of a program of the user's; no shell runs it."""
    webhook: str | None = None
    """An address that a JSON object is posted to."""
    occasions: frozenset[Occasion] = ALL
    terminal: bool = True
    """Whether an open screen rings in its terminal."""

    def wants(self, occasion: Occasion) -> bool:
        """Say whether anything is to be sent then."""
        return occasion in self.occasions and bool(self.command or self.webhook)


def parse_notices(
    table: object, environ: Mapping[str, str]
) -> tuple[NoticeSettings, tuple[str, ...]]:
    """Return the settings in `[notices]` and what is wrong with it, each as `key: problem`.

    COCKPIT_NOTICE_COMMAND (words as in a shell) and COCKPIT_NOTICE_WEBHOOK go before the file.
    A key that is wrong counts as not given.
    """
    content = table if isinstance(table, dict) else {}
    problems = tuple(_problems(table))
    wrong = {problem.partition(":")[0] for problem in problems}
    good = {key: value for key, value in content.items() if f"notices.{key}" not in wrong}
    settings = NoticeSettings(
        command=tuple(good.get("command", ())),
        webhook=good.get("webhook"),
        occasions=frozenset(map(Occasion, good.get("on", ALL))),
        terminal=good.get("terminal", True),
    )
    command, webhook = environ.get("COCKPIT_NOTICE_COMMAND"), environ.get("COCKPIT_NOTICE_WEBHOOK")
    if command is not None:
        settings = replace(settings, command=tuple(_words(command)))
    if webhook is not None:
        settings = replace(settings, webhook=webhook or None)
    return settings, problems


def _problems(table: object) -> Iterator[str]:
    if table is None:
        return
    if not isinstance(table, dict):
        yield "notices: must be a table: [notices]"
        return
    for key, value in table.items():
        if key not in KEYS:
            yield f"notices.{key}: no such key{nearest(key, KEYS)}"
        elif key == "terminal":
            if not isinstance(value, bool):
                yield "notices.terminal: must be true or false"
        elif key == "webhook":
            if not isinstance(value, str) or not value.startswith(("http://", "https://")):
                yield "notices.webhook: must be an address that begins with https:// or http://"
        elif not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            yield f"notices.{key}: must be a list of texts"
        elif key == "on" and not set(value) <= set(Occasion):
            unknown = next(item for item in value if item not in set(Occasion))
            yield f"notices.on: {unknown!r} is not one of {', '.join(Occasion)}"


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quote without its end
        return text.split()
