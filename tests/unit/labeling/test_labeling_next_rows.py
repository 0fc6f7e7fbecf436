"""`labeler.suggest_rows`: rows worth labeling next, each with why."""

import json

import numpy as np
import pandas as pd
import pytest

from DataFoundry import labeler
from DataFoundry.errors import ImpossibleError, RequestError
from DataFoundry.labeling.suggesting import optimal_design

GENERATOR = np.random.default_rng(0)
ROWS = 500
FRAME = pd.DataFrame(
    {
        "mail": [f"person{number}@example.org" for number in range(ROWS)],
        "size": GENERATOR.normal(size=ROWS).round(3),
        "colour": GENERATOR.choice(["red", "green", "blue"], ROWS),
    }
)


def lf(name, body):
    return {"name": name, "code": f"def {name}(x):\n    {body}"}


HIGH = lf("high", "return 1 if x['size'] > 0.3 else -1")
RED = lf("red", "return 0 if x['colour'] == 'red' else -1")


@pytest.fixture
def suggest(root):
    FRAME.to_parquet(root / "in.parquet")

    def run(hand=None, **more):
        path = None
        if hand is not None:
            path = str(root / "hand.parquet")
            hand.to_parquet(path)
        answer = labeler.suggest_rows(str(root / "in.parquet"), hand_labeled_examples_path=path, **more)
        json.dumps(answer, allow_nan=False)
        return answer

    return run


def labeled(rows):
    noise = np.random.default_rng(1).normal(size=len(rows))
    return FRAME.iloc[rows].assign(label=(FRAME["size"].iloc[rows] + noise > 0).astype(int))


def test_each_row_comes_with_its_values_and_a_reason(suggest):
    answer = suggest(num_rows=6, labeling_functions=[HIGH, RED])
    assert len({each["row"] for each in answer["rows"]}) == 6
    for each in answer["rows"]:
        assert each["values"] == FRAME.iloc[each["row"]].to_dict()
        votes = {
            "high": 1 if each["values"]["size"] > 0.3 else -1,
            "red": 0 if each["values"]["colour"] == "red" else -1,
        }
        assert each["votes"] == {name: vote for name, vote in votes.items() if vote >= 0}
        assert ("functions disagree" in each["why"]) == (len(each["votes"]) == 2)
        assert ("no function votes" in each["why"]) == (not each["votes"])
        assert each["why"].endswith(".") and "no two classes" in each["why"].lower()
    assert sum(each["stands_for"] for each in answer["rows"]) == pytest.approx(1)
    assert (answer["num_rows"], answer["features"]) == (ROWS, ["size", "colour"])
    assert answer["no_features"] == {"mail": "personal (email)"}
    assert len(answer["warnings"]) == 1 and "chosen, not drawn" in answer["warnings"][0]


def test_what_is_labeled_is_not_suggested_and_what_is_learnt_is_told(suggest):
    rows = list(range(40))
    answer = suggest(labeled(rows), num_rows=10)
    assert not {each["row"] for each in answer["rows"]} & set(rows)
    assert all(sum(each["probabilities"].values()) == pytest.approx(1) for each in answer["rows"])
    unsure = [max(each["probabilities"].values()) < 0.75 for each in answer["rows"]]
    assert ["It is uncertain" in each["why"] for each in answer["rows"]] == unsure
    answer = suggest(labeled(rows).assign(label=np.arange(40) % 2), num_rows=10)  # labels of which nothing is learnt
    assert any("It is uncertain: by the labels so far class" in each["why"] for each in answer["rows"])


def test_a_value_that_was_never_labeled_is_named(suggest):
    hand = labeled([row for row in range(200) if FRAME["colour"][row] != "blue"])
    first = suggest(hand, num_rows=1)["rows"][0]
    assert (
        first["values"]["colour"] == "blue"
        and "nothing labeled or suggested before has colour blue" in first["why"].lower()
    )


def test_each_step_lowers_the_mean_variance_the_most():
    given, weights = GENERATOR.normal(size=(30, 3)), GENERATOR.uniform(0.01, 0.25, 32)
    labeled_rows = GENERATOR.normal(size=(2, 3))

    def variance(rows):
        x, w = np.concatenate([labeled_rows, given[rows]]), np.concatenate([weights[30:], weights[rows]])
        inverse = np.linalg.inv(np.eye(3) / 0.3 + (x.T * w) @ x)
        return np.mean([weights[i] ** 2 * given[i] @ inverse @ given[i] for i in range(30)])

    found: list[int] = []
    for _ in range(8):
        found.append(min((row for row in range(30) if row not in found), key=lambda row: variance([*found, row])))
    assert optimal_design.chosen(given, labeled_rows, weights, np.ones(30, dtype=bool), 8) == found


def test_the_same_request_gives_the_same_rows_and_another_seed_others(suggest, root):
    pd.concat([FRAME] * 20).assign(size=GENERATOR.normal(size=20 * ROWS)).to_parquet(root / "in.parquet")
    path = str(root / "in.parquet")
    assert labeler.suggest_rows(path, num_rows=5) == labeler.suggest_rows(path, num_rows=5, seed=0)
    assert labeler.suggest_rows(path, num_rows=5) != labeler.suggest_rows(path, num_rows=5, seed=1)
    answer = labeler.suggest_rows(path, num_rows=5)
    assert (answer["num_rows"], answer["num_candidates"]) == (20 * ROWS, 4_000)
    table = pd.read_parquet(path)
    assert all(table["size"].iloc[each["row"]] == each["values"]["size"] for each in answer["rows"])


def test_a_wide_table_is_projected(suggest, root):
    pd.DataFrame(GENERATOR.normal(size=(60, 150))).rename(columns=str).to_parquet(root / "in.parquet")
    assert len(labeler.suggest_rows(str(root / "in.parquet"), num_rows=5)["rows"]) == 5


def test_rows_that_are_alike_are_suggested_once(root):
    pd.DataFrame({"colour": ["red", "green", "blue"] * 20}).to_parquet(root / "in.parquet")
    answer = labeler.suggest_rows(str(root / "in.parquet"), num_rows=5)
    assert sorted(each["values"]["colour"] for each in answer["rows"]) == ["blue", "green", "red"]
    assert answer["warnings"][1].startswith("Only 3 rows differ")


def test_what_cannot_be_is_refused(suggest, root):
    for rows in (0, 201, True):
        with pytest.raises(RequestError, match="num_rows"):
            suggest(num_rows=rows)
    FRAME[["mail"]].to_parquet(root / "in.parquet")
    with pytest.raises(ImpossibleError, match="draw rows at random"):
        labeler.suggest_rows(str(root / "in.parquet"))


def test_over_http(server):
    FRAME.to_csv(server.root / "suggested.csv", index=False)
    body = {"data_path": str(server.root / "suggested.csv"), "num_rows": 3}
    answer = server.post("/api/labeling/suggest-rows", body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["message"] == "3 rows to label next."


def test_a_table_without_rows_is_said_to_have_none(root):
    (root / "empty.csv").write_text("a,b\n")
    with pytest.raises(ImpossibleError, match="no rows"):
        labeler.suggest_rows(str(root / "empty.csv"))
