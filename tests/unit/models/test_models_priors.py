import math

import torch

from DataFoundry.models.priors import MixturePrior


def test_the_density_of_one_component_is_that_of_a_normal_distribution():
    prior = MixturePrior(1, 2, 1, torch.Generator().manual_seed(0))
    with torch.no_grad():
        prior.means.copy_(torch.tensor([[1.0, 0.0]]))
        prior.log_variances.copy_(torch.tensor([[0.0, math.log(4.0)]]))
    # squares 4 / 1 and 4 / 4, half of 5; log of the deviations 1 and 2; twice half of log(2 pi)
    expected = -(0.5 * 5 + math.log(2) + math.log(2 * math.pi))
    told = prior(torch.tensor([[3.0, 2.0]]), torch.tensor([0])).item()
    assert abs(told - expected) < 1e-5


def test_fitting_finds_two_groups_and_which_label_they_belong_to():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(4000) % 2
    latents = torch.randn(4000, 3, generator=generator) * 0.5 + torch.where(labels[:, None] == 1, 3.0, -3.0)
    prior = MixturePrior(4, 3, 2, generator)
    prior.fit(latents, labels, generator)
    drawn = prior.sample(labels, generator)
    assert ((drawn.mean(dim=1) > 0) == (labels == 1)).float().mean() > 0.99
    assert abs(drawn[labels == 1].mean().item() - 3) < 0.1
    assert abs(drawn[labels == 1].std().item() - 0.5) < 0.1


def test_fitting_one_point_stays_finite():
    generator = torch.Generator().manual_seed(0)
    prior = MixturePrior(8, 2, 1, generator)
    prior.fit(torch.ones(5, 2), torch.zeros(5, dtype=torch.int64), generator)
    assert torch.isfinite(prior.sample(torch.zeros(10, dtype=torch.int64), generator)).all()
