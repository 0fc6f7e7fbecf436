"""Quality of tables as companies have them: compared by what their columns are."""

import json

import numpy as np
import pandas as pd
import pytest

from company_tables import members, stays
from DataFoundry.evaluator import evaluate_synthetic
from DataFoundry.metrics.privacy import privacy
from DataFoundry.metrics.quality import Quality, align, quality
from DataFoundry.schema.discovery import discover
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.tables import write_table


def judged(root, real: pd.DataFrame, synthetic: pd.DataFrame, holdout: pd.DataFrame) -> Quality:
    write_table(real, root / "real.csv")
    table = open_table(root / "real.csv")
    return quality(align(real, synthetic, holdout, None, 0, discover(table)))


@pytest.mark.parametrize("table", [stays, members])
def test_rows_of_the_same_distribution_cannot_be_told_apart(root, table):
    found = judged(root, table(1500, 0), table(1500, 1), table(1500, 2))
    assert found.detection is not None and found.detection.auroc < 0.55
    assert found.fidelity.shapes is not None and found.fidelity.shapes > 0.95
    assert found.report()["scores"]["membership_auroc"]["synthetic"] == pytest.approx(0.5, abs=0.05)


def test_dates_and_money_as_text_are_compared_by_what_they_say(root):
    real = stays(1000, 0)
    later = stays(1000, 1).assign(arrived="31.12.2029")
    dearer = stays(1000, 1).assign(shown=lambda each: [f"€{value * 3:,.2f}" for value in each["total"]])
    assert judged(root, real, later, stays(1000, 2)).fidelity.columns["arrived"][0] < 0.1
    shape = judged(root, real, dearer, stays(1000, 2)).fidelity.columns["shown"][0]
    assert shape is not None and 0.2 < shape < 0.8  # as one of a thousand categories it would be near 0


def test_keys_and_contacts_are_compared_by_form_distinctness_and_copies(root):
    real, holdout = members(800, 0), members(800, 5).assign(member_id=[f"M-{each:05d}" for each in range(800)])
    synthetic = members(800, 1).assign(member_id=real["member_id"], phone="none")
    found = judged(root, real, synthetic, holdout)
    assert "member_id" not in found.tables.columns and "mark" in found.tables.columns
    told = found.by_column
    assert told["member_id"]["copied"] == 1 and told["member_id"]["holdout_copied"] == 0
    assert told["phone"]["form"] == 0 and told["phone"]["holdout_form"] == 1
    assert told["phone"]["distinct"] == 1 / 800 and told["name"]["personal"] is True


def test_broken_rules_are_counted_beside_those_of_the_holdout(root):
    synthetic = stays(1000, 1)
    synthetic.loc[:99, "total"] += 1
    found = {rule["sentence"]: rule for rule in judged(root, stays(1000, 0), synthetic, stays(1000, 2)).rules}
    told = found["total is guests * price."]
    assert told["synthetic"] == pytest.approx(0.1) and told["holdout"] == 0


def test_copies_of_training_rows_are_found_by_an_attack():
    rng = np.random.default_rng(0)
    frames = [pd.DataFrame(rng.normal(size=(600, 4)), columns=list("abcd")) for _ in range(3)]
    honest = privacy(*frames, list("abcd"))
    noise = pd.DataFrame(rng.normal(scale=0.01, size=(600, 4)), columns=list("abcd"))
    copied = privacy(frames[0], frames[1], frames[0] + noise, list("abcd"))
    assert honest is not None and honest.membership_auroc == pytest.approx(0.5, abs=0.07)
    assert honest.distance == pytest.approx(honest.holdout_distance, rel=0.1)
    assert copied is not None and copied.membership_auroc is not None and copied.membership_auroc > 0.95
    assert copied.distance < 0.1 * copied.holdout_distance and copied.neighbour_ratio < 0.2


def test_the_evaluation_reads_the_configuration(root):
    from DataFoundry import trainer

    real = members(300)
    for name, frame in (("real", real), ("synthetic", members(300, 1)), ("holdout", members(300, 2))):
        frame.rename(columns={"label": "outcome"}).to_csv(root / f"{name}.csv", index=False)
    made = trainer.create_config(str(root / "real.csv"), str(root / "m"), label_column="outcome")
    paths = {f"{name}_path": str(root / f"{name}.csv") for name in ("real", "synthetic", "holdout")}
    found = evaluate_synthetic(**paths, config_path=made["config_path"], output_path=str(root / "q.json"))
    assert found["label_column"] == "outcome" and found["by_column"]["email"]["kind"] == "email"
    assert json.loads((root / "q.json").read_text())["rules"] == found["rules"]
    assert "Forms and copies" in (root / "q.html").read_text()
