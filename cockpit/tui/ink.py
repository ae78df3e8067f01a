"""Lines of text pieces, and how a widget turns them into what the terminal shows.

A piece is a text and how it looks: a token, `bold` where wanted, and `on select` for the selected
row: `("41", "strong on select")`. Lines are plain values, so layouts are tested without a screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import Final, TypeAlias

from rich.cells import cell_len, set_cell_size
from rich.color import Color as RichColour
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip
from textual.widget import Widget

from cockpit.tui.glyphs import UNICODE, Glyphs
from cockpit.tui.themes import DARK, DARK_NAME, LIGHT, LIGHT_NAME, TOKENS

Piece: TypeAlias = tuple[str, str]
Line: TypeAlias = tuple[Piece, ...]

_BOLD_WITHOUT_COLOUR: Final = frozenset({"strong", "accent", "attention", "danger"})
_DIM_WITHOUT_COLOUR: Final = frozenset({"muted", "faint", "line", "load1", "load2", "load3"})


class Depth(Enum):
    """How many colours there are to tell things apart."""

    FULL = "full"
    SIXTEEN = "16"
    NONE = "none"


class Ink:
    """Turns pieces into strips in the colours and signs of this terminal."""

    def __init__(self, colours: Sequence[str], depth: Depth, glyphs: Glyphs, ground: Style) -> None:
        self.depth = depth
        self.glyphs = glyphs
        self._ground = ground
        self._colours = dict(zip(TOKENS, colours, strict=True))
        self._styles: dict[str, Style] = {}

    def style(self, look: str) -> Style:
        """Return the style for `token`, `token bold` or `token on select`."""
        if look not in self._styles:
            self._styles[look] = self._ground + self._make(look)
        return self._styles[look]

    def strip(self, line: Iterable[Piece], width: int) -> Strip:
        """Return one row, cut or filled to `width` cells."""
        text, style = self.glyphs.text, self.style
        segments = [Segment(text(part), style(look)) for part, look in joined(line)]
        return Strip(segments).adjust_cell_length(width, self._ground)

    def _make(self, look: str) -> Style:
        words = look.split()
        token = words[0] if words else "text"
        bold = "bold" in words or token == "strong"
        selected = "on" in words
        if self.depth is Depth.NONE:
            dim = token in _DIM_WITHOUT_COLOUR and not selected
            return Style(
                bold=(bold or token in _BOLD_WITHOUT_COLOUR) or None,
                dim=dim or None,
                reverse=selected or None,
            )
        ground = self._colour(words[words.index("on") + 1]) if selected else None
        if self.depth is Depth.SIXTEEN:
            return Style(color=self._colour(token), bold=bold or selected)
        return Style(color=self._colour(token), bgcolor=ground, bold=bold)

    def _colour(self, token: str) -> RichColour:
        return Color.parse(self._colours[token]).rich_color


@lru_cache(maxsize=32)
def _ink(colours: tuple[str, ...], depth: Depth, glyphs: Glyphs, ground: Style) -> Ink:
    return Ink(colours, depth, glyphs, ground)


def glyphs_of(widget: Widget) -> Glyphs:
    """Return the signs that the app chose (`app.glyphs`), Unicode where it did not."""
    chosen = getattr(widget.app, "glyphs", UNICODE)
    return chosen if isinstance(chosen, Glyphs) else UNICODE


def ink_of(widget: Widget) -> Ink:
    """Return the ink for the theme, the terminal, the signs and the ground of this widget.

    Under a theme of somebody else the tokens are those of our own theme on such a ground.
    """
    app = widget.app
    variables: Mapping[str, str] = app.theme_variables
    if app.theme not in (DARK_NAME, LIGHT_NAME):
        variables = (DARK if app.current_theme.dark else LIGHT).variables
    depth = Depth.FULL
    if app.no_color:
        depth = Depth.NONE
    elif app.native_ansi_color:
        depth = Depth.SIXTEEN
    colours = tuple(variables[token] for token in TOKENS)
    ground = Style(bgcolor=widget.rich_style.bgcolor)
    return _ink(colours, depth, glyphs_of(widget), ground)


def joined(line: Iterable[Piece]) -> Line:
    """Return the line in as few pieces as look the same: each costs the terminal 40 bytes.

    Blanks take the look of their neighbour, where no ground tells them apart.
    """
    out: list[Piece] = []
    for text, look in line:
        if not text:
            continue
        if out and _looks_alike(out[-1], (text, look)):
            before, before_look = out[-1]
            out[-1] = (before + text, look if before.isspace() else before_look)
        else:
            out.append((text, look))
    return tuple(out)


def _looks_alike(one: Piece, other: Piece) -> bool:
    if one[1] == other[1]:
        return True
    if (" on " in one[1]) or (" on " in other[1]):
        return False
    return one[0].isspace() or other[0].isspace()


def plain(line: Iterable[Piece]) -> str:
    """Return the text of a line without its looks."""
    return "".join(text for text, _ in line)


def cells(line: Iterable[Piece]) -> int:
    """Return how many cells a line takes."""
    return sum(cell_len(text) for text, _ in line)


def fit(text: str, width: int) -> str:
    """Return `text` in exactly `width` cells, cut at its end with `…` or filled with blanks."""
    if cell_len(text) <= width:
        return text + " " * (width - cell_len(text))
    return set_cell_size(text, width - 1) + "…" if width > 0 else ""


def fit_path(text: str, width: int) -> str:
    """Return `text` in exactly `width` cells, cut at its start with `…`, to the right."""
    if cell_len(text) <= width:
        return " " * (width - cell_len(text)) + text
    return "…" + text[len(text) - width + 1 :] if width > 0 else ""


def right(text: str, width: int) -> str:
    """Return `text` at the right end of `width` cells; a longer one is cut at its end."""
    return " " * max(0, width - cell_len(text)) + fit(text, min(width, cell_len(text)))


def pad(line: Line, width: int) -> Line:
    """Return a line filled with blanks to `width` cells."""
    missing = width - cells(line)
    return (*line, (" " * missing, "text")) if missing > 0 else line


def push_right(line: Line, width: int) -> Line:
    """Return a line with blanks before it, so that it ends at `width`."""
    missing = width - cells(line)
    return ((" " * missing, "text"), *line) if missing > 0 else line


def cut(line: Line, start: int, width: int) -> Line:
    """Return the cells from `start` on, `width` of them, of a line of one-cell characters."""
    out: list[Piece] = []
    at = 0
    for text, look in line:
        part = text[max(0, start - at) : max(0, start + width - at)]
        if part:
            out.append((part, look))
        at += len(text)
    return tuple(out)


def shifted(line: Line, start: int, width: int) -> Line:
    """Return `width` cells of a line from cell `start` on; `…` says that more follows.

    Unlike `cut` it knows wide characters; one that is cut in half becomes a blank.
    """
    out: list[Piece] = []
    at, end = 0, start + width - (1 if cells(line) > start + width else 0)
    for text, look in line:
        size = cell_len(text)
        low, high = max(0, start - at), min(size, end - at)
        if low < high:
            out.append((_cells_of(text, low, high), look))
        at += size
    return (*out, ("…", out[-1][1])) if out and at > start + width else tuple(out)


def _cells_of(text: str, low: int, high: int) -> str:
    head = set_cell_size(text, high)
    if low == 0:
        return head
    kept = next(at for at in range(len(head) + 1) if cell_len(head[:at]) >= low)
    return " " * (cell_len(head[:kept]) - low) + head[kept:]


def select(line: Line) -> Line:
    """Return the line as the selected row shows it."""
    return tuple((text, f"{look} on select") for text, look in line)


def repaint(line: Line, token: str) -> Line:
    """Return the line in one token: a stale row in `faint`."""
    return tuple((text, token) for text, _ in line)
