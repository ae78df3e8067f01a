from __future__ import annotations

from pathlib import Path

from cockpit.runs.log_times import LogTimes


def test_a_line_is_as_old_as_the_first_size_that_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "log_sizes.jsonl"
    path.write_text("".join(f'{{"t":{1000 + n}.5,"bytes":{n * 100}}}\n' for n in range(3000)))
    times = LogTimes(path)
    assert times.at(0) == 1000.5
    assert times.at(100) == 1001.5
    assert times.at(101) == 1002.5
    assert times.at(299_900) == 3999.5
    assert times.at(299_901) is None
    assert all(times.at(n * 100) == 1000.5 + n for n in range(0, 3000, 37))


def test_a_time_tells_how_long_the_log_was(tmp_path: Path) -> None:
    path = tmp_path / "log_sizes.jsonl"
    path.write_text("".join(f'{{"t":{1000 + n}.5,"bytes":{n * 100}}}\n' for n in range(3000)))
    times = LogTimes(path)
    assert times.size_at(0) == 0
    assert times.size_at(1002) == 100
    assert times.size_at(9999) == 299_900


def test_without_a_record_there_is_no_time(tmp_path: Path) -> None:
    times = LogTimes(tmp_path / "none")
    assert (times.at(5), times.size_at(5)) == (None, None)
    (tmp_path / "half").write_text('{"t":1.0,"byt')
    assert LogTimes(tmp_path / "half").at(1) is None
