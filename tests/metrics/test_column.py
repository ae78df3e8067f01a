from __future__ import annotations

import math
from array import array
from bisect import bisect_left

import pytest

from cockpit.metrics.column import Column

NUMBERS: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)


def test_a_column_is_a_sequence_like_the_tuple_it_equals() -> None:
    column = Column(array("d", NUMBERS))
    assert column == NUMBERS
    assert column == list(NUMBERS)
    assert NUMBERS == column  # noqa: SIM300  # a tuple must ask the column
    assert column != NUMBERS[1:]
    assert column != "numbers"
    assert hash(column) == hash(NUMBERS)
    assert (len(column), column[0], column[-1], list(column)) == (4, 1.0, 8.0, list(NUMBERS))
    assert (bisect_left(column, 4), column.index(4), 8.0 in column) == (2, 2, True)
    assert not Column(array("d"))


@pytest.mark.parametrize(
    "part", [slice(None), slice(1, 3), slice(-2, None), slice(3, 1), slice(None, None, -2)]
)
def test_a_slice_is_a_tuple(part: slice) -> None:
    column = Column(array("d", NUMBERS))
    assert column[part] == NUMBERS[part]
    shifted = Column(array("d", NUMBERS), shift=1)
    assert shifted[part] == tuple(number + 1 for number in NUMBERS[part])


@pytest.mark.parametrize("index", [4, -5])
def test_an_index_outside_is_an_error_also_when_the_array_has_grown(index: int) -> None:
    numbers = array("d", NUMBERS)
    column = Column(numbers)
    numbers.extend((16.0, 32.0))
    with pytest.raises(IndexError):
        column[index]


def test_what_is_added_later_does_not_show() -> None:
    numbers = array("d", NUMBERS)
    column = Column(numbers, shift=1)
    going = iter(column)
    numbers.append(16.0)
    assert column == (2.0, 3.0, 5.0, 9.0)
    assert list(going) == [2.0, 3.0, 5.0, 9.0]
    assert column[-1] == 9.0
    assert column != Column(numbers, shift=1)


def test_two_views_of_one_array_are_equal_with_nan_inside() -> None:
    numbers = array("d", (1.0, math.nan))
    assert Column(numbers) == Column(numbers)
    assert Column(numbers) != Column(numbers, shift=1)
    assert Column(array("d", NUMBERS)) == Column(array("d", NUMBERS))


def test_a_long_column_is_written_short() -> None:
    assert len(repr(Column(array("d", range(100_000))))) < 100
