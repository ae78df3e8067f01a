from __future__ import annotations

import json
from pathlib import Path

import pytest

from cockpit import locations
from tests.cli.calling import cockpit, cockpit_json

FAILURES = Path(__file__).parent.parent / "data" / "failures"
HEADER = "Traceback (most recent call last):"
TRACEBACK = (
    'Traceback (most recent call last):\n  File "/home/user/proj/train.py", line 3, in <module>\n'
    "    main()\nKeyError: 'lr'\n"
)


def explained(*words: str) -> dict[str, object]:
    found = cockpit_json("explain", *words)
    assert isinstance(found, dict)
    return found


def test_any_log_is_explained_as_json() -> None:
    found = explained(str(FAILURES / "rank1_raises.stderr"))
    assert (found["cause"], found["rank"]) == ("cuda_oom", 1)
    assert found["evidence"] == [
        {"line": 4, "text": 'File "/home/user/proj/tiny_ddp.py", line 54, in main'},
        {
            "line": 7,
            "text": "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB (simulated)",
        },
    ]
    assert found["remedies"]


def test_people_read_the_sentence_the_place_and_what_to_try() -> None:
    done = cockpit("explain", str(FAILURES / "rank1_raises.stderr"))
    assert done.returncode == 0
    assert done.stdout.startswith("rank 1: the GPU has no memory left")
    assert "rank1_raises.stderr:7: RuntimeError: CUDA out of memory" in done.stdout
    assert "  try: " in done.stdout


def test_where_nothing_is_wrong_the_cause_is_null() -> None:
    found = explained(str(FAILURES / "success.stderr"))
    assert (found["cause"], found["evidence"], found["remedies"]) == (None, [], [])


def test_an_exit_code_may_be_told() -> None:
    assert explained(str(FAILURES / "success.stderr"), "--exit-code", "139")["cause"] == "segfault"


@pytest.mark.parametrize("subject", ["nosuch", "./nosuch.log", "."])
def test_what_is_neither_a_run_nor_a_file_is_wrong_input(home: Path, subject: str) -> None:
    done = cockpit("explain", subject)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_run_is_explained_by_its_log_and_state(home: Path) -> None:
    cockpit("run", "fake", "--set", "args.raises=true", "--follow")
    found = explained("last")
    assert (found["cause"], found["summary"]) == (
        "user_bug",
        "ValueError: the images are upside down",
    )


def test_a_run_that_succeeded_has_no_cause(home: Path) -> None:
    cockpit("run", "fake", "--follow")
    assert explained()["cause"] is None


def test_the_logs_of_the_ranks_count_where_torchrun_kept_them(home: Path) -> None:
    cockpit("run", "fake", "--set", "args.exit=1", "--follow")
    run = next(locations.runs_dir().iterdir())
    for rank, (time, exception) in enumerate([(9, "Connection closed by peer"), (8, "no lamp")]):
        folder = run / "ranks" / "none_1" / "attempt_0" / str(rank)
        folder.mkdir(parents=True)
        stack = f'{HEADER}\n  File "a.py", line 1, in f\nValueError: {exception}\n'
        message = {"message": exception, "extraInfo": {"py_callstack": stack, "timestamp": time}}
        (folder / "error.json").write_text(json.dumps({"message": message}), encoding="utf-8")
    assert explained("last")["summary"] == "rank 1: ValueError: no lamp"


def test_of_a_huge_log_both_ends_are_read_and_the_lines_counted(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    with log.open("w", encoding="utf-8") as file:
        file.writelines(f"{number} x" + "y" * 1000 + "\n" for number in range(12_000))
        file.write(TRACEBACK)
    found = explained(str(log))
    assert found["cause"] == "user_bug"
    assert found["evidence"] == [
        {"line": 12_002, "text": 'File "/home/user/proj/train.py", line 3, in <module>'},
        {"line": 12_004, "text": "KeyError: 'lr'"},
    ]
    assert found["left_out_bytes"]
    assert "the middle of the log was not read" in cockpit("explain", str(log)).stdout


def test_lines_that_cost_too_much_to_count_have_no_number(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    with log.open("wb") as file:
        file.seek(400 << 20)  # a hole: a long log that takes no room
        file.write(b"\n" + TRACEBACK.encode())
    found = explained(str(log))
    assert found["evidence"] == [
        {"line": None, "text": 'File "/home/user/proj/train.py", line 3, in <module>'},
        {"line": None, "text": "KeyError: 'lr'"},
    ]


def test_what_can_be_no_log_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.log").touch()
    (tmp_path / "best.pt").write_bytes(b"PK\x03\x04")
    (tmp_path / "bytes.log").write_bytes(bytes(range(64)) * 16)
    for name, why in (
        ("empty.log", "is empty"),
        ("best.pt", "is a checkpoint"),
        ("bytes.log", "is not text"),
    ):
        done = cockpit("explain", str(tmp_path / name))
        assert done.returncode == 2
        assert f"{name} {why}" in done.stderr
