"""Which functions depend on each other beyond what the class explains: those that copy, share a column or a word.

The measure is the mutual information of two functions' outcomes given the class (abstains included), in nats; the
functions that depend on each other form a forest of greatest information (Chow and Liu 1968,
https://doi.org/10.1109/TIT.1968.1054142).
"""

import numpy as np


def conditional_information(votes: np.ndarray, counts: np.ndarray, belief: np.ndarray) -> np.ndarray:
    """(m, m) nats over all rows, 0 on the diagonal: sum_y n_y I(vote_i; vote_j | Y = y).

    Parameters
    ----------
    votes, counts
        (p, m) int8 distinct rows of votes, and (p,) how often each occurs.
    belief
        (p, k) class probabilities.
    """
    m = votes.shape[1]
    outcomes = np.unique(votes)
    shown = (votes[:, None, :] == outcomes[None, :, None]).reshape(len(votes), -1).astype(np.float64)  # (p, a*m)
    found = np.zeros((m, m))
    for label in range(belief.shape[1]):
        weights = belief[:, label] * counts
        total = weights.sum()
        if total <= 0:
            continue
        joint = (shown * weights[:, None]).T @ shown
        alone = np.maximum(np.diag(joint), np.finfo(float).tiny)
        seen = joint > 0
        nats = np.zeros_like(joint)
        nats[seen] = joint[seen] * np.log(joint[seen] * total / alone[:, None].repeat(len(alone), 1)[seen])
        nats[seen] -= joint[seen] * np.log(alone[None, :].repeat(len(alone), 0)[seen])
        found += nats.reshape(len(outcomes), m, len(outcomes), m).sum(axis=(0, 2))
    np.fill_diagonal(found, 0.0)
    return found


def entropies(votes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(m,) entropy of each function's outcomes, in nats over all rows."""
    total = counts.sum()
    found = np.zeros(votes.shape[1])
    for j, column in enumerate(votes.T):
        seen = np.bincount(column.astype(np.int64) + 1, weights=counts)
        seen = seen[seen > 0]
        found[j] = -(seen * np.log(seen / total)).sum()
    return found


def shares(votes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(m,) from 1/m to 1: what each function counts in a vote where c copies of one function count 1/c each.

    One over the sum of its similarities to all functions, where the similarity of two is their mutual information over
    the lesser of their entropies.
    """
    information = conditional_information(votes, counts, np.ones((len(votes), 1)))
    own = entropies(votes, counts)
    least = np.minimum(own[:, None], own[None, :])
    alike = np.divide(information, least, out=np.zeros_like(information), where=least > 0).clip(0, 1)
    np.fill_diagonal(alike, 1.0)
    return 1 / alike.sum(axis=1)


def forest(gain: np.ndarray) -> tuple[int, ...]:
    """(m,) the parent of each function, or -1, in the forest of the greatest total gain; edges without gain stay out.

    Parameters
    ----------
    gain
        (m, m) symmetric.
    """
    m = len(gain)
    first, second = np.triu_indices(m, 1)
    order = np.argsort(-gain[first, second], kind="stable")
    tree, neighbours = list(range(m)), [[] for _ in range(m)]  # type: ignore[var-annotated]
    for i, j in zip(first[order].tolist(), second[order].tolist(), strict=True):
        if gain[i, j] <= 0:
            break
        if tree[i] != tree[j]:
            joined = tree[j]
            tree = [tree[i] if each == joined else each for each in tree]
            neighbours[i].append(j)
            neighbours[j].append(i)
    return _rooted(neighbours)


def _rooted(neighbours: list[list[int]]) -> tuple[int, ...]:
    """Parents, when the function with most neighbours is the root of each tree."""
    parents = [-1] * len(neighbours)
    seen: set[int] = set()
    for root in sorted(range(len(neighbours)), key=lambda j: -len(neighbours[j])):
        reached = [] if root in seen else [root]
        seen.add(root)
        while reached:
            here = reached.pop()
            for other in neighbours[here]:
                if other not in seen:
                    seen.add(other)
                    parents[other] = here
                    reached.append(other)
    return tuple(parents)
