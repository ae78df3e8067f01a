from __future__ import annotations

import pytest

from cockpit.errors import InputError
from cockpit.metrics.readers import READERS, open_reader
from cockpit.metrics.series import MetricTable


@pytest.mark.parametrize("name", READERS)
def test_every_reader_survives_anything(name: str) -> None:
    reader = open_reader(name)
    nothing = reader.table()
    assert (nothing.series, nothing.epoch, nothing.problem) == ({}, None, None)
    reader.feed(["", "\0", "\ufeff", "epoch", "Epoch", "Epoch 99999999999999999999", ",,,", "\r\r"])
    reader.feed(["Time: s", "Batch [0/0]", "epoch,epoch", "1,2", "\x1b[", '"', '"a\nb"'])
    reader.table()
    reader.restart()
    assert reader.table() == nothing


def test_an_unknown_reader_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="ultralytics-csv"):
        open_reader("ultralytic-csv")


def test_each_opening_is_a_fresh_reader() -> None:
    first = open_reader("csv")
    first.feed(["epoch,loss", "1,2"])
    assert open_reader("csv").table() == MetricTable()
