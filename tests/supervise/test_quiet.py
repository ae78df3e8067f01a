from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.supervise.quiet import USUAL_S, QuietWatch, limit_from_environment


def test_a_silence_is_said_after_its_time_and_ends_with_a_line(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("epoch 1\n")
    watch = QuietWatch((log, tmp_path / "results.csv"), limit_s=600, since=0)
    assert watch.look(0) is None
    assert watch.look(599) is None
    assert watch.look(601) == "no output, results or checkpoint for 10 min: it may hang"
    log.write_text("epoch 1\nepoch 2\n")
    assert watch.look(602) is None


def test_what_the_gpus_do_meanwhile_is_said(tmp_path: Path) -> None:
    watch = QuietWatch((tmp_path / "train.log",), limit_s=600, since=0)
    watch.look(0)
    assert watch.look(0) is None
    assert watch.look(720, "8 GPUs at 0 %") == (
        "no output, results or checkpoint for 12 min, 8 GPUs at 0 %: it may hang"
    )


def test_long_pauses_become_usual(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("a\n")
    watch = QuietWatch((log,), limit_s=60, since=0)
    watch.look(0)
    log.write_text("ab\n")
    watch.look(300)
    assert watch.look(300 + 1000) is None
    assert watch.look(300 + 1201) is not None


def test_the_limit_may_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_QUIET_S", "30")
    assert limit_from_environment() == 30
    monkeypatch.setenv("COCKPIT_QUIET_S", "soon")
    assert limit_from_environment() == USUAL_S
