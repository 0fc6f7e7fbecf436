import torch

from DataFoundry.models.mixtures import COMPONENTS, Scores, features, first_mixture
from DataFoundry.preprocessing.spans import CATEGORY, ORDERED, Span

POINTS = tuple((0.1 * place, float(place)) for place in range(4))
SPANS = [
    Span(0, 2, CATEGORY, (), (50, 50)),
    Span(2, 5, ORDERED, POINTS, (20, 30, 40, 10, 0), (0, 2, 3)),
    Span(7, 4, ORDERED, POINTS[:3], (50, 25, 25, 0)),
]
SCORES = Scores(SPANS)


def mixtures(rows, seed=0):
    return torch.randn(rows, 2, 3, COMPONENTS, generator=torch.Generator().manual_seed(seed))


def test_ordered_columns_of_three_levels_have_scores_and_missing_values_none():
    assert SCORES.slot == {1: 0, 2: 1}
    scores, known = SCORES.of(torch.tensor([[2, 0], [4, 3]]), torch.tensor([[0.0, 0.5], [0.5, 0.5]]))
    # Half of the first column's rows are below its third level, and the first level of the second is a half.
    assert torch.allclose(scores[0], torch.special.ndtri(torch.tensor([0.5, 0.25])))
    assert known.tolist() == [[True, True], [False, False]]
    assert not features(scores, known)[1].any()


def test_levels_have_the_mixture_s_mass_and_it_sums_to_one():
    for masses in SCORES.log_masses(mixtures(50)):
        assert torch.allclose(masses.exp().sum(dim=1), torch.ones(50), atol=1e-5)
    near = SCORES.log_masses(first_mixture().expand(1, 2, 3, COMPONENTS))
    assert torch.allclose(near[0].exp(), torch.tensor([[0.2, 0.3, 0.4, 0.1]]), atol=0.03)
    mixture = mixtures(50)
    for slot, masses in enumerate(SCORES.log_masses(mixture)):
        assert torch.allclose(SCORES.log_masses_at(slot, mixture[:, slot]), masses, atol=1e-5)


def test_places_within_a_level_are_drawn_as_the_density_says():
    mixture = mixtures(1, seed=3).expand(200_000, 2, 3, COMPONENTS)
    tokens = torch.full((200_000,), 2)
    drawn = SCORES.draw(0, mixture[:, 0], tokens, torch.Generator().manual_seed(0))
    counts = torch.histc(drawn, 20, 0.0, 1.0) / len(drawn)
    middles = (torch.arange(2000) + 0.5) / 2000
    cells = torch.stack([torch.full((2000,), 2), torch.zeros(2000, dtype=torch.int64)], dim=1)
    within = torch.stack([middles, torch.full((2000,), 0.5)], dim=1)
    density = SCORES.cell_gain(mixture[:2000], cells, within)[:, 0].exp()
    assert abs(density.mean().item() - 1) < 0.01
    assert torch.allclose(counts, (density.view(20, 100).mean(dim=1) / 20).double(), atol=0.003)
    assert counts.std() > 0.005  # the density is not an even one


def test_values_that_are_levels_by_themselves_have_no_place():
    tokens = torch.tensor([1, 4, 0])
    drawn = SCORES.draw(0, mixtures(3)[:, 0], tokens, torch.Generator().manual_seed(0))
    assert drawn[:2].tolist() == [0.5, 0.5] and drawn[2] != 0.5


def test_gradients_stay_finite_far_from_the_mixture():
    mixture = mixtures(4)
    mixture[:, :, 1] += 50.0
    mixture[:, :, 2] -= 20.0
    mixture.requires_grad_()
    cells = torch.tensor([[0, 0], [1, 1], [2, 2], [4, 3]])
    gain = SCORES.cell_gain(mixture, cells, torch.full((4, 2), 0.3)).sum()
    (gain + sum(masses.sum() for masses in SCORES.log_masses(mixture))).backward()
    assert torch.isfinite(mixture.grad).all()
