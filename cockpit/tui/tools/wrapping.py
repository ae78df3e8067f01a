"""Text in lines of so many cells, wide characters counted as what they take. Pure."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells

NARROWEST = 10


def wrap_text(text: str, width: int) -> list[str]:
    """Return the lines of a text; a word that is too long is cut where it must be."""
    width = max(NARROWEST, width)
    lines: list[str] = []
    for word in text.split():
        for part in chop_cells(word, width) or [""]:
            if lines and cell_len(lines[-1]) + 1 + cell_len(part) <= width and part == word:
                lines[-1] += f" {part}"
            else:
                lines.append(part)
    return lines
