"""Keys and relations: all that are right and none that is wrong."""

import numpy as np
import pandas as pd
import pytest

from DataFoundry.relational.discovery import TableToRelate, discover_relations, with_keys
from DataFoundry.relational.names import names_table
from DataFoundry.schema.discovery import discover_in
from examples.make_shop import shop
from related_tables import DATABASES


def _found(frames: dict[str, pd.DataFrame]) -> set[tuple[str, str, str, str]]:
    tables = with_keys({name: TableToRelate(frame, discover_in(frame)) for name, frame in frames.items()})
    return {
        (each.parent, "+".join(each.parent_key), each.child, "+".join(each.child_key))
        for each in discover_relations(tables)
    }


@pytest.mark.parametrize("name", DATABASES)
@pytest.mark.parametrize("seed", [0, 1])
def test_all_relations_are_found_and_none_that_is_wrong(name, seed):
    frames, links = DATABASES[name](seed=seed)
    assert _found(frames) == links


def test_the_shop_has_its_three_relations():
    assert _found(shop(200)) == {
        ("customers", "customer_id", "orders", "customer_id"),
        ("orders", "order_id", "items", "order_id"),
        ("products", "product_id", "items", "product_id"),
    }


def test_primary_keys_are_those_named_after_their_table():
    frames, _ = DATABASES["bank"]()
    frames["accounts"]["rank"] = np.arange(len(frames["accounts"]))
    tables = with_keys({name: TableToRelate(frame, discover_in(frame)) for name, frame in frames.items()})
    assert tables["accounts"].key == ("account_no",) and tables["transfers"].key == ("transfer_id",)
    frames, _ = DATABASES["parcels"]()
    tables = with_keys({name: TableToRelate(frame, discover_in(frame)) for name, frame in frames.items()})
    assert tables["lines"].key == ("order_id", "line_no")


def test_orphans_are_counted_and_too_many_make_no_relation():
    frames, links = DATABASES["bank"]()
    frames["transfers"].loc[:2, "from_account"] = 99
    tables = with_keys({name: TableToRelate(frame, discover_in(frame)) for name, frame in frames.items()})
    found = {each.child_key: each for each in discover_relations(tables)}
    assert found["from_account",].orphans == 3 and "of the values of from_account" in found["from_account",].reason
    assert found["to_account",].orphans == 0
    frames["transfers"]["from_account"] = np.arange(1500) + 50_000
    assert len(_found(frames)) == len(links) - 1


@pytest.mark.parametrize(
    ("column", "table", "key", "clear"),
    [
        ("customer_id", "customers", "id", 3),
        ("billing_customer_id", "customers", "id", 2),
        ("cust_id", "customers", "customer_id", 1),
        ("account_no", "accounts", "account_no", 3),
        ("companyId", "companies", "id", 3),
        ("id", "customers", "id", 0),
        ("amount", "customers", "id", 0),
        ("status", "customers", "customer_id", 0),
    ],
)
def test_what_a_column_s_name_says_of_its_parent(column, table, key, clear):
    assert names_table(column, table, key) == clear
