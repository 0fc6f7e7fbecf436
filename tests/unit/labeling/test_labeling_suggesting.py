"""Labeling functions found in hand-labeled rows, over HTTP and from file to file."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agents import labeling_pipeline
from DataFoundry import labeler
from DataFoundry.errors import ImpossibleError, RequestError
from DataFoundry.labeling.suggesting.examples import Examples
from DataFoundry.labeling.suggesting.goal import mentioned
from DataFoundry.labeling.suggesting.mining import Recipe, mine
from DataFoundry.labeling.suggesting.rules import HAS, Predicate, Rule
from DataFoundry.labeling.suggesting.suggested import suggest, suggestion_warnings
from DataFoundry.labeling.suggesting.words import telling_words

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks"))

from pipeline_labels import area, messages, plain  # noqa: E402


def visits(rows: int = 600, seed: int = 1) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    ward = draw.choice(["surgery", "heart", "eye"], rows)
    days = draw.integers(1, 20, rows)
    note = np.where(days > 12, "patient stays with fever and pain", "patient goes home without trouble today")
    again = ((ward == "heart") & (days > 8)) | (draw.random(rows) < 0.05)
    return pd.DataFrame(
        {
            "visit": [f"V-{number:05d}" for number in range(rows)],
            "ward": ward,
            "days": days,
            "note": [f"{text} {number}" for number, text in enumerate(note)],
            "readmitted": np.where(again, "yes", "no"),
        }
    )


@pytest.fixture
def files(root: Path) -> dict[str, str]:
    table = visits()
    table.drop(columns="readmitted").to_csv(root / "visits.csv", index=False)
    table.sample(200, random_state=0).to_csv(root / "hand.csv", index=False)
    return {"data_path": str(root / "visits.csv"), "hand_labeled_examples_path": str(root / "hand.csv")}


def test_functions_come_with_a_sentence_and_figures_of_rows_they_were_not_found_on(files: dict[str, str]) -> None:
    answer = labeler.suggest_functions(**files)
    found: Any = answer["labeling_functions"]
    assert answer["classes"] == {"0": "no", "1": "yes"}
    yes = next(each for each in found if each["label"] == 1)
    assert "readmitted is 'yes' where" in yes["sentence"] and "ward is 'heart'" in yes["sentence"]
    assert yes["accuracy"] > 0.7 and yes["interval"][0] < yes["accuracy"] <= yes["interval"][1]
    assert 0 < yes["measured_on"] < 80
    assert "visit" in answer["not_looked_at"]
    assert labeler.suggest_functions(**files) == answer


def test_the_figures_are_those_of_the_functions_on_the_rest_of_the_rows(files: dict[str, str], root: Path) -> None:
    """Votes on all hand-labeled rows hold those that were measured, and the coverage is that of the code."""
    found: Any = labeler.suggest_functions(**files)["labeling_functions"]
    sources = [{"name": each["name"], "code": each["code"]} for each in found]
    tried: Any = labeler.try_functions(str(root / "hand.csv"), sources)
    for each, analysed in zip(found, tried["lf_analysis"], strict=True):
        assert analysed["coverage"] == pytest.approx(each["coverage"], abs=1e-3)


def test_noise_gives_no_function_or_an_interval_that_holds_one_half(root: Path) -> None:
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"size": draw.normal(size=120), "label": draw.integers(0, 2, 120)})
    table.to_csv(root / "hand.csv", index=False)
    table[["size"]].to_csv(root / "data.csv", index=False)
    answer: Any = labeler.suggest_functions(str(root / "data.csv"), str(root / "hand.csv"))
    assert all(each["interval"] is None or each["interval"][0] < 0.6 for each in answer["labeling_functions"])
    assert answer["warnings"]


def test_the_route_answers(server) -> None:
    table = visits()
    table.drop(columns="readmitted").to_csv(server.root / "visits.csv", index=False)
    table.sample(200, random_state=0).to_csv(server.root / "hand.csv", index=False)
    files = {
        "data_path": str(server.root / "visits.csv"),
        "hand_labeled_examples_path": str(server.root / "hand.csv"),
    }
    answer = server.post("/api/labeling/suggest-functions", {**files, "max_functions": 3, "user_goal": "by ward"})
    assert answer.status_code == 200
    assert len(answer.json()["labeling_functions"]) == 3


def test_words_of_texts_become_functions_that_vote_as_their_code_does() -> None:
    rule = Rule((Predicate("note", HAS, "fever"),), 1)
    frame = pd.DataFrame({"note": ["High FEVER again", None, "feverish", "well"]})
    assert rule.mask(frame).tolist() == [True, False, True, False]
    mined = rule.named(1)
    scope: dict[str, Any] = {}
    exec(mined.code, scope)
    assert [scope[mined.name]({"note": each}) for each in frame["note"]] == [1, -1, 1, -1]


def test_mining_finds_telling_words() -> None:
    table = visits()
    labels = (table["days"] > 12).to_numpy().astype(int)
    rules = mine(Examples(table[["note"]], labels, (0, 1), "long"), Recipe()).rules
    assert all(predicate.operator == HAS for rule in rules for predicate in rule.predicates)
    assert {rule.label for rule in rules} == {0, 1}
    assert all((labels[rule.mask(table)] == rule.label).mean() > 0.9 for rule in rules)


def test_a_goal_names_columns_and_values() -> None:
    frame = pd.DataFrame({"hours-per-week": [1, 2], "sex": ["Female", "Male"], "age": [3, 4]})
    found = mentioned("Only WOMEN? No: female, by hours per week", frame)
    assert found.columns == ("hours-per-week",)
    assert found.values == (("sex", "Female"),)
    assert not found.names("age")


def test_what_the_goal_names_comes_first(files: dict[str, str]) -> None:
    first: Any = labeler.suggest_functions(**files, max_functions=2, user_goal="days in hospital")
    assert any("days" in each["sentence"] for each in first["labeling_functions"])


def test_texts_are_labeled_better_than_by_a_plain_model_on_the_hand_labels(root: Path) -> None:
    gained = []
    for seed in range(3):
        whole = messages(2_000, seed)
        hand = whole.sample(100, random_state=seed)
        whole.drop(columns="label").to_parquet(root / "raw.parquet")
        hand.to_parquet(root / "hand.parquet")
        arguments = {"target_auc_score": 0.99, "max_attempts": 1, "output_path": str(root / "out.parquet"), "seed": 0}
        answer = labeling_pipeline.run("", str(root / "raw.parquet"), str(root / "hand.parquet"), **arguments)
        ones = pd.read_parquet(root / "out.parquet")["label_probability"].to_numpy()
        truth = whole["label"].to_numpy()
        gained.append(area(truth, np.column_stack([1 - ones, ones])) - area(truth, plain(hand, whole)))
        assert all("adds_auc" in each and each["sentence"] for each in answer["functions"])
    assert np.mean(gained) > 0


def test_without_hand_labels_functions_must_be_given_and_the_answer_says_which(
    files: dict[str, str], root: Path
) -> None:
    with pytest.raises(RequestError, match="labeling_functions"):
        labeling_pipeline.run("who comes back", files["data_path"])
    functions = [
        {"name": "long", "code": "def long(x):\n    return 1 if x.days > 12 else -1"},
        {"name": "eye", "code": "def eye(x):\n    return 0 if x.ward == 'eye' else -1"},
    ]
    output = str(root / "out.parquet")
    answer = labeling_pipeline.run("x", files["data_path"], labeling_functions=functions, output_path=output, seed=1)
    assert answer["proposer"] == "given" and answer["outcome"] == "not_measured" and answer["auc"] is None
    assert Path(answer["report_path"]).exists()
    assert answer["num_labeled"] > 0 and len(pd.read_parquet(output)) == 600
    assert any("nothing has measured" in each for each in answer["warnings"])
    with pytest.raises(RequestError, match="create-labels"):
        labeling_pipeline.run(
            "x", files["data_path"], files["hand_labeled_examples_path"], labeling_functions=functions
        )


def test_too_few_hand_labels_are_refused(root: Path, files: dict[str, str]) -> None:
    visits(5).to_csv(root / "few.csv", index=False)
    with pytest.raises(ImpossibleError, match="at least 10"):
        labeler.suggest_functions(files["data_path"], str(root / "few.csv"))


def test_what_is_told_of_functions_found_in_noise_is_that_they_are_no_better_than_chance() -> None:
    """The mean over many draws: a filter on the rows that measure would make it too good."""
    told, warned = [], 0
    for seed in range(40):
        draw = np.random.default_rng(seed)
        table = pd.DataFrame(draw.normal(size=(100, 20))).rename(columns=str)
        noise = Examples(table, draw.integers(0, 2, 100), (0, 1), "y")
        found = suggest(noise, 10, seed)
        told += [each.accuracy for each in found if each.accuracy is not None and each.votes >= 5]
        warned += any("no more often than chance" in each for each in suggestion_warnings(found, noise))
    assert len(told) > 50 and abs(np.mean(told) - 0.5) < 0.05
    assert warned > 5


def test_the_telling_words_of_many_long_texts_are_found_in_one_pass_with_the_same_scores() -> None:
    column = pd.Series(["win cash now", "win again", "see you later", "see now", None, "win now today"])
    assert telling_words(column, np.array([1, 1, 0, 0, 0, 1]))[:2] == ["win", "now"]
