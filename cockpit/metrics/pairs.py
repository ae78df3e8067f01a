"""Names and numbers in a line that a script prints: `loss: 0.63 (0.70)  lr=1e-3  Acc@1 50.0`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

Span: TypeAlias = tuple[int, int]
LONGEST_NAME: Final = 40
"""What is longer is prose."""
DATA_WAIT: Final = "data_wait"
THROUGHPUT: Final = "samples_per_s"
_MOST_KEPT: Final = 1024
"""Names are judged once: a log says the same ones again and again."""
_NUMBER: Final = (
    r"[-+]?(?:\d{1,30}(?:\.\d{0,30})?(?:[eE][-+]?\d{1,4})?|\.\d{1,30}|[Nn]a[Nn]|NAN|[Ii]nf)"
)
_DURATION: Final = r"[mun\u00b5\u03bc]?s|secs?|seconds?|mins?|minutes?|h|hours?"
_MEMORY: Final = r"[KMGT](?:i?B)?|[kmgt]i?b|bytes"
_PERCENT: Final = r"%(?!\|(?:\s{2}|\s?[^\sA-Za-z]))"
"""Not that of a bar: `Validation: 100%|####|`."""
_SAMPLES: Final = r"(?:img|imgs|images?|samples?|examples?)(?:/|_per_)s(?:ec(?:ond)?)?"
_WORD: Final = r"[A-Za-z][\w@./%()-]{0,39}"
_PAIR: Final = re.compile(
    r"(?<![\w'\"@./%)-])"
    r"(?:"
    r"(?P<quote>['\"])(?P<quoted>[A-Za-z][^'\":=]{0,39})(?P=quote)\s{0,4}:\s{0,9}"
    rf"|(?P<keyed>{_WORD}(?: {_WORD}){{0,3}}?)\s{{0,4}}[:=]\s{{0,9}}"
    rf"|(?P<bare>(?:(?i:train|training|val|valid|validation|test|eval|avg|average|mean) )?{_WORD})"
    r"\s{1,12}"
    r")"
    rf"['\"]?(?:tensor\()?(?P<value>{_NUMBER})"
    r"(?:/(?P<of>\d{1,12}))?"
    rf"(?P<unit>\s?(?:{_PERCENT}|{_DURATION}|{_MEMORY}|{_SAMPLES})(?![\w/]))?"
    r"(?![\w/%]|\.\w|[:,-]\d)['\"]?"
    rf"(?:\s{{0,4}}\(\s{{0,9}}(?:(?P<mean>{_NUMBER})(?P<percent>%)?|\d{{1,12}}/\d{{1,12}})\s?\))?",
)
_METRIC: Final = re.compile(
    r"loss|accuracy|learning.?rate|perplexity|error|psnr|ssim|bleu|reward|precision|recall|dice|iou"
    r"|(?<![a-z])(?:(?:[am]|val|train|test)?acc|lr|m?ap|map|f1|ppl)(?![a-z])"
    r"|(?<![a-z])(?:pr|roc)?auc(?![a-z])|auroc"
)
"""In a name, in small letters: with one of these a line tells of a training."""
_RATE: Final = re.compile(r"(?<![a-z])lr(?![a-z])|learning.?rate")
_THROUGHPUT: Final = re.compile(rf"(?:{_SAMPLES})", re.IGNORECASE)
_TIME: Final = re.compile(
    r"(?:^|[^a-z])(?:times?|eta|elapsed|remaining|duration|took|secs?|seconds?|minutes?|hours?"
    r"|mem|memory|vram|date|m?s/(?:it|step|batch|iter|epoch))(?![a-z])"
)
_DATA: Final = re.compile(r"data(?:[_ ](?:time|wait|load))?")
_STEP_TIME: Final = re.compile(r"(?:(?:batch|step|iter)[_ ])?time")
_PLACES: Final = frozenset(
    (
        "epoch", "epochs", "step", "steps", "global_step", "iter", "iters", "iteration",
        "iterations", "it", "batch", "batches", "batch_idx", "batch_size", "idx", "index",
        "rank", "local_rank", "world_size", "gpu", "gpus", "device", "seed", "v_num", "version",
        "pid", "port", "line", "node", "sample", "samples", "image", "images",
    )
)  # fmt: skip
"""These tell where or what and not how well."""
_NO_NAMES: Final = frozenset(
    (
        "a", "an", "and", "at", "best", "by", "day", "days", "for", "from", "group", "in", "is",
        "last", "of", "on", "or", "since", "than", "the", "then", "to", "until", "was", "were",
        "with",
    )
)  # fmt: skip
_KINDS: Final = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val",
    "test": "test", "testing": "test", "eval": "eval", "evaluation": "eval",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """Where a name and its number stand in a line."""

    name: str
    """As the curve is called."""
    said: str
    """As it stands there."""
    at: int
    """Where that begins."""
    start: int
    end: int
    number: Span
    of: Span | None
    """`10000` of `9837/10000 (98%)`."""
    mean: Span | None
    """What stands in brackets behind the number: the mean since the epoch began."""
    is_metric: bool
    """Its name says that it tells how well a training goes."""
    is_curve: bool = True
    """False for a time, a memory, a count of places."""

    def value_in(self, text: str) -> float:
        """Return the number."""
        value = float(text[slice(*self.number)])
        of = 0.0 if self.of is None else float(text[slice(*self.of)])
        return value / of if of else value

    def mean_in(self, text: str) -> float | None:
        """Return the mean, where one is told."""
        return None if self.mean is None else float(text[slice(*self.mean)])


def find_pairs(text: str) -> list[Pair]:
    """Return the pairs of a line in their order, those that are no curves too."""
    return list(_pairs(text))


def kind_of(word: str) -> str | None:
    """Return `train`, `val`, `test` or `eval` for a word that means it."""
    return _KINDS.get(word.lower().rstrip("."))


@lru_cache(maxsize=_MOST_KEPT)
def tells_rate(name: str) -> bool:
    """Say whether a name is a learning rate's, which is known before anything is learnt."""
    return _RATE.search(name.lower()) is not None


def find_waits(pairs: Sequence[Pair]) -> tuple[Pair, Pair] | None:
    """Return the time that a step waits for data and its own, where both stand in a line."""
    times = [one for one in pairs if not one.is_curve]
    data = next((one for one in times if _DATA.fullmatch(one.name.lower())), None)
    step = next((one for one in times if _STEP_TIME.fullmatch(one.name.lower())), None)
    return None if data is None or step is None else (data, step)


def data_wait(waits: tuple[Pair, Pair], text: str) -> float | None:
    """Return the share of a step that waits for data, 0 to 1."""
    wait_s, step_s = (
        one.value_in(text) if one.mean is None else one.mean_in(text) for one in waits
    )
    if wait_s is None or step_s is None or not 0 < step_s < math.inf:
        return None
    return wait_s / step_s if 0 <= wait_s <= step_s else None


def _pairs(text: str) -> Iterator[Pair]:
    for found in _PAIR.finditer(text):
        group = next(group for group in ("keyed", "bare", "quoted") if found[group] is not None)
        name = _name(found[group], is_bare=group == "bare")
        if name is not None:
            yield _pair(found, group, name)


def _pair(found: re.Match[str], group: str, name: str) -> Pair:
    unit, has_of = found["unit"], found["of"] is not None
    has_mean = found["mean"] is not None and not found["percent"] and not has_of
    is_throughput = _tells_throughput(name) or (
        unit is not None and _tells_throughput(unit.strip())
    )
    is_amount = unit is not None and unit.strip() != "%" and not is_throughput
    is_metric = not (is_amount or is_throughput) and _tells_metric(name)
    is_place = is_amount or has_of or _tells_place(name)
    return Pair(
        name=THROUGHPUT if is_throughput else name,
        said=found[group],
        at=found.start(group),
        start=found.start(),
        end=found.end(),
        number=found.span("value"),
        of=found.span("of") if has_of else None,
        mean=found.span("mean") if has_mean else None,
        is_metric=is_metric,
        is_curve=is_metric or is_throughput or not is_place,
    )


@lru_cache(maxsize=_MOST_KEPT)
def _tells_metric(name: str) -> bool:
    return not _tells_place(name) and _METRIC.search(name.lower()) is not None


@lru_cache(maxsize=_MOST_KEPT)
def _tells_place(name: str) -> bool:
    """Say whether a name tells where or when, and not how well."""
    lower = name.lower()
    is_time = _TIME.search(lower) is not None or _DATA.fullmatch(lower) is not None
    return is_time or lower.split()[-1] in _PLACES


@lru_cache(maxsize=_MOST_KEPT)
def _tells_throughput(name: str) -> bool:
    return _THROUGHPUT.fullmatch(name) is not None


@lru_cache(maxsize=_MOST_KEPT)
def _name(said: str, *, is_bare: bool) -> str | None:
    """Return a curve's name; `Val Loss` gives `val/Loss`. None where it is a word of a sentence."""
    words = said.split()
    while words and not is_bare and words[0].lower() in _NO_NAMES - {"best"}:
        del words[0]
    if not words or words[-1].lower() in _NO_NAMES:
        return None
    kind = kind_of(words[0])
    if kind is not None and len(words) > 1:
        words = [f"{kind}/{words[1]}", *words[2:]]
    name = " ".join(words)
    return name if len(name) <= LONGEST_NAME else None
