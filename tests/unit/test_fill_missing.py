"""Missing cells are filled by rules and by the other columns, from file to file."""

import datetime
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from DataFoundry.cleaner import fill_missing
from DataFoundry.errors import ColumnError, RequestError
from DataFoundry.filling.columns import Learning, Numbers
from DataFoundry.generator import generate_data
from DataFoundry.trainer import create_config, train_model

ROWS = 1_500


def orders(seed: int = 5, rows: int = ROWS) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    product = draw.choice(["Lamp", "Table", "Chair", "Sofa"], rows, p=[0.4, 0.1, 0.3, 0.2])
    price = pd.Series(product).map({"Lamp": 30, "Table": 200, "Chair": 80, "Sofa": 600}).to_numpy()
    quantity = draw.integers(1, 7, rows)
    price = price + draw.integers(0, 90, rows)
    ordered = pd.Timestamp("2025-01-06") + pd.to_timedelta(draw.integers(0, 300, rows), unit="D")
    shipped = ordered + pd.to_timedelta(draw.integers(0, 9, rows), unit="D")
    refunded = draw.random(rows) < 0.2
    return pd.DataFrame(
        {
            "order": [f"O-{number:05d}" for number in range(1, rows + 1)],
            "product": product,
            "room": pd.Series(product).map({"Lamp": "Any", "Table": "Dining", "Chair": "Dining", "Sofa": "Living"}),
            "quantity": quantity,
            "price": price,
            "total": quantity * price,
            "ordered": ordered.strftime("%d.%m.%Y"),
            "shipped": shipped.strftime("%d.%m.%Y"),
            "status": np.where(refunded, "refunded", "paid"),
            "refund_day": pd.Series(shipped.strftime("%d.%m.%Y")).where(refunded),
            "email": [f"customer{number}@shop.example" for number in range(rows)],
        }
    )


def holed(frame: pd.DataFrame, columns: list[str], share: float = 0.1, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return frame.assign(**{name: frame[name].astype(object).mask(draw.random(len(frame)) < share) for name in columns})


def fill(root: Path, frame: pd.DataFrame, **asked: Any) -> tuple[dict[str, Any], pd.DataFrame]:
    frame.to_csv(root / "orders.csv", index=False)
    answer = fill_missing(str(root / "orders.csv"), seed=1, output_path=str(root / "filled.csv"), **asked)
    return answer, pd.read_csv(root / "filled.csv")


def test_what_follows_from_a_rule_is_computed(root: Path) -> None:
    truth = orders()
    answer, filled = fill(root, holed(truth, ["total"]))
    assert (filled["total"] == truth["total"]).all()
    assert answer["columns"]["total"]["by_rule"] == answer["num_filled"] > 100
    answer, filled = fill(root, holed(truth, ["quantity"]))
    assert (filled["quantity"] == truth["quantity"]).all()
    answer, filled = fill(root, holed(truth, ["room"]))
    assert (filled["room"] == truth["room"]).all()


def test_the_rest_is_what_rows_like_this_one_have_and_is_marked(root: Path) -> None:
    truth = orders()
    dirty = holed(truth, ["product", "price"])
    answer, filled = fill(root, dirty)
    gaps = dirty["product"].isna().to_numpy()
    assert (filled["filled__product"] == gaps).all()
    assert (filled["product"][gaps] == truth["product"][gaps]).mean() > 0.8
    assert filled["product"].notna().all()
    assert (filled["product"][~gaps] == truth["product"][~gaps]).all()
    assert answer["columns"]["product"]["quality"]["accuracy"] > 0.8
    assert answer["num_filled"] == int(dirty[["product", "price"]].isna().sum().sum())


def test_whole_numbers_are_written_whole_and_dates_as_the_column_has_them(root: Path) -> None:
    answer, filled = fill(root, holed(orders(), ["price", "quantity", "total", "shipped"]))
    assert not re.search(r",\d+\.0,", (root / "filled.csv").read_text())
    assert filled["shipped"].str.fullmatch(r"\d\d\.\d\d\.\d{4}").all()
    assert answer["columns"]["shipped"]["left"] == 0


def test_guesses_keep_the_rules(root: Path) -> None:
    answer, filled = fill(root, holed(orders(), ["shipped", "ordered", "quantity", "price", "total"]), mode="draw")
    days = [pd.to_datetime(filled[name], format="%d.%m.%Y") for name in ("ordered", "shipped")]
    known = days[0].notna() & days[1].notna()
    assert known.mean() > 0.95
    assert (days[0] <= days[1])[known].all()
    whole = filled[["quantity", "price", "total"]].notna().all(axis=1)
    assert whole.mean() > 0.95
    assert (filled["quantity"] * filled["price"] == filled["total"])[whole].all()
    marked = [name for name in filled if name.startswith("filled__")]
    assert answer["num_filled"] == int(filled[marked].sum().sum())


def test_cells_that_are_meant_to_be_missing_stay_so_and_are_told(root: Path) -> None:
    truth = orders()
    answer, filled = fill(root, truth)
    assert filled["refund_day"].isna().sum() == (truth["status"] == "paid").sum()
    assert answer["num_filled"] == 0
    assert any("refund_day" in note and "status" in note for note in answer["warnings"])


def test_personal_values_and_keys_are_left_and_told(root: Path) -> None:
    answer, filled = fill(root, holed(orders(), ["email", "order"]))
    assert filled["email"].isna().any() and filled["order"].isna().any()
    assert "filled__email" not in filled
    assert any("'email'" in note for note in answer["warnings"])
    assert any("'order'" in note for note in answer["warnings"])


def test_draws_keep_the_shares(root: Path) -> None:
    truth = orders(rows=4_000).drop(columns=["room", "price", "total"])
    dirty = holed(truth, ["product"], share=0.4)
    _, filled = fill(root, dirty, mode="draw")
    gaps = dirty["product"].isna().to_numpy()
    drawn, real = (filled["product"][gaps].value_counts(normalize=True), truth["product"].value_counts(normalize=True))
    assert (drawn - real).abs().max() < 0.05
    _, likely = fill(root, dirty, mode="likely")
    assert (likely["product"][gaps] == "Lamp").mean() > 0.6


def test_the_same_seed_draws_the_same_and_none_differs(root: Path) -> None:
    dirty = holed(orders().drop(columns=["room", "total"]), ["product", "price"])
    dirty.to_csv(root / "orders.csv", index=False)

    def drawn(seed: int | None) -> bytes:
        fill_missing(str(root / "orders.csv"), mode="draw", seed=seed, output_path=str(root / "a.csv"))
        return (root / "a.csv").read_bytes()

    assert drawn(3) == drawn(3)
    assert drawn(None) != drawn(None)


def test_a_small_table_learns_from_the_rows_of_a_model(root: Path) -> None:
    truth = orders().drop(columns=["order", "email", "refund_day", "room"])
    truth.to_csv(root / "many.csv", index=False)
    asked = {"epochs": 12, "seed": 1}
    config = create_config(str(root / "many.csv"), str(root / "model"), training_params=asked)
    trained = train_model(config["config_path"])
    few = holed(orders(seed=9, rows=30).drop(columns=["order", "email", "refund_day", "room"]), ["product"], 0.5)
    alone, _ = fill(root, few)
    model = {"model_path": trained["model_path"], "config_path": trained["config_path"]}
    answer, filled = fill(root, few, **model)
    gaps = few["product"].isna()
    right = (filled["product"] == orders(seed=9, rows=30)["product"])[gaps].mean()
    assert answer["rows_learnt"]["drawn"] == 20_000 - 30
    assert alone["rows_learnt"] == {"table": 30, "drawn": 0}
    assert right > 0.6
    assert generate_data(**model, num_to_generate=5, seed=1)["num_generated"] == 5  # the model is as it was


def test_impossible_requests_say_what_to_do(root: Path) -> None:
    with pytest.raises(RequestError, match="likely"):
        fill(root, orders(rows=50), mode="best")
    with pytest.raises(RequestError, match="config_path"):
        fill(root, orders(rows=50), model_path=str(root / "model.pth"))
    with pytest.raises(ColumnError, match="'prize'"):
        fill(root, orders(rows=50), columns=["prize"])
    taken = orders(rows=50).assign(filled__price=1)
    with pytest.raises(ColumnError, match="filled__price"):
        fill(root, taken)


def test_tables_of_one_column_or_hardly_a_value_are_left_as_they_are(root: Path) -> None:
    answer, filled = fill(root, pd.DataFrame({"note": ["a", "b", None] * 10, "n": range(30)})[["note"]])
    assert answer["num_filled"] == 0 and answer["warnings"]
    answer, _ = fill(root, pd.DataFrame({"size": [1.5, None, None] + [None] * 20, "n": range(23)}))
    assert answer["num_filled"] == 0 and answer["warnings"]


def test_what_no_column_tells_is_filled_with_what_is_usual_and_that_is_told(root: Path) -> None:
    draw = np.random.default_rng(0)
    truth = pd.DataFrame({"band": draw.choice([1500, 2000, 2050, 9000], 800), "day": draw.integers(1, 8, 800)})
    dirty = holed(truth, ["band"], share=0.3)
    answer, filled = fill(root, dirty)
    gaps = dirty["band"].isna().to_numpy()
    assert any(note.startswith("'band': ") and "leave it out of columns" in note for note in answer["warnings"])
    assert answer["columns"]["band"]["quality"]["explained"] == 0
    assert filled["band"][gaps].nunique() == 1
    assert (filled["band"] % 50 == 0).all()
    _, drawn = fill(root, dirty, mode="draw")
    shares = drawn["band"][gaps].value_counts(normalize=True)
    assert set(shares.index) == {1500, 2000, 2050, 9000} and shares.max() < 0.4


def test_days_of_a_parquet_file_stay_whole_days(root: Path) -> None:
    truth = orders()
    days = pd.to_datetime(truth["ordered"], format="%d.%m.%Y")
    table = pd.DataFrame({"ordered": days.mask(np.arange(ROWS) % 9 == 0), "price": truth["price"]})
    table.to_parquet(root / "orders.parquet")
    fill_missing(str(root / "orders.parquet"), seed=1, output_path=str(root / "filled.parquet"))
    filled = pd.read_parquet(root / "filled.parquet")
    assert filled["ordered"].notna().all() and (filled["ordered"] == filled["ordered"].dt.normalize()).all()


def test_what_is_missing_with_a_value_of_another_column_stays_missing_though_that_has_gaps(root: Path) -> None:
    draw = np.random.default_rng(2)
    active = draw.random(900) < 0.8
    left = pd.Series(pd.to_datetime("2020-01-01") + pd.to_timedelta(draw.integers(0, 900, 900), unit="D"))
    staff = pd.DataFrame({"active": active, "left": left.dt.strftime("%Y-%m-%d").mask(active), "age": range(900)})
    answer, filled = fill(root, holed(staff, ["active"]))
    assert filled["left"][active].isna().all()
    assert any("'left' stay missing" in note and "active is 'True'" in note for note in answer["warnings"])


def test_a_column_that_is_mostly_missing_is_filled_only_if_it_is_named(root: Path) -> None:
    draw = np.random.default_rng(4)
    table = pd.DataFrame({"size": draw.normal(size=400).round(2), "note": draw.integers(0, 9, 400)})
    table["size"] = table["size"].mask(draw.random(400) < 0.7)
    answer, filled = fill(root, table)
    assert filled["size"].isna().sum() == table["size"].isna().sum()
    assert any("'size' stay missing" in note and "name it in columns" in note for note in answer["warnings"])
    _, filled = fill(root, table, columns=["size"])
    assert filled["size"].notna().all()


def test_draws_keep_what_follows_from_another_column(root: Path) -> None:
    draw = np.random.default_rng(6)
    city = draw.choice(["Berlin", "Bonn", "Wien", "Graz", "Paris", "Lyon"], 900)
    country = pd.Series(city).map(
        {"Berlin": "DE", "Bonn": "DE", "Wien": "AT", "Graz": "AT", "Paris": "FR", "Lyon": "FR"}
    )
    truth = pd.DataFrame({"city": city, "country": country, "visits": draw.integers(1, 60, 900)})
    _, filled = fill(root, holed(truth, ["city", "country"], 0.3), mode="draw")
    both = filled.dropna(subset=["city", "country"])
    assert len(both) > 800
    assert (both["city"].map(dict(zip(city, country, strict=True))) == both["country"]).all()


def test_columns_of_times_and_of_infinities_are_no_failure(root: Path) -> None:
    draw = np.random.default_rng(7)
    size = draw.normal(size=300)
    gaps = draw.random(300) < 0.2
    table = pd.DataFrame(
        {
            "size": size,
            "at": [None if gap else datetime.time(place % 24) for place, gap in enumerate(gaps)],
            "endless": np.where(gaps, np.nan, np.inf),
        }
    )
    table.to_parquet(root / "odd.parquet")
    answer = fill_missing(str(root / "odd.parquet"), seed=1, output_path=str(root / "filled.parquet"))
    json.dumps(answer, allow_nan=False)
    told: Any = answer["columns"]
    assert told["endless"]["left"] == gaps.sum()
    assert any("'endless' stay missing: only 0 rows" in note for note in answer["warnings"])


def test_a_single_cell_is_told_in_the_singular(root: Path) -> None:
    answer, _ = fill(root, pd.DataFrame({"note": [None, *(f"a {place} b c" for place in range(40))]}))
    assert any(note.startswith("1 cell of 'note' stays missing") for note in answer["warnings"])


def test_what_is_measured_of_the_greatest_floats_is_a_number_or_nothing() -> None:
    draw = np.random.default_rng(8)
    size = draw.normal(size=300)
    learning = Learning(size[:, None], [False], 1)
    quality = Numbers(learning, (size + draw.normal(size=300)) * 1e200).quality
    assert "explained" not in quality and np.isfinite(quality["error"])
    assert Numbers(learning, size * 3).quality["explained"] > 0.9


@pytest.mark.parametrize("wild", range(0, 400, 80))
def test_nothing_is_learnt_from_a_wild_value_and_that_is_told(root: Path, wild: int) -> None:
    draw = np.random.default_rng(9)
    size = draw.uniform(100, 200, 400).round(1)
    cost = pd.Series((size * 3 + draw.normal(size=400)).round(1))
    cost[wild] = 999_999.0
    gaps = draw.random(400) < 0.2
    gaps[wild] = False
    answer, filled = fill(root, pd.DataFrame({"size": size, "cost": cost.mask(gaps)}))
    assert (filled["cost"][gaps] - size[gaps] * 3).abs().median() < 10  # one guess for all would be off by 75
    assert any("1 value lies far outside the others of 'cost'" in note for note in answer["warnings"])
    assert filled["cost"][wild] == 999_999.0


def visits(rows: int = 1_200) -> pd.DataFrame:
    """A vet's book: notes of a few kinds, a helper by chance, and in 2 % of the rows a stay that ends first."""
    draw = np.random.default_rng(11)
    came = pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 700, rows), unit="D")
    left = came + pd.to_timedelta(draw.integers(0, 5, rows), unit="D")
    left = left.where(draw.random(rows) > 0.02, came - pd.Timedelta(days=90))
    notes = [f"owner asks about {what} {when}" for what in ("price", "diet", "pain", "food") for when in "abcdefgh"]
    return pd.DataFrame(
        {
            "animal": draw.choice(["cat", "dog", "horse"], rows),
            "helper": draw.choice(["Ada", "Ben", "Cem", "Dora"], rows),
            "came": came.strftime("%d.%m.%Y"),
            "left": left.strftime("%d.%m.%Y"),
            "note": pd.Series(draw.choice(notes, rows)).where(draw.random(rows) < 0.7),
        }
    )


def test_notes_stay_empty_and_the_way_to_fill_them_is_told(root: Path) -> None:
    dirty = holed(visits(), ["helper"])
    answer, filled = fill(root, dirty)
    assert filled["note"].isna().sum() == dirty["note"].isna().sum() and filled["helper"].notna().all()
    assert any("'note' stay missing" in told and "name it in columns" in told for told in answer["warnings"])
    assert any(told.startswith("'helper': a guess from the other columns is hardly") for told in answer["warnings"])
    _, filled = fill(root, dirty, columns=["note"])
    assert filled["note"].notna().all()


def test_dates_filled_in_keep_an_order_that_nearly_all_rows_keep(root: Path) -> None:
    dirty = holed(visits(), ["left"], share=0.2)
    _, filled = fill(root, dirty)
    came, left = (pd.to_datetime(filled[name], format="%d.%m.%Y") for name in ("came", "left"))
    new = dirty["left"].isna() & filled["left"].notna()
    assert new.sum() > 150 and (came <= left)[new].all()
