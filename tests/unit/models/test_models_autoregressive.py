import torch

from DataFoundry.models.autoregressive import AutoregressiveDecoder
from DataFoundry.models.drawing import draw_rows
from DataFoundry.models.layers import EmbeddedTokenWeights, TokenWeights
from DataFoundry.preprocessing.spans import CATEGORY, ORDERED, Span

SPANS = [
    Span(0, 3, CATEGORY, (), (5, 4, 0)),
    Span(3, 5, ORDERED, ((0.1, -1.0), (0.4, 0.0), (0.7, 1.0), (0.9, 2.0)), (2, 3, 2, 2, 0), (0, 2)),
    Span(8, 4, CATEGORY, (), (3, 3, 3, 0)),
]


def decoder(weights=TokenWeights, hidden=(7, 7, 5)):
    generator = torch.Generator().manual_seed(0)
    made = AutoregressiveDecoder(SPANS, 2, hidden, weights, 0.1, generator)
    with torch.no_grad():
        for each in made.parameters():
            each.copy_(torch.randn(each.shape, generator=generator))
    return made


def test_a_column_depends_on_earlier_columns_and_the_context_only():
    made, context = decoder(hidden=(40, 40, 20)), torch.ones(1, 2)
    base = made(torch.tensor([[0, 0, 0]]), context)[0]
    for place, changed in enumerate(([1, 0, 0], [0, 1, 0], [0, 0, 1])):
        logits = made(torch.tensor([changed]), context)[0]
        same = [bool(torch.equal(logits[:, s.start : s.stop], base[:, s.start : s.stop])) for s in SPANS]
        assert same == [True] * (place + 1) + [False] * (len(SPANS) - place - 1)
    within = made(torch.tensor([[0, 0.4, 0]]), context)[0]
    assert torch.equal(within[:, :8], base[:, :8]) and not torch.equal(within[:, 8:], base[:, 8:])
    other = made(torch.tensor([[0, 0, 0]]), -context)[0]
    assert not any(torch.equal(other[:, s.start : s.stop], base[:, s.start : s.stop]) for s in SPANS)


def test_drawing_column_by_column_uses_the_logits_of_the_whole_pass():
    for weights in (TokenWeights, EmbeddedTokenWeights):
        for hidden in ((7, 7, 5), (2,), (64, 64)):
            made = decoder(weights, hidden)
            context = torch.randn(50, 2, generator=torch.Generator().manual_seed(1))
            codes = draw_rows(
                made, context, torch.zeros(50, dtype=torch.int64), torch.zeros(1, 12), torch.Generator().manual_seed(2)
            )
            generator = torch.Generator().manual_seed(2)
            logits = made(codes, context)[0] + made.never
            for place, span in enumerate(SPANS):
                share = torch.softmax(logits[:, span.start : span.stop], dim=1).cumsum(dim=1)
                tokens = torch.searchsorted(share, torch.rand(50, 1, generator=generator)).squeeze(1)
                assert torch.equal(codes[:, place].long(), tokens)
                if span.kind == ORDERED:
                    torch.rand(2, 50, generator=generator, dtype=torch.float64)  # where within the level


def test_a_token_that_training_never_saw_is_never_drawn():
    codes = draw_rows(
        decoder(),
        torch.zeros(5000, 2),
        torch.zeros(5000, dtype=torch.int64),
        torch.zeros(1, 12),
        torch.Generator().manual_seed(3),
    )
    for place, span in enumerate(SPANS):
        seen = [token for token, count in enumerate(span.counts) if count]
        assert set(codes[:, place].long().tolist()) <= set(seen)


def test_cells_of_all_possible_rows_have_probabilities_that_sum_to_one():
    made = decoder()
    rows = torch.cartesian_prod(*(torch.arange(span.width) for span in SPANS))
    context = torch.ones(len(rows), 2)
    # The bins 0 and 2 of the second column are densities over the places within them, taken at 400 of these.
    places = torch.where(torch.isin(rows[:, 1], torch.tensor([0, 2])), 400, 1)
    fine = rows.repeat_interleave(places, dim=0).double()
    number = torch.cat([torch.arange(each) for each in places.tolist()])
    parts = places.repeat_interleave(places)
    fine[:, 1] += torch.where(parts > 1, (number + 0.5) / parts, 0.0)
    chance = torch.exp(-made.cell_nll(fine, context.repeat_interleave(places, dim=0)).sum(dim=1)) / parts
    assert abs(chance.sum().item() - 1) < 0.06  # scores end at a quarter of a row, much of a table of nine


def test_before_training_the_bias_gives_the_frequencies_of_the_table():
    made = AutoregressiveDecoder(SPANS, 2, (4,), TokenWeights, 0.0, torch.Generator().manual_seed(0))
    share = torch.softmax(made.bias[0:3], dim=0)  # counts 5, 4, 0, each plus 0.1
    assert torch.allclose(share, torch.tensor([5.1, 4.1, 0.1]) / 9.3)
