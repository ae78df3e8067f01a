from __future__ import annotations

import os
import time
import tomllib
from pathlib import Path

import pytest

from cockpit.catalog import load
from cockpit.catalog.load import read_catalog, shipped_catalog
from cockpit.catalog.rows import Runtime
from cockpit.catalog.schema import is_date, problems_of
from cockpit.errors import InputError

CATALOG = shipped_catalog()
GIB = 1 << 30
SHIPPED = Path(load.__file__).parent / "catalog.toml"


def write(folder: Path, text: str) -> Path:
    file = folder / "catalog.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_shipped_rows_obey_the_rules_of_the_users_rows() -> None:
    document = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    tables = {name: rows for name, rows in document.items() if not name.startswith("document")}
    assert list(problems_of(tables, ())) == []


def test_every_shipped_row_tells_its_source_and_date() -> None:
    for rows in (CATALOG.accelerators, CATALOG.offers, CATALOG.models):
        for row in rows.values():
            assert row.source and is_date(row.date), row.key


def test_every_document_row_names_rows_of_the_catalogue() -> None:
    times, memories = CATALOG.document_times, CATALOG.document_memories
    devices = {row.accelerator for row in times} | {row.accelerator for row in memories}
    models = {row.model for row in times} | {row.model for row in memories}
    assert devices <= {*CATALOG.accelerators, ""}  # document 004 names none
    assert models <= {*CATALOG.models, "layoutmaster"}


def test_the_file_stays_small_since_every_estimate_reads_it() -> None:
    assert SHIPPED.stat().st_size < 40_000  # 6 ms


def test_every_offer_tells_its_currency_and_a_price_of_sense() -> None:
    for offer in CATALOG.offers.values():
        assert offer.currency == "USD", offer.key
        if offer.hour:
            each = offer.hour / offer.count
            assert 0.1 <= each <= 12, offer.key
            assert (offer.spot_hour or 0) < offer.hour, offer.key
        assert offer.quota is None or offer.quota.hours < offer.quota.period_h, offer.key


def test_no_two_rows_are_the_same_but_for_their_key() -> None:
    devices = [
        (row.memory_bytes, row.gb_per_s, row.tflops_fp32, row.tflops_half, row.power_w, row.name)
        for row in CATALOG.accelerators.values()
    ]
    offers = [
        (one.name, one.accelerator, one.count, one.hour, one.month)
        for one in CATALOG.offers.values()
    ]
    assert len(set(devices)) == len(devices)
    assert len(set(offers)) == len(offers)


def test_the_figures_of_an_accelerator_are_such_as_there_are() -> None:
    for row in CATALOG.accelerators.values():
        if row.runtime is Runtime.CPU:
            continue
        assert row.memory_bytes is not None, row.key
        assert row.gb_per_s is not None, row.key
        assert 4 <= row.memory_bytes / GIB <= 200, row.key
        assert 150 <= row.gb_per_s <= 8000, row.key
        if row.tflops_half is not None and row.tflops_fp32 is not None:
            assert 1.9 <= row.tflops_half / row.tflops_fp32 <= 31, row.key


def test_memory_is_what_is_left_of_it_where_ecc_takes_some() -> None:
    """As nvidia-smi tells, in MiB: a T4 is sold with 16 GB."""
    told = {"t4": 15360, "a10": 23028, "l4": 23034, "l40s": 46068, "h100": 81559, "b200": 183359}
    for key, mib in told.items():
        memory = CATALOG.accelerators[key].memory_bytes
        assert memory is not None
        assert 0.995 <= memory / (mib << 20) <= 1.003, key


def test_the_offers_of_document_000_stand_as_printed() -> None:
    printed = {
        "p3.2xlarge": ("v100", 3.06, None),
        "gcp-v100": ("v100", 2.48, None),
        "nc6s-v3": ("v100", 3.06, None),
        "vast-rtx-3090": ("rtx-3090", 0.5, 1.0),
        "lambda-rtx-3090": ("rtx-3090", 1.10, None),
    }
    told = {
        offer.key: (offer.accelerator, offer.hour, offer.hour_high)
        for offer in CATALOG.offers.values()
        if offer.source.startswith("document 000")
    }
    assert told == printed


def test_the_offers_of_document_002_stand_as_printed() -> None:
    told = {
        offer.key: (offer.hour, offer.month, offer.purchase, offer.electricity_hour)
        for offer in CATALOG.offers.values()
        if offer.source.startswith("document 002")
    }
    assert told == {
        "colab-free-tpu": (0.0, None, None, None),
        "colab-pro-a100": (None, 10.0, None, None),
        "own-rtx-4090": (None, None, 1600.0, 0.3),
        "aws-a100": (3.67, None, None, None),
    }


def test_the_times_of_document_002_round_to_what_it_prints() -> None:
    printed_hours = {"tpu-v2-8": 3.3, "a100": 6.7, "v100": 13.3, "t4": 20.0, "cpu": 66.7}
    rows = [row for row in CATALOG.document_times if row.document == "002"]
    assert {row.accelerator: round(row.total_s / 3600, 1) for row in rows} == printed_hours
    assert all(row.total_s == row.epochs * row.epoch_s for row in rows)


def test_memory_that_did_not_fit_is_not_a_number() -> None:
    cells = {
        (row.accelerator, row.batch_per_rank): row.used_bytes
        for row in CATALOG.document_memories
        if row.document == "002"
    }
    assert cells["a100", 16] == 24 * GIB
    assert cells["a100", 32] is None
    assert cells["v100", 16] is None
    assert ("v100", 32) not in cells  # the document says nothing there


def test_without_a_file_the_shipped_rows_are_all(tmp_path: Path) -> None:
    assert read_catalog(tmp_path / "catalog.toml") is CATALOG


def test_rows_of_the_user_stand_before_the_shipped_ones(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
        [[accelerator]]
        key = "lab"
        memory_gib = 20

        [[offer]]
        key = "lab-box"
        accelerator = "lab"
        count = 4
        hour = 0
        source = "the lab's price list"
        date = 2026-10-01

        [[model]]
        key = "ours"
        params = 1e6
        gflops = 2
        """,
    )
    catalog = read_catalog(file)
    lab, box = catalog.accelerators["lab"], catalog.offers["lab-box"]
    assert (lab.name, lab.runtime, lab.memory_bytes) == ("lab", Runtime.CUDA, 20 * GIB)
    assert (box.hour, box.count, box.currency) == (0.0, 4, "USD")
    assert (box.source, box.date) == ("the lab's price list", "2026-10-01")
    assert catalog.models["ours"].imgsz == 640
    assert next(iter(catalog.offers)) == "lab-box"
    assert set(CATALOG.offers) < set(catalog.offers)
    assert catalog.document_times == CATALOG.document_times


def test_a_row_of_the_user_replaces_the_shipped_row_as_a_whole(tmp_path: Path) -> None:
    row = '[[offer]]\nkey = "vast-rtx-3090"\naccelerator = "rtx-3090"\nhour = 0.3\n'
    offer = read_catalog(write(tmp_path, row)).offers["vast-rtx-3090"]
    assert (offer.hour, offer.hour_high) == (0.3, None)


def test_a_row_without_source_and_date_is_the_users_and_as_old_as_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, '[[offer]]\nkey = "x"\naccelerator = "t4"\nhour = 1\n')
    noon = time.mktime((2024, 5, 6, 12, 0, 0, 0, 0, -1))
    os.utime(file, (noon, noon))
    offer = read_catalog(file).offers["x"]
    assert (offer.source, offer.date) == ("yours", "2024-05-06")


def test_all_that_is_wrong_is_told_at_once_with_file_and_row(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        r"""
        [[offer]]
        key = "a"
        accelerator = "rtx-2079"
        huor = 1
        month = -3

        [[offer]]
        key = "a"
        accelerator = "t4"
        hour = nan
        hour_high = "1"
        note = "\u001b[31m"

        [[offer]]
        accelerator = "t4"

        [[model]]
        key = "m"
        params = true
        date = "last week"

        [[acelerator]]
        key = "b"
        """,
    )
    with pytest.raises(InputError) as caught:
        read_catalog(file)
    lines = caught.value.problem.splitlines()
    assert caught.value.exit_code == 2
    assert all(line.startswith(f"{file}: ") for line in lines)
    assert [line.removeprefix(f"{file}: ") for line in lines] == [
        "offer a: huor: no such key (did you mean hour?)",
        "offer a: month: must be a number, 0 or more, is -3",
        "offer a: accelerator: there is no row rtx-2079 (did you mean rtx-2070?)",
        "offer a: hour: must be a number, 0 or more, is nan",
        "offer a: hour_high: must be a number, 0 or more, is '1'",
        r"offer a: note: must be text, is '\x1b[31m'",
        "offer a: is there twice",
        "offer 3: key: is missing",
        "offer 3: has no price: hour, spot_hour, month, purchase, electricity_hour",
        "model m: params: must be a number above 0, is True",
        "model m: date: must be a date as in 2026-11 or 2026-11-22, is 'last week'",
        "model m: gflops: is missing",
        "acelerator: no such table (did you mean accelerator?)",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("offer = 3", "offer: must be a list of rows: [[offer]]"),
        ("offer = [3]", "offer 1: must be a table of keys"),
        ("[offer]\nkey = 'a'", "offer: must be a list of rows: [[offer]]"),
        ("[[offer", "not valid TOML"),
        ("x = " + "1" * 5000, "not valid TOML"),
        ("x = " + "[" * 5000, "not valid TOML"),
        ("\xff\x00", "not valid TOML"),
        (
            "[[offer]]\nkey='a'\naccelerator='t4'\nhour = 2\nhour_high = 1",
            "hour_high: 1 is below hour, 2",
        ),
        (
            "[[offer]]\nkey='a'\naccelerator='t4'\nmonth = 2\nhour_high = 1",
            "hour_high: is the upper end of hour, which is missing",
        ),
        ("[[offer]]\nkey='a'\naccelerator='t4'\nhour = 1e300", "hour: must be a number"),
        ("[[offer]]\nkey='a'\naccelerator='t4'\nhour = 1\ncount = 0", "count: must be a whole"),
        ("[[accelerator]]\nkey='a'\nruntime='metal'", "runtime: must be one of cuda, rocm, xla"),
        ("[[accelerator]]\nkey='a'\nmemory_gib=inf", "memory_gib: must be a number above 0"),
        ("[[accelerator]]\nkey=''", "key: must be text"),
    ],
)
def test_a_wrong_file_is_one_mistake_of_input(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InputError, match=r"catalog\.toml") as caught:
        read_catalog(write(tmp_path, text))
    assert told in caught.value.problem
    assert caught.value.problem.isprintable()


def test_a_folder_in_the_place_of_the_file_is_a_mistake_of_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="directory"):
        read_catalog(tmp_path)


@pytest.mark.parametrize("text", ["[[offer", "[[offer]]\nkey = 'a'"])
def test_what_is_wrong_comes_with_what_a_row_looks_like(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_catalog(write(tmp_path, text))
    assert caught.value.remedy.startswith(f"edit {tmp_path / 'catalog.toml'}: a row is [[offer]]")
