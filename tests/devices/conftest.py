from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.devices.feed import DeviceFeed
from tests.nvml_stub.stub import NvmlStub, build_stub


@pytest.fixture(scope="session")
def stub_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_stub(tmp_path_factory.mktemp("nvml")).folder / "libnvidia-ml.so.1"


@pytest.fixture
def stub(stub_library: Path, tmp_path: Path) -> NvmlStub:
    shutil.copy(stub_library, tmp_path)
    return NvmlStub(tmp_path)


class Feeds:
    def __init__(self) -> None:
        self._open: list[DeviceFeed] = []

    def start(self, spec: str, interval_s: float = 0.2) -> DeviceFeed:
        feed = DeviceFeed(spec, interval_s)
        self._open.append(feed)
        feed.start()
        return feed

    def close(self) -> None:
        for feed in self._open:
            feed.close()


@pytest.fixture
def feeds() -> Iterator[Feeds]:
    made = Feeds()
    yield made
    made.close()
