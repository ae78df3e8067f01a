from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from cockpit.errors import InputError
from cockpit.views import unpacking
from cockpit.views.opened import open_run
from cockpit.views.unpacking import KEPT, unpack

from . import folders


def add(tar: tarfile.TarFile, name: str, content: bytes = b"x") -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def files_in(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if not one.is_dir())


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_of_a_run_is_opened(home: Path, mode: str) -> None:
    folder = folders.ultralytics(home / "made" / "shapes")
    archive = home / "packed.tar"
    with tarfile.open(archive, mode) as tar:  # type: ignore[call-overload]  # any mode
        tar.add(folder, "shapes")
    view = open_run(str(archive))
    assert view.opened is not None
    assert (view.opened.path, view.opened.kind) == (archive, "archive of: Ultralytics run")
    assert (view.name, view.epoch, view.run_id) == ("shapes", 3, str(archive))
    modified = {one.path.name: one.modified for one in view.checkpoints}
    original = (folder / "weights" / "last.pt").stat().st_mtime
    assert modified["last.pt"] == pytest.approx(original, abs=1.5)


def test_a_zip_of_a_run_is_opened_and_one_without_a_folder_bears_its_own_name(home: Path) -> None:
    folder = folders.yolov7(home / "made" / "x")
    archive = home / "tiny.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for file in folder.rglob("*"):
            packed.write(file, file.relative_to(folder))
    view = open_run(str(archive))
    assert (view.name, view.epoch, view.reader) == ("tiny", 3, "yolov7-txt")


def test_it_is_unpacked_once_and_anew_when_it_changed(home: Path) -> None:
    archive = home / "a.tar"
    with tarfile.open(archive, "w") as tar:
        add(tar, "one")
    first = unpack(archive, home / "cache")
    (first / "mark").touch()
    assert unpack(archive, home / "cache") == first
    assert (first / "mark").exists()
    with tarfile.open(archive, "w") as tar:
        add(tar, "two", b"longer")
    second = unpack(archive, home / "cache")
    assert second != first
    assert files_in(second) == ["two"]


@pytest.mark.parametrize("name", ["/tmp/evil", "../evil", "a/../../evil", "a\\..\\evil"])
def test_a_file_outside_of_the_archive_is_refused(home: Path, name: str) -> None:
    for archive in (home / "a.tar", home / "a.zip"):
        if archive.suffix == ".tar":
            with tarfile.open(archive, "w") as tar:
                add(tar, "results.csv")
                add(tar, name)
        else:
            with zipfile.ZipFile(archive, "w") as packed:
                packed.writestr("results.csv", "x")
                packed.writestr(name, "x")
        with pytest.raises(InputError, match="lies outside of it"):
            unpack(archive, home / "cache")
    assert not list((home / "cache" / "opened").iterdir())


def test_links_and_devices_are_left_out(home: Path) -> None:
    archive = home / "a.tar"
    with tarfile.open(archive, "w") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo(f"odd-{kind.decode()}")
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
        add(tar, "results.csv")
    assert files_in(unpack(archive, home / "cache")) == ["results.csv"]


def test_a_file_behind_a_link_stays_inside(home: Path) -> None:
    outside = home / "outside"
    outside.mkdir()
    archive = home / "a.tar"
    with tarfile.open(archive, "w") as tar:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, str(outside)
        tar.addfile(info)
        add(tar, "link/planted")
    unpack(archive, home / "cache")
    assert not list(outside.iterdir())


def test_a_link_in_a_zip_is_left_out(home: Path) -> None:
    archive = home / "a.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
        packed.writestr("results.csv", "x")
    assert files_in(unpack(archive, home / "cache")) == ["results.csv"]


def test_what_is_too_large_is_refused_and_leaves_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = home / "a.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        add(tar, "zeros", bytes(1 << 20))
    monkeypatch.setattr(unpacking, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match=r"is too large: more than the 1000 B that may be"):
        unpack(archive, home / "cache")
    monkeypatch.setattr(unpacking, "MOST_MEMBERS", 0)
    with pytest.raises(InputError, match="is too large: more than 0 files"):
        unpack(archive, home / "cache")
    assert not list((home / "cache" / "opened").iterdir())


@pytest.mark.parametrize("cut", [0.2, 0.9])
@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
def test_an_archive_that_is_cut_off_says_so(home: Path, suffix: str, cut: float) -> None:
    folder = folders.ultralytics(home / "made")
    (folder / "noise.bin").write_bytes(os.urandom(100_000))
    archive = home / f"a{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as packed:
            for file in folder.rglob("*"):
                packed.write(file, file.relative_to(folder))
    else:
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(folder, "made")
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(len(whole) * cut)])
    with pytest.raises(InputError, match="is cut off, or no tar and no zip"):
        open_run(str(archive))


@pytest.mark.parametrize("packing", ["xz", "deflated", "lzma"])
def test_an_archive_whose_stream_is_broken_says_so(home: Path, packing: str) -> None:
    archive, text = home / "a", b"".join(b"%d\n" % number for number in range(50_000))
    if packing in ("deflated", "lzma"):
        method = zipfile.ZIP_LZMA if packing == "lzma" else zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(archive, "w", method) as packed:
            packed.writestr("made/results.csv", text)
    else:
        with tarfile.open(archive, "w:xz") as tar:
            add(tar, "made/results.csv", text)
    whole = bytearray(archive.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 64] = bytes(64)
    archive.write_bytes(whole)
    with pytest.raises(InputError, match="is cut off, or no tar and no zip"):
        unpack(archive, home / "cache")


def test_only_the_archives_opened_last_stay_unpacked(home: Path) -> None:
    places = []
    for number in range(KEPT + 3):
        archive = home / f"{number}.tar"
        with tarfile.open(archive, "w") as tar:
            add(tar, "one")
        places.append(unpack(archive, home / "cache"))
        os.utime(places[-1], (1e9 + number, 1e9 + number))
    there = [place for place in places if place.is_dir()]
    assert places[-1] in there
    assert places[0] not in there
    assert len(there) <= KEPT


def test_two_that_open_one_archive_both_see_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folders.ultralytics(home / "made" / "shapes")
    archive = home / "packed.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(folder, "shapes")
    fill = unpacking._fill

    def fill_while_another_does(draft: Path, file: Path) -> None:
        monkeypatch.setattr(unpacking, "_fill", fill)
        first.append(unpack(archive, home / "cache"))
        fill(draft, file)

    first: list[Path] = []
    monkeypatch.setattr(unpacking, "_fill", fill_while_another_does)
    assert [unpack(archive, home / "cache")] == first
    assert files_in(first[0]) == sorted(f"shapes/{name}" for name in files_in(folder))
    assert [one.name for one in first[0].parent.iterdir()] == [first[0].name]


def test_folders_that_lie_too_deep_are_told_as_such(home: Path) -> None:
    archive = home / "deep.tar"
    with tarfile.open(archive, "w") as tar:
        add(tar, "d/" * 1500 + "results.csv")
    with pytest.raises(InputError, match="1500 folders deep") as raised:
        unpack(archive, home / "cache")
    assert "cut off" not in str(raised.value)
    assert list((home / "cache" / "opened").iterdir()) == []
