"""The colours: one set of tokens on a dark and a light ground, for every kind of terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.theme import Theme

DARK_NAME: Final = "cockpit-dark"
LIGHT_NAME: Final = "cockpit-light"


@dataclass(frozen=True, slots=True)
class _Token:
    """One token: true colours, xterm numbers and the name of one of 16 colours."""

    dark: str
    light: str
    dark_256: int
    light_256: int
    ansi: str


_TOKENS: Final = {
    "ground": _Token("#0f1318", "#fcfcfa", 233, 231, "ansi_default"),
    "raised": _Token("#171d24", "#eff1f3", 235, 255, "ansi_default"),
    "select": _Token("#1c2a37", "#dceaf6", 237, 189, "ansi_default"),
    "line": _Token("#2c3640", "#d3d9de", 239, 252, "ansi_bright_black"),
    "faint": _Token("#5c6874", "#9099a3", 242, 246, "ansi_bright_black"),
    "muted": _Token("#8d99a6", "#5b6570", 246, 241, "ansi_white"),
    "text": _Token("#d0d7de", "#262d34", 252, 235, "ansi_white"),
    "strong": _Token("#f5f8fb", "#090d11", 231, 16, "ansi_bright_white"),
    "accent": _Token("#56b4e9", "#0a64ad", 74, 25, "ansi_bright_cyan"),
    "good": _Token("#3dbb93", "#00714f", 72, 23, "ansi_green"),
    "attention": _Token("#f2b134", "#8c6500", 215, 94, "ansi_bright_yellow"),
    "danger": _Token("#ff7a5c", "#a6103f", 209, 125, "ansi_bright_red"),
    "load1": _Token("#18242e", "#e8eff5", 236, 255, "ansi_bright_black"),
    "load2": _Token("#1d3a4e", "#c3dbec", 23, 189, "ansi_cyan"),
    "load3": _Token("#27587a", "#8fbcdb", 24, 110, "ansi_cyan"),
    "load4": _Token("#3a86b5", "#4a8fc0", 67, 67, "ansi_cyan"),
    "load5": _Token("#4c9ccb", "#1d66a0", 74, 25, "ansi_bright_cyan"),
    "s1": _Token("#56b4e9", "#0a64ad", 74, 25, "ansi_bright_cyan"),
    "s2": _Token("#a9d86e", "#5c7300", 149, 64, "ansi_green"),
    "s3": _Token("#f06fae", "#a63f86", 205, 132, "ansi_magenta"),
    "ghost": _Token("#75818d", "#89929b", 244, 245, "ansi_bright_black"),
}

TOKENS: Final = tuple(_TOKENS)
"""The name of every token; each is a variable of both themes (`$raised` in CSS)."""


_ANSI_EXTRAS: Final = {
    "ansi-background": "ansi_black",
    "ansi-foreground": "ansi_white",
    "block-cursor-text-style": "reverse",
    "block-cursor-blurred-text-style": "reverse",
    "input-cursor-text-style": "reverse",
    "input-selection-foreground": "ansi_black",
    "input-selection-background": "ansi_cyan",
    "screen-selection-background": "ansi_cyan",
    "screen-selection-foreground": "ansi_black",
}
"""What Textual asks of a theme in the terminal's own colours; a cursor is told by reversing."""


def xterm_hex(number: int) -> str:
    """Return the exact colour of one of xterm's 256, from 16 on."""
    if number >= 232:
        grey = 8 + 10 * (number - 232)
        return f"#{grey:02x}{grey:02x}{grey:02x}"
    cube = number - 16
    levels = [0 if part == 0 else 55 + 40 * part for part in (cube // 36, cube // 6 % 6, cube % 6)]
    return "#{:02x}{:02x}{:02x}".format(*levels)


def _theme(name: str, colours: dict[str, str], *, dark: bool, ansi: bool) -> Theme:
    """Build a theme in which Textual's own widgets wear the tokens too."""
    borrowed = {
        "border": "line",
        "border-blurred": "line",
        "block-cursor-background": "select",
        "block-cursor-foreground": "strong",
        "block-cursor-blurred-background": "select",
        "block-cursor-blurred-foreground": "text",
        "block-hover-background": "raised",
        "input-cursor-background": "accent",
        "input-cursor-foreground": "ground",
        "input-selection-background": "select",
        "scrollbar": "line",
        "scrollbar-hover": "faint",
        "scrollbar-active": "accent",
        "scrollbar-background": "ground",
        "scrollbar-background-hover": "ground",
        "scrollbar-background-active": "ground",
        "scrollbar-corner-color": "ground",
        "footer-background": "raised",
        "footer-foreground": "muted",
        "footer-key-foreground": "accent",
    }
    return Theme(
        name=name,
        primary=colours["accent"],
        secondary=colours["muted"],
        accent=colours["accent"],
        warning=colours["attention"],
        error=colours["danger"],
        success=colours["good"],
        foreground=colours["text"],
        background=colours["ground"],
        surface=colours["ground"],
        panel=colours["raised"],
        boost=colours["raised"],
        dark=dark,
        ansi=ansi,
        variables={
            **{key: colours[token] for key, token in borrowed.items()},
            **colours,
            **(_ANSI_EXTRAS if ansi else {}),
        },
    )


def themes_for(color_system: str) -> tuple[Theme, Theme]:
    """Return the dark and the light theme for a terminal of this kind.

    `truecolor`, `256` (also `eight_bit`) or `standard` (also `16`, and `none` for NO_COLOR): the
    last keeps the terminal's own ground, so that both themes are the same.
    A 256-colour terminal gets exact colours of its own, else `ground` and `raised` turn black.
    """
    match color_system:
        case "256" | "eight_bit" | "256color":
            dark = {name: xterm_hex(token.dark_256) for name, token in _TOKENS.items()}
            light = {name: xterm_hex(token.light_256) for name, token in _TOKENS.items()}
        case "standard" | "16" | "windows" | "none":
            dark = light = {name: token.ansi for name, token in _TOKENS.items()}
        case _:
            dark = {name: token.dark for name, token in _TOKENS.items()}
            light = {name: token.light for name, token in _TOKENS.items()}
    ansi = dark is light
    return (
        _theme(DARK_NAME, dark, dark=True, ansi=ansi),
        _theme(LIGHT_NAME, light, dark=False, ansi=ansi),
    )


DARK, LIGHT = themes_for("truecolor")
