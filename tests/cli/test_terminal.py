from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path


def ringing(*, term: str) -> bytes:
    """What a terminal gets when cockpit rings; the text tries to break out of the sequence."""
    ours, theirs = pty.openpty()
    code = "from cockpit.cli.terminal import ring; ring('a run\\x1b]0;title\\x07 failed')"
    subprocess.run(
        [sys.executable, "-c", code], stderr=theirs, env=os.environ | {"TERM": term}, check=True
    )
    os.write(theirs, b"END")
    os.close(theirs)
    found = b""
    while not found.endswith(b"END"):
        found += os.read(ours, 1024)
    os.close(ours)
    return found.removesuffix(b"END")


def test_a_terminal_rings_and_shows_the_words_without_their_codes() -> None:
    assert ringing(term="xterm-256color") == b"\a\x1b]9;cockpit: a run ]0;title  failed\a"


def test_what_is_no_terminal_gets_nothing(tmp_path: Path) -> None:
    assert ringing(term="dumb") == b""
    with (tmp_path / "err").open("wb") as file:
        code = "from cockpit.cli.terminal import ring; ring('x')"
        subprocess.run([sys.executable, "-c", code], stderr=file, check=True)
    assert (tmp_path / "err").read_bytes() == b""
