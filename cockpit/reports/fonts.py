"""Fonts for names from outside: Chinese letters where a font for them is there, never a box."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

USUAL: Final = "DejaVu Sans"
"""Comes with matplotlib."""
CJK_FONTS: Final = (
    "Noto Sans CJK TC", "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans TC", "Noto Sans SC",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Microsoft JhengHei", "PingFang TC",
    "Arial Unicode MS",
)  # fmt: skip


def families(texts: Iterable[str]) -> list[str]:
    """Return the usual font, and one with Chinese letters where texts hold some and it is there."""
    if all(text.isascii() for text in texts):
        return [USUAL]
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    return [USUAL, *[name for name in CJK_FONTS if name in known][:1]]


def drawable(text: str, fonts: Iterable[str]) -> str:
    """Return a text in which `?` stands for what none of these fonts can draw."""
    if text.isascii() and text.isprintable():
        return text
    from matplotlib import font_manager

    found = [font_manager.get_font(font_manager.findfont(name)) for name in fonts]
    known = {point for font in found for point in font.get_charmap()}
    return "".join(letter if ord(letter) in known else "?" for letter in " ".join(text.split()))
