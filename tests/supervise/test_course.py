from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import pytest

from cockpit.errors import CockpitError, EnvironmentNotFit, InputError
from cockpit.files import read_json
from cockpit.processes.identity import send
from cockpit.runs.attempt import AttemptRecord, ResumeRequest, parse_attempt
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.supervise.request import RunRequest
from cockpit.supervise.resuming import resume
from cockpit.supervise.start import ask_to_stop, launch
from tests.supervise.running import (
    events,
    job_of,
    kill_supervisor,
    nothing_is_left,
    phase,
    start,
    view,
    wait_for,
    wait_for_log,
)
from tests.waiting import wait_until


def retrying(attempts: int, **args: str) -> RunPaths:
    pairs = [(f"args.{name.replace('_', '-')}", text) for name, text in args.items()]
    return launch(RunRequest("fake", (("retry.attempts", str(attempts)), *pairs))).paths


def attempt(paths: RunPaths, number: int) -> AttemptRecord:
    found = parse_attempt(read_json(paths.attempt(number)))
    assert found is not None
    return found


def test_a_failed_run_is_started_again_and_continues(home: Path) -> None:
    paths = retrying(2, epochs="4", fail_until="1")
    wait_for(paths, Phase.SUCCEEDED)
    assert attempt(paths, 2).argv[-2:] == ("--resume", str(paths.out / "last.pt"))
    assert attempt(paths, 2).reason.startswith("started again: ConnectionError")
    shown = view(paths)
    assert (shown.attempt, shown.epoch, shown.problem) == (2, 4, None)
    assert [row.split(",")[0] for row in (paths.out / "results.csv").read_text().split()] == [
        "epoch", "1", "2", "3", "4",
    ]  # fmt: skip
    assert "attempt 2 continues after epoch 1" in paths.log.read_text()
    assert nothing_is_left(paths)


def test_an_error_that_comes_twice_at_one_place_is_left(home: Path) -> None:
    paths = retrying(5, raises="true", epochs="1", stop_after="0", fail_until="0")
    wait_for(paths, Phase.FAILED)
    assert "all epochs are done" in events(paths)
    assert not paths.attempt(2).exists()


def test_without_retry_a_failure_is_the_end(home: Path) -> None:
    paths = start(epochs="4", fail_until="1")
    wait_for(paths, Phase.FAILED)
    assert not paths.attempt(2).exists()


def test_out_of_memory_is_tried_again_with_half_the_batch(home: Path) -> None:
    paths = retrying(3, oom_above="4")
    wait_for(paths, Phase.SUCCEEDED)
    assert attempt(paths, 3).changes == {"args.batch-size": "4"}
    assert attempt(paths, 3).batch_per_rank == 4
    assert view(paths).asked.batch_per_rank == 4
    assert "batch 16 → 8" in events(paths)


def test_a_stop_while_it_waits_to_start_again_ends_it(home: Path) -> None:
    request = (("retry.attempts", "3"), ("retry.wait_s", "600"), ("args.fail-until", "1"))
    paths = launch(RunRequest("fake", (*request, ("args.epochs", "4")))).paths
    wait_for(paths, Phase.QUEUED)
    assert view(paths).next_attempt is not None
    ask_to_stop(paths)
    wait_for(paths, Phase.STOPPED)
    assert not paths.attempt(2).exists()
    assert nothing_is_left(paths)


def test_a_stopped_run_is_resumed_as_the_same_run(home: Path) -> None:
    paths = start(epochs="4", hang="true")
    wait_for_log(paths, "epoch 4/4")
    ask_to_stop(paths)
    wait_for(paths, Phase.STOPPED)
    resume(paths, ResumeRequest({"args.epochs": "6", "args.hang": "false"}))
    wait_for(paths, Phase.SUCCEEDED)
    shown = view(paths)
    assert (shown.epoch, shown.epochs, shown.attempt) == (6, 6, 2)
    assert shown.metrics.resumed_after == (4.0,)
    assert attempt(paths, 2).reason == "resumed"
    assert attempt(paths, 2).changes == {"args.epochs": "6", "args.hang": "false"}
    assert '"kind":"resumed"' in events(paths)


def test_a_lost_run_is_resumed(home: Path) -> None:
    paths = start(epochs="3", hang="true")
    wait_for_log(paths, "epoch 3/3")
    kill_supervisor(paths)
    send(job_of(paths), signal.SIGKILL)
    wait_for(paths, Phase.LOST)
    resume(paths, ResumeRequest({"args.epochs": "5", "args.hang": "false"}))
    wait_for(paths, Phase.SUCCEEDED)
    assert view(paths).epoch == 5


def test_a_checkpoint_that_cannot_be_read_is_skipped_with_the_reason(home: Path) -> None:
    paths = start(epochs="4", stop_after="2")
    wait_for(paths, Phase.FAILED)
    good = (paths.out / "last.pt").read_bytes()
    (paths.out / "epoch1.pt").write_bytes(good)
    (paths.out / "epoch2.pt").write_bytes(good[:40])
    (paths.out / "last.pt").write_bytes(b"")
    done = resume(paths, ResumeRequest({"args.stop-after": "0"}))
    wait_for(paths, Phase.SUCCEEDED)
    assert {one.path.name for one in done.skipped} == {"last.pt", "epoch2.pt"}
    assert attempt(paths, 2).checkpoint == paths.out / "epoch1.pt"
    assert "is empty (0 bytes)" in events(paths)
    assert "is cut off" in events(paths)


def test_a_finished_run_is_not_resumed(home: Path) -> None:
    paths = start()
    wait_for(paths, Phase.SUCCEEDED)
    with pytest.raises(InputError, match="all 2 epochs are done"):
        resume(paths, ResumeRequest())
    assert phase(paths) is Phase.SUCCEEDED
    assert not paths.resume_request.exists()


def test_a_running_run_is_not_resumed(home: Path) -> None:
    paths = start(hang="true")
    with pytest.raises(InputError, match="is running"):
        resume(paths, ResumeRequest())
    ask_to_stop(paths)
    wait_for(paths, Phase.STOPPED)


def test_without_a_checkpoint_a_resume_says_what_is_missing(home: Path) -> None:
    paths = start(epochs="4", stop_after="2")
    wait_for(paths, Phase.FAILED)
    (paths.out / "last.pt").unlink()
    with pytest.raises(CockpitError, match="left no checkpoint"):
        resume(paths, ResumeRequest())
    (paths.out / "last.pt").write_bytes(b"")
    with pytest.raises(CockpitError, match="can be read:"):
        resume(paths, ResumeRequest())
    assert phase(paths) is Phase.FAILED


def test_a_resume_may_name_where_the_checkpoint_really_lies(home: Path) -> None:
    paths = start(epochs="4", stop_after="2")
    wait_for(paths, Phase.FAILED)
    (paths.out / "last.pt").rename(home / "elsewhere.pt")
    changes = {"resume.checkpoint": str(home / "elsewhere.pt"), "args.stop-after": "0"}
    resume(paths, ResumeRequest(changes))
    wait_for(paths, Phase.SUCCEEDED)
    assert attempt(paths, 2).checkpoint == home / "elsewhere.pt"


def test_a_trainer_that_cannot_continue_is_not_resumed(home: Path) -> None:
    paths = start(epochs="4", stop_after="2")
    wait_for(paths, Phase.FAILED)
    record = json.loads(paths.run.read_text())
    del record["document"]["resume"]["args"]
    paths.run.write_text(json.dumps(record))
    with pytest.raises(EnvironmentNotFit, match="cannot continue"):
        resume(paths, ResumeRequest())


def test_two_resumes_at_once_are_one_attempt(home: Path) -> None:
    paths = start(epochs="4", stop_after="2")
    wait_for(paths, Phase.FAILED)
    changes = ResumeRequest({"args.stop-after": "0", "args.hang": "true"})
    refused: list[CockpitError] = []

    def go() -> None:
        try:
            resume(paths, changes)
        except CockpitError as error:
            refused.append(error)

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: "ready" in paths.log.read_text())
    assert not paths.attempt(3).exists()
    ask_to_stop(paths)
    wait_for(paths, Phase.STOPPED)
    assert nothing_is_left(paths)
