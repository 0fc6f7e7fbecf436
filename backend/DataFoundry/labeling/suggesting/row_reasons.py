"""Why a row is worth labeling by hand, in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from DataFoundry.labeling.analysis.conflict_examples import values_shown

_UNSURE = 0.75  # probability of the likeliest class below which a row counts as uncertain
_FAR = 1.5  # interquartile ranges outside what is labeled
_RARE, _TIMES = 0.1, 2.0  # share of the labels; how much likelier than that
_SHOWN = 0.0005  # share of the table that one decimal of a per cent shows
_MOST_NEW = 2  # values named in one sentence


@dataclass(frozen=True)
class Reasons:
    """What is known of the candidates.

    Attributes
    ----------
    frame, labeled
        The features of the candidates and of the hand-labeled rows, if there are any.
    said
        (n, k) what is believed of the candidates' classes; None before two classes are labeled.
    classes
        (k,) the class numbers that these are.
    votes
        {labeling function: (n,) its votes}.
    shares
        (k,) of the hand-labeled rows, by class.
    """

    frame: pd.DataFrame
    labeled: pd.DataFrame | None
    said: np.ndarray | None
    classes: np.ndarray
    votes: dict[str, np.ndarray]
    shares: np.ndarray

    def of(self, place: int, before: Sequence[int], share: float) -> dict[str, object]:
        """What the answer says of a candidate.

        Parameters
        ----------
        before
            Candidates that are suggested before it.
        share
            Of the table that it stands for.
        """
        said = [*self._uncertain(place), *self._functions(place), *self._different(place, before)]
        said.append(
            f"about {share:.1%} of the table are more like it than like the other rows suggested"
            if share >= _SHOWN
            else "hardly any other row of the table is like it, so that nothing else tells what its class is"
        )
        sentence = "; ".join(said)
        return {
            "votes": {name: int(column[place]) for name, column in self.votes.items() if column[place] >= 0},
            "probabilities": None
            if self.said is None
            else {str(label): float(p) for label, p in zip(self.classes, self.said[place], strict=True)},
            "stands_for": float(share),
            "why": f"{sentence[0].upper()}{sentence[1:]}.",
        }

    def _uncertain(self, place: int) -> list[str]:
        if self.said is None:
            return ["no two classes are labeled yet, so that any class is possible"]
        order = np.argsort(-self.said[place], kind="stable")[:2]
        first, second = (f"class {self.classes[each]} ({self.said[place, each]:.0%})" for each in order)
        if self.said[place].max() < _UNSURE:
            return [f"it is uncertain: by the labels so far {first} or {second}"]
        return [f"the labels so far say {first}, which this row tests", *self._rare(place)]

    def _rare(self, place: int) -> list[str]:
        """A rare class that is much likelier here than among the labels."""
        assert self.said is not None
        times = self.said[place] / np.maximum(self.shares, 1e-12)
        best = int(times.argmax())
        if self.shares[best] >= _RARE or times[best] < _TIMES:
            return []
        chance, share = self.said[place, best], self.shares[best]
        return [f"class {self.classes[best]}, which {share:.1%} of the labels are, is likelier here ({chance:.0%})"]

    def _functions(self, place: int) -> list[str]:
        if not self.votes:
            return []
        cast = {name: int(column[place]) for name, column in self.votes.items() if column[place] >= 0}
        if not cast:
            return ["no function votes on it"]
        if len(set(cast.values())) > 1:
            return ["functions disagree (" + ", ".join(f"{name}: {vote}" for name, vote in cast.items()) + ")"]
        names, vote = list(cast), next(iter(cast.values()))
        return [f"{names[0]} votes {vote}" if len(cast) == 1 else f"{len(cast)} functions vote {vote}"]

    def _different(self, place: int, before: Sequence[int]) -> list[str]:
        """The values that no row labeled or suggested before has."""
        known = self.frame.iloc[list(before)]
        if self.labeled is not None:
            known = pd.concat([known.astype(object), self.labeled.astype(object)])
        if known.empty:
            return []
        values = values_shown(self.frame, place)
        new = [f"{name} {values[name]}"[:80] for name in self.frame.columns if self._is_new(name, place, known[name])]
        if not new:
            return []
        return [f"nothing labeled or suggested before has {' or '.join(new[:_MOST_NEW])}"]

    def _is_new(self, name: str, place: int, known: pd.Series) -> bool:
        column = self.frame[name]
        value = column.iloc[place]
        if pd.isna(value):
            return bool(known.notna().all())
        if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
            return str(value) not in set(map(str, known.dropna()))
        numbers = pd.to_numeric(known, errors="coerce").dropna()
        low, high = column.quantile([0.25, 0.75])
        margin = _FAR * float(high - low)
        return bool(len(numbers) and not numbers.min() - margin <= value <= numbers.max() + margin)
