import torch

from DataFoundry.models.layers import EmbeddedTokenWeights, Linear, TokenWeights, dropout, smooth_basis
from DataFoundry.preprocessing.spans import CATEGORY, ORDERED, Span

LEVELS = tuple((i / 10, float(i)) for i in range(10))
SPANS = [
    Span(0, 3, CATEGORY, (), (1, 1, 1)),
    Span(3, 11, ORDERED, LEVELS, (1,) * 11),
    Span(14, 50, CATEGORY, (), (1,) * 50),
]


def test_a_level_speaks_for_its_neighbours():
    """With the free part away, neighbouring levels have more similar weights than distant ones; "missing" has none."""
    weights = TokenWeights(SPANS, 200, 1.0, torch.Generator().manual_seed(0))
    with torch.no_grad():
        weights.free.zero_()
    rows = weights().detach()
    near, far = (rows[3] - rows[4]).norm(), (rows[3] - rows[12]).norm()
    assert near < 0.7 * far
    assert rows[13].abs().sum() == 0 and rows[:3].abs().sum() == 0


def test_columns_without_order_have_no_smooth_part():
    assert smooth_basis(SPANS[0]) is None
    assert smooth_basis(SPANS[1]).shape[0] == 11


def test_embedded_weights_stand_where_the_others_do_and_are_fewer():
    one, other = (
        kind(SPANS, 100, 1.0, torch.Generator().manual_seed(0)) for kind in (TokenWeights, EmbeddedTokenWeights)
    )
    assert one().shape == other().shape == (64, 100)
    assert sum(p.numel() for p in other.parameters()) < sum(p.numel() for p in one.parameters())
    rank = torch.linalg.matrix_rank(other()[14:64])
    assert rank <= 8


def test_dropout_keeps_the_mean_and_is_off_without_a_generator():
    values = torch.ones(1000, 100)
    kept = dropout(values, 0.25, torch.Generator().manual_seed(0))
    assert torch.equal(dropout(values, 0.25, None), values)
    assert abs((kept == 0).float().mean().item() - 0.25) < 0.01
    assert abs(kept.mean().item() - 1) < 0.01


def test_masked_weights_let_nothing_through_and_get_no_gradient():
    mask = torch.tensor([[1.0, 0.0]])
    layer = Linear(2, 1, torch.Generator().manual_seed(0), mask)
    values = torch.tensor([[0.0, 5.0]])
    assert layer(values).item() == 0
    layer(values).sum().backward()
    assert layer.weight.grad[0, 1] == 0


def test_layers_draw_nothing_from_the_global_state():
    before = torch.random.get_rng_state()
    TokenWeights(SPANS, 8, 1.0, torch.Generator().manual_seed(0))
    dropout(torch.ones(5), 0.5, torch.Generator().manual_seed(0))
    assert torch.equal(torch.random.get_rng_state(), before)
