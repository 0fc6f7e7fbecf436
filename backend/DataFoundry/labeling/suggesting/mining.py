"""Labeling functions out of hand-labeled rows: single tests of a column and pairs of them, filtered by what they add.

After Snuba (Varma and Re, VLDB 2019) for the candidates, and DataSculpt (EDBT 2025, arXiv 2311.00739) for the filters,
with lift over the prior in place of accuracy: under class imbalance a rule that is right in 45 % of its votes can be a
good one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from DataFoundry.labeling.suggesting.examples import Examples
from DataFoundry.labeling.suggesting.goal import Mentioned
from DataFoundry.labeling.suggesting.rules import HAS, Predicate, Rule
from DataFoundry.labeling.suggesting.words import is_text, telling_words

_PAIRED = 24  # the best single rules of each class that pairs are made of
_MOST_CATEGORIES = 40
_FEWEST, _FEWEST_OF_RARE = 3.0, 5.0  # rows that a rule covers
_RARE, _OF_RARE = 0.05, 0.2  # share of rows of a rare class; share of its rows that a rule for it covers
_MENTIONED = 1.5  # times the score of a rule whose columns somebody named


@dataclass(frozen=True)
class Recipe:
    """How functions are mined; a correction changes one of these.

    Attributes
    ----------
    functions
        The most to keep.
    thresholds
        Cuts tried in each numeric column.
    lift
        Least precision over the prior of the class.
    sureness
        How many standard errors the precision must lie above the prior; 1.28 is the lower end of an 80 % interval.
    coverage
        Least share of the rows that a function votes on.
    overlap
        Most that two functions of one class may have in common (Jaccard index).
    pairs
        Whether two tests may be joined.
    weight
        How much more the rows count that `focus` marks.
    """

    functions: int = 30
    thresholds: int = 10
    lift: float = 1.15
    sureness: float = 1.28
    coverage: float = 0.02
    overlap: float = 0.75
    pairs: bool = True
    weight: float = 1.0


@dataclass
class Harvest:
    """Rules that were kept, their figures, and how many were dropped for which reason."""

    rules: list[Rule] = field(default_factory=list)
    figures: list[dict[str, float]] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    dropped_rules: list[dict[str, object]] = field(default_factory=list)

    def drop(self, rule: Rule, reason: str) -> None:
        self.dropped[reason] += 1
        if reason in ("overlap", "number") and len(self.dropped_rules) < 20:
            self.dropped_rules.append({"rule": str(rule), "reason": reason})


def mine(
    examples: Examples,
    recipe: Recipe,
    focus: np.ndarray | None = None,
    proposals: Sequence[Rule] = (),
    said: Mentioned | None = None,
) -> Harvest:
    """Labeling rules from `examples`.

    Parameters
    ----------
    focus
        (n,) rows that count `recipe.weight` times, such as those that an earlier attempt got wrong.
    proposals
        Rules of another origin, which pass the same filters beside the mined ones.
    said
        Columns and values that somebody named, which come first.
    """
    weights = np.ones(len(examples.labels)) if focus is None else np.where(focus, recipe.weight, 1.0)
    harvest = Harvest()
    scored: list[_Scored] = []
    tests = single_tests(examples.frame, recipe.thresholds) + _word_tests(examples)
    if said is not None:
        named = [Predicate(column, "==", value) for column, value in said.values]
        tests = list(dict.fromkeys([*named, *tests]))
    singles = [(predicate, predicate.mask(examples.frame)) for predicate in tests]
    for label in range(examples.cardinality):
        mine_of = _Class(examples.labels == label, weights, recipe, label)
        kept = mine_of.judge([((predicate,), mask) for predicate, mask in singles], harvest)
        if recipe.pairs:
            best = sorted(kept, key=lambda each: -each.score)[:_PAIRED]
            kept += mine_of.judge(list(_pairs(best)), harvest)
        given = [(rule.predicates, rule.mask(examples.frame)) for rule in proposals if rule.label == label]
        scored += kept + mine_of.judge(given, harvest)
    if said is not None:
        scored = [_raised(each, said) for each in scored]
    _select(scored, recipe, harvest, examples.cardinality)
    return harvest


def _raised(scored: "_Scored", said: Mentioned) -> "_Scored":
    named = any(said.names(predicate.column) for predicate in scored.rule.predicates)
    return replace(scored, score=scored.score * _MENTIONED) if named else scored


def _word_tests(examples: Examples) -> list[Predicate]:
    """Words of free texts, the most telling ones."""
    texts = [name for name in examples.frame.columns if is_text(examples.frame[name], _MOST_CATEGORIES)]
    return [
        Predicate(str(name), HAS, word)
        for name in texts
        for word in telling_words(examples.frame[name], examples.labels)
    ]


@dataclass(frozen=True)
class _Scored:
    rule: Rule
    mask: np.ndarray
    score: float
    figures: dict[str, float]


@dataclass(frozen=True)
class _Class:
    """The filters for rules that vote for one class."""

    positive: np.ndarray
    weights: np.ndarray
    recipe: Recipe
    label: int

    def _chance(self, precision: float, spread: float, prior: float) -> bool:
        return bool(precision - self.recipe.sureness * spread <= prior)

    def _least(self, total: float, prior: float) -> float:
        """Rows that a rule must cover: of a rare class a share of its own rows, since all of them may be too few."""
        usual = max(_FEWEST, self.recipe.coverage * total)
        return usual if prior >= _RARE else min(usual, max(_FEWEST_OF_RARE, _OF_RARE * prior * total))

    def judge(self, candidates: Sequence[tuple[tuple[Predicate, ...], np.ndarray]], harvest: Harvest) -> list[_Scored]:
        if not candidates:
            return []
        masks = np.stack([mask for _, mask in candidates])  # (c, n)
        covered = masks @ self.weights
        hits = masks @ (self.weights * self.positive)
        total = self.weights.sum()
        prior = float((self.weights * self.positive).sum() / total)
        precision = hits / np.maximum(covered, 1e-12)
        spread = np.sqrt(precision * (1 - precision) / np.maximum(covered, 1) + 0.25 / np.maximum(covered, 1) ** 2)
        score = (hits - covered * prior) / np.sqrt(np.maximum(covered * prior * (1 - prior), 1e-12))
        kept = []
        least = self._least(total, prior)
        for place, (predicates, mask) in enumerate(candidates):
            rule = Rule(predicates, self.label)
            if covered[place] < least:
                harvest.drop(rule, "coverage")
            elif covered[place] > 0.95 * total:
                harvest.drop(rule, "votes everywhere")
            elif precision[place] < self.recipe.lift * prior or self._chance(precision[place], spread[place], prior):
                harvest.drop(rule, "lift")
            else:
                kept.append(
                    _Scored(
                        rule,
                        mask,
                        float(score[place]),
                        {
                            "coverage": round(float(covered[place] / total), 4),
                            "precision": round(float(precision[place]), 4),
                            "lift": round(float(precision[place] / prior), 4),
                        },
                    )
                )
        return kept


def single_tests(frame: pd.DataFrame, thresholds: int) -> list[Predicate]:
    """Every test of one column: each frequent category, each side of each cut."""
    found: list[Predicate] = []
    for name in frame.columns:
        column = frame[name].dropna()
        if pd.api.types.is_bool_dtype(column.dtype):
            found += [Predicate(name, "==", True), Predicate(name, "==", False)]
        elif pd.api.types.is_numeric_dtype(column.dtype):
            found += _cuts(name, column.to_numpy(dtype=float), thresholds)
        else:
            counts = column[column.map(lambda value: isinstance(value, str))].value_counts()
            if len(counts) <= max(_MOST_CATEGORIES, len(column) // 4):
                found += [Predicate(name, "==", str(value)) for value in counts.index[:_MOST_CATEGORIES]]
    return found


def _cuts(name: str, values: np.ndarray, number: int) -> list[Predicate]:
    """Tests at quantiles of the values and at quantiles of the distinct ones (a spike at zero hides the tail)."""
    values = values[np.isfinite(values)]
    if not len(values):
        return []
    shares = np.linspace(0, 1, number + 1)[:-1]
    places = np.concatenate(
        [np.quantile(values, shares, method="lower"), np.quantile(np.unique(values), shares, method="lower")]
    )
    whole = bool((values == np.round(values)).all())
    cuts = sorted({int(place) if whole else float(place) for place in places})
    return [Predicate(name, operator, cut) for cut in cuts for operator in (">", "<=")]


def _pairs(best: list[_Scored]) -> list[tuple[tuple[Predicate, ...], np.ndarray]]:
    found: list[tuple[tuple[Predicate, ...], np.ndarray]] = []
    for place, one in enumerate(best):
        for other in best[place + 1 :]:
            (first,), (second,) = one.rule.predicates, other.rule.predicates
            if first.column != second.column or first.operator != second.operator:
                found.append(((first, second), one.mask & other.mask))
    return found


def _select(scored: list[_Scored], recipe: Recipe, harvest: Harvest, cardinality: int) -> None:
    """The best of each class in turn, each unlike those kept before it."""
    queues = [
        sorted((each for each in scored if each.rule.label == label), key=lambda each: (-each.score, str(each.rule)))
        for label in range(cardinality)
    ]
    kept: list[_Scored] = []
    while any(queues):
        for queue in queues:
            while queue:
                candidate = queue.pop(0)
                alike = any(
                    each.rule.label == candidate.rule.label and _jaccard(each.mask, candidate.mask) > recipe.overlap
                    for each in kept
                )
                if alike:
                    harvest.drop(candidate.rule, "overlap")
                elif len(kept) >= recipe.functions:
                    harvest.drop(candidate.rule, "number")
                else:
                    kept.append(candidate)
                    break
    harvest.rules = [each.rule for each in kept]
    harvest.figures = [each.figures for each in kept]


def _jaccard(one: np.ndarray, other: np.ndarray) -> float:
    union = int((one | other).sum())
    return float((one & other).sum() / union) if union else 1.0
