"""The signs on the screen, and what stands for them where only ASCII is safe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

HISTORY: Final = "▁▂▃▄▅▆"
"""Never the two highest blocks: rows would melt into each other."""

_ONE_FOR_ONE: Final = {
    **dict(zip("●○◐✓✗■◌◇▲·▌▾◆", "*o~+x#?@!->v*", strict=True)),
    **dict(zip("━╸─│┤└┼├┬┴", "=--|+`++++", strict=True)),
    **dict(zip("▁▂▃▄▅▆░▒▓█«»", "_.:-=+.:%#<>", strict=True)),
    **dict(zip("–−×…°±≈▴↑↓←→⇑⇓", "--x~ ~~^^v<>/\\", strict=True)),
    **dict(zip("╭╮╰╯║═┊╌", "++++|=:-", strict=True)),
}
_MANY_FOR_ONE: Final = {"⏎": "Enter"}
_CONTROL: Final = dict.fromkeys((*range(32), *range(127, 160)), " ")


def _braille_row(bits: int) -> str:
    """Return the ASCII sign for a braille cell, by the height of its dots."""
    heights = [row for row, mask in enumerate((0x09, 0x12, 0x24, 0xC0)) if bits & mask]
    if not heights:
        return " "
    if len(heights) > 2:
        return "|"
    return "'--."[round(sum(heights) / len(heights) - 0.01)]


@dataclass(frozen=True, slots=True)
class Glyphs:
    """A set of signs. The program writes Unicode throughout; `text` turns it into this set."""

    name: str
    table: Mapping[int, str] = field(repr=False, hash=False)

    def text(self, text: str) -> str:
        """Return `text` in these signs; control codes become blanks.

        Only `⏎` gets wider (`Enter`): translate it before a width is computed.
        """
        return text.translate(self.table)


UNICODE: Final = Glyphs("unicode", MappingProxyType(_CONTROL))
ASCII: Final = Glyphs(
    "ascii",
    MappingProxyType(
        {
            **_CONTROL,
            **{ord(sign): plain for sign, plain in (_ONE_FOR_ONE | _MANY_FOR_ONE).items()},
            **{0x2800 + bits: _braille_row(bits) for bits in range(256)},
        }
    ),
)
