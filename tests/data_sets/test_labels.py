from __future__ import annotations

import pytest

from cockpit.data_sets.labels import Format, LabelFault, Task, parse_labels

TWO = Format(class_count=2)
SEGMENT = Format(Task.SEGMENT, 2)


def faults(text: str, form: Format = TWO) -> list[tuple[int, LabelFault]]:
    return [(line, fault) for line, fault, _ in parse_labels(text.encode(), form).faults]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("2 .5 .5 .1 .1", LabelFault.CLASS),
        ("-1 .5 .5 .1 .1", LabelFault.CLASS),
        ("0.5 .5 .5 .1 .1", LabelFault.FRACTION),
        ("0 1.2 .5 .1 .1", LabelFault.COORDINATES),
        ("0 -.2 .5 .1 .1", LabelFault.COORDINATES),
        ("0 .5 .5 -.1 .1", LabelFault.COORDINATES),
        ("0 .5 .5 .1", LabelFault.COLUMNS),
        ("0 .5 .5 .1 .1 .9", LabelFault.COLUMNS),
        ("0 .5 .5 .1 .1 .9 .1 .2", LabelFault.COLUMNS),
        ("0 .5 .5 .1 x", LabelFault.NUMBER),
        ("0 .5 nan .1 .1", LabelFault.NUMBER),
        ("nan .5 .5 .1 .1", LabelFault.NUMBER),
        ("inf .5 .5 .1 .1", LabelFault.NUMBER),
        ("0,.5,.5,.1,.1", LabelFault.NUMBER),
    ],
)
def test_a_line_that_is_wrong_is_named(line: str, fault: LabelFault) -> None:
    assert faults(f"1 .5 .5 .1 .1\n\n{line}\n") == [(3, fault)]


def test_lines_that_are_right_are_counted_by_class() -> None:
    found = parse_labels(b"0 .5 .5 .1 .1\n1.0 0 0 1 1\n 1\t.5 .5 .1 .1 \n\n", TWO)
    assert (found.lines, found.classes, found.faults) == (3, {0: 1, 1: 2}, [])


def test_without_a_count_of_classes_none_is_too_high() -> None:
    assert faults("99 .5 .5 .1 .1\n", Format()) == []


def test_a_hundredth_too_much_is_forgiven_only_where_the_trainer_forgives_it() -> None:
    assert faults("0 1.005 .5 .1 .1\n") == [(1, LabelFault.COORDINATES)]
    assert faults("0 1.005 .5 .1 .1\n", Format(tolerance=0.01)) == []
    assert faults("0 1.02 .5 .1 .1\n", Format(tolerance=0.01)) == [(1, LabelFault.COORDINATES)]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("0 .1 .1 .9 .1 .5 .9", []),
        ("0 .1 .1 .9 .1", [LabelFault.COLUMNS]),
        ("0 .1 .1 .9 .1 .5 .9 .3", [LabelFault.COLUMNS]),
        ("0 .1 .1 .9 .1 .5 1.9", [LabelFault.COORDINATES]),
        ("0 .5 .5 .2 .2", [LabelFault.COLUMNS]),
    ],
)
def test_segmentation_needs_polygons_of_three_points(line: str, wrong: list[LabelFault]) -> None:
    assert [fault for _, fault in faults(line, SEGMENT)] == wrong


def test_a_detector_takes_polygons_but_not_beside_boxes() -> None:
    polygons = parse_labels(b"0 .1 .1 .9 .1 .5 .9\n", TWO)
    assert (polygons.polygons, polygons.faults) == (1, [])
    assert faults("0 .1 .1 .9 .1 .5 .9\n0 .5 .5 .1 .1\n") == [(1, LabelFault.MIXED)]


def test_corners_and_points_have_columns_of_their_own() -> None:
    assert faults("0 .1 .1 .2 .1 .2 .2 .1 .2", Format(Task.OBB, 1)) == []
    assert faults("0 .1 .1 .2 .1", Format(Task.OBB, 1)) == [(1, LabelFault.COLUMNS)]
    pose = Format(Task.POSE, 1, keypoints=(2, 3))
    assert faults("0 .5 .5 .1 .1 .2 .2 2 .3 .3 0", pose) == []
    assert faults("0 .5 .5 .1 .1 .2 .2 2", pose) == [(1, LabelFault.COLUMNS)]


def test_line_ends_marks_and_doubles_of_other_systems_are_read() -> None:
    found = parse_labels(b"\xef\xbb\xbf0 .5 .5 .1 .1\r\n0 .5 .5 .1 .1\r\n", TWO)
    assert (found.has_crlf, found.duplicates, found.faults) == (True, 1, [])


def test_what_is_not_utf_8_names_its_line() -> None:
    assert parse_labels(b"0 .5 .5 .1 .1\n\xff\xfe0", TWO).faults[0][:2] == (2, LabelFault.ENCODING)
