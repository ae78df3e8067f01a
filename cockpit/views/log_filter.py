"""Which lines of a log are shown: what they hold, how grave they are, whose they are. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Self

from cockpit.analysis.log_levels import Level, beginnings, levels, suspects
from cockpit.errors import InputError
from cockpit.expressions import Expression, expression
from cockpit.line_index import Block, HugeLine, shown_text
from cockpit.metrics.log_bars import SIGN, earlier_states
from cockpit.metrics.log_lines import clean, split_prefix, strip_codes

_META: Final = re.compile(r"[\\.^$*+?{}\[\]|()]")
_TOKEN: Final = re.compile(
    r"(?:(?P<meant>\\[^A-Za-z0-9])|\\.|\[\^?\]?(?:\\.|[^\]])*\]"
    r"|(?P<sign>[A-Za-z0-9 _=:/,<>%#@!~;-])|.)"
    r"(?P<often>[*+?]|\{\d*,?\d*\})?"
)
"""A sign that stands for itself, or anything else, and how often it comes."""
_LOOKS_BESIDE: Final = re.compile(r"[\^$]|\\b|\\B")
"""Such an expression must see the line as it is shown: without prefix, frames and blanks."""
_LOOKS_FAR: Final = re.compile(r"\\[AZ]|\(\?")
"""Such an expression is tried on each line alone."""
_CODES: Final = bytes(code for code in (*range(32), 127) if code != 10)
_ESCAPE: Final = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What lines are searched for; upper and lower case are the same."""

    text: str
    expression: Expression | None = None
    """None: the text itself is meant."""
    is_broken: bool = False
    """It looks like an expression and is none."""
    needle: str = ""
    """What stands in lower case in each line that holds it; blocks without it cost little."""

    def find(self, text: str) -> tuple[int, int] | None:
        """Return where it stands first in a cleaned line."""
        if self.expression is not None:
            found = self.expression.search(text)
            return found.span() if found else None
        at = text.casefold().find(self.text.casefold())
        return (at, at + len(self.text)) if at >= 0 else None

    @property
    def is_given_up(self) -> bool:
        """True for an expression that took too long."""
        return self.expression is not None and self.expression.is_too_slow

    def why_none(self, shown: str) -> str:
        """Say that no line holds it, or that nobody can know."""
        if self.is_given_up:
            return f"{shown} takes too long: it tries too many ways"
        return f"no line holds {shown}"

    def places(self, raw: Sequence[bytes]) -> Sequence[int]:
        """Return in which of these raw lines it stands, as they are shown.

        Most blocks are dismissed as a whole, and most others need no cleaning.
        """
        data = b"\n".join(raw)
        is_plain = data.isascii() and not _wants_cleaning(data)
        if is_plain and self.needle and self.needle.encode() not in data.lower():
            return ()
        if not is_plain and not self._may_stand_in(data):
            return ()
        text = data.decode("utf-8", "replace") if is_plain else "\n".join(map(_cleaned, raw))
        if self.expression is None:
            needle, text = self.text.casefold(), text.casefold()
            if needle not in text:
                return ()
            return [at for at, line in enumerate(text.split("\n")) if needle in line]
        if not _LOOKS_FAR.search(self.text) and not self.expression.may_hold(text):
            return ()
        search = self.expression.search
        return [at for at, line in enumerate(text.split("\n")) if search(line)]

    def _may_stand_in(self, data: bytes) -> bool:
        """Dismiss lines with codes or prefixes at little cost; never where it stands in one."""
        plain = _without_codes(data)
        if self.needle and plain.isascii() and self.needle.encode() not in plain.lower():
            return False
        if self.expression is not None and (
            _LOOKS_BESIDE.search(self.text) or _LOOKS_FAR.search(self.text)
        ):
            return True
        if self.expression is None and self.text.isascii() and plain.isascii():
            return self.text.lower().encode() in plain.lower()
        text = plain.decode("utf-8", "replace")
        if not text.isascii():
            text = "\n".join(map(strip_codes, text.split("\n")))
        if self.expression is None:
            return self.text.casefold() in text.casefold()
        return self.expression.may_hold(text)


def is_literal(text: str) -> bool:
    """Say whether a text means the same as an expression and by itself."""
    return not _META.search(text)


def parse_wanted(text: str) -> Wanted:
    """Return what a person wrote: an expression, where it is one, else the text as it stands."""
    if is_literal(text):
        return Wanted(text)
    try:
        return expression_of(text)
    except InputError:
        return Wanted(text, is_broken=True)


def expression_of(text: str) -> Wanted:
    """Return a regular expression to search for; raises InputError."""
    return Wanted(text, expression(text), needle=needle_of(text))


def needle_of(text: str) -> str:
    """Return the longest text in lower case that an expression cannot do without; empty: unknown.

    Of one with groups, alternatives or signs that are numbered nothing is said.
    """
    if not text.isascii() or re.search(r"[(|]|\\[xuUN\d]", text):
        return ""
    runs = [""]
    for token in _TOKEN.finditer(text):
        sign = token["sign"] or (token["meant"] or "")[1:]
        if sign and not token["often"]:
            runs[-1] += sign.lower()
        else:
            runs.append("")
    return max(runs, key=len)


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What a line must be to be shown."""

    wanted: tuple[Wanted, ...] = ()
    """All of them must stand in it."""
    level: Level = Level.ALL
    rank: int | None = None
    """The rank that a prefix names; None: all."""
    only_beginnings: bool = False
    """Of each error its first line."""
    joins_bars: bool = True
    """Of lines that show one progress bar, only the last."""

    def holding(self, wanted: Wanted) -> Self:
        """Return the same, and this must stand in the line too."""
        return replace(self, wanted=(*self.wanted, wanted))

    @property
    def wants_context(self) -> bool:
        """Whether lines beside a line decide about it."""
        return self.joins_bars or self.level is not Level.ALL or self.only_beginnings

    def chosen(self, block: Block) -> Sequence[int]:
        """Return which lines of a block are shown."""
        places: Sequence[int] = range(len(block.lines))
        data = b"\n".join(block.lines)
        if self.rank is not None:
            places = _of_rank(block, self.rank) if b"]:" in data else ()
        for wanted in self.wanted:
            places = _both(places, _places_of(wanted, block)) if places else ()
        if places and (self.level is not Level.ALL or self.only_beginnings):
            places = self._grave(block, places)
        if places and self.joins_bars and SIGN in data:
            places = _without_earlier_states(block, places)
        return places

    def _grave(self, block: Block, places: Sequence[int]) -> Sequence[int]:
        shift = len(block.before)
        suspected = suspects(b"\n".join((*block.before, *block.lines)))
        if not suspected:
            return ()
        lines = (*_texts(block.before), *_texts(block.lines))
        found = levels(lines, suspected)
        if self.only_beginnings:
            begins = beginnings(found)
            return [at for at in places if begins[shift + at]]
        return [at for at in places if found[shift + at] >= self.level]


def _without_earlier_states(block: Block, places: Sequence[int]) -> Sequence[int]:
    lines = [*_texts(block.lines), *_texts(block.after)]
    earlier = earlier_states(lines)
    return [at for at in places if at not in earlier] if earlier else places


def _of_rank(block: Block, rank: int) -> list[int]:
    return [at for at in range(len(block.lines)) if split_prefix(block.text(at))[0] == rank]


def _both(some: Sequence[int], others: Sequence[int]) -> Sequence[int]:
    if isinstance(some, range):
        return others
    known = set(others)
    return [at for at in some if at in known]


def _places_of(wanted: Wanted, block: Block) -> Sequence[int]:
    places = wanted.places(block.lines)
    if block.huge is None or 0 in places or not _stands_in(block.huge, wanted):
        return places
    return [0, *places]


@lru_cache(maxsize=64)
def _stands_in(line: HugeLine, wanted: Wanted) -> bool:
    """Search a whole line, piece by piece; of a progress bar what is not shown does not count."""
    return not line.is_bar and any(wanted.places((part,)) for part in line.parts())


def _texts(lines: Sequence[bytes]) -> list[str]:
    return [shown_text(line) for line in lines]


def _cleaned(line: bytes) -> str:
    return clean(line.decode("utf-8", "replace"))


def _wants_cleaning(data: bytes) -> bool:
    """Say whether a line may be shown in another way than it stands there."""
    if b"]:" in data or b" \n" in data or data.endswith(b" "):
        return True
    return len(data.translate(None, _CODES)) != len(data)


def _without_codes(data: bytes) -> bytes:
    """Return lines without codes that a terminal would swallow inside of a word."""
    if b"\x1b" in data:
        data = _ESCAPE.sub(b"", data)
    if b"\t" in data:
        data = data.expandtabs(8)
    return data.translate(None, _CODES)
