"""One question to the driver at a time: what it is, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import pynvml

T = TypeVar("T")

LOST: Final = {
    pynvml.NVML_ERROR_GPU_IS_LOST: "lost: the driver reports GPU is lost",
    pynvml.NVML_ERROR_RESET_REQUIRED: "lost: the driver reports GPU requires reset",
    pynvml.NVML_ERROR_GPU_NOT_FOUND: "lost: the driver reports GPU not found",
}
ABSENT: Final = {
    pynvml.NVML_ERROR_FUNCTION_NOT_FOUND,
    pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH,
    pynvml.NVML_ERROR_DEPRECATED,
}
"""The library does not have the function in this form: never asked again."""
NOT_TOLD: Final = {
    pynvml.NVML_ERROR_NOT_SUPPORTED,
    pynvml.NVML_ERROR_NO_PERMISSION,
    pynvml.NVML_ERROR_NOT_FOUND,
    pynvml.NVML_ERROR_NO_DATA,
    pynvml.NVML_ERROR_NOT_READY,
}
"""This GPU has no such reading, or not for us, or not now."""
ASK_AGAIN_S: Final = 600.0
"""What a GPU does not support is asked again this seldom: a mode may have changed."""


class Unreadable(Exception):
    """The whole GPU gives no reading; the message is its `problem`."""


@dataclass(slots=True)
class CallInProgress:
    """The call that one thread is in, for the eyes of another."""

    call: tuple[str, float] | None = None
    """Its name, and since when on the monotonic clock; one value, so that it is never half new."""


@dataclass(slots=True)
class Calls:
    """Asks about one GPU or MIG device, and remembers what it cannot answer."""

    clock: Callable[[], float] = time.monotonic
    in_progress: CallInProgress = field(default_factory=CallInProgress)
    made: int = 0
    """Calls since this was last set to 0."""
    failures: list[str] = field(default_factory=list)
    """Errors that are no known refusal, since this was last cleared."""
    refusal: int | None = None
    """The code with which the last question was refused; None: it was answered."""
    _refused: dict[tuple[object, ...], tuple[int, float]] = field(default_factory=dict)

    def for_part(self) -> Calls:
        """Return calls for a MIG device of the same GPU: what it refuses is its own affair."""
        return Calls(self.clock, self.in_progress)

    def ask(self, call: Callable[..., T], handle: object, *arguments: Any) -> T | None:
        """Return the answer, None where there is none; raises Unreadable of a lost GPU."""
        key = (call.__name__, *arguments)
        self.refusal = self._remembered(key)
        if self.refusal is not None:
            return None
        try:
            return self.make(call, handle, *arguments)
        except pynvml.NVMLError as error:
            self._take_refusal(key, error)
            return None
        except UnicodeDecodeError:  # a text of the driver in no encoding that pynvml knows
            return None

    def make(self, call: Callable[..., T], *arguments: Any) -> T:
        """Return what the call returns, or raise its error; meanwhile it is in progress."""
        self.in_progress.call = (call.__name__, time.monotonic())
        self.made += 1
        try:
            return call(*arguments)
        finally:
            self.in_progress.call = None

    def can_ask(self, call: Callable[..., object], *arguments: Any) -> bool:
        """Return False while it is known that the answer would be a refusal."""
        return self._remembered((call.__name__, *arguments)) is None

    def is_absent(self, call: Callable[..., object], *arguments: Any) -> bool:
        """Return True once the library turned out not to have the function in this form."""
        return self._remembered((call.__name__, *arguments)) in ABSENT

    def _remembered(self, key: tuple[object, ...]) -> int | None:
        code, until = self._refused.get(key, (None, 0.0))
        return code if self.clock() < until else None

    def _take_refusal(self, key: tuple[object, ...], error: Exception) -> None:
        code = error_code(error)
        self.refusal = code
        if code in LOST:
            raise Unreadable(LOST[code]) from error
        if code in ABSENT:
            self._refused[key] = (code, float("inf"))
        elif code == pynvml.NVML_ERROR_NOT_SUPPORTED:
            self._refused[key] = (code, self.clock() + ASK_AGAIN_S)
        elif code not in NOT_TOLD:
            self.failures.append(error_text(error))


def error_code(error: Exception) -> int:
    """Return the number of an error of pynvml."""
    return int(getattr(error, "value", pynvml.NVML_ERROR_UNKNOWN))


def error_text(error: Exception) -> str:
    """Return what the driver says of an error, without a full stop."""
    return str(error).rstrip(".")


def number(value: float | None) -> float | None:
    """Return the value as all readings are held."""
    return None if value is None else float(value)


def milli(value: int | None) -> float | None:
    """Return milliwatts as watts, millijoules as joules."""
    return None if value is None else value / 1000
