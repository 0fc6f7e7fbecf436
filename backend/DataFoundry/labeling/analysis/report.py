"""One HTML page about a labeling."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from DataFoundry.labeling.aggregation.vote_summary import VoteSummary
from DataFoundry.reporting import charts
from DataFoundry.reporting.page import Cell, Grid, Section, render

_MOST_IN_CHARTS = 40


def page(response: Mapping[str, Any], summary: VoteSummary, names: Sequence[str], histogram: np.ndarray) -> str:
    """The page as text.

    Parameters
    ----------
    response
        Of `labeler.create_labels`.
    histogram
        (b,) rows in each of b equal bins of the probability from 0 to 1: of class 1, or of the likeliest class where
        there are more than two.
    """
    sections = [
        _outcome(response, histogram),
        _warnings(response),
        _functions(response),
        _conflicts(response, summary, names),
        _examples(response, names),
    ]
    subtitle = f"{response['num_labeled']:,} of {response['num_rows']:,} rows labeled: {response['output_path']}"
    return render("Labels", [section for section in sections if section is not None], subtitle)


def _outcome(response: Mapping[str, Any], histogram: np.ndarray) -> Section:
    edges = np.linspace(0, 1, len(histogram) + 1)
    bins = [f"{low:.1f} to {high:.1f}" for low, high in zip(edges[:-1], edges[1:], strict=True)]
    distribution = response["label_distribution"]
    unlabeled = response["num_rows"] - response["num_labeled"]
    return Section(
        "Outcome",
        f"Aggregated by {response['aggregator']['name']}. {response['aggregator']['why']}",
        {
            "rows": response["num_rows"],
            "labeled": response["num_labeled"],
            "ties without a label": response["num_ties"],
            **{f"label {label}": count for label, count in distribution.items()},
        },
        [
            charts.bars("Rows by label", [*distribution, "none"], {"rows": [*distribution.values(), unlabeled]}),
            charts.bars("Rows by probability", bins, {"rows": histogram.tolist()}),
        ],
    )


def _warnings(response: Mapping[str, Any]) -> Section | None:
    if not response["warnings"]:
        return None
    return Section("Warnings", grids=[Grid(["what to look at"], [[each] for each in response["warnings"]])])


def _functions(response: Mapping[str, Any]) -> Section:
    functions = response["lf_analysis"]
    judged = "accuracy" in functions[0]
    columns = ["function", "votes for", "coverage", "overlaps", "conflicts", "returned None"]
    rows: list[list[object]] = []
    for each in functions:
        row: list[object] = [
            each["name"],
            ", ".join(map(str, each["polarity"])) or "nothing",
            Cell(each["coverage"], mark=each["coverage"] == 0),
            *(each["overlaps"], each["conflicts"], Cell(each["returned_none"], mark=each["returned_none"] > 0)),
        ]
        if judged:
            interval = each["accuracy_interval"]
            hint = (
                ""
                if interval is None
                else f"{interval[0]:.2f} to {interval[1]:.2f}, {each['hand_labeled_votes']} votes"
            )
            row.append(Cell(each["accuracy"], mark=interval is not None and interval[1] < 0.5, hint=hint))
        rows.append(row)
    shown = functions[:_MOST_IN_CHARTS]
    series = {key: [each[key] for each in shown] for key in ("coverage", "overlaps", "conflicts")}
    drawn = [charts.bars("Shares of rows", [each["name"] for each in shown], series)]
    if judged:
        accuracy = [each["accuracy"] or 0.0 for each in shown]
        drawn.append(charts.bars("Accuracy on hand labels", [each["name"] for each in shown], {"accuracy": accuracy}))
    return Section(
        "Labeling functions",
        "Coverage: rows it votes on. Overlaps: where another votes, too. Conflicts: where another votes differently.",
        charts=drawn,
        grids=[Grid([*columns, *(["accuracy on hand labels"] if judged else [])], rows), _ways(response)],
    )


def _ways(response: Mapping[str, Any]) -> Grid:
    rows = [[each["name"], ", ".join(each["columns"]), each["way"]] for each in response["explain"]]
    return Grid(["function", "columns it reads", "how it was run"], rows)


def _conflicts(response: Mapping[str, Any], summary: VoteSummary, names: Sequence[str]) -> Section | None:
    if not response["conflicts"]:
        return None
    both = summary.joint_votes()
    with np.errstate(invalid="ignore"):
        share = np.where(both > 0, summary.disagreements() / both, np.nan)
    drawn = []
    if 2 < len(names) <= _MOST_IN_CHARTS:
        drawn.append(charts.heatmap("Share of common votes that differ", names, share.tolist()))
    rows = [[*each["functions"], each["both_vote"], each["disagree"], each["share"]] for each in response["conflicts"]]
    return Section(
        "Who disagrees with whom",
        charts=drawn,
        grids=[Grid(["function", "and", "both vote", "disagree", "share"], rows)],
    )


def _examples(response: Mapping[str, Any], names: Sequence[str]) -> Section | None:
    examples = response["examples"]
    if not examples:
        return None
    columns = list(examples[0]["values"])
    rows = [
        [
            each["row"],
            "; ".join(f"{name}: {vote}" for name, vote in zip(names, each["votes"], strict=True) if vote is not None),
            *each["values"].values(),
        ]
        for each in examples
    ]
    return Section(
        "Rows where functions disagree",
        "The first row of each kind of disagreement, with the columns that the functions read.",
        grids=[Grid(["row", "votes", *columns], rows)],
    )
