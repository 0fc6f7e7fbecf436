"""Which aggregator a request gets, and why."""

import numpy as np

from DataFoundry.errors import ImpossibleError
from DataFoundry.labeling import label_model, supervised
from DataFoundry.labeling.aggregators import AUTO, Choice, LabelModelAggregator, MajorityVote
from DataFoundry.labeling.hand_labels import HandLabels
from DataFoundry.labeling.intervals import roc_auc
from DataFoundry.labeling.likelihood import mean_log_likelihood
from DataFoundry.labeling.summary import VoteSummary

_CLEARLY_WORSE = 0.05  # nats a row; where the label model does well it lies below 0.02 of majority vote, or above it


def needs_summary(wanted: str, functions: int, hand: HandLabels | None) -> bool:
    """Whether the aggregator can only be fitted once all votes are known."""
    if wanted == AUTO:
        return functions >= label_model.MIN_FUNCTIONS or _refusal(hand) is None
    return wanted != "majority_vote"


def majority(cardinality: int, functions: int, wanted: str, hand: HandLabels | None = None) -> Choice:
    """Majority vote, where nothing needs to be fitted."""
    if wanted != AUTO:
        return Choice(MajorityVote(cardinality), "It was asked for.")
    few = f"Snorkel's label model needs {label_model.MIN_FUNCTIONS} or more functions, and there {_are(functions)}."
    return Choice(MajorityVote(cardinality), few + _unused(hand))


def choose(
    wanted: str, summary: VoteSummary, seed: int, hand: HandLabels | None = None, columns: list[str] | None = None
) -> Choice:
    """Fit the aggregator that is wanted, or with "auto" the one that fits what is known.

    Parameters
    ----------
    wanted
        A name in `aggregators.REGISTRY`.
    summary
        Of the votes on the whole table.
    hand
        Hand-labeled rows, if there are any.
    columns
        Of the table, as features of the supervised combiner.

    Raises
    ------
    ImpossibleError
        If the one that is wanted cannot work with so few functions or labels.
    """
    refusal = _refusal(hand)
    if hand is not None and (wanted == "supervised" or (wanted == AUTO and refusal is None)):
        return _supervised(wanted, hand, summary, columns or [], seed)
    if wanted == "supervised":
        raise ImpossibleError(f"aggregator: supervised cannot be used: {refusal}.", field="aggregator")
    if wanted == "majority_vote" or summary.rows == 0:
        return majority(summary.cardinality, summary.functions, wanted, hand)
    if summary.functions < label_model.MIN_FUNCTIONS:
        if wanted == "label_model":
            raise ImpossibleError(
                f"aggregator: label_model needs {label_model.MIN_FUNCTIONS} or more labeling functions, and there "
                f"{_are(summary.functions)}; add functions or take majority_vote.",
                field="aggregator",
            )
        return majority(summary.cardinality, summary.functions, wanted, hand)
    return _label_model(wanted, summary, seed, hand)


def _supervised(wanted: str, hand: HandLabels, summary: VoteSummary, columns: list[str], seed: int) -> Choice:
    refusal = _refusal(hand)
    if refusal is not None:
        raise ImpossibleError(f"aggregator: supervised cannot be used: {refusal}.", field="aggregator")
    fitted = supervised.fit(hand, summary, columns, seed)
    asked = "It was asked for; " if wanted != AUTO else f"There are {len(hand.labels)} hand-labeled rows; "
    why = f"{asked}{fitted.way} has been chosen by cross-validation on them."
    figures: dict[str, object] = {"way": fitted.way, "cross_validated_log_loss": fitted.losses}
    rows, said = fitted.held_out
    area = roc_auc(hand.labels[rows] == 1, said[:, 1]) if summary.cardinality == 2 else None
    if area is not None:
        figures |= {"cross_validated_auc": area[0], "cross_validated_auc_interval": list(area[1:])}
    return Choice(fitted, why, figures)


def _label_model(wanted: str, summary: VoteSummary, seed: int, hand: HandLabels | None) -> Choice:
    fitted = label_model.fit(summary, seed)
    if wanted != AUTO:
        slower = f" With Snorkel's settings it diverges; it was fitted with learning rate {fitted.learning_rate}."
        return Choice(LabelModelAggregator(fitted), "It was asked for." + (slower if fitted.diverged_first else ""))
    model, vote = LabelModelAggregator(fitted), MajorityVote(summary.cardinality)
    if fitted.diverged_first:
        why = "Snorkel's label model diverges on these votes (many functions of broad coverage)."
        return Choice(vote, why + _unused(hand))
    by_model, by_vote = mean_log_likelihood(model, summary), mean_log_likelihood(vote, summary)
    if by_model is not None and by_vote is not None and by_vote - by_model > _CLEARLY_WORSE:
        worse = f"{by_vote - by_model:.2f} nats a row"
        why = f"Snorkel's label model has gone astray: it explains the votes worse than majority vote does, by {worse}."
        return Choice(vote, why + _unused(hand))
    why = f"There are {summary.functions} functions, enough for Snorkel's label model."
    return Choice(model, why + _unused(hand))


def _refusal(hand: HandLabels | None) -> str | None:
    """Why the hand labels do not suffice for the supervised combiner, or None if they do."""
    if hand is None:
        return "there are no hand-labeled rows; give hand_labeled_examples_path"
    if len(hand.labels) < supervised.MIN_ROWS:
        return f"there are {len(hand.labels)} hand-labeled rows, and it takes {supervised.MIN_ROWS}"
    if (np.bincount(hand.labels) >= supervised.MIN_ROWS_OF_A_CLASS).sum() < 2:
        return f"it takes {supervised.MIN_ROWS_OF_A_CLASS} hand-labeled rows of two classes or more"
    return None


def _unused(hand: HandLabels | None) -> str:
    return "" if hand is None else f" The hand labels are used for measuring only: {_refusal(hand) or 'as asked'}."


def _are(functions: int) -> str:
    return "is 1" if functions == 1 else f"are {functions}"
