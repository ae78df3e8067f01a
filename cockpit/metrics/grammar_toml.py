"""Log grammars from TOML: those that came with cockpit, and the user's own beside them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from cockpit import expressions, locations
from cockpit.errors import InputError, nearest
from cockpit.metrics.log_grammar import BAR, FACTS, MEANINGS, NUMBER, LinePattern, LogGrammar

if TYPE_CHECKING:
    import regex

SCHEMA: Final = 1
KEYS: Final = ("schema", "summary", "counts_from", "words", "line")
LINE_KEYS: Final = ("pattern", "series", "completes", "means")
BUILT_IN: Final = ("epri-log", "mshnet-log", "layoutmaster-log", "ultralytics-log", "yolov7-log")
"""The grammars that came with cockpit, as readers are called."""
_MACROS: Final = {"{NUMBER}": NUMBER, "{BAR}": BAR}
_SHIPPED: Final = Path(__file__).parent / "grammars"
Compile: TypeAlias = "Callable[[str], re.Pattern[str] | regex.Pattern[str]]"
"""How a pattern is compiled: those of a person are searched with a limit of time."""


@cache
def shipped_grammar(name: str) -> LogGrammar:
    """Return a grammar that came with cockpit."""
    return _read(_SHIPPED / f"{name}.toml", _compile_shipped)


def find_grammar(name: str) -> LogGrammar | None:
    """Return the grammar that a reader is called by, the shipped before the user's own.

    None where there is none; raises InputError for one that cannot be used.
    """
    if name in BUILT_IN:
        return shipped_grammar(name)
    own = locations.grammars_dir() / f"{name}.toml"
    return read_grammar(own) if "/" not in name and own.is_file() else None


def own_grammars() -> tuple[str, ...]:
    """Return the names of the user's own grammars."""
    return tuple(sorted(file.stem for file in locations.grammars_dir().glob("*.toml")))


def read_grammar(file: Path) -> LogGrammar:
    """Return the grammar in a file; raises InputError with every problem, each with its key."""
    return _read(file, _compile_own)


def _read(file: Path, compiled: Compile) -> LogGrammar:
    try:
        with file.open("rb") as stream:
            document = tomllib.load(stream)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not valid TOML: {error}") from error
    problems = problems_of(document, compiled)
    if problems:
        raise InputError("\n".join(f"{file}: {problem}" for problem in problems), f"edit {file}")
    return _build(document, compiled, file)


def problems_of(document: Mapping[str, object], compiled: Compile | None = None) -> list[str]:
    """Return what is wrong with a grammar, one `key: problem` for each.

    `compiled`: how its patterns are; None: as those that a person wrote.
    """
    lines = _lines_problems(document.get("line"), compiled or _compile_own)
    return [*_top_problems(document), *lines]


def _build(document: Mapping[str, object], compiled: Compile, file: Path) -> LogGrammar:
    lines, words = document.get("line"), document.get("words")
    counts_from = document.get("counts_from")
    return LogGrammar(
        lines=tuple(
            _line(item, compiled, f"{file}: line {number}") for number, item in enumerate(lines, 1)
        )
        if isinstance(lines, list)
        else (),
        counts_from=counts_from if isinstance(counts_from, int) else None,
        words=re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
        if isinstance(words, list) and words
        else None,
        summary=str(document.get("summary", "")),
    )


def _line(item: Mapping[str, object], compiled: Compile, place: str) -> LinePattern:
    series, means = item.get("series"), item.get("means")
    return LinePattern(
        pattern=compiled(str(item["pattern"])),
        series=dict(series) if isinstance(series, dict) else {},
        completes=bool(item.get("completes")),
        means=dict(means) if isinstance(means, dict) else {},
        place=place,
    )


def _compile_shipped(pattern: str) -> re.Pattern[str]:
    return re.compile(_expand(pattern))


def _compile_own(pattern: str) -> regex.Pattern[str]:
    """Raises InputError that says what is wrong with it."""
    try:
        return expressions.compile_text(_expand(pattern))
    except (OverflowError, RecursionError) as error:
        raise InputError(f"{pattern!r} is no regular expression: {error}") from None


def _expand(pattern: str) -> str:
    for macro, meaning in _MACROS.items():
        pattern = pattern.replace(macro, meaning)
    return pattern


def _top_problems(document: Mapping[str, object]) -> Iterator[str]:
    for key in document:
        if key not in KEYS:
            yield f"{key}: no such key{nearest(key, KEYS)}"
    if document.get("schema") != SCHEMA:
        yield f"schema: must be {SCHEMA}, is {document.get('schema')!r}"
    counts_from = document.get("counts_from", 1)
    if counts_from not in (0, 1) or isinstance(counts_from, bool):
        yield f"counts_from: must be 0 or 1, is {counts_from!r}"
    words = document.get("words", [])
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        yield "words: must be a list of texts"
    if not isinstance(document.get("summary", ""), str):
        yield "summary: must be text"


def _lines_problems(lines: object, compiled: Compile) -> Iterator[str]:
    if not isinstance(lines, list) or not lines or not all(isinstance(one, dict) for one in lines):
        yield "line: must be a list of tables, at least one: [[line]]"
        return
    for number, item in enumerate(lines, 1):
        for problem in _line_problems(item, compiled):
            yield f"line {number}: {problem}"


def _line_problems(item: Mapping[str, object], compiled: Compile) -> Iterator[str]:
    for key in item:
        if key not in LINE_KEYS:
            yield f"{key}: no such key{nearest(key, LINE_KEYS)}"
    if not isinstance(item.get("completes", False), bool):
        yield "completes: must be true or false"
    series, means = item.get("series", {}), item.get("means", {})
    yield from _series_problems(series)
    yield from _means_problems(means)
    pattern = item.get("pattern")
    if not isinstance(pattern, str):
        yield "pattern: is missing" if pattern is None else "pattern: must be text"
        return
    try:
        groups = compiled(pattern).groupindex
    except InputError as error:
        yield f"pattern: {error.problem}"
        return
    curves = tuple(series) if isinstance(series, dict) else ()
    if not groups and not means:
        yield "pattern: names no group: (?P<epoch>…), (?P<loss>…)"
    for group in groups:
        if group not in MEANINGS and group not in curves:
            yield (
                f"pattern: group {group} has no meaning and no curve in series"
                f"{nearest(group, (*MEANINGS, *curves))}"
            )
    for group in curves:
        if group not in groups:
            yield f"series.{group}: the pattern has no such group{nearest(group, groups)}"


def _series_problems(series: object) -> Iterator[str]:
    if not isinstance(series, dict):
        yield 'series: must be a table of groups and curves: { loss = "train/loss" }'
        return
    for group, name in series.items():
        if not isinstance(name, str) or not name.strip():
            yield f"series.{group}: must be the name of a curve, is {name!r}"


def _means_problems(means: object) -> Iterator[str]:
    if not isinstance(means, dict):
        yield "means: must be a table of facts: { gpus_used = 0 }"
        return
    for fact, value in means.items():
        if fact not in FACTS:
            yield f"means.{fact}: no such fact{nearest(fact, FACTS)}"
        elif not isinstance(value, int) or isinstance(value, bool) or value < 0:
            yield f"means.{fact}: must be a count, is {value!r}"
