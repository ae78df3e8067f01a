"""What may be asked of an estimate, as texts with a flag for each; which of them are wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cockpit.catalog import names
from cockpit.catalog.rows import Accelerator, Catalog, ModelEntry, Offer

FLAGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dataset_size": "--dataset-size",
        "gpus": "--gpus",
        "epochs": "--epochs",
        "batch_per_rank": "--batch-per-rank",
        "imgsz": "--imgsz",
        "model": "--model",
        "gpu": "--gpu",
        "offer": "--offer",
    }
)
"""Field of a question to the flag that sets it."""

LIMITS: Final[Mapping[str, tuple[int, int, str]]] = MappingProxyType(
    {
        "dataset_size": (1, 10**12, "training images"),
        "gpus": (1, 100_000, "GPUs"),
        "epochs": (1, 1_000_000, "epochs"),
        "batch_per_rank": (1, 1_000_000, "images"),
        "imgsz": (32, 16_384, "pixels"),
    }
)
"""Field to the least and the greatest value, and what it counts."""

OWN_MODEL: Final = "for one of your own: a preset with --probe, or a row in catalog.toml"
"""How to go on where no row of the catalogue is of a model."""
CPU: Final = "cpu"
"""What `--gpus` is called for the processor, as it is for a launch."""
_GROUPED: Final = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+")
_THOUSANDS: Final = re.compile(r"(\d{1,9})(?:\.(\d{1,3}))?k", re.IGNORECASE)


class Question:
    """The flags that were given, understood one by one; `problems` grows as they are wrong.

    `assumed` are those that count where none is given.
    """

    def __init__(
        self, flags: Mapping[str, str | None], catalog: Catalog, assumed: Mapping[str, str]
    ) -> None:
        self._given = {name: text for name, text in flags.items() if text is not None}
        self.problems: list[str] = []
        self._mean_processor()
        self._texts = {**assumed, **self._given}
        self._catalog = catalog
        self._counts = {name: self._count(name) for name in LIMITS if name in self._texts}
        self.model = self._model()
        self.offer = self._offer()
        self.accelerator = self._accelerator()

    def is_given(self, name: str) -> bool:
        """Say whether a flag was given, rightly or wrongly."""
        return name in self._given

    def text(self, name: str) -> str:
        """Return a value as it was typed, or assumed; empty for none."""
        return self._texts.get(name, "")

    def count(self, name: str) -> int | None:
        """Return the number that was given or assumed; None for none, and for a wrong one."""
        return self._counts.get(name)

    def given(self, name: str) -> int | None:
        """Return the number that was given; None for none, and for a wrong one."""
        return self.count(name) if self.is_given(name) else None

    def miss(self, name: str) -> None:
        """Say that a number is missing, unless a wrong one was given, which is said already."""
        if not self.is_given(name):
            self.problems.append(f"{FLAGS[name]} is missing: say how many {LIMITS[name][2]}")

    def _mean_processor(self) -> None:
        """Take `--gpus cpu` as `--gpu cpu`."""
        if self._given.get("gpus", "").strip().lower() != CPU:
            return
        del self._given["gpus"]
        gpu = self._given.setdefault("gpu", CPU)
        if gpu.strip().lower() != CPU:
            self.problems.append(f"--gpus cpu and --gpu {gpu} exclude each other")

    def _count(self, name: str) -> int | None:
        text, flag = self._texts[name].strip(), FLAGS[name]
        least, most, what = LIMITS[name]
        try:
            value = _whole(text)
        except ValueError:
            self.problems.append(f"{flag} {text}: must be a whole number of {what}")
            return None
        if value < least:
            self.problems.append(
                f"{flag} {value}: must be at least {least} {_counted(least, what)}"
            )
            return None
        if value > most:
            self.problems.append(f"{flag} {value}: must be at most {most:,} {what}")
            return None
        return value

    def _model(self) -> ModelEntry | None:
        name = self._texts.get("model")
        found = None if name is None else names.find_model(self._catalog, name)
        if name is not None and found is None:
            said = names.unknown_model(self._catalog, name)
            self.problems.append(f"--model: {said}; {OWN_MODEL}")
        return found

    def _offer(self) -> Offer | None:
        name = self._texts.get("offer")
        found = None if name is None else names.find_offer(self._catalog, name)
        if name is not None and found is None:
            begun = [key for key in self._catalog.offers if key.startswith(name.strip().lower())]
            told = (
                f"{name} begins several offers: {', '.join(begun)}"
                if len(begun) > 1 and name.strip()
                else names.unknown_offer(self._catalog, name)
            )
            self.problems.append(f"--offer: {told}")
        return found

    def _accelerator(self) -> Accelerator | None:
        """Return what `--gpu` names, else what the offer is of."""
        name = self._texts.get("gpu")
        if name is None:
            return self._catalog.accelerators.get(self.offer.accelerator) if self.offer else None
        found = names.find_accelerator(self._catalog, name)
        if found is None:
            self.problems.append(f"--gpu: {names.unknown_accelerator(self._catalog, name)}")
        elif self.offer is not None and self.offer.accelerator != found.key:
            what = f"--offer {self.offer.key} is of {self.offer.accelerator}, not of {found.key}"
            self.problems.append(f"{what}; leave out --gpu")
        return found


def batch_problem(images: int, gpus: int, batch_per_rank: int) -> str:
    """Return the sentence for a global batch above the data set, with values that would fit."""
    if gpus > images:
        return (
            f"--gpus {gpus}: more GPUs than the {images:,} {_counted(images, 'images')} "
            "of --dataset-size; "
            f"try --gpus {images} --batch-per-rank 1"
        )
    ways = [f"--batch-per-rank {images // gpus}"]
    ways += [f"--gpus {images // batch_per_rank}"] if images >= batch_per_rank else []
    return (
        f"--batch-per-rank {batch_per_rank} on {gpus} {_counted(gpus, 'GPUs')} is a global "
        f"batch of {gpus * batch_per_rank:,}, above the {images:,} {_counted(images, 'images')} of "
        f"--dataset-size; "
        f"try {' or '.join(ways)}"
    )


def _whole(text: str) -> int:
    """Return the number of `1000`, `1,000`, `1k` or `1.5k`; raises ValueError."""
    if _GROUPED.fullmatch(text):
        return int(text.replace(",", ""))
    if thousands := _THOUSANDS.fullmatch(text):
        return int(thousands[1]) * 1000 + int((thousands[2] or "").ljust(3, "0"))
    return int(text)


def _counted(count: int, what: str) -> str:
    """Return `GPU` for one of the `GPUs`, `training image` for one of those."""
    return what.removesuffix("s") if count == 1 else what
