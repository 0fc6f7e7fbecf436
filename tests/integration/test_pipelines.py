"""The self-correcting pipelines on real data, files and all."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from agents import labeling_pipeline, training_pipeline
from DataFoundry.errors import ColumnError, ImpossibleError, OutputIsInputError, RequestError


@pytest.fixture
def census(root: Path, adult: pd.DataFrame) -> tuple[Path, Path, np.ndarray, np.ndarray]:
    """2,500 rows of Adult without income, 200 of them hand-labeled: paths, truth of all, positions of the 200."""
    part = adult.sample(2_500, random_state=5).reset_index(drop=True)
    truth = (part.pop("income") == ">50K").to_numpy(dtype=int)
    rows = np.random.default_rng(0).choice(len(part), 200, replace=False)
    part.to_csv(root / "raw.csv", index=False)
    part.iloc[rows].assign(label=truth[rows]).to_csv(root / "hand.csv", index=False)
    return root / "raw.csv", root / "hand.csv", truth, rows


def run(root: Path, raw: Path, hand: Path, **options: object) -> dict[str, object]:
    options = {"output_path": str(root / "out.parquet"), "seed": 1, **options}
    return labeling_pipeline.run("Label whether income is >50K", str(raw), str(hand), **options)  # type: ignore[arg-type]


def test_two_hundred_hand_labels_label_the_rest(root: Path, census: tuple[Path, Path, np.ndarray, np.ndarray]) -> None:
    raw, hand, truth, rows = census
    answer = run(root, raw, hand, target_auc_score=0.999, max_attempts=3)
    table = pd.read_parquet(str(answer["output_path"]))
    rest = np.setdiff1d(np.arange(len(truth)), rows)
    true_auc = roc_auc_score(truth[rest], table["label_probability"].to_numpy()[rest])
    assert true_auc > 0.85
    low, high = answer["auc_interval"]  # type: ignore[misc]
    assert low <= true_auc <= high
    assert answer["outcome"] == "not_met" and answer["target_reached"] is False
    attempts = answer["attempts"]
    assert isinstance(attempts, list) and len(attempts) == 3
    assert answer["auc"] == max(attempt["auc"] for attempt in attempts)  # the best, not the last
    for attempt in attempts:
        assert f"Attempt {attempt['attempt']} ({attempt['why']}) kept {len(attempt['functions'])}" in str(
            answer["summary"]
        )
        assert attempt["functions"] and attempt["dropped"] and attempt["diagnosis"]["error_segments"]
        assert all(function["kept_because"] for function in attempt["functions"])
    journal = json.loads(Path(str(answer["journal_path"])).read_text())
    assert journal["attempts"] == json.loads(json.dumps(attempts))
    assert journal["user_goal"] == "Label whether income is >50K"


def test_one_attempt_is_enough_where_the_target_is_low_and_the_same_seed_gives_the_same_labels(
    root: Path, census: tuple[Path, Path, np.ndarray, np.ndarray]
) -> None:
    raw, hand, _, _ = census
    answer = run(root, raw, hand, target_auc_score=0.6)
    assert answer["outcome"] == "met" and answer["target_reached"] is True
    assert len(answer["attempts"]) == 1  # type: ignore[arg-type]
    first = (root / "out.parquet").read_bytes()
    run(root, raw, hand, target_auc_score=0.6)
    assert (root / "out.parquet").read_bytes() == first
    run(root, raw, hand, target_auc_score=0.6, seed=2)
    assert (root / "out.parquet").read_bytes() != first


def test_three_classes(root: Path) -> None:
    rng = np.random.default_rng(0)
    group = rng.integers(0, 3, 900)
    frame = pd.DataFrame({"x": group * 4 + rng.normal(size=900), "y": rng.normal(size=900)})
    frame.to_parquet(root / "raw.parquet")
    frame.assign(label=np.array(["ant", "bee", "cat"])[group]).head(150).to_parquet(root / "hand.parquet")
    answer = run(root, root / "raw.parquet", root / "hand.parquet", target_auc_score=0.9)
    table = pd.read_parquet(root / "out.parquet")
    assert answer["classes"] == {"0": "ant", "1": "bee", "2": "cat"}
    assert (table["label"] == group).mean() > 0.9
    assert {"label_probability_0", "label_probability_1", "label_probability_2"} <= set(table.columns)


def test_a_rare_class_that_hardly_a_row_is_labeled_is_told(root: Path) -> None:
    rng = np.random.default_rng(4)
    size = rng.normal(size=1_000)
    frame = pd.DataFrame({"size": size, "other": rng.normal(size=1_000)})
    rare = (size + rng.normal(0, 1.5, 1_000) > 2.3).astype(int)  # a tenth
    frame.to_parquet(root / "raw.parquet")
    frame.assign(label=rare).head(150).to_parquet(root / "hand.parquet")
    answer = run(root, root / "raw.parquet", root / "hand.parquet", target_auc_score=0.6, max_attempts=1)
    (said,) = answer["warnings"]  # type: ignore[misc]
    assert said.startswith("Class 1 is the label of ") and "the greatest label_probability" in said
    probability = pd.read_parquet(root / "out.parquet")["label_probability"].to_numpy()
    assert f"add up to {probability.sum():,.0f}:" in said
    likeliest = np.argsort(-probability)[: round(probability.sum())]  # what the warning advises
    assert rare[likeliest].mean() > 2 * rare.mean()


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"target_auc_score": 1.7}, RequestError, "target_auc_score"),
        ({"max_attempts": 0}, RequestError, "max_attempts"),
        ({"seed": -1}, RequestError, "seed"),
    ],
)
def test_impossible_numbers_are_refused(
    root: Path, census: tuple[Path, Path, np.ndarray, np.ndarray], options: dict[str, object], error: type, words: str
) -> None:
    raw, hand, _, _ = census
    with pytest.raises(error, match=words):
        run(root, raw, hand, **options)
    assert not (root / "out.parquet").exists()


def test_nothing_is_written_where_no_column_tells_the_classes(root: Path) -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"name": [f"n{number}" for number in range(60)]})
    frame.to_csv(root / "raw.csv", index=False)
    frame.assign(label=rng.integers(0, 2, 60)).to_csv(root / "hand.csv", index=False)
    with pytest.raises(ImpossibleError, match="label more rows by hand"):
        run(root, root / "raw.csv", root / "hand.csv")
    assert sorted(path.name for path in root.iterdir()) == ["hand.csv", "raw.csv"]


def test_inputs_are_safe(root: Path, census: tuple[Path, Path, np.ndarray, np.ndarray]) -> None:
    raw, hand, _, _ = census
    before = raw.read_bytes()
    with pytest.raises(OutputIsInputError):
        run(root, raw, hand, output_path=str(raw))
    assert raw.read_bytes() == before
    with pytest.raises(ColumnError, match="label"):
        run(root, hand, hand)  # the table to label has a label already


@pytest.fixture(scope="module")
def labeled(tmp_path_factory: pytest.TempPathFactory, adult: pd.DataFrame) -> Path:
    """1,500 rows of Adult with `label` in place of income."""
    part = adult.sample(1_500, random_state=2).reset_index(drop=True)
    part["label"] = (part.pop("income") == ">50K").astype(float)
    path = tmp_path_factory.mktemp("labeled") / "labeled.parquet"
    part.to_parquet(path)
    return path


@pytest.mark.slow
def test_training_meets_a_low_target_at_once_and_goes_on_after_an_interruption(
    root: Path, labeled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = root / "labeled.parquet"
    table.write_bytes(labeled.read_bytes())
    asked = {"labeled_data_path": str(table), "holdout_test_path": "testing_data/adult_test.csv", "seed": 3,
             "output_dir": str(root / "run")}  # fmt: skip
    answer = training_pipeline.run(**asked, target_utility_pct=0.5, max_attempts=2)  # type: ignore[arg-type]
    assert answer["target_reached"] is True and answer["outcome"] == "met"
    assert [attempt["why"] for attempt in answer["attempts"]] == ["the product's default"]
    assert 0.5 < answer["utility_pct"] < 1.1 and answer["utility_sd"] > 0
    assert (
        "Attempt 1 (the product's default)" in answer["summary"] and f"{answer['utility_pct']:.1%}" in answer["summary"]
    )
    assert answer["utility_pct"] != answer["attempts"][0]["utility"]  # another half of the holdout
    for name in ("config_path", "model_path", "preprocessor_path"):
        assert Path(answer[name]).is_file()

    journal = root / "run" / "journal.json"
    known = json.loads(journal.read_text())
    journal.write_text(json.dumps({**known, "status": "running"}))  # as if it had been killed here
    trained: list[str] = []
    monkeypatch.setattr(training_pipeline.trainer, "train_model", lambda path: trained.append(path))
    again = training_pipeline.run(**asked, target_utility_pct=0.5, max_attempts=2)  # type: ignore[arg-type]
    assert trained == [] and again["utility_pct"] == answer["utility_pct"]


def test_the_label_may_have_any_name_in_files_of_any_dialect(root: Path) -> None:
    rng = np.random.default_rng(0)
    size = rng.normal(size=500).round(3)
    frame = pd.DataFrame({"groesse": size, "farbe": rng.choice(["rot", "blau"], 500)})
    frame["Klasse"] = np.where(size + rng.normal(scale=0.3, size=500) > 0, "ja", "nein")
    for name, rows in (("alle", frame.head(400)), ("rest", frame.tail(100))):
        rows.to_csv(root / f"{name}.csv", sep="^", index=False)
    asked = {"label_column": "Klasse", "read_options": {"delimiter": "^"}, "seed": 1}
    answer = training_pipeline.run(
        str(root / "alle.csv"),
        str(root / "rest.csv"),
        0.3,
        1,
        str(root / "run"),
        **asked,  # type: ignore[arg-type]
    )
    assert "'Klasse'" in str(answer["measured_on"])
    assert "Klasse" in pd.read_parquet(root / "run" / "attempt_1" / "synthetic_1.parquet")

    frame.drop(columns="Klasse").to_csv(root / "roh.csv", sep="^", index=False)
    hand = frame.head(150).assign(andere=1)
    hand.to_csv(root / "hand.csv", sep="^", index=False)
    labeled = run(root, root / "roh.csv", root / "hand.csv", target_auc_score=0.6, **asked)
    assert labeled["classes"] == {"0": "ja", "1": "nein"}
    with pytest.raises(ColumnError, match="candidates: Klasse, andere"):
        run(root, root / "roh.csv", root / "hand.csv", read_options={"delimiter": "^"})


@pytest.mark.parametrize("options", [{"target_utility_pct": 0}, {"max_attempts": 0}, {"seed": -1}])
def test_training_refuses_impossible_numbers(root: Path, labeled: Path, options: dict[str, object]) -> None:
    with pytest.raises(RequestError, match=next(iter(options))):
        training_pipeline.run(str(labeled), str(labeled), **options)  # type: ignore[arg-type]
