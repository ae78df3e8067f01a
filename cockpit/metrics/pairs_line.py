"""What a line of a log says of an epoch or a step, where it carries names and numbers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cockpit.metrics.pairs import (
    DATA_WAIT,
    LONGEST_NAME,
    THROUGHPUT,
    Pair,
    data_wait,
    find_pairs,
    kind_of,
    tells_rate,
)

LONGEST: Final = 4096
"""A longer state of a line holds no such pairs."""
_COUNTERS: Final = ("epoch", "step", "iter")
_SIGNS: Final = (
    "loss", "acc", "lr", "iou", "map", "f1", "auc", "ppl", "perplexity", "error", "psnr", "ssim",
    "bleu", "reward", "precision", "recall", "dice", "learning",
)  # fmt: skip
"""A line without any of these carries no metric."""
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
_RANK: Final = re.compile(r"(?<![a-z_])rank\s?[:=]?\s?(?P<rank>\d{1,6})(?!\d)", re.IGNORECASE)
_LEAD: Final = re.compile(
    r"[^\w*]*(?:(?P<kind>train(?:ing)?|val(?:id(?:ation)?)?|test(?:ing)?|eval(?:uation)?)\b"
    r"(?: (?:set|phase|results?|epoch|step|metrics))?|(?P<star>\*)\s)",
    re.IGNORECASE,
)
_LOGGING: Final = re.compile(
    r"(?:\s{0,9}(?:\[(?![^\]]{0,40}(?:epoch|step|iter))[^\[\]]{1,60}\]"
    r"|\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    r"|(?:INFO|DEBUG|WARNING|WARN|NOTICE):[\w.]{0,60}:|(?:INFO|DEBUG|WARNING|WARN|NOTICE)\b"
    r"|[\w.]{1,40}(?= - ))(?:\s?[:|>-](?=\s))?\s?){1,6}",
    re.IGNORECASE,
)
"""What `logging` and the like write before a line."""
_LABEL: Final = re.compile(
    r"(?<![\w/.@-])(?P<kind>train(?:ing)?|val(?:id(?:ation)?)?|test(?:ing)?|eval(?:uation)?)"
    r"(?: (?:set|phase))?\s{0,3}(?:[:\])>|]|-(?=\s))",
    re.IGNORECASE,
)
"""What the pairs behind it are of: `Train: loss 0.5 | Val: loss 0.6`."""
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
        "grad", "fn", "avg", "img", "samples", "tokens", "sec", "ms", "us", "info",
    )
)  # fmt: skip
"""Words between pairs that make no sentence."""
_MOST_WORDS: Final = 8
"""A line of more other words is prose that names numbers."""


@dataclass(frozen=True, slots=True)
class PairsLine:
    """One line: a place, values, or both."""

    epoch: int | None = None
    """As the trainer counts."""
    epochs: int | None = None
    step: int | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    means: Mapping[str, float] = field(default_factory=dict)
    """Of those values that stand beside their mean since the epoch began."""
    part: float | None = None
    """How much of the epoch's training is done, 0 to 1."""
    rank: int | None = None
    """Named in the line itself."""
    completes: bool = False
    """It tells of an epoch as a whole."""


def may_tell(text: str, *, follows: bool) -> bool:
    """Say quickly whether a text may be such a line; `follows`: a place was told before it."""
    lower = text.lower()
    for word in _COUNTERS:
        if word in lower:
            return True
    if not follows:
        return False
    for sign in _SIGNS:  # noqa: SIM110  # any() with a generator costs twice as much
        if sign in lower:
            return True
    return False


def parse_pairs_line(text: str, *, follows: bool = False) -> PairsLine | None:
    """Return what a line without control codes says, or None for prose and everything else.

    `follows`: a line that names no place counts too where it holds nothing but pairs: it belongs
    to the place that was told last.
    """
    if len(text) > LONGEST or not may_tell(text, follows=follows):
        return None
    logging = _LOGGING.match(text)
    text = text if logging is None else text[logging.end() :]
    lower = text.lower()
    epoch = _counter(_EPOCH, text) if "epoch" in lower else None
    step = _counter(_STEP, text) if "step" in lower or "iter" in lower else None
    if epoch is None and step is None:
        return _following(text) if follows else None
    places = [one for one in (epoch, step) if one is not None]
    first = min(one.start() for one in places)
    masked = _mask(text, [(one.start(), one.end()) for one in places])
    pairs = [one for one in find_pairs(masked) if one.is_metric or one.start > first]
    kind = _kind_before(text, places)
    if not any(one.is_metric for one in pairs):
        return _header(epoch, masked[first:], kind) if step is None else None
    words = _other_words(_mask(masked, _spans(pairs))[first:])
    if words > _MOST_WORDS:
        return None
    if words:
        pairs = [one for one in pairs if one.is_metric]
    part = _part_of(masked, pairs, step)
    is_within = step is not None or any(one.name.lower() in _WITHIN for one in pairs)
    is_whole = part == 1 if part is not None else not is_within
    values, means = _values(masked, pairs, kind)
    return PairsLine(
        epoch=None if epoch is None else int(epoch["epoch"]),
        epochs=None if epoch is None else _int(epoch["epochs"]),
        step=None if step is None else int(step["step"].replace(",", "")),
        values=values,
        means=means,
        part=None if kind in _TESTS else part,
        rank=_rank(text),
        completes=is_whole and not all(tells_rate(one.name) for one in pairs if one.is_metric),
    )


def _header(epoch: re.Match[str] | None, masked: str, kind: str | None) -> PairsLine | None:
    """Return what a line says that names an epoch and nothing else, or how far its bar is."""
    if epoch is None or _other_words(masked):
        return None
    part = _part_of(masked, [])
    if re.search(r"\w", masked) and (part is None or "%" not in masked):
        return None
    part = None if kind in _TESTS else part or 0.0
    return PairsLine(epoch=int(epoch["epoch"]), epochs=_int(epoch["epochs"]), part=part)


def _following(text: str) -> PairsLine | None:
    """Return a line that names no place, if it holds nothing but pairs and a word before them."""
    pairs = find_pairs(text)
    if not any(one.is_metric for one in pairs) or _other_words(_mask(text, _spans(pairs))):
        return None
    kind = _lead_of(text)
    part = _part_of(text, pairs)
    completes = part == 1 or (part is None and kind in _TESTS)
    values, means = _values(text, pairs, kind)
    part = None if kind in _TESTS else part
    return PairsLine(values=values, means=means, part=part, rank=_rank(text), completes=completes)


def _values(
    text: str, pairs: list[Pair], kind: str | None
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the values of a line by the names of their curves, and the means of some."""
    values: dict[str, float] = {}
    means: dict[str, float] = {}
    labels = _labels(text)
    for one in pairs:
        of = next((label for end, label in reversed(labels) if end <= one.start), kind)
        name = _full_name(one.name, of)
        if not one.is_curve or len(name) > LONGEST_NAME or (of in _TESTS and name == THROUGHPUT):
            continue
        values[name] = one.value
        if one.mean is not None:
            means[name] = one.mean
    share = data_wait(pairs) if kind not in _TESTS else None
    if share is not None:
        values[DATA_WAIT] = share
    return values, means


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


def _kind_before(text: str, places: list[re.Match[str]]) -> str | None:
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


def _part_of(text: str, pairs: list[Pair], step: re.Match[str] | None = None) -> float | None:
    """Return how far the epoch is, by its steps, by the first fraction that is no value, a bar."""
    if step is not None and step["steps"] is not None:
        return _share(step["step"].replace(",", ""), step["steps"])
    rest = _mask(text, _spans(pairs))
    for found in _FRACTION.finditer(rest):
        share = _share(found["done"], found["steps"])
        if share is not None:
            return share
    bar = _PERCENT.search(rest)
    return None if bar is None else _share(bar["percent"], "100")


def _share(done: str, steps: str) -> float | None:
    return int(done) / int(steps) if 0 < int(steps) >= int(done) else None


def _other_words(masked: str) -> int:
    """Count the words of a text that belong to a sentence."""
    return sum(word.lower() not in _FILLERS for word in _WORDS.findall(masked))


def _mask(text: str, spans: list[tuple[int, int]]) -> str:
    """Return a text of the same length in which some parts hold nothing."""
    for start, end in spans:
        text = text[:start] + "|" * (end - start) + text[end:]
    return text


def _spans(pairs: list[Pair]) -> list[tuple[int, int]]:
    return [(one.start, one.end) for one in pairs]


def _rank(text: str) -> int | None:
    found = _RANK.search(text) if "ank" in text or "ANK" in text else None
    return None if found is None else int(found["rank"])


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)
