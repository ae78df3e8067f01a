"""Where things lie: configuration, data, cache, runs, presets. Nothing here creates anything."""

from __future__ import annotations

import os
from pathlib import Path


def config_dir() -> Path:
    """Return `$XDG_CONFIG_HOME/cockpit`, by default `~/.config/cockpit`."""
    return _xdg("XDG_CONFIG_HOME", ".config")


def data_dir() -> Path:
    """Return `$XDG_DATA_HOME/cockpit`, by default `~/.local/share/cockpit`."""
    return _xdg("XDG_DATA_HOME", ".local/share")


def cache_dir() -> Path:
    """Return `$XDG_CACHE_HOME/cockpit`, by default `~/.cache/cockpit`."""
    return _xdg("XDG_CACHE_HOME", ".cache")


def runs_dir() -> Path:
    """Return the folder that holds one folder for each run."""
    return data_dir() / "runs"


def opened_file() -> Path:
    """Return the list of the paths that `cockpit open` showed last; it need not exist."""
    return data_dir() / "opened.json"


def compared_file() -> Path:
    """Return the file that remembers the folders into which comparisons were written."""
    return data_dir() / "compared.json"


def calibrations_file() -> Path:
    """Return the file of what was measured and estimates rest on; it need not exist."""
    return data_dir() / "calibrations.jsonl"


def tools_dir() -> Path:
    """Return the folder for tools that were started without a run."""
    return data_dir() / "tools"


def settings_file() -> Path:
    """Return the user's `config.toml`; it need not exist."""
    return config_dir() / "config.toml"


def catalog_file() -> Path:
    """Return the user's own prices, accelerators and models; it need not exist."""
    return config_dir() / "catalog.toml"


def grammars_dir() -> Path:
    """Return the folder of the user's own log grammars; it need not exist."""
    return config_dir() / "grammars"


def shipped_presets_dir() -> Path:
    """Return the presets that came with cockpit: those of a checkout before those of a wheel."""
    package = Path(__file__).resolve().parent
    checkout = package.parent / "presets"
    is_checkout = (package.parent / "pyproject.toml").is_file() and checkout.is_dir()
    return checkout if is_checkout else package / "shipped"


def diagnostics_dir() -> Path:
    """Return the source folder of the package `diagnostics`, which is packed, never imported."""
    return Path(__file__).resolve().parent.parent / "diagnostics"


def _xdg(variable: str, default: str) -> Path:
    value = os.environ.get(variable, "")
    root = Path(value) if value.startswith("/") else Path.home() / default
    return root / "cockpit"
