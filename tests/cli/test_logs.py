from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.cli.logs import log_lines
from cockpit.cli.since import parse_since
from cockpit.errors import InputError
from cockpit.runs.layout import RunPaths
from tests.cli.calling import cockpit
from tests.waiting import wait_until

LINES = [
    "[default0]:epoch 1 loss 0.9",
    "[default1]:epoch 1 loss 0.8",
    "[default0]: 10%|#   | 1/9",
    "[default0]: 90%|### | 8/9",
    "WARNING: slow disk",
    "[rank1]: Traceback (most recent call last):",
    '[rank1]:   File "a.py", line 3, in <module>',
    "[rank1]: KeyError: 'lr'",
    "\x1b[31mepoch\x1b[0m 2 loss 0.5",
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "my.log"
    path.write_text("".join(f"{line}\n" for line in LINES), encoding="utf-8")
    return path


def printed(*words: str) -> list[str]:
    done = cockpit("logs", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_log_file_is_printed_as_people_would_have_seen_it(log: Path) -> None:
    assert printed(str(log)) == [
        "r0│ epoch 1 loss 0.9", "r1│ epoch 1 loss 0.8", "r0│  90%|### | 8/9", "WARNING: slow disk",
        "r1│ Traceback (most recent call last):", 'r1│   File "a.py", line 3, in <module>',
        "r1│ KeyError: 'lr'", "epoch 2 loss 0.5",
    ]  # fmt: skip


def test_it_is_said_beside_the_output_that_nothing_was_found(log: Path) -> None:
    for words, said in (
        (("--grep", "nosuch"), "no line holds “nosuch”\n"),
        (("--grep", "nosuch", "--errors", "--rank", "1"), "no error of rank 1 holds “nosuch”\n"),
        (("--grep", "epoch"), ""),
        (("-n", "0", "--grep", "epoch"), ""),
    ):
        done = cockpit("logs", str(log), *words)
        assert (done.returncode, done.stderr) == (0, said)
        assert bool(done.stdout) is not bool(said) or words[0] == "-n"


def test_choices_are_combined(log: Path) -> None:
    assert printed(str(log), "--grep", r"^EPOCH \d") == [
        "r0│ epoch 1 loss 0.9", "r1│ epoch 1 loss 0.8", "epoch 2 loss 0.5",
    ]  # fmt: skip
    assert printed(str(log), "--grep", "epoch", "--rank", "1") == ["epoch 1 loss 0.8"]
    assert printed(str(log), "--grep", "epoch", "-n", "1") == ["epoch 2 loss 0.5"]
    assert printed(str(log), "-n", "0") == []


def test_ranks_stand_in_a_column_where_they_are_told_apart(tmp_path: Path) -> None:
    log = tmp_path / "my.log"
    log.write_text("[rank0]: zero\n[rank7]: seven\n[rank12]: twelve\nplain\n")
    assert printed(str(log)) == ["r0 │ zero", "r7 │ seven", "r12│ twelve", "plain"]
    assert printed(str(log), "--rank", "7") == ["seven"]
    log.write_text("[rank0]: zero\nplain\n")
    assert printed(str(log)) == ["zero", "plain"]


def test_errors_have_the_numbers_of_their_lines(log: Path) -> None:
    assert printed(str(log), "--errors") == [
        "6: r1│ Traceback (most recent call last):",
        '7: r1│   File "a.py", line 3, in <module>',
        "8: r1│ KeyError: 'lr'",
    ]
    assert printed(str(log), "--errors", "-n", "1") == ["8: r1│ KeyError: 'lr'"]


def test_each_line_is_an_object_with_its_place_and_rank(log: Path) -> None:
    told = [json.loads(line) for line in printed(str(log), "--json", "--grep", "loss")]
    assert told[1] == {"line": 2, "time": None, "rank": 1, "text": "epoch 1 loss 0.8"}
    assert [one["rank"] for one in told] == [0, 1, None]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--grep", "loss("], "no regular expression"),
        (["--since", "soon"], "that is no time"),
        (["--since", "10m"], "nobody noted when"),
        (["--rank", "7"], "the log has 0, 1"),
        (["-n", "-1"], ""),
    ],
)
def test_what_cannot_be_chosen_is_wrong_input(log: Path, words: list[str], sentence: str) -> None:
    done = cockpit("logs", str(log), *words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_of_a_huge_log_the_last_lines_are_read_alone(tmp_path: Path) -> None:
    log = tmp_path / "huge.log"
    with log.open("wb") as file:
        file.write(b"begin\n" * 50_000)
        file.seek(20 << 30)  # a hole: a long log that takes no room
        file.write(b"\nfirst\nsecond\nthird")
    assert printed(str(log), "-n", "2") == ["second", "third"]


def run_with_log(home: Path, text: str, sizes: str = "") -> RunPaths:
    cockpit("run", "fake", "--follow")
    paths = RunPaths(next(locations.runs_dir().iterdir()))
    paths.log.write_text(text)
    if sizes:
        paths.log_sizes.write_text(sizes)
    return paths


def test_lines_since_a_time_are_those_behind_the_size_noted_then(home: Path) -> None:
    now = time.time()
    sizes = "".join(f'{{"t":{now - 6000 + n * 600:.1f},"bytes":{n * 7}}}\n' for n in range(1, 10))
    paths = run_with_log(home, "".join(f"line {n}\n" for n in range(1, 10)), sizes)
    assert printed("last", "--since", "35m") == ["line 7", "line 8", "line 9"]
    assert printed(str(paths.root), "--since", "35m", "-n", "1") == ["line 9"]
    told = json.loads(printed("last", "--since", "15m", "--json")[0])
    assert (told["line"], told["text"]) == (9, "line 9")
    assert told["time"] == pytest.approx(now - 600, abs=0.1)


def test_the_files_of_a_rank_are_its_log(home: Path) -> None:
    paths = run_with_log(home, "[default0]:zero\n[default1]:one\n")
    for rank in (0, 1):
        folder = paths.ranks / "x" / "attempt_0" / str(rank)
        folder.mkdir(parents=True)
        (folder / "stdout.log").write_text(f"out {rank}\n")
        (folder / "stderr.log").write_text(f"err {rank}\n")
    assert printed("last", "--rank", "1") == ["out 1", "err 1"]
    assert json.loads(printed("last", "--rank", "1", "--json")[0])["rank"] == 1


def test_a_line_that_grows_is_followed_until_it_ends(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\nhal")
    asked = 0

    def is_over() -> bool:
        nonlocal asked
        asked += 1
        if asked == 2:
            with log.open("a") as file:
                file.write("f\nlast")
        return asked == 3

    assert list(log_lines(log, is_over)) == ["one", "half", "last"]


def test_a_log_that_starts_over_is_followed_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\ntwo\n")
    asked = 0

    def is_over() -> bool:
        nonlocal asked
        asked += 1
        if asked == 2:
            log.write_text("new\n")
        return asked == 3

    assert list(log_lines(log, is_over)) == ["one", "two", "new"]


def test_a_foreign_log_is_followed_until_one_leaves(log: Path) -> None:
    command = [sys.executable, "-m", "cockpit", "logs", "-f", str(log), "--grep", "epoch [39]"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        with log.open("a") as file:
            file.write("epoch 3\nother\nepoch 9\n")
        assert [process.stdout.readline() for _ in range(2)] == ["epoch 3\n", "epoch 9\n"]
        process.terminate()
        wait_until(lambda: process.poll() is not None)


NOON = 1_795_176_000.0


def test_a_time_may_be_an_age_a_time_of_day_or_a_date() -> None:
    assert parse_since("90s", NOON) == NOON - 90
    assert parse_since("1.5h", NOON) == NOON - 5400
    assert parse_since("2026-11-20T10:00:00+00:00", NOON) == 1_795_168_800.0
    then = parse_since("18:40", NOON)
    assert 0 <= NOON - then < 86_400
    assert time.strftime("%H:%M:%S", time.localtime(then)) == "18:40:00"


@pytest.mark.parametrize("text", ["", "soon", "25:00", "10", "-5m", "2026-13-01", "9" * 30 + "h"])
def test_what_is_no_time_is_said(text: str) -> None:
    with pytest.raises(InputError):
        parse_since(text, NOON)


def test_an_expression_that_would_never_end_is_given_up_and_said(
    home: Path, tmp_path: Path
) -> None:
    log = tmp_path / "train.log"
    log.write_text("a" * 80 + "!\n")
    done = cockpit("logs", str(log), "--grep", "^(a|aa)+$")
    assert done.stdout == ""
    assert "--grep ^(a|aa)+$: takes too long" in done.stderr
