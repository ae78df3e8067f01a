"""Grammars of one's own, whose groups may capture anything."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cockpit.metrics.grammar_toml import read_grammar
from cockpit.metrics.log_grammar import FACTS, GPU_ORDINAL, MEANINGS, LogGrammar
from cockpit.metrics.log_reader import LogReader
from cockpit.metrics.series import MetricTable, TrainerFacts
from cockpit.metrics.trainer_facts import FactReader

QUICK = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
SERIES = 'series = { loss = "train/loss" }'


def grammar(folder: Path, *patterns: str) -> LogGrammar:
    lines = [
        f"[[line]]\npattern = '{one}'\n{SERIES if '<loss>' in one else ''}" for one in patterns
    ]
    file = folder / "mine.toml"
    file.write_text("\n".join(["schema = 1", *lines]))
    return read_grammar(file)


def read(folder: Path, pattern: str, *lines: str) -> MetricTable:
    reader = LogReader(grammar(folder, pattern))
    reader.feed(lines)
    return reader.table()


def test_a_group_that_is_no_number_is_no_value(tmp_path: Path) -> None:
    natural = r"epoch (?P<epoch>\d+)/(?P<epochs>\d+) loss (?P<loss>[\d.]+)"
    table = read(tmp_path, natural, "epoch 3/200 loss 0.500", "epoch 4/200 loss 0.250.")
    assert list(table.series["train/loss"].values) == [0.5]
    assert table.epochs == 200


@pytest.mark.parametrize(
    "epoch",
    ["final", "9" * 2000, "-1", "2.5", "3x", "²"],
    ids=["word", "endless", "negative", "part", "mixed", "raised"],
)
def test_a_line_of_an_epoch_that_is_no_count_tells_nothing(tmp_path: Path, epoch: str) -> None:
    pattern = r"epoch (?P<epoch>\S+) loss (?P<loss>\S+)"
    table = read(tmp_path, pattern, "epoch 1 loss 2.5", f"epoch {epoch} loss 0.5")
    assert list(table.series["train/loss"].x) == [1]
    assert list(table.series["train/loss"].values) == [2.5]


def test_a_time_or_a_bar_that_is_no_number_leaves_the_rest(tmp_path: Path) -> None:
    pattern = r"epoch (?P<epoch>\d+) (?P<done>\S+)/(?P<steps>\S+) (?P<percent>\S+) (?P<seconds>\S+)"
    table = read(tmp_path, pattern + r" (?P<loss>\S+)", "epoch 1 x/y many 1:30 0.5")
    assert list(table.series["train/loss"].values) == [0.5]


def test_a_fact_that_is_no_count_is_not_told(tmp_path: Path) -> None:
    reader = FactReader(grammar(tmp_path, r"ranks: (?P<world_size>\S+)"))
    reader.feed(["ranks: some"])
    assert reader.facts() == TrainerFacts()
    reader.feed(["ranks: 1,024"])
    assert reader.facts() == TrainerFacts(world_size=1024)


ENDLESS = (
    (r"x?(?P<loss>(\d+){1,16})y", "1" * 2000 + " y"),
    (r"(?P<loss>(?:[\w.]+\s*){1,16})=", "a." * 1000 + " !="),
    (r"(?P<loss>(a|aa)+)$", "a" * 2000 + "b"),
)


@pytest.mark.parametrize(("pattern", "line"), ENDLESS)
def test_a_pattern_that_would_take_for_ever_is_used_no_more_and_the_table_says_so(
    tmp_path: Path, pattern: str, line: str
) -> None:
    quick = r"epoch (?P<epoch>\d+)"
    reader = LogReader(grammar(tmp_path, quick + r" loss (?P<loss>\S+)", pattern))
    reader.feed(["epoch 1 loss 2.5"])
    assert reader.table().problem is None
    reader.feed([line, line, "epoch 2 loss 0.5"])
    place = f"{tmp_path / 'mine.toml'}: line 2"
    assert reader.table().problem == (
        f"{place}: the pattern takes too long on a line of the log and is used no more"
    )
    assert list(reader.table().series["train/loss"].values) == [2.5, 0.5]
    reader.restart()
    assert reader.table().problem is None


@pytest.mark.parametrize(("pattern", "line"), ENDLESS)
def test_facts_are_read_past_a_pattern_that_would_take_for_ever(
    tmp_path: Path, pattern: str, line: str
) -> None:
    endless = pattern.replace("<loss>", "<val_samples>")
    reader = FactReader(grammar(tmp_path, endless, r"ranks: (?P<world_size>\d+)"))
    reader.feed([line, "ranks: 8"])
    assert reader.facts() == TrainerFacts(world_size=8)


GROUPS = (*MEANINGS, "loss")
words = st.one_of(
    st.sampled_from(
        (
            "1",
            "0",
            "3",
            "-1",
            "2.5",
            "1e400",
            "nan",
            "inf",
            "1_0",
            "1:30",
            "0.250.",
            "²",
            "9" * 5000,
        )
    ),
    st.text(max_size=6),
)
texts = st.lists(words, max_size=6).map(" ".join)
captures = st.sampled_from((r"\S+", r"\w+", ".*", r"\S*", r"[\d.]+", r"\d+"))


@QUICK
@given(
    groups=st.lists(st.tuples(st.sampled_from(GROUPS), captures), min_size=1, max_size=4,
                    unique_by=lambda one: one[0]),
    lines=st.lists(texts, max_size=8),
    unfinished=texts,
)  # fmt: skip
def test_no_text_raises_whatever_the_groups_capture(
    tmp_path: Path, groups: list[tuple[str, str]], lines: list[str], unfinished: str
) -> None:
    own = grammar(tmp_path, " ".join(f"(?P<{name}>{what})" for name, what in groups))
    reader, facts = LogReader(own), FactReader(own)
    reader.feed(["1 1 1 1", *lines])
    facts.feed(lines)
    reader.table_with(unfinished)
    table = reader.table()
    assert all(math.isfinite(x) for one in table.series.values() for x in one.x)
    assert {name for name in (*FACTS, GPU_ORDINAL) if name in facts.lines} <= set(FACTS)
