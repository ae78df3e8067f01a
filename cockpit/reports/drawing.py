"""A picture for a report; where there is none, why, in one sentence."""

from __future__ import annotations

from collections.abc import Callable


def drawn(name: str, draw: Callable[[], bytes | None]) -> tuple[bytes | None, str]:
    """Return what `draw` returns, and why it could not; `name` is what readers miss."""
    try:
        return draw(), ""
    except ImportError as error:
        missing = error.name or "matplotlib"
        return None, f"no {name}: {missing} is not installed here; pip install 'cockpit[reports]'"
    except Exception as error:  # noqa: BLE001  # whatever it is, the numbers shall be written
        why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return None, f"no {name}: it cannot be drawn ({' '.join(why.split())})"
