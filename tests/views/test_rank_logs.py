from __future__ import annotations

from pathlib import Path

from cockpit.views.rank_logs import rank_logs


def test_the_files_of_the_newest_attempt_count(tmp_path: Path) -> None:
    for rank in (0, 1, 10):
        folder = tmp_path / "ranks" / "none_x" / "attempt_0" / str(rank)
        folder.mkdir(parents=True)
        (folder / "stdout.log").write_text(f"out {rank}\n")
        (folder / "stderr.log").write_text("err\n" if rank == 1 else "")
    found = rank_logs(tmp_path / "train.log", tmp_path / "ranks")
    assert [one.name for one in found] == ["rank 0", "rank 1", "rank 1 stderr", "rank 10"]
    assert found[1].path.read_text() == "out 1\n"
    assert not any(one.by_prefix for one in found)


def test_without_files_prefixes_tell_the_ranks(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("[default0]:a\n[default2]:b\n[rank10]: c\n")
    found = rank_logs(log, tmp_path / "ranks")
    assert [(one.rank, one.by_prefix) for one in found] == [(0, True), (2, True), (10, True)]


def test_one_rank_is_no_choice(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("[default0]:a\n")
    assert rank_logs(log, None) == ()
    assert rank_logs(tmp_path / "none", None) == ()
