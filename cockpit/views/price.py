"""What a GPU hour costs, as the user's config.toml says."""

from __future__ import annotations

import math
from collections.abc import Mapping

from cockpit import locations
from cockpit.analysis.price import Price
from cockpit.errors import InputError


def read_price() -> Price | None:
    """Return `[cost]` of config.toml; None where it is not told.

    Raises InputError where it is told wrongly, PresetError where the file cannot be read.
    """
    file = locations.settings_file()
    if not file.is_file():
        return None
    from cockpit.presets.load import read_document  # slow to load, and mostly not needed

    return parse_price(read_document(file).get("cost"))


def parse_price(table: object) -> Price | None:
    """Return the price in `gpu_hour = 1.10` and `currency = "USD"`; raises InputError."""
    if table is None:
        return None
    if not isinstance(table, Mapping) or set(table) - {"gpu_hour", "currency"}:
        raise InputError("config.toml: [cost] holds gpu_hour and currency", "gpu_hour = 1.10")
    gpu_hour, currency = table.get("gpu_hour"), table.get("currency", "USD")
    is_switch = isinstance(gpu_hour, bool)
    if not isinstance(gpu_hour, int | float) or is_switch or not 0 <= gpu_hour < math.inf:
        raise InputError("config.toml: cost.gpu_hour is no price", "gpu_hour = 1.10")
    if not isinstance(currency, str) or not currency.isprintable() or not 0 < len(currency) <= 8:
        raise InputError("config.toml: cost.currency is no currency", 'currency = "USD"')
    return Price(float(gpu_hour), currency)
