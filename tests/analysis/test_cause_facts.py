from __future__ import annotations

from cockpit.analysis.cause import Cause, RankError, find_cause
from cockpit.analysis.log_line import parse_log

MEMORY = (
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 3 has a total "
    "capacity of 24.00 GiB of which 1.50 GiB is free. Process 4711 has 4.00 GiB memory in use. "
    "Including non-PyTorch memory, this process has 18.00 GiB memory in use. Of the allocated "
    "memory 14.00 GiB is allocated by PyTorch, and 3.00 GiB is reserved by PyTorch but unallocated."
)
GIB = 1 << 30


def cause_of(text: str, exit_code: int | None = 1, **more: int | None) -> Cause:
    cause = find_cause(parse_log(text), exit_code, batch=more.get("batch"))
    assert cause is not None
    return cause


def test_a_full_gpu_tells_its_numbers() -> None:
    facts = cause_of(f"[rank3]: {MEMORY}").facts
    assert facts == {
        "asked_bytes": 2 * GIB,
        "total_bytes": 24 * GIB,
        "free_bytes": 1.5 * GIB,
        "reserved_unallocated_bytes": 3 * GIB,
        "gpu": 3,
        "neighbour_pids": "4711",
        "neighbour_bytes": 4 * GIB,
    }


def test_a_full_gpu_is_remedied_by_what_fills_it() -> None:
    neighbour, pieces, batch, _ = cause_of(MEMORY, batch=32).remedies
    assert "process 4711 (4.0 GiB)" in neighbour
    assert "expandable_segments:True" in pieces
    assert batch == "batch 16 instead of 32"


def test_the_older_wording_tells_the_same_numbers() -> None:
    text = (
        "RuntimeError: CUDA out of memory. Tried to allocate 512.00 MiB (GPU 0; 8.00 GiB total "
        "capacity; 6.00 GiB already allocated; 256.00 MiB free; 7.00 GiB reserved in total)"
    )
    facts = cause_of(text).facts
    assert (facts["gpu"], facts["asked_bytes"], facts["free_bytes"]) == (0, GIB // 2, GIB // 4)


def test_a_taken_port_is_named() -> None:
    cause = cause_of(
        "torch.distributed.DistNetworkError: The server socket has failed to listen on any local "
        "network address. port: 29501, useIpv6: false, code: -98, name: EADDRINUSE"
    )
    assert cause.facts["port"] == 29501
    assert "29501" in cause.remedies[1]


def test_the_port_may_stand_in_a_line_before() -> None:
    cause = cause_of(
        "[W socket.cpp:436] [c10d] The server socket has failed to bind to [::]:29500 "
        "(errno: 98).\n"
        "RuntimeError: Address already in use"
    )
    assert cause.facts["port"] == 29500


def test_a_missing_file_and_module_are_named() -> None:
    assert cause_of("FileNotFoundError: [Errno 2] No such file: 'data/x.yaml'").facts["path"] == (
        "data/x.yaml"
    )
    module = cause_of("ModuleNotFoundError: No module named 'sklearn.svm'")
    assert module.remedy == "install sklearn in the training interpreter"


def test_the_exception_of_the_script_is_shown_with_its_place() -> None:
    cause = cause_of(
        "epoch 1\n"
        "Traceback (most recent call last):\n"
        '  File "/home/user/proj/train.py", line 12, in <module>\n'
        "    model(x)\n"
        '  File "/home/user/venv/lib/python3.11/site-packages/torch/nn/linear.py", line 5, in f\n'
        "    return f(x)\n"
        "KeyError: 'lr'\n"
    )
    assert cause.what == "KeyError: 'lr'"
    assert [(one.line, one.text) for one in cause.evidence] == [
        (3, 'File "/home/user/proj/train.py", line 12, in <module>'),
        (7, "KeyError: 'lr'"),
    ]
    assert (cause.facts["file"], cause.facts["line"]) == ("/home/user/proj/train.py", 12)


def test_the_rank_that_never_came_is_the_missing_one() -> None:
    lines = [
        f"[rank{rank}]:[E1 p.cpp:6] [Rank {rank}] Watchdog caught collective operation timeout: "
        f"WorkNCCL(SeqNum=7, OpType=ALLREDUCE, NumelIn=1) ran for 600001 milliseconds"
        for rank in (0, 1, 3)
    ]
    cause = cause_of("World Size: 4\n" + "\n".join(lines), 134)
    assert (cause.code, cause.rank) == ("nccl_timeout", 2)
    assert cause.what == "rank 2: did not come to ALLREDUCE 7, for which the other ranks waited"
    assert cause.facts["waiting_ranks"] == "0, 1, 3"


def test_the_earliest_error_file_names_the_rank() -> None:
    errors = [
        RankError(0, "", callstack("RuntimeError: the lamp is off"), 11.0),
        RankError(1, "", callstack("ValueError: upside down"), 10.0),
    ]
    cause = find_cause([], 1, errors=errors)
    assert cause is not None
    assert cause.what == "rank 1: ValueError: upside down"


def callstack(exception: str) -> str:
    return (
        f'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    f()\n{exception}\n'
    )


def test_a_run_that_was_asked_to_stop_is_no_failure() -> None:
    cause = find_cause(parse_log("KeyboardInterrupt"), 1, was_asked=True)
    assert cause is not None
    assert (cause.code, cause.what) == ("interrupted", "stopped as asked")


def test_the_kernel_is_blamed_only_when_it_counted_a_kill() -> None:
    silent = find_cause([], -9)
    assert silent is not None
    assert (silent.code, "the kernel for lack of memory, or a person" in silent.what) == (
        "unknown",
        True,
    )
    counted = find_cause([], -9, oom_kills=1)
    assert counted is not None
    assert counted.code == "host_oom_kill"


def test_only_the_last_attempt_of_a_run_is_judged() -> None:
    text = "ValueError: old\n\ncockpit: attempt 2 starts anew\nKeyError: 'new'\n"
    assert cause_of(text).what == "KeyError: 'new'"


def test_colours_returns_and_broken_utf8_do_not_hide_a_cause() -> None:
    text = " 10%|█ | 1/9\r\x1b[31mValueError: bad \ufffd\x1b[0m\r\n"
    assert cause_of(text).what == "ValueError: bad \ufffd"


def test_a_bar_may_share_its_line_with_a_traceback() -> None:
    text = (
        "\r 10%|#   | 1/9 [00:00<?, ?it/s]Traceback (most recent call last):\n"
        '  File "/home/user/proj/train.py", line 3, in <module>\n'
        "KeyError: 'lr'\n"
    )
    assert cause_of(text).facts["line"] == 3
