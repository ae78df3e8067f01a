from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cockpit.errors import IllegalTransition, InputError, RunNotFound
from cockpit.runs.catalog import find_run, list_runs, new_run_id
from cockpit.runs.phase import NEXT, Phase, advance, glyph, phase_as_read
from cockpit.runs.record import RunRecord, StateRecord, parse_run, parse_state, to_json


@pytest.mark.parametrize("now", list(Phase))
@pytest.mark.parametrize("to", list(Phase))
def test_only_the_table_allows_a_transition(now: Phase, to: Phase) -> None:
    if to in NEXT.get(now, frozenset()):
        assert advance(now, to) is to
    else:
        with pytest.raises(IllegalTransition):
            advance(now, to)


def test_what_is_only_read_is_never_written() -> None:
    written = {to for targets in NEXT.values() for to in targets}
    assert not written & {Phase.LOST, Phase.UNSUPERVISED}


def test_every_phase_has_a_glyph() -> None:
    assert all(len(glyph(phase)) == 1 for phase in Phase)


@pytest.mark.parametrize(
    ("written", "local", "supervisor", "processes", "expected"),
    [
        (Phase.RUNNING, True, True, True, Phase.RUNNING),
        (Phase.RUNNING, True, False, True, Phase.UNSUPERVISED),
        (Phase.RUNNING, True, False, False, Phase.LOST),
        (Phase.STOPPING, True, False, True, Phase.UNSUPERVISED),
        (Phase.SUCCEEDED, True, False, False, Phase.SUCCEEDED),
        (Phase.RUNNING, False, False, False, Phase.RUNNING),
        (None, True, False, False, Phase.LOST),
        (None, True, True, False, Phase.QUEUED),
    ],
)
def test_the_phase_that_is_true_now(
    written: Phase | None, local: bool, supervisor: bool, processes: bool, expected: Phase
) -> None:
    assert (
        phase_as_read(written, is_local=local, has_supervisor=supervisor, has_processes=processes)
        is expected
    )


def test_a_new_id_never_takes_one_that_is_there() -> None:
    first = new_run_id("a", 0.0, [])
    second = new_run_id("a", 0.0, [first])
    third = new_run_id("a", 0.0, [first, second])
    assert (second, third) == (f"{first}-2", f"{first}-3")


@pytest.mark.parametrize("name", ["", "a/b", ".hidden", "a\nb", "x" * 201])
def test_a_name_that_is_no_folder_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="--name"):
        new_run_id(name, 0.0, [])


def test_runs_are_found_by_prefix_and_by_last() -> None:
    ids = ["b-20261120-100000", "ab-20261120-090000", "a-20261120-080000"]
    assert find_run("last", ids) == "b-20261120-100000"
    assert find_run("b", ids) == "b-20261120-100000"
    assert find_run("a", ids) == "a-20261120-080000"
    with pytest.raises(RunNotFound, match="no run starts with x"):
        find_run("x", ids)
    with pytest.raises(RunNotFound, match="could be any of 2 runs"):
        find_run("a", ["a-20261120-080000", "a-20261120-080001"])
    with pytest.raises(RunNotFound, match="there is no run yet"):
        find_run("last", [])


def test_the_newest_run_comes_first(tmp_path: Path) -> None:
    (tmp_path / "z-20261121-000000").mkdir()  # no run.json: a folder that somebody made
    for name in ("z-20261119-235959", "a-20261120-000000-10", "a-20261120-000000-2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").touch()
    assert [paths.run_id for paths in list_runs(tmp_path)] == [
        "a-20261120-000000-10",
        "a-20261120-000000-2",
        "z-20261119-235959",
    ]


def test_records_survive_a_round_trip() -> None:
    record = RunRecord(
        run_id="配电-20261120-100000", name="配电", preset="p", preset_file=Path("/p.toml"),
        created=1.5, host="h", argv=("python", "x"), env={"A": "1"}, env_sources={"A": "preset"},
        unset=("RANK",), cwd=Path("/r/out"), gpus=(0, 3), gpu_names=("RTX",), world_size=2,
        reader="csv", devices="none", python="/py", python_version="3.11", python_reason="auto",
        results=Path("/r/out/results.csv"), epochs=3, git_commit="abc", git_changed_files=0,
    )  # fmt: skip
    assert parse_run(json.loads(json.dumps(to_json(record)))) == record
    state = StateRecord(Phase.RUNNING, "h", 1, 2.5, started=2.0)
    assert parse_state(json.loads(json.dumps(to_json(state)))) == state


@pytest.mark.parametrize("value", [None, 3, [], {}, {"phase": "flying", "touched": 1.0}])
def test_what_is_no_record_is_none(value: object) -> None:
    assert parse_run(value) is None
    assert parse_state(value) is None


@pytest.mark.parametrize("text", ["1" + "0" * 400, "1e999", "NaN", '"soon"', "true"])
def test_a_time_that_is_none_is_none(text: str) -> None:
    state = parse_state(json.loads(f'{{"phase": "running", "touched": 1, "started": {text}}}'))
    assert state is not None
    assert state.started is None


def test_of_two_runs_of_one_second_the_later_one_is_newer(tmp_path: Path) -> None:
    for number, name in enumerate(["zz-20260101-120000", "aa-20260101-120000"]):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text("{}")
        os.utime(tmp_path / name / "run.json", (1000 + number, 1000 + number))
    assert [paths.run_id[:2] for paths in list_runs(tmp_path)] == ["aa", "zz"]
