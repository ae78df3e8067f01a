from __future__ import annotations

from pathlib import Path

from cockpit.views.explain import explain_log
from cockpit.views.log_parts import END_BYTES, START_BYTES, read_log

NOISE = "[rank3]: still here, and waiting for somebody to come\n"
ERROR = (
    "[rank1]: Traceback (most recent call last):\n"
    '[rank1]:   File "/home/ann/train.py", line 9, in <module>\n'
    "[rank1]:     step()\n"
    "[rank1]: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.\n"
)
END = 64 << 10


def huge(log: Path, *, before: int, after: int, error: str = ERROR) -> list[str]:
    text = NOISE * (before // len(NOISE)) + error + NOISE * (after // len(NOISE))
    log.write_text(text)
    return text.splitlines()


def test_the_first_error_is_found_in_the_middle_of_a_huge_log(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    lines = huge(log, before=4 * START_BYTES, after=2 * END_BYTES)
    found = explain_log(log, 1)
    assert found.cause is not None
    assert (found.cause.code, found.cause.rank) == ("cuda_oom", 1)
    number = found.cause.evidence[-1].line
    assert number is not None
    assert "CUDA out of memory" in lines[number - 1]


def test_every_line_of_a_huge_log_has_its_number(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    for before in (3 * START_BYTES - 40, 3 * START_BYTES, START_BYTES - 20, START_BYTES + 20):
        lines = huge(log, before=before, after=START_BYTES, error=ERROR * 3)
        parts = read_log(log, END)
        assert parts.lines[-1].number == len(lines)
        seen = [line.number or 0 for line in parts.lines]
        assert seen == sorted(set(seen)), "no line twice"
        for line in parts.lines:
            if "Tried" in line.text and line.number is not None:
                assert "Tried" in lines[line.number - 1]


def test_of_very_many_errors_few_are_read(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text((ERROR + NOISE * 2000) * 40)
    assert read_log(log, END).left_out_bytes > 0.6 * log.stat().st_size


def test_a_huge_line_without_an_end_is_passed(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_bytes(b"x" * (3 * END_BYTES))
    assert explain_log(log, None).cause is None
