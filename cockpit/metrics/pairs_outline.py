"""Where in a line of a log an epoch or a step stands, and names with numbers. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cockpit.metrics.pairs import (
    LONGEST_NAME,
    THROUGHPUT,
    Pair,
    Span,
    find_pairs,
    find_waits,
    kind_of,
    tells_rate,
)

_COUNT: Final = r"\d{1,3}(?:,\d{3})+|\d{1,12}"
_STAGE: Final = r"(?:\((?P<stage>[a-z]{1,12})\))?"
_AFTER: Final = r"['\"]?\s{0,3}(?:#|no\.)?\s{0,3}[:=]?\s{0,3}[\[(]?\s{0,9}"
_EPOCH: Final = re.compile(
    rf"(?<![a-z0-9_./-])epoch{_STAGE}{_AFTER}(?P<epoch>\d{{1,7}})"
    r"(?:\s{0,3}(?:/|of)\s{0,3}(?P<epochs>\d{1,7}))?(?![\d])(?!\.\d)",
    re.IGNORECASE,
)
_STEP: Final = re.compile(
    r"(?<![a-z0-9_./-])(?:global[_ ]|train[_ ])?(?:step|iter(?:ation)?)"
    rf"{_STAGE}{_AFTER}(?P<step>{_COUNT})"
    r"(?:\s{0,3}(?:/|of)\s{0,3}(?P<steps>\d{1,12}))?(?![\d])(?!\.\d)",
    re.IGNORECASE,
)
_BEFORE: Final = re.compile(r"(?P<word>[^\W\d_]+)\s{0,3}['\"]?$")
"""The word that stands right before a counter, with nothing in between."""
_MAY_PRECEDE: Final = frozenset(
    (
        "end", "finished", "done", "completed", "current", "info", "debug", "warning", "notice",
        "global", "batch",
    )
)  # fmt: skip
"""Such a word, and not `best` or `resumed from`: those tell of another epoch than the one in
work."""
_FRACTION: Final = re.compile(r"(?<![\w/.])(?P<done>\d{1,12})\s?/\s?(?P<steps>\d{1,12})(?![\w/.])")
_PERCENT: Final = re.compile(r"(?<![\w.])(?P<percent>\d{1,3})%\|")
_TASK: Final = r"\s{0,9}(?P<task>\d{1,6}):\s"
"""srun's --label."""
_RANK: Final = re.compile(
    rf"^{_TASK}|(?<![a-z_])rank\s?[:=]?\s?(?P<rank>\d{{1,6}})(?!\d)", re.IGNORECASE
)
_LEAD: Final = re.compile(
    r"[^\w*]*(?:(?P<kind>train(?:ing)?|val(?:id(?:ation)?)?|test(?:ing)?|eval(?:uation)?)\b"
    r"(?: (?:set|phase|results?|epoch|step|metrics))?|(?P<star>\*)\s)",
    re.IGNORECASE,
)
_LOGGING: Final = re.compile(
    rf"(?:{_TASK})?"
    r"(?:\s{0,9}(?:\[(?![^\]]{0,40}(?:epoch|step|iter))[^\[\]]{1,60}\]"
    r"|\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    r"|(?:INFO|DEBUG|WARNING|WARN|NOTICE):[\w.]{0,60}:|(?:INFO|DEBUG|WARNING|WARN|NOTICE)\b"
    r"|[\w.]{1,40}(?= - ))(?:\s?[:|>-](?=\s))?\s?){0,6}",
    re.IGNORECASE,
)
"""What `logging` and the like write before a line."""
_LABEL: Final = re.compile(
    r"(?<![\w/.@-])(?P<kind>train(?:ing)?|val(?:id(?:ation)?)?|test(?:ing)?|eval(?:uation)?)"
    r"(?: (?:set|phase))?\s{0,3}(?:[:\])>|](?!\d)|-(?=\s))",
    re.IGNORECASE,
)
"""What the pairs behind it are of: `Train: loss 0.5 | Val: loss 0.6`."""
_DURATION: Final = re.compile(
    r"(?<![\w.:])(?:\d{1,4}(?::\d\d){1,2}(?:\.\d{1,9})?"
    r"|\d{1,9}(?:\.\d{1,9})?\s?(?:ms|secs?|seconds?|mins?|minutes?|hours?|[dhms]))(?![\w.:])"
)
_FIRST_WORD: Final = re.compile(r"[A-Za-z]+")
_TESTS: Final = ("val", "test", "eval")
_WITHIN: Final = ("batch", "batch_idx")
"""Named without their number, they tell that the epoch is not over."""
_LOOKED_BACK: Final = 24
_WORDS: Final = re.compile(r"[^\W\d_]{2,}")
_FILLERS: Final = frozenset(
    (
        "and", "it", "eta", "day", "days", "time", "total", "elapsed", "remaining", "took",
        "in", "end", "of", "epoch", "step", "iter", "iteration", "batch", "train", "training",
        "val", "valid", "validation", "test", "eval", "set", "results", "result", "metrics",
        "summary", "done", "finished", "completed", "tensor", "device", "cuda", "cpu", "dtype",
        "grad", "fn", "avg", "img", "samples", "tokens", "sec", "ms", "us", "info", "max", "mem",
        "memory", "gpu",
    )
)  # fmt: skip
"""Words between pairs that make no sentence."""
_MOST_WORDS: Final = 8
"""A line of more other words is prose that names numbers."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Where the numbers of a line stand; the same for lines that differ in their digits only."""

    epoch: Span | None = None
    epochs: Span | None = None
    step: Span | None = None
    rank: Span | None = None
    names: tuple[tuple[int, str], ...] = ()
    """Where names stand, digits in them included."""
    curves: tuple[tuple[str, Pair], ...] = ()
    """By the name of the curve."""
    waits: tuple[Pair, Pair] | None = None
    """The time for data, and that of the step."""
    parts: tuple[tuple[Span, Span | None], ...] = ()
    """What may tell how far the epoch is, best first: done and steps, or a percentage."""
    is_test: bool = False
    is_header: bool = False
    """It names an epoch and nothing else, but for how long it took."""
    is_bar: bool = False
    """It does, and counts only where its bar can be read."""
    may_complete: bool = False
    """It may tell of an epoch as a whole, and does so unless its bar is not full."""
    is_within: bool = False
    """It tells of a part of an epoch, unless its bar is full."""


def find_outline(text: str, *, follows: bool) -> Outline | None:
    """Return where the numbers of a line stand, or None for prose and everything else.

    `follows`: a line that names no place counts too where it holds nothing but pairs: it belongs
    to the place that was told last.
    """
    rank, logging = _RANK.search(text), _LOGGING.match(text)
    text = text if logging is None else _mask(text, [(0, logging.end())])
    lower = text.lower()
    epoch = _counter(_EPOCH, text) if "epoch" in lower else None
    step = _counter(_STEP, text) if "step" in lower or "iter" in lower else None
    places = [one for one in (epoch, step) if one is not None]
    if not places and not follows:
        return None
    first = min((one.start() for one in places), default=0)
    masked = _mask(text, [one.span() for one in places])
    found = find_pairs(masked)
    pairs = [one for one in found if one.is_metric or one.start > first or not places]
    kind = _kind_of_line(text, places)
    if not any(one.is_metric for one in pairs):
        return _header(epoch, masked[first:], masked, kind) if step is None else None
    words = _other_words(_mask(masked, _spans(pairs))[first:])
    if words > (_MOST_WORDS if places else 0):
        return None
    waits = find_waits(pairs)
    if words:
        pairs = [one for one in pairs if one.is_metric]
    is_test = kind in _TESTS
    is_told = step is not None or any(one.name.lower() in _WITHIN for one in pairs)
    return Outline(
        epoch=_span(epoch, "epoch"),
        epochs=_span(epoch, "epochs"),
        step=_span(step, "step"),
        rank=_span(rank, "task") or _span(rank, "rank"),
        names=tuple((one.at, one.said) for one in found),
        curves=_curves(masked, pairs, kind),
        waits=None if is_test else waits,
        parts=_parts(masked, pairs, step),
        is_test=is_test,
        may_complete=not all(tells_rate(one.name) for one in pairs if one.is_metric),
        is_within=is_told or (not places and not is_test),
    )


def _header(
    epoch: re.Match[str] | None, rest: str, masked: str, kind: str | None
) -> Outline | None:
    """Return a line that names an epoch and nothing else, or how far its bar is."""
    if epoch is None or _other_words(rest):
        return None
    untimed, times = _DURATION.subn("", rest)
    is_bar = re.search(r"\d", untimed) is not None
    if is_bar and "%" not in rest:
        return None
    return Outline(
        epoch=_span(epoch, "epoch"),
        epochs=_span(epoch, "epochs"),
        parts=_parts(masked, []),
        is_test=kind in _TESTS,
        is_header=True,
        is_bar=is_bar,
        may_complete=times > 0 and not is_bar,
    )


def _curves(text: str, pairs: list[Pair], kind: str | None) -> tuple[tuple[str, Pair], ...]:
    labels = _labels(text)
    curves: list[tuple[str, Pair]] = []
    for one in pairs:
        of = next((label for end, label in reversed(labels) if end <= one.start), kind)
        name = _full_name(one.name, of)
        is_tests_speed = of in _TESTS and name == THROUGHPUT
        if one.is_curve and len(name) <= LONGEST_NAME and not is_tests_speed:
            curves.append((name, one))
    return tuple(curves)


def _labels(text: str) -> list[tuple[int, str | None]]:
    """Return where parts of a line begin that are of a test or of the training, and which."""
    lower = text.lower()
    if not ("train" in lower or "val" in lower or "test" in lower):
        return []  # at a fraction of the cost
    return [(found.end(), kind_of(found["kind"])) for found in _LABEL.finditer(text)]


@lru_cache(maxsize=1024)
def _full_name(name: str, kind: str | None) -> str:
    """Return the name of a curve, that of a test's apart from the training's."""
    if kind is None or tells_rate(name) or name == THROUGHPUT:
        return name
    first = _FIRST_WORD.match(name)
    return name if first is not None and kind_of(first[0]) else f"{kind}/{name}"


def _counter(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    for found in pattern.finditer(text):
        before = _BEFORE.search(text[max(0, found.start() - _LOOKED_BACK) : found.start()])
        if before is None:
            return found
        word = before["word"].lower()
        if word in _MAY_PRECEDE or kind_of(word) is not None:
            return found
    return None


def _kind_of_line(text: str, places: list[re.Match[str]]) -> str | None:
    """Return what a line is of by its counter or by how it begins: `Epoch(val)`, `Test Epoch`."""
    for one in places:
        if one["stage"] is not None:
            return kind_of(one["stage"])
    return _lead_of(text)


def _lead_of(text: str) -> str | None:
    lead = _LEAD.match(text)
    if lead is None:
        return None
    return "test" if lead["star"] else kind_of(lead["kind"])


def _parts(
    text: str, pairs: list[Pair], step: re.Match[str] | None = None
) -> tuple[tuple[Span, Span | None], ...]:
    """Return the steps of an epoch, or the fractions that are no values, and a bar's percentage."""
    if step is not None and step["steps"] is not None:
        return ((step.span("step"), step.span("steps")),)
    rest = _mask(text, _spans([one for one in pairs if one.is_metric or one.of is None]))
    parts: list[tuple[Span, Span | None]] = [
        (found.span("done"), found.span("steps")) for found in _FRACTION.finditer(rest)
    ]
    bar = _PERCENT.search(rest)
    if bar is not None:
        parts.append((bar.span("percent"), None))
    return tuple(parts)


def _other_words(masked: str) -> int:
    """Count the words of a text that belong to a sentence."""
    return sum(word.lower() not in _FILLERS for word in _WORDS.findall(masked))


def _mask(text: str, spans: list[Span]) -> str:
    """Return a text of the same length in which some parts hold nothing."""
    for start, end in spans:
        text = text[:start] + "|" * (end - start) + text[end:]
    return text


def _spans(pairs: list[Pair]) -> list[Span]:
    return [(one.start, one.end) for one in pairs]


def _span(found: re.Match[str] | None, group: str) -> Span | None:
    return None if found is None or found[group] is None else found.span(group)
