from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.errors import EnvironmentNotFit
from cockpit.launch import ports
from cockpit.launch.ports import first_ephemeral, free_port

KEEPER = """
import sys
from pathlib import Path
from cockpit.launch.ports import free_port
taken = frozenset(range(10_000, 20_000)) - {12_001, 12_002, 12_003}
above = frozenset(range(20_000, 65_536))
print(free_port(Path(sys.argv[1]), taken | above)[0], flush=True)
sys.stdin.read()
"""


def test_a_port_lies_between_the_services_and_the_kernels_own(tmp_path: Path) -> None:
    port, descriptor = free_port(tmp_path)
    try:
        assert 10_000 <= port < first_ephemeral()
        assert not os.get_inheritable(descriptor)
    finally:
        os.close(descriptor)


def test_a_port_in_use_or_already_given_is_not_given(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port, descriptor = free_port(tmp_path)
        os.close(descriptor)
        busy.bind(("127.0.0.1", port))
        busy.listen()
        others = frozenset(range(10_000, 65_536)) - {port}
        with pytest.raises(EnvironmentNotFit, match="no TCP port"):
            free_port(tmp_path, others)


def test_two_processes_at_once_get_different_ones_of_three(tmp_path: Path) -> None:
    keepers = [
        subprocess.Popen(
            [sys.executable, "-c", KEEPER, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    try:
        given = [keeper.stdout.readline().strip() for keeper in keepers if keeper.stdout]
        assert sorted(given) == ["12001", "12002", "12003"]
    finally:
        for keeper in keepers:
            keeper.communicate()
    _, descriptor = free_port(tmp_path, frozenset(range(10_000, 65_536)) - {12_001})
    os.close(descriptor)


@pytest.mark.parametrize(
    ("text", "first"),
    [("32768\t60999\n", 32_768), ("16000 65000", 16_000), ("1024 65535", 32_768), ("", 32_768)],
)
def test_the_kernels_range_is_read_and_a_strange_one_is_not_believed(
    tmp_path: Path, text: str, first: int
) -> None:
    (tmp_path / "range").write_text(text)
    assert first_ephemeral(tmp_path / "range") == first
    assert first_ephemeral(tmp_path / "missing") == 32_768
    assert first > ports.LOWEST
