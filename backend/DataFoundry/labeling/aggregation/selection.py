"""Which aggregator a request gets, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from DataFoundry.errors import ImpossibleError
from DataFoundry.labeling.aggregation import label_model, supervised, vote_model
from DataFoundry.labeling.aggregation.aggregators import (
    Aggregator,
    Choice,
    LabelModelAggregator,
    LatentClassAggregator,
    MajorityVote,
)
from DataFoundry.labeling.aggregation.hand_labels import HandLabels
from DataFoundry.labeling.aggregation.intervals import roc_auc
from DataFoundry.labeling.aggregation.latent_class import Known
from DataFoundry.labeling.aggregation.vote_model import VoteModel
from DataFoundry.labeling.aggregation.vote_summary import VoteSummary
from DataFoundry.offered import AUTO

_FOLDS = 5  # of the hand-labeled rows
MIN_FUNCTIONS = 3  # with fewer the votes do not tell who is right
_UNSTABLE = (
    "The votes fit two readings equally well, which differ on {share:.0%} of the rows; give class_balance or "
    "hand-labeled rows, or add functions."
)


@dataclass(frozen=True)
class Wish:
    """What a request says about its aggregator.

    Attributes
    ----------
    name
        In `offered.AGGREGATORS`.
    seed
        Of what is drawn.
    hand
        Hand-labeled rows, if there are any.
    columns
        Of the table, as features of the supervised combiner.
    balance
        (k,) the class balance, if it is known.
    names
        Of the functions.
    """

    name: str = AUTO
    seed: int = 0
    hand: HandLabels | None = None
    columns: Sequence[str] = ()
    balance: np.ndarray | None = None
    names: Sequence[str] = ()

    @property
    def asked(self) -> str:
        """The beginning of the reason."""
        return "" if self.name == AUTO else "It was asked for. "

    def known(self) -> Known:
        """What is known besides the votes."""
        if self.hand is None:
            return Known(self.balance)
        return Known(self.balance, self.hand.votes, self.hand.labels)


def needs_summary(wish: Wish, functions: int) -> bool:
    """Whether the aggregator can only be fitted once all votes are known."""
    if wish.name == AUTO:
        return functions >= MIN_FUNCTIONS or wish.balance is not None or _refusal(wish.hand) is None
    return wish.name != "majority_vote"


def majority(cardinality: int, functions: int, wish: Wish) -> Choice:
    """Majority vote, where nothing needs to be fitted."""
    unused = "" if wish.balance is None else " It does not use class_balance."
    if wish.name != AUTO:
        return _seen(MajorityVote(cardinality), "It was asked for." + unused, wish)
    few = f"Votes tell who is right from {MIN_FUNCTIONS} functions on, and there {_are(functions)}."
    unused += "" if wish.hand is None else f" The hand labels are used for measuring only: {_refusal(wish.hand)}."
    return _seen(MajorityVote(cardinality), few + unused, wish)


def choose(wish: Wish, summary: VoteSummary) -> Choice:
    """Fit the aggregator that is wanted, or with "auto" the one that fits what is known.

    Parameters
    ----------
    summary
        Of the votes on the whole table.

    Raises
    ------
    ImpossibleError
        If the one that is wanted cannot work with so few functions or labels.
    """
    if summary.rows == 0:
        return majority(summary.cardinality, summary.functions, wish)
    refusal, few = _refusal(wish.hand), summary.functions < MIN_FUNCTIONS
    if wish.hand is not None and (wish.name == "supervised" or (wish.name == AUTO and refusal is None)):
        return _supervised(wish, wish.hand, summary)
    if wish.name == "supervised":
        raise ImpossibleError(f"aggregator: supervised cannot be used: {refusal}.", field="aggregator")
    if wish.name == "label_model" and few:
        raise ImpossibleError(
            f"aggregator: label_model needs {MIN_FUNCTIONS} or more labeling functions, and there "
            f"{_are(summary.functions)}; add functions or take majority_vote.",
            field="aggregator",
        )
    if wish.name == "majority_vote" or (wish.name == AUTO and few and wish.balance is None):
        return majority(summary.cardinality, summary.functions, wish)
    return _label_model(wish, summary) if wish.name == "label_model" else _latent_class(wish, summary)


def _supervised(wish: Wish, hand: HandLabels, summary: VoteSummary) -> Choice:
    refusal = _refusal(hand)
    if refusal is not None:
        raise ImpossibleError(f"aggregator: supervised cannot be used: {refusal}.", field="aggregator")
    fitted = supervised.fit(hand, summary, list(wish.columns), wish.seed, wish.balance)
    asked = "It was asked for; " if wish.name != AUTO else f"There are {len(hand.labels)} hand-labeled rows; "
    why = f"{asked}{fitted.way} has been chosen by cross-validation on them."
    figures: dict[str, object] = {"way": fitted.way, "cross_validated_log_loss": fitted.losses}
    rows, said = fitted.held_out
    area = roc_auc(hand.labels[rows] == 1, said[:, 1]) if summary.cardinality == 2 else None
    if area is not None:
        figures |= {"cross_validated_auc": area[0], "cross_validated_auc_interval": list(area[1:])}
    return Choice(fitted, why, figures, held_out=(said, hand.labels[rows]))


def _label_model(wish: Wish, summary: VoteSummary) -> Choice:
    fitted = label_model.fit(summary, wish.seed, wish.balance)
    slower = f" With Snorkel's settings it diverges; it was fitted with learning rate {fitted.learning_rate}."
    why = "It was asked for." + (slower if fitted.diverged_first else "")
    return _seen(LabelModelAggregator(fitted), why, wish)


def _seen(aggregator: Aggregator, why: str, wish: Wish) -> Choice:
    """The choice of an aggregator that does not learn from hand labels, which then can all measure it."""
    hand = wish.hand
    return Choice(
        aggregator, why, held_out=None if hand is None else (aggregator.predict_proba(hand.votes), hand.labels)
    )


def _latent_class(wish: Wish, summary: VoteSummary) -> Choice:
    fitted = vote_model.fit(summary, wish.known())
    groups = [[_name(wish, j) for j in group] for group in fitted.groups]
    figures: dict[str, object] = {"misfit": fitted.misfit, "dependent_functions": groups}
    warnings = [_UNSTABLE.format(share=fitted.unstable)] if fitted.unstable else []
    why = wish.asked + _evidence(fitted, summary, groups)
    return Choice(LatentClassAggregator(fitted.model), why, figures, warnings, _held_out(fitted, wish, summary))


def _held_out(fitted: VoteModel, wish: Wish, summary: VoteSummary) -> tuple[np.ndarray, np.ndarray] | None:
    """Probabilities of the hand-labeled rows, each fold's from the model fitted on the labels of the other folds."""
    if wish.hand is None:
        return None
    votes, labels = wish.hand.votes, wish.hand.labels
    said = np.empty((len(labels), summary.cardinality))
    for fold in range(_FOLDS):
        test = np.arange(len(labels)) % _FOLDS == fold
        model = fitted.refitted(summary, Known(wish.balance, votes[~test], labels[~test]))
        said[test] = model.predict_proba(votes[test])
    return said, labels


def _evidence(fitted: VoteModel, summary: VoteSummary, groups: list[list[str]]) -> str:
    """Sentences about what the fit rests on."""
    rates = "one accuracy for each function" if fitted.model.tied else "accuracies for each function and class"
    said = (
        f"A latent class model of {summary.functions} function{'s' * (summary.functions != 1)}, fitted on "
        f"{summary.rows:,} rows, learnt the class balance, {rates} and coverage."
    )
    if fitted.counted:
        said += (
            f" It does not explain all dependence between functions (misfit {fitted.misfit:.4f}), so that votes are "
            "mostly counted."
        )
    if groups:
        listed = "; ".join(", ".join(group) for group in groups)
        said += f" These depend on each other beyond the class and count less for it: {listed}."
    return said


def _name(wish: Wish, place: int) -> str:
    return wish.names[place] if wish.names else f"function {place}"


def _refusal(hand: HandLabels | None) -> str | None:
    """Why the hand labels do not suffice for the supervised combiner, or None if they do."""
    if hand is None:
        return "there are no hand-labeled rows; give hand_labeled_examples_path"
    if len(hand.labels) < supervised.MIN_ROWS:
        return f"there are {len(hand.labels)} hand-labeled rows, and it takes {supervised.MIN_ROWS}"
    if (np.bincount(hand.labels) >= supervised.MIN_ROWS_OF_A_CLASS).sum() < 2:
        return f"it takes {supervised.MIN_ROWS_OF_A_CLASS} hand-labeled rows of two classes or more"
    return None


def _are(functions: int) -> str:
    return "is 1" if functions == 1 else f"are {functions}"
