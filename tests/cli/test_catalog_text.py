from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from cockpit.catalog.load import shipped_catalog
from cockpit.catalog.rows import Catalog, Offer
from cockpit.cli.catalog_text import as_object, lines, price_of
from cockpit.cli.text_width import width

CATALOG = shipped_catalog()
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("key", "price"),
    [
        ("p3.2xlarge", "3.06 USD/h"),
        ("vast-rtx-3090", "0.5 to 1 USD/h"),
        ("colab-free-tpu", "free"),
        ("colab-pro-a100", "10 USD/month, 8.5 h"),
        ("kaggle-t4x2", "free, 30 h a week"),
        ("own-rtx-4090", "1600 USD + 0.3 USD/h"),
        ("g5.12xlarge", "5.672 USD/h, spot 2.46"),
    ],
)
def test_a_price_in_one_cell(key: str, price: str) -> None:
    assert price_of(CATALOG.offers[key]) == price


def test_every_row_has_a_line_with_its_date_that_fits_80_columns() -> None:
    told = lines(CATALOG, 80, TODAY)
    assert not any("…" in line for line in told)
    rows = [(row.key, row.date) for row in CATALOG.offers.values()]
    rows += [(row.key, row.date) for row in CATALOG.accelerators.values()]
    rows += [(row.key, row.date) for row in CATALOG.models.values()]
    for key, day in rows:
        assert any(line.split()[:1] == [key] and day in line for line in told), key


def test_sources_are_told_once_each_below_the_tables() -> None:
    told = lines(CATALOG, 300, TODAY)
    sources = told[told.index("Sources") + 1 : told.index("", told.index("Sources"))]
    assert len(sources) == len(set(sources))
    number = next(line.split()[-1] for line in told if line.startswith("own-rtx-4090"))
    assert f"{number:>4}  document 002" in sources
    for row in CATALOG.offers.values():
        assert any(row.source in line and row.note in line for line in sources)


def test_the_object_holds_all_of_each_row() -> None:
    told = as_object(CATALOG)
    offers = told["offers"]
    assert isinstance(offers, list) and len(offers) == len(CATALOG.offers)
    assert offers[0]["source"] == "document 000"


def test_old_prices_are_marked_and_the_mark_is_explained() -> None:
    told = lines(CATALOG, 200, TODAY)
    marked = [line.split()[0] for line in told[: told.index("Accelerators")] if "! " in line]
    assert "colab-pro" in marked and "p3.2xlarge" not in marked
    assert told[-1].startswith("! over a year old")
    fresh = Catalog(offers={"p3.2xlarge": CATALOG.offers["p3.2xlarge"]})
    assert not any("!" in line for line in lines(fresh, 200, TODAY))


def test_a_mark_comes_with_time() -> None:
    offer = CATALOG.offers["p3.2xlarge"]
    told = lines(Catalog(offers={offer.key: offer}), 200, date(2028, 1, 1))
    assert "! 2026-11" in told[2]


@pytest.mark.parametrize("cells", [40, 80, 100])
def test_no_line_is_wider_than_the_terminal(cells: int) -> None:
    assert max(map(width, lines(CATALOG, cells, TODAY))) <= cells


def test_text_of_the_users_file_cannot_steer_the_terminal() -> None:
    evil = Offer("e", "E", "t4", "a\x1b[31m\u202eb", "2026-11", hour=1.0)
    told = "".join(lines(Catalog(offers={"e": evil}), 200, TODAY))
    assert told.isprintable()


def test_a_missing_date_is_missing_and_marked() -> None:
    offer = replace(CATALOG.offers["p3.2xlarge"], date="")
    assert "! –" in lines(Catalog(offers={offer.key: offer}), 200, TODAY)[2]


def test_a_monthly_quota_of_what_costs_by_the_hour_says_that_it_is_a_months() -> None:
    offer = replace(CATALOG.offers["p3.2xlarge"], month_hours=20.0)
    assert price_of(offer) == "3.06 USD/h, 20 h a month"
