"""What a trainer says of itself, in words for both faces. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from cockpit.metrics.series import TrainerFacts


def trainer_words(facts: TrainerFacts) -> str:
    """Return `2 ranks · 64 samples to train, 16 to validate · 128 px`; empty for nothing."""
    return " · ".join(_parts(facts))


def _parts(facts: TrainerFacts) -> Iterator[str]:
    if facts.world_size is not None:
        yield _count(facts.world_size, "rank")
    if facts.gpus_used is not None:
        yield _count(facts.gpus_used, "GPU") if facts.gpus_used else "on the CPU"
    samples = []
    if facts.train_samples is not None:
        samples.append(f"{_count(facts.train_samples, 'sample')} to train")
    if facts.val_samples is not None:
        what = "" if samples else " samples"
        samples.append(f"{facts.val_samples:,}{what} to validate")
    if samples:
        yield ", ".join(samples)
    if facts.image_size is not None:
        yield f"{facts.image_size} px"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
