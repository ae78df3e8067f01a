"""When the instruments speak, and where a healthy training lies: what the user set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cockpit import locations
from cockpit.analysis.alerts.limits import Limits, Targets, parse_limits, parse_targets
from cockpit.errors import CockpitError, nearest

TABLES: Final = frozenset({"alerts", "cost", "notices", "presets", "targets"})
"""What config.toml may hold."""


@dataclass(frozen=True, slots=True)
class InstrumentSettings:
    """`[alerts]` and `[targets]` of config.toml."""

    limits: Limits
    targets: Targets
    problems: tuple[str, ...] = ()
    """What is wrong with the file; what is wrong counts as not given."""


def read_instrument_settings() -> InstrumentSettings:
    """Return what the user set, by default what is usual."""
    from cockpit.presets.load import read_document

    file = locations.settings_file()
    if not file.is_file():
        return InstrumentSettings(Limits(), Targets())
    try:
        document = read_document(file)
    except CockpitError as error:
        return InstrumentSettings(Limits(), Targets(), (error.problem,))
    limits, wrong = parse_limits(document.get("alerts"))
    targets, also_wrong = parse_targets(document.get("targets"))
    unknown = [f"[{key}]: no such table{nearest(key, TABLES)}" for key in set(document) - TABLES]
    problems = tuple(f"{file}: {problem}" for problem in (*sorted(unknown), *wrong, *also_wrong))
    return InstrumentSettings(limits, targets, problems)
