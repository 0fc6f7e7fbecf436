"""The detector's promises: robust, deterministic, each row by itself, and nothing new looks normal."""

import io

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import roc_auc_score

from DataFoundry.anomaly.detector import Detector, fit_detector
from DataFoundry.anomaly.expectation import expect
from DataFoundry.anomaly.label_head import surprise
from DataFoundry.anomaly.network import Density, Inputs
from DataFoundry.anomaly.threshold import ThresholdRule
from DataFoundry.errors import RequestError

KINDS = {"x": "number", "twice": "number", "kind": "category", "half": "number"}


def table(rows: int, seed: int) -> pd.DataFrame:
    """`twice` follows x, `kind` follows its sign, `half` is there for every other row."""
    random = np.random.default_rng(seed)
    x = random.normal(size=rows)
    return pd.DataFrame(
        {
            "x": x,
            "twice": 2 * x + random.normal(scale=0.2, size=rows),
            "kind": np.where(x > 0, "up", random.choice(["down", "under"], size=rows)),
            "half": np.where(random.random(rows) < 0.4, np.nan, random.normal(size=rows)),
        }
    )


TRAIN, FRESH = table(1000, 0), table(400, 1)
CLASSES = (TRAIN["x"] > 0).to_numpy(np.int64)


@pytest.fixture(scope="module")
def state() -> dict:
    return fit_detector(TRAIN, KINDS, CLASSES, 2, seed=3)


@pytest.fixture(scope="module")
def detector(state: dict) -> Detector:
    return Detector.from_state(state)


def test_broken_pairs_are_odder_and_their_cells_are_blamed(detector: Detector) -> None:
    broken = FRESH.assign(twice=-FRESH["twice"])[FRESH["x"].abs() > 1]

    clean, odd = detector.score(FRESH), detector.score(broken)

    truth = np.r_[np.zeros(len(FRESH)), np.ones(len(broken))]
    assert roc_auc_score(truth, np.r_[clean.score, odd.score]) > 0.97
    blamed = odd.contributions.argmax(axis=1)
    assert np.mean(np.isin(blamed, [detector.names.index("twice"), detector.names.index("x")])) > 0.8


def test_scores_are_not_constant_and_are_the_sum_of_their_contributions(detector: Detector) -> None:
    complete = FRESH.dropna()
    found = detector.score(complete)

    assert len(np.unique(found.score)) == len(complete)
    assert found.score == pytest.approx(found.contributions.sum(axis=1))


def test_a_row_alone_scores_as_in_any_batch(detector: Detector) -> None:
    together = detector.score(FRESH).score
    alone = [detector.score(FRESH.iloc[[row]]).score[0] for row in range(20)]

    assert alone == pytest.approx(together[:20], abs=1e-9)
    assert detector.score(FRESH[::-1]).score[::-1] == pytest.approx(together, abs=1e-9)


def test_many_rows_are_scored_in_parts(detector: Detector) -> None:
    many = pd.concat([FRESH] * 11, ignore_index=True)

    assert detector.score(many).score[-400:] == pytest.approx(detector.score(FRESH).score, abs=1e-9)
    assert detector.score(FRESH.head(0)).score.shape == (0,)


def test_the_same_seed_gives_the_same_state_and_another_another(state: dict) -> None:
    def content(seed: int) -> bytes:
        buffer = io.BytesIO()
        torch.save(fit_detector(TRAIN, KINDS, CLASSES, 2, seed), buffer)
        return buffer.getvalue()

    same = content(3)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    assert same == buffer.getvalue()
    assert content(4) != same


def test_state_survives_a_safe_file(state: dict, detector: Detector) -> None:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)

    again = Detector.from_state(torch.load(buffer, weights_only=True))

    np.testing.assert_array_equal(again.score(FRESH).score, detector.score(FRESH).score)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "never seen"},
        {"kind": None},
        {"x": np.nan},
        {"half": np.nan},
        {"half": 1e6},
        {"x": np.inf},
        {"x": -1e30},
        {"x": "text"},
    ],
)
def test_nothing_new_or_missing_lowers_a_row_below_the_median_of_clean_rows(detector: Detector, change: dict) -> None:
    changed = FRESH.astype(object).assign(**{name: [value] * len(FRESH) for name, value in change.items()})

    scores = detector.score(changed).score

    assert np.isfinite(scores).all()
    assert scores.min() >= np.median(detector.score(FRESH).score)


def test_what_training_never_had_is_in_the_oddest_twentieth(detector: Detector) -> None:
    scores = detector.score(FRESH.assign(kind="never seen")).score

    assert detector.percentile(scores).min() >= 94.9


def test_wilder_is_odder(detector: Detector) -> None:
    wild = pd.concat([FRESH.iloc[[0]].assign(x=value) for value in (0.0, 5.0, 50.0, 5000.0, 5e8)])

    assert np.all(np.diff(detector.score(wild).score) > 0)


def test_dirt_in_training_still_looks_like_dirt() -> None:
    dirty = TRAIN.copy()
    dirt = np.arange(len(dirty)) % 10 == 0
    dirty.loc[dirt, ["x", "twice"]] = np.random.default_rng(5).uniform(-9, 9, size=(dirt.sum(), 2))

    found = Detector.from_state(fit_detector(dirty, KINDS, None, 0, seed=0)).score(dirty)

    assert roc_auc_score(dirt, found.score) > 0.9


def test_the_false_alarm_rate_holds_on_fresh_rows(detector: Detector) -> None:
    many = table(4000, 7)

    assert (detector.score(many).score > detector.threshold(0.05)).mean() == pytest.approx(0.05, abs=0.05)
    assert detector.percentile(np.array([-1e9, 1e9])).tolist() == [0, 100]


def test_flipped_labels_surprise(detector: Detector) -> None:
    truth = (FRESH["x"] > 0).to_numpy(np.int64)
    flipped = np.arange(len(truth)) % 8 == 0
    chances = detector.label_head.log_probabilities(detector.cells.encode(FRESH))

    told = surprise(chances, np.where(flipped, 1 - truth, truth))

    assert roc_auc_score(flipped, told) > 0.99
    assert np.exp(chances).sum(axis=1) == pytest.approx(1)
    alone = detector.label_head.log_probabilities(detector.cells.encode(FRESH.iloc[[5]]))
    assert alone[0] == pytest.approx(chances[5], abs=1e-9)


def test_surprise_by_hand() -> None:
    chances = np.log([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1], [0.7, 0.2, 0.1]])

    found = surprise(chances, np.array([0, 2, -1]))

    assert found[:2] == pytest.approx([np.log(2 / 7), np.log(7)])
    assert np.isnan(found[2])


def test_expected_values_come_from_the_other_cells(detector: Detector) -> None:
    odd = pd.DataFrame({"x": [1.5, -1.5], "twice": [-3.0, -3.0], "kind": ["up", "up"], "half": [0.0, 0.0]})
    twice, kind = detector.names.index("twice"), detector.names.index("kind")

    found = expect(detector, odd, np.array([[twice], [kind]]))

    assert found.values[0, twice] == pytest.approx(3, abs=1.5)
    assert found.values[1, kind] in ("down", "under")
    assert min(found.confidence[0, twice], found.confidence[1, kind]) > 0.9
    assert np.all((found.confidence >= 0) & (found.confidence <= 1))


def test_training_changes_the_weights_and_the_divergence_is_not_zero(detector: Detector) -> None:
    untrained = Density(len(detector.cells.numbers), detector.cells.widths, torch.Generator().manual_seed(0))
    assert not torch.equal(untrained.number_in.double(), detector.density.number_in)
    encoded = detector.cells.encode(FRESH)
    mean, log_variance = detector.density.encode(Inputs(encoded, torch.float64))

    divergence = Density.divergence(mean, log_variance)

    assert divergence.mean() > 0.1
    assert divergence.requires_grad


def test_the_likelihood_of_a_number_by_hand() -> None:
    density = Density(1, [], torch.Generator().manual_seed(0), members=1).double()
    for parameter in density.parameters():
        parameter.data.zero_()  # mean 0, log variance 0
    frame = pd.DataFrame({"x": [-1.0, 1.0]})
    inputs = Inputs(_cells(frame), torch.float64)
    latents = torch.zeros(1, 2, density.latent, dtype=torch.float64)

    plain = density.cell_nll(inputs, latents, torch.zeros(1))
    robust = density.cell_nll(inputs, latents, torch.zeros(1), wild=0.5)

    assert plain[0, :, 0].tolist() == pytest.approx([0.5 + 0.5 * np.log(2 * np.pi)] * 2)
    mixed = 0.5 * np.exp(-0.5) / np.sqrt(2 * np.pi) + 0.5 * np.exp(-0.005) / (10 * np.sqrt(2 * np.pi))
    assert robust[0, 0, 0].item() == pytest.approx(-np.log(mixed))


def _cells(frame: pd.DataFrame):
    from DataFoundry.anomaly.cells import Cells

    return Cells.learnt(frame, {"x": "number"}).encode(frame)


@pytest.mark.parametrize("rows", [2, 5, 50])
def test_few_rows_are_enough_to_answer(rows: int) -> None:
    found = Detector.from_state(fit_detector(TRAIN.head(rows), KINDS, CLASSES[:rows], 2, seed=0)).score(FRESH)

    assert np.isfinite(found.score).all()


def test_thresholds(detector: Detector) -> None:
    scores = np.array([5.0, 1.0, 3.0, 4.0, 2.0])

    top = ThresholdRule(top_k=2).chosen(scores, detector)
    assert (top.value, top.flagged, top.method) == (4, 2, "top_k")
    assert ThresholdRule(top_k=99).chosen(scores, detector).flagged == 5
    assert ThresholdRule(contamination=0.4).chosen(scores, detector).flagged == 2
    assert ThresholdRule(contamination=0.01).chosen(scores, detector).flagged == 0
    usual = ThresholdRule().chosen(scores, detector)
    assert (usual.method, usual.setting) == ("false_alarm_rate", 0.01)
    share = 0.01 - np.sqrt(0.01 * 0.99 / detector.measured)
    assert usual.value == pytest.approx(np.quantile(detector.quantiles, 1 - max(share, 0.0025)))
    assert usual.value > np.quantile(detector.quantiles, 0.99)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"top_k": 1, "contamination": 0.1}, "only one of contamination, top_k"),
        ({"contamination": 1.5}, "contamination must lie between 0 and 1"),
        ({"false_alarm_rate": 0.0}, "false_alarm_rate must"),
        ({"top_k": 0}, "top_k must be at least 1"),
    ],
)
def test_impossible_thresholds_are_refused(rule: dict, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        ThresholdRule(**rule)


def test_a_state_that_claims_more_than_it_holds_is_refused(state: dict) -> None:
    head = state["label_head"]
    for damaged in (
        state | {"members": 10**9},
        state | {"label_head": head | {"classes": 10**12}},
        state | {"label_head": head | {"widths": [10**12]}},
    ):
        with pytest.raises(ValueError, match="weights"):
            Detector.from_state(damaged)
