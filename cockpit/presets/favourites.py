"""Which plots somebody wants to see first, for each preset; kept in a small file."""

from __future__ import annotations

from pathlib import Path

from cockpit import locations
from cockpit.files import read_json, write_json

_PLOTS = "plots"


def favourites_file() -> Path:
    """Return the file; it need not exist."""
    return locations.data_dir() / "favourites.json"


def read_favourites(preset: str) -> frozenset[str]:
    """Return the titles of the plots that were marked for a preset."""
    titles = _plots().get(preset)
    return frozenset(one for one in titles if isinstance(one, str)) if titles else frozenset()


def write_favourites(preset: str, titles: frozenset[str]) -> None:
    """Keep the titles for a preset beside those of the others. Raises OSError."""
    plots = {name: kept for name, kept in _plots().items() if name != preset}
    plots |= {preset: [*sorted(titles)]} if titles else {}
    file = favourites_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    write_json(file, {"schema": 1, _PLOTS: plots})


def _plots() -> dict[str, list[object]]:
    plots = (read_json(favourites_file()) or {}).get(_PLOTS)
    if not isinstance(plots, dict):
        return {}
    return {name: titles for name, titles in plots.items() if isinstance(titles, list)}
