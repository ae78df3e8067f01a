"""What was typed after `cockpit estimate`, and which of it excludes each other. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cockpit.errors import InputError
from cockpit.views.question_flags import FLAGS
from cockpit.views.question_rules import conflicts, flag_of


@dataclass(frozen=True, slots=True)
class Given:
    """The flags by the names that the command gives them; None and false: not typed."""

    dataset_size: str | None = None
    gpus: str | None = None
    epochs: str | None = None
    preset: str | None = None
    settings: list[str] | None = None
    model: str | None = None
    imgsz: str | None = None
    gpu: str | None = None
    batch_per_rank: str | None = None
    offer: str | None = None
    price: str | None = None
    spot: bool = False
    checkpoint_every: str | None = None
    runs_per_month: str | None = None
    hosts: str | None = None
    budget: str | None = None
    deadline: str | None = None
    compare: str | None = None
    against: str | None = None
    probe: bool = False
    probe_steps: str | None = None
    python: str | None = None
    catalog: bool = False
    calibrations: bool = False
    forget: list[str] | None = None
    learn: str | None = None
    as_json: bool = False

    @property
    def question(self) -> Mapping[str, str | None]:
        """What tells the work."""
        return {name: getattr(self, name) for name in FLAGS}

    @property
    def has_work(self) -> bool:
        """Say whether a flag or a preset tells what is trained."""
        told = (self.preset, self.dataset_size, self.model, self.imgsz)
        return any(one is not None for one in told)

    @property
    def is_of_lists(self) -> bool:
        """Say whether it asks what an estimate can rest on, and for no estimate."""
        asks = self.catalog or self.calibrations or bool(self.forget)
        return asks or self.learn is not None

    @property
    def is_of_schemes(self) -> bool:
        """Say whether schemes are to be held against each other."""
        told = (self.compare, self.hosts, self.budget, self.deadline)
        return any(one is not None for one in told)


STANDING_ALONE = ("catalog", "calibrations", "forget", "learn")
"""They ask for no estimate."""
BESIDE = {"learn": ("gpu",)}
"""What one of them takes besides."""


def require_sense(given: Given) -> None:
    """Raise InputError with a sentence for all that excludes each other or means nothing alone."""
    typed = [name for name in given.__slots__ if name != "as_json" and _is_typed(given, name)]
    alone = [name for name in typed if name in STANDING_ALONE]
    others = [name for name in typed if alone and name not in (alone[0], *BESIDE.get(alone[0], ()))]
    if others:
        told = ", ".join(map(flag_of, others))
        raise InputError(f"{flag_of(alone[0])} stands alone, without {told}", "one at a time")
    problems = [f"{flag_of(name)}: it is empty" for name in typed if _is_blank(given, name)]
    problems += conflicts(typed, given.__slots__)
    if problems:
        raise InputError("\n".join(problems), "cockpit estimate --help")


def _is_typed(given: Given, name: str) -> bool:
    value = getattr(given, name)
    return isinstance(value, str) or bool(value)


def _is_blank(given: Given, name: str) -> bool:
    value = getattr(given, name)
    texts = [value] if isinstance(value, str) else () if isinstance(value, bool) else value
    return any(not text.strip() for text in texts)
