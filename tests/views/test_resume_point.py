from __future__ import annotations

import json
import os
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.presets.model import Launch, LaunchKind, Origin, Preset, Resume
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord
from cockpit.supervise.prepare import prepare
from cockpit.supervise.request import RunRequest
from cockpit.supervise.start import as_record
from cockpit.views.checkpoints import why_unreadable
from cockpit.views.resume_point import find_resume_point

PRESET = Preset(
    "fake",
    Path("fake.toml"),
    Origin.YOURS,
    "",
    Launch(LaunchKind.PYTHON),
    resume=Resume("last.pt", ("--resume", "{checkpoint}"), ("epoch*.pt",)),
)


def save(path: Path, seconds: int) -> None:
    """Write a checkpoint as torch does, `seconds` after the run began."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("epoch", "1")
    os.utime(path, (1000 + seconds, 1000 + seconds))


@pytest.fixture
def record(home: Path) -> RunRecord:
    prepared = prepare(RunRequest("fake"))
    prepared.paths.out.mkdir(parents=True)
    born = as_record(prepared, 1000)
    return replace(born, checkpoint=prepared.paths.out / "last.pt")


def test_a_run_continues_after_its_last_epoch_from_its_newest_checkpoint(record: RunRecord) -> None:
    paths = RunPaths(record.checkpoint.parent.parent if record.checkpoint else Path())
    save(paths.out / "last.pt", 50)
    save(paths.out / "epoch4.pt", 40)
    found = find_resume_point(PRESET, record, paths, done=5)
    assert found.point is not None
    assert (found.point.checkpoint.name, found.point.epoch) == ("last.pt", 5)


def test_of_an_older_checkpoint_nobody_claims_to_know_the_epoch(record: RunRecord) -> None:
    paths = RunPaths(record.checkpoint.parent.parent if record.checkpoint else Path())
    (paths.out / "last.pt").write_bytes(b"")
    save(paths.out / "epoch4.pt", 40)
    found = find_resume_point(PRESET, record, paths, done=5)
    assert [one.path.name for one in found.skipped] == ["last.pt"]
    assert found.point is not None
    assert (found.point.checkpoint.name, found.point.epoch) == ("epoch4.pt", None)


def test_a_pickle_that_was_cut_off_is_not_continued_from(tmp_path: Path) -> None:
    whole = pickle.dumps({"epoch": 3, "weights": list(range(1000))})
    file = tmp_path / "last.pkl"
    file.write_bytes(whole)
    assert why_unreadable(file) is None
    file.write_bytes(whole[: len(whole) // 2])
    assert "cut off" in (why_unreadable(file) or "")


def test_a_checkpoint_of_torch_before_1_6_may_end_with_its_tensors(tmp_path: Path) -> None:
    file = tmp_path / "last.pt"
    file.write_bytes(pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2) + b"\x80\x02}q.tensor")
    assert why_unreadable(file) is None


def test_a_checkpoint_may_be_json_that_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "last.ckpt"
    text = json.dumps({"epoch": 3, "weights": [0.1] * 100})
    file.write_text(text)
    assert why_unreadable(file) is None
    file.write_text(text[:200])
    assert "cut off" in (why_unreadable(file) or "")
    file.write_text("version https://git-lfs.github.com/spec/v1")
    assert why_unreadable(file) == "does not begin like a checkpoint"
