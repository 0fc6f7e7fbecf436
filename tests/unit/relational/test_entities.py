"""Entities with all that hangs on them: copies are told from what is drawn anew, whatever the dates look like."""

import numpy as np
import pandas as pd
import pytest

from DataFoundry import trainer
from DataFoundry.relational.config import parse_related
from DataFoundry.relational.courses import sequence_scores
from DataFoundry.relational.entities import Shape, entities, rows_below
from DataFoundry.relational.judging import as_typed, entity_privacy
from examples.make_shop import shop


def _german(frames):
    """The tables with dates as `31.12.2021`."""
    told = dict(frames)
    for table, column in (("customers", "since"), ("orders", "ordered")):
        days = pd.to_datetime(told[table][column])
        told[table] = told[table].assign(**{column: days.dt.strftime("%d.%m.%Y")})
    return told


@pytest.fixture(scope="module")
def shops(shop_root):
    """Four shops by the same law, and the configuration of the first."""
    frames = [_german(shop(many, seed)) for many, seed in ((300, 0), (300, 1), (600, 2))]
    folder = shop_root / "german"
    folder.mkdir()
    for name, table in frames[0].items():
        table.to_csv(folder / f"{name}.csv", index=False)
    tables = {name: {"data_path": str(folder / f"{name}.csv")} for name in frames[0]}
    made = trainer.create_config(tables=tables, output_dir=str(shop_root / "german_model"))
    return frames, parse_related(made["config"])


def test_an_entity_is_told_by_all_rows_that_hang_on_it(shops):
    (real, _, _), config = shops
    frames = as_typed(real, config)
    ways = {each.name for each in rows_below(frames, "customers", config.links())}
    assert ways == {"customers > orders.customer_id", "customers > orders.customer_id > items.order_id"}
    told = entities(frames, "customers", Shape.of(config), frames)
    one = real["customers"]["customer_id"].iloc[7]
    own = real["orders"][real["orders"]["customer_id"] == one]
    row = told.iloc[7]
    assert row["customers > orders.customer_id: rows"] == len(own) > 1
    items = real["items"]["order_id"].isin(own["order_id"])
    assert row["customers > orders.customer_id > items.order_id: rows"] == items.sum()
    assert row["customers > orders.customer_id: total mean"] == pytest.approx(own["total"].mean())
    assert row["customers > orders.customer_id: total first"] == own["total"].iloc[0]
    assert row["customers > orders.customer_id: total last"] == own["total"].iloc[-1]
    assert row["customers > orders.customer_id: channel = web"] == pytest.approx((own["channel"] == "web").mean())
    days = pd.to_datetime(own["ordered"], format="%d.%m.%Y").diff().dt.total_seconds()
    assert row["customers > orders.customer_id: ordered gap"] == pytest.approx(days.mean())


def test_copied_entities_are_told_from_those_drawn_anew(shops):
    _, config = shops
    known, unseen, drawn = (as_typed(each, config) for each in shops[0])
    told = entity_privacy(known, drawn, unseen, config, 0)
    assert list(told) == ["customers"]
    assert told["customers"]["dcr_share"] == pytest.approx(0.5, abs=0.1)
    nearly = {name: frame.copy() for name, frame in known.items()}
    nearly["items"]["amount"] *= 1.01
    nearly["orders"]["total"] *= 1.01
    assert entity_privacy(known, nearly, unseen, config, 0)["customers"]["dcr_share"] > 0.8


def test_dates_in_a_format_are_compared_as_dates(shops):
    (real, _, _), config = shops
    slower = {name: frame.copy() for name, frame in real.items()}
    days = pd.to_datetime(slower["orders"]["ordered"], format="%d.%m.%Y")
    since = real["customers"].set_index("customer_id")["since"]
    begun = pd.to_datetime(real["orders"]["customer_id"].map(since), format="%d.%m.%Y")
    slower["orders"]["ordered"] = (begun + (days - begun) * 3).dt.strftime("%d.%m.%Y")
    typed = [as_typed(each, config) for each in (real, slower)]
    name = "customers.orders.customer_id"
    assert sequence_scores(typed[0], typed[0], config)[name]["gaps"] == 0.0
    assert sequence_scores(*typed, config)[name]["gaps"] > 0.2
    assert typed[0]["orders"]["ordered"].dtype == np.float64
    assert list(typed[0]["orders"]["customer_id"]) == list(real["orders"]["customer_id"])
