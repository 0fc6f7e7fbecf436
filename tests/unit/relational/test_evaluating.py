"""Two folders side by side: what is right scores 1 and .5, and what is broken is told."""

import json

import numpy as np
import pandas as pd
import pytest

from DataFoundry import evaluator
from DataFoundry.errors import ColumnError, MissingFileError


def test_two_folders_are_compared(small_shop, shop_root):
    real, fake, made, _ = small_shop
    told = evaluator.evaluate_synthetic(
        str(shop_root / "real"),
        str(shop_root / "made"),
        holdout_path=str(shop_root / "real"),
        output_path=str(shop_root / "quality.json"),
        config_path=made["config_path"],
    )
    assert told["scores"]["integrity"] == told["scores"]["keys"] == 1.0
    assert json.loads((shop_root / "quality.json").read_text())["relations"] == told["relations"]
    assert "<html" in (shop_root / "quality.html").read_text()
    numbers = [frame["orders"].groupby("customer_id").size().value_counts() for frame in (real, fake)]
    assert told["tables"]["orders"]["rows"] == len(fake["orders"]) and len(numbers[0])
    assert 0 < told["relations"]["customers.orders.customer_id"]["children"] <= 1
    assert set(told["sequences"]["customers.orders.customer_id"]["transitions"]) == {"paid_by", "channel"}
    assert told["privacy"]["customers"]["dcr_share"] == 0.5  # the holdout is the training data itself


def test_the_real_tables_are_like_themselves_and_broken_ones_are_not(small_shop, shop_root):
    real, _, made, _ = small_shop
    config = {"config_path": made["config_path"], "output_path": str(shop_root / "own.json")}
    own = evaluator.evaluate_synthetic(str(shop_root / "real"), str(shop_root / "real"), **config)
    assert own["scores"]["children"] == own["scores"]["shapes"] == 1.0
    broken = shop_root / "broken"
    broken.mkdir(exist_ok=True)
    for name, frame in real.items():
        frame.to_csv(broken / f"{name}.csv", index=False)
    orders = real["orders"].copy()
    orders["customer_id"] = np.random.default_rng(0).choice(real["customers"]["customer_id"], len(orders))
    orders.loc[:9, "customer_id"] = -1
    orders.to_csv(broken / "orders.csv", index=False)
    told = evaluator.evaluate_synthetic(str(shop_root / "real"), str(broken), **config)
    link = told["relations"]["customers.orders.customer_id"]
    assert link["integrity"] == pytest.approx(1 - 10 / len(orders))
    assert link["c2st_child"] > 0.6 > own["relations"]["customers.orders.customer_id"]["c2st_child"]
    pd.DataFrame({"customer_id": [1]}).to_csv(broken / "customers.csv", index=False)
    with pytest.raises(ColumnError, match="'customers' has no column 'kind'"):
        evaluator.evaluate_synthetic(str(shop_root / "real"), str(broken), **config)
    (broken / "customers.csv").unlink()
    with pytest.raises(MissingFileError, match="no file of the table 'customers'"):
        evaluator.evaluate_synthetic(str(shop_root / "real"), str(broken), **config)
