"""Free texts -> class probabilities, learnt from few labeled texts and many without a label.

Three learners: a logistic regression on the words' weights, one on their latent meanings (truncated SVD of all texts),
and naive Bayes that also learns from the texts without a label by expectation maximisation, these counting less (Nigam
et al. 2000, Machine Learning 39). With 100 labels the last gains most: words that no labeled text has.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import softmax
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression

_MOST_TEXTS = 20_000  # without a label
_MOST_WORDS = 30_000
_FEWEST_TEXTS = 2  # that have a word
_MEANINGS = 50
_PENALTY = 10.0  # C on meanings, which are few
_ROUNDS = 8
_WEIGHT = 0.05  # of a text without a label
_SMOOTHING = 0.1
_TEMPER = 4.0  # words of a text depend on one another: naive Bayes is too sure of itself


@dataclass(frozen=True)
class Corpus:
    """Words and meanings of the texts of a table, learnt without labels.

    Attributes
    ----------
    columns
        The columns of free texts, read as one text.
    """

    columns: tuple[str, ...]
    _words: TfidfVectorizer
    _meanings: TruncatedSVD | None
    _counts: Any  # sparse (u, w) counts of words in texts without a label

    @classmethod
    def learnt(cls, frame: pd.DataFrame, columns: tuple[str, ...]) -> "Corpus | None":
        """From rows without labels; None if they have no words in common."""
        texts = _joined(frame.head(_MOST_TEXTS), columns)
        words = TfidfVectorizer(min_df=_FEWEST_TEXTS, max_features=_MOST_WORDS)
        try:
            weights = words.fit_transform(texts)
        except ValueError:  # no word is left
            return None
        size = min(_MEANINGS, min(weights.shape) - 1)
        meanings = TruncatedSVD(size, random_state=0).fit(weights) if size > 1 else None
        return cls(columns, words, meanings, _counted(words, texts))

    def weights(self, frame: pd.DataFrame) -> Any:
        """Sparse (n, w) TF-IDF weights."""
        return self._words.transform(_joined(frame, self.columns))

    def meanings(self, weights: Any) -> np.ndarray:
        """(n, d) of length 1 from TF-IDF weights; (n, 0) where there are too few texts."""
        if self._meanings is None:
            return np.zeros((weights.shape[0], 0))
        found = self._meanings.transform(weights)
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9))

    def counts(self, frame: pd.DataFrame) -> Any:
        """Sparse (n, w) counts of words."""
        return _counted(self._words, _joined(frame, self.columns))


@dataclass(frozen=True)
class TextLearner:
    """Fitted on labeled texts."""

    corpus: Corpus
    by_words: LogisticRegression
    by_meanings: LogisticRegression | None
    bayes: tuple[np.ndarray, np.ndarray]
    cardinality: int

    def answers(self, frame: pd.DataFrame) -> list[np.ndarray]:
        """(n, k) probabilities by each of the learners."""
        weights = self.corpus.weights(frame)
        found = [self._spread(self.by_words, weights)]
        if self.by_meanings is not None:
            found.append(self._spread(self.by_meanings, self.corpus.meanings(weights)))
        words, classes = self.bayes
        return [*found, softmax((self.corpus.counts(frame) @ words + classes) / _TEMPER, axis=1)]

    def _spread(self, model: LogisticRegression, given: Any) -> np.ndarray:
        found = np.zeros((given.shape[0], self.cardinality))
        found[:, model.classes_.astype(int)] = model.predict_proba(given)
        return found


def fit_texts(corpus: Corpus, frame: pd.DataFrame, labels: np.ndarray, cardinality: int) -> TextLearner:
    """Fit on n rows with (n,) class numbers."""
    weights = corpus.weights(frame)
    meanings = corpus.meanings(weights)
    by_words = LogisticRegression(max_iter=1_000).fit(weights, labels)
    by_meanings = None
    if meanings.shape[1]:
        by_meanings = LogisticRegression(C=_PENALTY, max_iter=1_000).fit(meanings, labels)
    return TextLearner(corpus, by_words, by_meanings, _bayes(corpus, frame, labels, cardinality), cardinality)


def _bayes(corpus: Corpus, frame: pd.DataFrame, labels: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(w, k) log P(word | class) and (k,) log P(class)."""
    unlabeled, labeled, told = corpus._counts, corpus.counts(frame), np.eye(k)[labels]

    def fitted(shares: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        words, classes = labeled.T @ told, told.sum(axis=0)
        if shares is not None:
            words = words + _WEIGHT * (unlabeled.T @ shares)
            classes = classes + _WEIGHT * shares.sum(axis=0)
        words = np.asarray(words) + _SMOOTHING
        return np.log(words / words.sum(axis=0)), np.log((classes + 1) / (classes + 1).sum())

    words, classes = fitted(None)
    for _ in range(_ROUNDS):
        words, classes = fitted(softmax(np.asarray(unlabeled @ words + classes), axis=1))
    return words, classes


def _joined(frame: pd.DataFrame, columns: tuple[str, ...]) -> list[str]:
    texts = frame[list(columns)].astype(object)
    return texts.where(texts.notna(), "").astype(str).agg(" ".join, axis=1).tolist()


def _counted(words: TfidfVectorizer, texts: list[str]) -> Any:
    return CountVectorizer(vocabulary=words.vocabulary_).transform(texts).astype(np.float64)
