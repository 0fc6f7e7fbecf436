import torch

from DataFoundry.models.autoregressive import AutoregressiveDecoder
from DataFoundry.models.drawing import draw, draw_evenly, draw_given, draw_rows, find_balance
from DataFoundry.models.layers import TokenWeights
from DataFoundry.preprocessing.spans import CATEGORY, Span

SPANS = [Span(0, 2, CATEGORY, (), (1, 1)), Span(2, 3, CATEGORY, (), (1, 1, 1))]


def test_tokens_are_drawn_as_often_as_their_shares_say():
    shares = torch.tensor([[0.5, 0.0, 0.3, 0.2]]).expand(100_000, 4)
    counts = torch.bincount(draw(shares, torch.Generator().manual_seed(0)), minlength=4) / 100_000
    assert counts[1] == 0
    assert torch.allclose(counts, shares[0], atol=0.005)


def test_tokens_drawn_evenly_are_as_likely_for_each_row_and_nearer_to_their_shares_in_all():
    generator = torch.Generator().manual_seed(0)
    shares = torch.tensor([[0.5, 0.0, 0.3, 0.2]]).expand(1000, 4)
    drawn = torch.stack([draw_evenly(shares, generator) for _ in range(400)])  # (400, 1000)
    counts = torch.stack([torch.bincount(each, minlength=4) for each in drawn])
    assert (counts - 1000 * shares[0]).abs().max() <= 1  # by chance alone their spread would be 16
    first = torch.bincount(drawn[:, 0], minlength=4) / 400
    assert torch.allclose(first, shares[0], atol=0.08)
    pairs = (drawn[:, 0] == 0) & (drawn[:, 1] == 0)
    assert abs(pairs.float().mean() - 0.25) < 0.07  # neighbours tell nothing of each other
    assert len(draw_evenly(shares[:0], generator)) == 0


def test_balanced_columns_have_the_frequencies_of_real_rows_for_each_label():
    made = AutoregressiveDecoder(SPANS, 2, (8,), TokenWeights, 0.0, torch.Generator().manual_seed(0))
    with torch.no_grad():
        made.bias.copy_(torch.tensor([1.0, -1.0, 0.5, 0.0, -0.5]))  # far from the frequencies below
        counts = torch.tensor([[8000.0, 2000, 5000, 5000, 0], [1000, 9000, 3000, 3000, 4000]])
        labels = torch.arange(20_000) % 2
        context = torch.randn(20_000, 2, generator=torch.Generator().manual_seed(1))
        generator = torch.Generator().manual_seed(2)
        balance = find_balance(made, context, labels, counts, generator)
        codes = draw_rows(made, context, labels, balance, generator)
    for label in (0, 1):
        mine = codes[labels == label]
        for place, span in enumerate(SPANS):
            share = torch.bincount(mine[:, place].long(), minlength=span.width) / len(mine)
            assert torch.allclose(share, counts[label, span.start : span.stop] / 10_000, atol=0.02)


def test_a_label_without_rows_is_left_as_it_is():
    made = AutoregressiveDecoder(SPANS, 2, (8,), TokenWeights, 0.0, torch.Generator().manual_seed(0))
    labels = torch.zeros(100, dtype=torch.int64)
    counts = torch.tensor([[50.0, 50, 30, 30, 40], [0, 0, 0, 0, 0]])
    with torch.no_grad():
        balance = find_balance(made, torch.zeros(100, 2), labels, counts, torch.Generator().manual_seed(0))
    assert torch.isfinite(balance).all()
    assert torch.equal(balance[1], torch.zeros(5))


def test_rows_that_meet_a_condition_are_drawn_as_bayes_says():
    """The condition is on the second column; the first must come as often as it does among all rows that meet it."""
    made = AutoregressiveDecoder(SPANS, 2, (16, 16), TokenWeights, 0.0, torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for each in made.parameters():
            each.copy_(torch.randn(each.shape, generator=generator) * 0.4)
    context, labels, balance = torch.zeros(40_000, 2), torch.zeros(40_000, dtype=torch.int64), torch.zeros(1, 5)
    free = draw_rows(made, context, labels, balance, generator)
    chance = torch.tensor([0.0, 1.0, 0.25])  # the second column must be 1, or 2 for a quarter of its rows
    kept = free[torch.rand(len(free), generator=generator) < chance[free[:, 1].long()]]
    given, _ = draw_given(made, context, labels, balance, {1: chance}, 20_000, generator)
    assert set(given[:, 1].tolist()) <= {1, 2}
    for place, span in enumerate(SPANS):
        shares = [
            torch.bincount(rows[:, place].long(), minlength=span.width) / len(rows) for rows in (free, kept, given)
        ]
        assert torch.allclose(shares[1], shares[2], atol=0.02)
    assert not torch.allclose(shares[0], shares[2], atol=0.03)


def test_labels_follow_the_condition():
    """Two labels as often; the condition is met by one label's rows three times as often as by the other's."""
    made = AutoregressiveDecoder(SPANS, 2, (4,), TokenWeights, 0.0, torch.Generator().manual_seed(0))
    with torch.no_grad():
        for each in made.parameters():
            each.zero_()
    labels = torch.arange(20_000) % 2
    balance = torch.log(torch.tensor([[0.6, 0.4, 1, 1, 1], [0.2, 0.8, 1, 1, 1]]))
    wanted = {0: torch.tensor([1.0, 0.0])}
    _, drawn = draw_given(
        made, torch.zeros(20_000, 2), labels, balance, wanted, 10_000, torch.Generator().manual_seed(1)
    )
    assert abs((drawn == 0).float().mean().item() - 0.75) < 0.02
