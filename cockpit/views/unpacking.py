"""Archives of a run, unpacked once into the cache: nothing in one can reach outside of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, Final

from cockpit.errors import InputError
from cockpit.files import open_regular, stamp
from cockpit.units import binary

MOST_BYTES: Final = 8 << 30
MOST_MEMBERS: Final = 50_000
DEEPEST: Final = 100
SPARE_BYTES: Final = 1 << 30
"""So much of the cache's disk stays free."""
KEPT: Final = 10
"""So many unpacked archives stay; the one opened longest ago goes first."""
LEFT_AFTER_S: Final = 86400
"""What is half unpacked for so long was left by a program that was killed."""
_PIECE_BYTES: Final = 1 << 20
_ZIP: Final = b"PK\x03\x04"
_PACKED: Final = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
"""gzip, bzip2, xz."""
_TAR: Final = (257, b"ustar")


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    size_bytes: int
    modified: float
    content: IO[bytes]


def is_archive(path: Path, head: bytes) -> bool:
    """Say whether a file that begins with `head` is a tar, packed or not, or a zip."""
    at, word = _TAR
    return (
        head.startswith((_ZIP, *_PACKED))
        or head[at : at + len(word)] == word
        or path.name.endswith((".tar", ".tgz", ".tar.gz", ".zip"))
    )


def is_packed(path: Path) -> bool:
    """Say whether a file is an archive, by its start; False where it cannot be read."""
    try:
        with open_regular(path) as file:
            return is_archive(path, file.read(512))
    except OSError:
        return False


def unpack(archive: Path, cache: Path) -> Path:
    """Return the folder with what an archive holds, unpacked now unless it was before.

    Links and devices in it are left out. Raises InputError for what is no archive, for one that
    names files outside of itself, and for one too large.
    """
    key = hashlib.sha256(os.fsencode(f"{archive}:{stamp(archive)}")).hexdigest()[:16]
    place = cache / "opened" / key
    if not place.is_dir():
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(
                prefix=f".{key}.", dir=place.parent, ignore_cleanup_errors=True
            ) as drafts:
                draft = Path(drafts, "draft")
                draft.mkdir()
                _fill(draft, archive)
                _put_in_place(draft, place)
        except OSError as error:
            why = error.strerror or str(error)
            raise InputError(f"{archive} cannot be unpacked: {why}", "unpack it by hand") from None
    with suppress(OSError):
        os.utime(place)
    _clean(place.parent, keep=place)
    return place


def _put_in_place(draft: Path, place: Path) -> None:
    try:
        draft.rename(place)
    except OSError:
        if not place.is_dir():  # else another cockpit was faster: the draft goes
            raise


def _fill(folder: Path, archive: Path) -> None:
    room = min(MOST_BYTES, max(0, shutil.disk_usage(folder).free - SPARE_BYTES))
    total = 0
    try:
        for number, member in enumerate(_members(archive)):
            total += member.size_bytes
            if number >= MOST_MEMBERS:
                raise _too_large(archive, f"more than {MOST_MEMBERS} files")
            if total > room:
                raise _too_large(archive, f"more than the {binary(room)} that may be unpacked")
            _write(folder / _safe(member.name, archive), member)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, NotImplementedError, ValueError):
        raise _broken(archive) from None
    except (zipfile.LargeZipFile, RuntimeError):  # RuntimeError: it wants a password
        raise _broken(archive) from None
    except _broken_streams():
        raise _broken(archive) from None


def _broken_streams() -> tuple[type[Exception], ...]:
    """Return what unpackers raise of a broken stream; not every build of Python has lzma."""
    with suppress(ImportError):
        from lzma import LZMAError

        return zlib.error, LZMAError
    return (zlib.error,)


def _members(archive: Path) -> Iterator[_Member]:
    if zipfile.is_zipfile(archive):
        yield from _zip_members(archive)
        return
    with tarfile.open(archive, "r|*") as tar:
        for info in tar:
            content = tar.extractfile(info) if info.isreg() else None
            if content is not None:
                yield _Member(info.name, info.size, info.mtime, content)
            elif not info.isdir():
                _safe(info.name, archive)  # a link or a device: left out


def _zip_members(archive: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as packed:
        for info in packed.infolist():
            kind = info.external_attr >> 28
            if info.is_dir() or kind not in (0, 0o10):  # a link carries its kind in its mode
                continue
            moment = time.mktime((*info.date_time, 0, 0, -1))
            with packed.open(info) as content:
                yield _Member(info.filename, info.file_size, moment, content)


def _safe(name: str, archive: Path) -> PurePosixPath:
    """Return a member's path; raises InputError for one that leads out of the archive."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or not path.parts:
        raise InputError(
            f"{archive} is not unpacked: it holds a file named {name!r}, which lies outside of it",
            "pack it again from inside the folder of the run",
        )
    if len(path.parts) > DEEPEST:
        raise InputError(
            f"{archive} is not unpacked: a file in it lies {len(path.parts) - 1} folders deep",
            "unpack it by hand and open the folder of the run",
        )
    return path


def _write(path: Path, member: _Member) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    left = member.size_bytes
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        while left > 0 and (piece := member.content.read(min(left, _PIECE_BYTES))):
            file.write(piece)
            left -= len(piece)
    with suppress(OSError, OverflowError, ValueError):  # a time that no disk can hold
        os.utime(path, (member.modified, member.modified))


def _clean(folder: Path, *, keep: Path) -> None:
    """Remove what was opened longest ago, and what a killed program left half done."""
    try:
        found = sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
    except OSError:
        return
    whole = [one for one in found if not one.name.startswith(".") and one != keep]
    drafts = [one for one in found if one.name.startswith(".") and _is_left(one)]
    for old in (*whole[KEPT - 1 :], *drafts):
        shutil.rmtree(old, ignore_errors=True)


def _is_left(draft: Path) -> bool:
    return time.time() - draft.stat().st_mtime > LEFT_AFTER_S


def _broken(archive: Path) -> InputError:
    return InputError(f"{archive} is cut off, or no tar and no zip", "copy or pack it again")


def _too_large(archive: Path, why: str) -> InputError:
    return InputError(f"{archive} is too large: {why}", "unpack it by hand and open the folder")
