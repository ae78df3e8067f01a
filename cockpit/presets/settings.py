"""One table of the user's config.toml, as it stands there."""

from __future__ import annotations

from cockpit import locations
from cockpit.errors import CockpitError
from cockpit.presets.load import read_document


def read_table(section: str) -> tuple[object, tuple[str, ...]]:
    """Return what stands under `[section]`, None for nothing, and why the file cannot be read."""
    file = locations.settings_file()
    if not file.is_file():
        return None, ()
    try:
        return read_document(file).get(section), ()
    except CockpitError as error:
        return None, (error.problem,)
