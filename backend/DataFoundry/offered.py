"""What requests may choose from, and how much they may ask for, apart from the code that does it.

A server that checks a request needs these names and numbers only: it imports neither torch nor pandas for them, and so
starts in a moment.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Amount:
    """How many of something a request gets.

    Attributes
    ----------
    usual
        When it does not say.
    most
        It may ask for.
    """

    usual: int
    most: int


VIEWED_ROWS = Amount(usual=50, most=1_000)
TRIED_ROWS = Amount(usual=10_000, most=200_000)  # in one block: a function that fails in it has no votes at all
SUGGESTED_ROWS = Amount(usual=20, most=200)  # more at once would not learn from what was labeled between
SUGGESTED_FUNCTIONS = Amount(usual=10, most=100)

FORMATS = {"parquet": ".parquet", "csv": ".csv", "pt": ".pt"}  # of synthetic rows

AUTO = "auto"
AGGREGATORS = {
    AUTO: "chosen by what is known, with the reason in the response",
    "majority_vote": "the class with the most votes",
    "latent_class": "class balance, accuracy and coverage of each function learnt from the votes; copies count once",
    "label_model": "Snorkel's LabelModel; 3 or more functions",
    "supervised": "votes and features combined by cross-validation on 50 or more hand-labeled rows",
}
