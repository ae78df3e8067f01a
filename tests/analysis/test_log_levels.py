from __future__ import annotations

import pytest

from cockpit.analysis.log_levels import Level, beginnings, level_of, levels, suspects


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("ERROR:root:no lamp", Level.ERROR),
        ("2026-11-20 18:43:07,123 - train - CRITICAL - no lamp", Level.ERROR),
        ("RuntimeError: CUDA error: device-side assert triggered", Level.ERROR),
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", Level.ERROR),
        ("[rank0]:[E1120 18:32:02.123 ProcessGroupNCCL.cpp:632] timed out", Level.ERROR),
        ("E1120 18:32:02.123000 123 torch/distributed/run.py:803] failed", Level.ERROR),
        ("Segmentation fault (core dumped)", Level.ERROR),
        ("error: no such option", Level.ERROR),
        ("WARNING:root:slow", Level.WARNING),
        ("WARNING ⚠️ no labels", Level.WARNING),
        ("a.py:3: FutureWarning: will go", Level.WARNING),
        ("node1:41:52 [0] NCCL WARN Call to connect returned", Level.WARNING),
        ("W1120 18:32:02.123000 123 torch/distributed/run.py:803] *****", Level.WARNING),
        ("INFO:__main__:Epoch 7 - Train Loss: 0.4", Level.ALL),
        ("val_error: 0.12  errors 0", Level.ALL),
        ("[default1]:Epoch 3: 40%|####", Level.ALL),
        ("the default is fine", Level.ALL),
    ],
)
def test_a_line_is_as_grave_as_it_says(line: str, level: Level) -> None:
    assert levels([line]) == [level]
    assert 1 in suspects(f"before\n{line}\nbehind".encode()) or level is Level.ALL


def test_only_suspected_lines_and_tracebacks_are_looked_at() -> None:
    lines = ["a.py:3: step", "Traceback (most recent call last):", "  in main", "Oops: no", "step"]
    found = suspects("\n".join(lines).encode())
    assert found == {1}
    assert levels(lines, found) == levels(lines) == [Level.ALL, *[Level.ERROR] * 3, Level.ALL]


def test_all_lines_of_a_traceback_are_errors_of_each_rank_apart() -> None:
    lines = [
        "[rank0]: Traceback (most recent call last):",
        '[rank0]:   File "a.py", line 3, in <module>',
        "[rank1]: Traceback (most recent call last):",
        "[rank0]:     main()",
        "[rank1]:     main()",
        "[rank0]: Oops: no lamp",
        "[rank0]: goes on",
        "[rank1]: KeyError: 'lr'",
        "goes on",
    ]
    found = levels(lines)
    assert [level is Level.ERROR for level in found] == [True] * 6 + [False, True, False]
    assert beginnings(found) == [at in {0, 7} for at in range(9)]


def test_a_level_is_told_of_the_line_alone() -> None:
    assert level_of("ERROR no lamp") is Level.ERROR
