"""How many rows each region of the Deck gets; what gives way first (mockups README 5). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PLOT_ROWS: Final = 7
"""Title, five rows of dots, axis."""
LOWEST_PLOT_ROWS: Final = 6
CHROME_ROWS: Final = 2
"""Header and footer."""


@dataclass(frozen=True, slots=True)
class DeckRows:
    """Rows of each region; 0 leaves it out."""

    runs: int
    """Of the list, without its title."""
    plots: int
    log: int
    steps: int
    devices: bool
    """False: one summary line in their place."""


def deck_rows(height: int, *, needs: int, devices: int, runs: int, steps: int) -> DeckRows:
    """Divide `height` rows; the selected run's row and the needs never give way."""
    blanks = 4 if height >= 30 else 0
    fixed = CHROME_ROWS + min(needs, 2) + 1 + blanks
    show_devices = height - fixed - devices >= 1
    room = height - fixed - (devices if show_devices else 1)
    most_runs = runs if height >= 40 else min(runs, 5)
    list_rows = max(1, min(most_runs, room - 1 - LOWEST_PLOT_ROWS - 1, max(5, height // 5)))
    if room <= LOWEST_PLOT_ROWS + 2:
        return DeckRows(max(1, min(runs, room)), 0, 0, 0, show_devices)
    room -= list_rows + 1
    log = 1 if height < 40 else 6
    plots = room - log
    if plots < LOWEST_PLOT_ROWS:
        return DeckRows(list_rows, 0, min(1, max(0, room)), 0, show_devices)
    shown_steps = steps if steps and plots - steps >= PLOT_ROWS else 0
    return DeckRows(list_rows, plots - shown_steps, log, shown_steps, show_devices)
