from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.errors import InputError
from cockpit.metrics.grammar_toml import (
    BUILT_IN,
    KEYS,
    LINE_KEYS,
    find_grammar,
    own_grammars,
    problems_of,
    read_grammar,
    shipped_grammar,
)
from cockpit.metrics.log_grammar import MEANINGS
from cockpit.metrics.readers import READERS, open_reader, reads_log
from cockpit.metrics.trainer_facts import GENERAL
from tests.metrics.paths import DATA, read_lines, read_table

MINE = """
schema = 1
summary = "my script"
counts_from = 1
words = ["epoch", "val"]

[[line]]
pattern = 'epoch (?P<epoch>\\d+)/(?P<epochs>\\d+) loss=(?P<loss>{NUMBER})'
series = { loss = "train/loss" }

[[line]]
pattern = 'val acc (?P<acc>{NUMBER})'
series = { acc = "val/acc" }
completes = true
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = locations.config_dir() / "grammars"
    folder.mkdir(parents=True)
    return folder


def problems_in(file: Path, text: str) -> list[str]:
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        read_grammar(file)
    return [line.removeprefix(f"{file}: ") for line in caught.value.problem.split("\n")]


@pytest.mark.parametrize("name", [*BUILT_IN, GENERAL])
def test_every_shipped_grammar_is_without_problems(name: str) -> None:
    assert shipped_grammar(name).summary


def test_a_grammar_of_ones_own_is_a_reader_by_its_name(config: Path) -> None:
    (config / "mine.toml").write_text(MINE)
    assert own_grammars() == ("mine",)
    assert reads_log("mine")
    table = read_lines("mine", "epoch 1/5 loss=2.5", "val acc 0.5", "epoch 2/5 loss=nan")
    assert table.series["train/loss"].x == (1, 2)
    assert table.series["val/acc"].values == (0.5,)
    assert (table.epoch, table.epochs) == (1, 5)


def test_a_shipped_grammar_wins_over_one_of_the_same_name(config: Path) -> None:
    (config / "epri-log.toml").write_text(MINE)
    assert find_grammar("epri-log") is shipped_grammar("epri-log")


def test_a_name_is_no_path(config: Path) -> None:
    (config.parent / "secret.toml").write_text(MINE)
    with pytest.raises(InputError, match="does not exist"):
        open_reader("../secret")


def test_all_problems_are_told_at_once_with_their_keys(tmp_path: Path) -> None:
    text = """
summery = "x"
counts_from = 2
words = [1]

[[line]]
patern = "x"

[[line]]
pattern = '(?P<epoch>\\d+'

[[line]]
pattern = '(?P<epok>\\d+) (?P<loss>x)'
series = { los = "train/loss" }
completes = "yes"

[[line]]
pattern = 'on cpu'
means = { gpu_used = 0, image_size = "big" }
"""
    assert problems_in(tmp_path / "g.toml", text) == [
        "summery: no such key (did you mean summary?)",
        "schema: must be 1, is None",
        "counts_from: must be 0 or 1, is 2",
        "words: must be a list of texts",
        "line 1: patern: no such key (did you mean pattern?)",
        "line 1: pattern: is missing",
        "line 2: pattern: '(?P<epoch>\\\\d+' is no regular expression: missing ) at position 13",
        "line 3: completes: must be true or false",
        "line 3: pattern: group epok has no meaning and no curve in series (did you mean epoch?)",
        "line 3: pattern: group loss has no meaning and no curve in series (did you mean los?)",
        "line 3: series.los: the pattern has no such group (did you mean loss?)",
        "line 4: means.gpu_used: no such fact (did you mean gpus_used?)",
        "line 4: means.image_size: must be a count, is 'big'",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("schema = 1", "line: must be a list of tables, at least one: [[line]]"),
        ("schema = 1\n[[line]]\npattern = 'x'", "line 1: pattern: names no group"),
        ("schema = 1\n[[line]]\npattern = 3", "line 1: pattern: must be text"),
        ("schema = ", "not valid TOML"),
    ],
)
def test_a_grammar_that_says_nothing_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    assert problems_in(tmp_path / "g.toml", text)[0].startswith(problem)


def test_a_long_line_is_looked_at_in_part(config: Path) -> None:
    (config / "mine.toml").write_text(MINE)
    loss = " epoch 1/5 loss=2.5"
    long = read_lines("mine", "val " * 200_000 + loss)
    assert not long.series
    assert long.problem is None
    assert read_lines("mine", "val " * 200 + loss).series["train/loss"].values == (2.5,)


def test_the_console_of_ultralytics_gives_curves() -> None:
    for name in ("8.0.100", "8.3.0"):
        table = read_table(DATA / f"ultralytics_detect_{name}.log.raw", "ultralytics-log")
        assert table.series["train/box_loss"].x == (1, 2, 3)
        assert table.series["metrics/mAP50(B)"].x == (1, 2, 3)
        assert (table.epoch, table.epochs) == (3, 3)
    newest = read_table(DATA / "ultralytics_detect_nohup.log.raw", "ultralytics-log")
    assert newest.series["train/box_loss"].values == (6.056, 5.759)
    assert (newest.epoch, newest.epochs) == (2, 2)


def test_the_test_of_the_best_weights_is_no_further_epoch() -> None:
    bar = (
        "        1/2         0G      6.056      4.385      4.353         27        128: 100% ━━ 4/4"
    )
    row = "                   all         16         35        {0}          0          0          0"
    lines = (bar, row.format("0.25"), "1 epochs completed in 0.001 hours.", row.format("0.75"))
    table = read_lines("ultralytics-log", *lines)
    assert table.series["metrics/precision(B)"].values == (0.25,)


def test_a_metric_log_of_mshnet_is_read_alone() -> None:
    table = read_table(DATA / "mshnet_metric.log", "mshnet-log")
    assert table.series["metrics/best_IoU"].values == (0.0029,)
    assert table.epoch == 2


def test_the_documented_grammar_is_one_and_every_word_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "results.md").read_text()
    example = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert example is not None
    document = tomllib.loads(example[1])
    assert problems_of(document) == []
    assert set(document) == set(KEYS)
    assert {key for line in document["line"] for key in line} == set(LINE_KEYS)
    assert [word for word in (*MEANINGS, *READERS) if f"`{word}`" not in text] == []
