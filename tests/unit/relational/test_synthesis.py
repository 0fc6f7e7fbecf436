"""Synthetic databases: every key names a row, every promise of a single table holds, seeds and parts work."""

import numpy as np
import pandas as pd
import pytest

from DataFoundry import generator, trainer
from DataFoundry.errors import ColumnError, ConfigError, IncompatibleArtifactError, RequestError
from examples.make_shop import shop
from related_tables import DATABASES


def _names(config: dict) -> list[tuple[str, list[str], str, list[str]]]:
    as_list = lambda key: [key] if isinstance(key, str) else list(key)  # noqa: E731
    return [
        (each["parent"], as_list(each["parent_key"]), each["child"], as_list(each["child_key"]))
        for each in config["relations"]
    ]


@pytest.mark.parametrize("name", DATABASES)
def test_every_key_names_a_row_that_is_there(name, synthesized):
    real, links = DATABASES[name]()
    fake, made, answer = synthesized(real)
    assert set(fake) == set(real) == set(answer["output_paths"])
    assert len(_names(made["config"])) == len(links)
    for parent, parent_key, child, child_key in _names(made["config"]):
        keys = fake[parent][parent_key]
        assert not keys.duplicated().any() and not keys.isna().any().any()
        named = fake[child][child_key].dropna().set_axis(parent_key, axis=1)
        assert len(named) and named.merge(keys, on=parent_key).shape[0] == len(named)
    for table, frame in real.items():
        assert list(fake[table].columns) == list(frame.columns)
        assert abs(len(fake[table]) - len(frame)) <= 0.02 * len(frame)
        assert dict(fake[table].dtypes) == dict(frame.dtypes)


def test_no_row_is_its_own_ancestor(synthesized):
    fake, _, _ = synthesized(DATABASES["staff"]()[0])
    above = fake["employees"].set_index("employee_id")["manager_id"]
    at = above.dropna()
    for _ in range(len(above)):
        at = at.map(above).dropna()
        if not len(at):
            break
    assert not len(at) and 1 <= above.isna().sum() <= 20


def test_nothing_is_named_twice_that_never_was(synthesized):
    fake, _, _ = synthesized(DATABASES["school"]()[0])
    assert not fake["enrolments"][["student_id", "course_id"]].duplicated().any()


def test_optional_keys_are_missing_about_as_often(synthesized):
    real, _ = DATABASES["visits"]()
    fake, _, _ = synthesized(real)
    for name in ("seen", "ward_id"):
        assert abs(fake["visits"][name].isna().mean() - real["visits"][name].isna().mean()) < 0.1


def test_a_shop_keeps_its_promises(small_shop):
    real, fake, made, answer = small_shop
    pd.testing.assert_frame_equal(fake["products"], real["products"])  # a list of things, kept
    assert any("products are kept as they are" in sentence for sentence in made["warnings"])
    items = fake["items"]
    assert (items["line"] == items.groupby("order_id").cumcount() + 1).all()
    assert not items[["order_id", "product_id"]].duplicated().any()
    prices = real["products"].set_index("product_id")["price"]
    assert (items["product_id"].map(prices) == items["price"]).all()
    assert np.allclose(items["amount"], items["quantity"] * items["price"])
    sums = items.groupby("order_id")["amount"].sum()
    assert np.allclose(fake["orders"]["total"], fake["orders"]["order_id"].map(sums), atol=0.006)
    assert "orders.total is the sum of amount of its items." in [rule["sentence"] for rule in answer["rules_kept"]]
    dated = fake["orders"].merge(fake["customers"], on="customer_id")
    assert (dated["ordered"] >= dated["since"]).all() and len(dated) == len(fake["orders"])
    assert answer["num_rows"] == {name: len(frame) for name, frame in fake.items()}
    assert answer["num_generated"] == sum(map(len, fake.values()))
    assert answer["label"] is None and "customers.customer_id" in answer["replaced"]


def test_the_same_seed_gives_the_same_tables_and_scale_more(small_shop, shop_root):
    at = shop_root
    real, fake, made, _ = small_shop
    paths = {"model_path": made["config"]["output_model_path"], "config_path": made["config_path"]}
    again = generator.generate_data(**paths, output_path=str(at / "again"), output_format="csv", seed=5)
    other = generator.generate_data(**paths, output_path=str(at / "other"), output_format="csv", seed=6)
    for name, path in again["output_paths"].items():
        pd.testing.assert_frame_equal(pd.read_csv(path), fake[name])
    assert not pd.read_csv(other["output_paths"]["orders"])["ordered"].equals(fake["orders"]["ordered"])
    half = generator.generate_data(**paths, output_path=str(at / "half"), seed=5, scale=0.5)
    for name in ("customers", "orders", "items"):
        assert abs(half["num_rows"][name] - len(real[name]) / 2) <= 0.01 * len(real[name])
        assert len(pd.read_parquet(half["output_paths"][name])) == half["num_rows"][name]


def test_children_are_drawn_for_parents_that_are_given(small_shop, shop_root):
    at = shop_root
    real, _, made, _ = small_shop
    paths = {"model_path": made["config"]["output_model_path"], "config_path": made["config_path"]}
    mine = real["customers"].tail(50)
    mine.to_csv(at / "mine.csv", index=False)
    answer = generator.generate_data(
        **paths,
        output_path=str(at / "part"),
        output_format="csv",
        given={"customers": str(at / "mine.csv")},
    )
    pd.testing.assert_frame_equal(pd.read_csv(answer["output_paths"]["customers"]), mine.reset_index(drop=True))
    orders = pd.read_csv(answer["output_paths"]["orders"])
    assert len(orders) and set(orders["customer_id"]) <= set(mine["customer_id"])
    with pytest.raises(RequestError, match="'orders' is not a table whose rows can be given"):
        generator.generate_data(**paths, output_path=str(at / "part"), given={"orders": str(at / "mine.csv")})
    mine.drop(columns="country").to_csv(at / "mine.csv", index=False)
    with pytest.raises(ColumnError, match="has no column 'country'"):
        generator.generate_data(**paths, output_path=str(at / "part"), given={"customers": str(at / "mine.csv")})


def test_what_belongs_to_single_tables_is_refused(small_shop):
    _, _, made, _ = small_shop
    paths = {"model_path": made["config"]["output_model_path"], "config_path": made["config_path"]}
    for field, value in {"label": 1, "num_to_generate": 5, "conditions": {"x": 1}}.items():
        with pytest.raises(RequestError, match=f"{field} is for a single table"):
            generator.generate_data(**paths, **{field: value})
    with pytest.raises(RequestError, match="scale must be greater"):
        generator.generate_data(**paths, scale=0.0)


def test_files_of_two_trainings_are_not_mixed(small_shop, shop_root):
    at = shop_root
    _, _, made, _ = small_shop
    (at / "old.pth").write_bytes((at / "model" / "model.pth").read_bytes())
    config = trainer.create_config(
        tables={"customers": {"data_path": str(at / "real" / "customers.csv")}},
        output_dir=str(at / "model"),
        training_params={"epochs": 1},
    )
    assert config["config"]["relations"] == []
    trainer.train_model(made["config_path"])
    with pytest.raises(IncompatibleArtifactError, match="different trainings"):
        generator.generate_data(str(at / "old.pth"), made["config_path"], output_path=str(at / "x"))


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"tables": {}}, "tables is empty"),
        ({"tables": {"a/b": {"data_path": "x.csv"}}}, "cannot be a table's name"),
        ({"tables": {"a": {"path": "x.csv"}}}, "tables.a.path is not known"),
        ({"tables": {"a": {}}}, "tables.a.data_path is missing"),
        ({"tables": {"a": {"data_path": "x.csv", "kept": 3}}}, "tables.a.kept cannot be 3"),
        ({"tables": {"a": {"data_path": "x.csv"}}, "data_path": "x.csv"}, "data_path belongs to a single table"),
        ({"relations": []}, "'data_path' is missing"),
        ({"data_path": "x.csv", "relations": []}, "relations are between tables"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_in_words(asked, complaint, root):
    with pytest.raises(RequestError, match=complaint):
        trainer.create_config(**asked)


def test_keys_and_relations_that_are_none_are_refused(root):
    frames = shop(50)
    tables = {}
    for name, frame in frames.items():
        frame.to_csv(root / f"{name}.csv", index=False)
        tables[name] = {"data_path": str(root / f"{name}.csv")}
    link = {"parent": "customers", "parent_key": "customer_id", "child": "orders", "child_key": "customer_id"}
    for wrong, complaint in (
        ({"parent": "nobody"}, "the table 'nobody'"),
        ({"child_key": "x"}, "the column 'x'"),
        ({"parent_key": "kind"}, "kind does not name the rows of customers"),
    ):
        with pytest.raises(ConfigError, match=complaint):
            trainer.create_config(tables=tables, relations=[link | wrong])
    with pytest.raises(ConfigError, match="kind does not name its rows"):
        trainer.create_config(tables={**tables, "customers": {**tables["customers"], "primary_key": "kind"}})
    with pytest.raises(ConfigError, match="'orders' cannot be kept"):
        trainer.create_config(tables={**tables, "orders": {**tables["orders"], "kept": True}}, relations=[link])
    told = trainer.create_config(tables=tables, relations=[link], output_dir=str(root / "m"))["config"]
    assert [each["parent"] for each in told["relations"]] == ["customers"]
    assert np.ravel(told["tables"]["items"]["primary_key"]).tolist()


def test_keys_that_rise_with_the_time_do_so_in_synthetic_tables(synthesized):
    r = np.random.default_rng(0)
    people = pd.DataFrame(
        {"person_id": range(1, 61), "since": pd.Timestamp("2019-01-01") + _days(np.sort(r.integers(0, 500, 60)))}
    )
    rows = pd.DataFrame(
        {"person_id": r.integers(1, 61, 300), "day": pd.Timestamp("2021-01-01") + _days(r.integers(0, 700, 300))}
    )
    rows = rows.sort_values("day", ignore_index=True)
    rows.insert(0, "call_id", 500 + np.arange(300) * 2)
    for frame, column in ((people, "since"), (rows, "day")):
        frame[column] = frame[column].dt.strftime("%d/%m/%Y")
    fake, _, _ = synthesized({"people": people, "calls": rows})
    for name, key, column in (("people", "person_id", "since"), ("calls", "call_id", "day")):
        told = fake[name].sort_values(key)
        days = pd.to_datetime(told[column], format="%d/%m/%Y")
        assert days.is_monotonic_increasing and days.nunique() > 20
    assert fake["calls"]["person_id"].isin(fake["people"]["person_id"]).all()


def _days(many):
    return pd.to_timedelta(many, "D")
