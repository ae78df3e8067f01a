from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.data_sets.description import parse_description

FILE = Path("data.yaml")
WHOLE = "path: /d\ntrain: images/train\nval: [images/a, images/b]\nnc: 2\nnames: [a, b]\n"


def faults(text: str) -> list[str]:
    return [fault.what for fault in parse_description(text, FILE).faults]


def test_a_whole_description_is_read_with_the_lines_of_its_keys() -> None:
    found = parse_description(WHOLE, FILE)
    assert found.faults == ()
    assert (found.root, found.class_count, found.names) == ("/d", 2, ("a", "b"))
    assert found.splits == {"train": ("images/train",), "val": ("images/a", "images/b")}
    assert (found.at("nc"), found.at("download")) == ("data.yaml:4", "data.yaml")


@pytest.mark.parametrize("names", ["[a, b]", "{0: a, 1: b}", "{1: b, 0: a}"])
def test_names_are_a_list_or_a_table(names: str) -> None:
    found = parse_description(f"train: a\nval: b\nnames: {names}\n", FILE)
    assert (found.names, found.class_count, found.faults) == (("a", "b"), 2, ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("train: a\nval: b\nnc: 3\nnames: [a]\n", "data.yaml:4: nc is 3, and names lists 1"),
        ("train: a\nval: b\nnames: {1: a, 2: b}\n", "data.yaml:3: names has 2 classes and no num"),
        ("train: a\nval: b\nnc: many\n", "data.yaml:3: nc is 'many', not a whole number"),
        ("train: a\nval: b\n", "neither names nor nc"),
        ("train: a\nval: b\nnames: 5\n", "names must be a list or a table"),
        ("val: b\nnames: [a]\n", "train is missing"),
        ("train:\nval: b\nnames: [a]\n", "train is missing"),
    ],
)
def test_what_is_wrong_names_file_and_line(text: str, words: str) -> None:
    (fault,) = faults(text)
    assert words in fault


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert len(faults("nc: 2\nnames: [a]\n")) == 3


def test_ultralytics_takes_a_text_for_a_number_and_validation_for_val() -> None:
    found = parse_description("train: a\nvalidation: b\nnc: '2.0'\nnames: [a, b]\n", FILE)
    assert found.faults == ()
    assert found.splits["val"] == ("b",)


@pytest.mark.parametrize("text", ["- a\n", "a: [\n", ""])
def test_a_text_that_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"table|flow|expected"):
        parse_description(text, FILE)
