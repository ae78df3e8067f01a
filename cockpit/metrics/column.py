"""Numbers that grow at their end while others hold on to what they were."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import eq
from reprlib import repr as short_repr
from typing import overload


class Column(Sequence[float]):
    """The first numbers of an array that only grows: they never change, at 8 bytes each.

    Equal to any column, tuple or list of the same numbers.
    """

    __slots__ = ("_array", "_length", "_shift")

    def __init__(self, numbers: array[float], *, shift: int = 0) -> None:
        """Hold on to `numbers` as they are now, each `shift` higher.

        The owner may append to the array; to take numbers back it makes another one.
        """
        self._array = numbers
        self._length = len(numbers)
        self._shift = shift

    def goes_on_from(self, before: object) -> bool:
        """Return True where `before` is an earlier view of the same growing numbers."""
        return (
            isinstance(before, Column)
            and before._array is self._array
            and before._shift == self._shift
            and before._length <= self._length
        )

    def __len__(self) -> int:
        """Return how many there were."""
        return self._length

    @overload
    def __getitem__(self, index: int) -> float: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[float, ...]: ...

    def __getitem__(self, index: int | slice) -> float | tuple[float, ...]:
        """Return one number, or a tuple of some."""
        if isinstance(index, slice):
            return self._slice(*index.indices(self._length))
        if not -self._length <= index < self._length:
            raise IndexError(index)
        return self._array[index if index >= 0 else index + self._length] + self._shift

    def __iter__(self) -> Iterator[float]:
        """Yield the numbers; what is added meanwhile does not come."""
        numbers = islice(self._array, self._length)
        return (number + self._shift for number in numbers) if self._shift else numbers

    def __eq__(self, other: object) -> bool:
        """Return True for the same numbers; two views of one array are not compared in full."""
        if isinstance(other, Column) and other._array is self._array:
            return (self._length, self._shift) == (other._length, other._shift)
        if not isinstance(other, Column | tuple | list):
            return NotImplemented
        return self._length == len(other) and all(map(eq, self, other))

    def __hash__(self) -> int:
        """Return the hash of the tuple that this is equal to."""
        return hash(tuple(self))

    def __repr__(self) -> str:
        """Return the first numbers."""
        return f"Column({short_repr(self[:])})"

    def _slice(self, start: int, stop: int, step: int) -> tuple[float, ...]:
        if step == 1 and not self._shift:
            return tuple(self._array[start:stop])
        picked = map(self._array.__getitem__, range(start, stop, step))
        return tuple(number + self._shift for number in picked)
