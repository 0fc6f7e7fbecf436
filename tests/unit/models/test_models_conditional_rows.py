"""Rows drawn after others: what follows what, and what a network may learn by heart."""

import torch

from DataFoundry.config import ModelParams
from DataFoundry.models.conditional_rows import ConditionalRows
from DataFoundry.preprocessing.spans import CATEGORY, ORDERED, Span

LEVELS = tuple((i / 20, float(i)) for i in range(20))
# The row before: a number of 20 levels and a state (the last token: no row before); then the row's own.
SPANS = [
    Span(0, 21, ORDERED, LEVELS, (100,) * 20 + (0,)),
    Span(21, 4, CATEGORY, (), (500, 500, 500, 500)),
    Span(25, 21, ORDERED, LEVELS, (100,) * 20 + (0,)),
    Span(46, 3, CATEGORY, (), (700, 700, 600)),
]
TRANSITIONS = torch.tensor([[0.9, 0.1, 0.0], [0.3, 0.3, 0.4], [0.0, 0.5, 0.5], [0.2, 0.3, 0.5]])


def _rows(count: int = 20_000) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    before = torch.randint(0, 4, (count,), generator=generator)
    state = torch.multinomial(TRANSITIONS[before], 1, generator=generator)[:, 0]
    numbers = torch.randint(0, 20, (2, count), generator=generator)
    return torch.stack([numbers[0], before, numbers[1], state], dim=1).double()


def _network(before: dict[int, int], alike: float = 1.0) -> ConditionalRows:
    params = ModelParams(decoder_hidden_layers=(16, 16))
    network = ConditionalRows(SPANS, 2, params, torch.Generator().manual_seed(1), before, alike)
    with torch.no_grad():
        for each in network.parameters():
            each.mul_(0.3)
    return network


def _transitions(network: ConditionalRows, rows: torch.Tensor) -> torch.Tensor:
    drawn = network.draw(rows[:, :2], torch.Generator().manual_seed(3))
    pairs = torch.bincount(rows[:, 1].long() * 3 + drawn[:, 1].long(), minlength=12).view(4, 3).double()
    return pairs / pairs.sum(dim=1, keepdim=True)


def test_states_follow_each_other_as_often_as_in_real_rows_even_before_anything_is_learnt():
    rows, network = _rows(), _network({1: 1})
    network.finish(rows, torch.zeros(len(rows)), torch.Generator().manual_seed(2))
    drawn = _transitions(network, rows)
    assert (drawn - TRANSITIONS).abs().max() < 0.03
    assert drawn[0, 2] == drawn[2, 0] == 0  # what never follows, though it would often by chance
    plain = _network({})
    plain.finish(rows, torch.zeros(len(rows)), torch.Generator().manual_seed(2))
    assert (_transitions(plain, rows) - TRANSITIONS).abs().max() > 0.1


def test_a_category_goes_with_another_of_its_row_as_often_as_in_real_rows_before_anything_is_learnt():
    generator = torch.Generator().manual_seed(0)
    spans = [Span(0, 4, CATEGORY, (), (500,) * 4), Span(4, 3, CATEGORY, (), (700, 700, 600))]
    one = torch.randint(0, 4, (20_000,), generator=generator)
    other = torch.multinomial(TRANSITIONS[one], 1, generator=generator)[:, 0]
    rows = torch.stack([one, other], dim=1).double()
    params = ModelParams(decoder_hidden_layers=(16, 16))
    apart = []
    for beside in ({1: 0}, {}):
        network = ConditionalRows(spans, 0, params, torch.Generator().manual_seed(1), beside=beside)
        with torch.no_grad():
            for each in network.parameters():
                each.mul_(0.3)
        network.finish(rows, torch.zeros(len(rows)), torch.Generator().manual_seed(2))
        drawn = network.draw(rows[:, :0], torch.Generator().manual_seed(3)).long()
        pairs = torch.bincount(drawn[:, 0] * 3 + drawn[:, 1], minlength=12).view(4, 3).double()
        apart.append(float((pairs / pairs.sum(dim=1, keepdim=True) - TRANSITIONS).abs().max()))
    assert apart[0] < 0.03 and apart[1] > 0.1


def test_what_was_learnt_of_transitions_is_in_the_weights_that_are_saved():
    rows, network, other = _rows(2000), _network({1: 1}), _network({1: 1})
    network.finish(rows, torch.zeros(len(rows)), torch.Generator().manual_seed(2))
    other.load_state_dict(network.state_dict())
    assert torch.equal(_transitions(other, rows), _transitions(network, rows))


def test_a_given_number_of_many_levels_has_no_vector_of_its_own_for_each():
    tokens = _network({}).decoder.tokens
    assert tokens().shape == (49, 16) and len(tokens.free) == 49 - 20
    with torch.no_grad():
        tokens.free.fill_(1.0)
        tokens.smooth.zero_()
    rows = tokens().detach()
    assert rows[:20].abs().sum() == 0 and (rows[20:] == 1).all()  # "missing", the state, and what is drawn have one


def test_rows_that_are_alike_are_learnt_from_as_from_fewer():
    assert _network({}, alike=1.0).decoder.drop == _network({}, alike=0.5).decoder.drop == 0.4
    many = [Span(s.start, s.width, s.kind, s.points, tuple(100 * c for c in s.counts)) for s in SPANS]
    params = ModelParams(decoder_hidden_layers=(16,))
    rates = [ConditionalRows(many, 2, params, None, None, alike).decoder.drop for alike in (1.0, 0.1)]
    assert rates[0] < rates[1]


def test_a_column_has_its_last_token_where_another_says_so_and_still_its_share_in_all():
    rows = _rows()
    rows[:, 3] = torch.where(rows[:, 1] < 2, 2.0, rows[:, 3])
    network = _network({})
    network.absent = {1: [(1, (0, 1))]}
    network.finish(rows, torch.zeros(len(rows)), torch.Generator().manual_seed(2))
    drawn = network.draw(rows[:, :2], torch.Generator().manual_seed(3))[:, 1]
    assert (drawn[rows[:, 1] < 2] == 2).all()
    assert ((drawn == 2).double().mean() - (rows[:, 3] == 2).double().mean()).abs() < 0.02


def test_of_few_rows_as_many_are_absent_as_real_ones_though_each_other_token_is_rare():
    generator, width = torch.Generator().manual_seed(0), 13
    spans = [Span(0, 2, CATEGORY, (), (500, 100)), Span(2, width, CATEGORY, (), (40,) * 12 + (620,))]
    chosen = torch.where(
        torch.rand(600, generator=generator) < 0.8, torch.randint(0, 12, (600,), generator=generator), 12
    )
    rows = torch.stack([torch.arange(1100) >= 600, torch.cat([chosen, torch.full((500,), 12)])], dim=1).double()
    network = ConditionalRows(spans, 1, ModelParams(decoder_hidden_layers=(8, 8)), generator, absent={0: [(0, (1,))]})
    with torch.no_grad():
        network.decoder.bias[-1] += 3  # as if nothing had been learnt but that most are absent
    network.finish(rows, torch.zeros(len(rows)), generator)
    drawn = network.draw(rows[:, :1], torch.Generator().manual_seed(3))[:, 0]
    assert (drawn[600:] == 12).all()
    assert abs(float((drawn[:600] < 12).double().mean()) - float((chosen < 12).double().mean())) < 0.05
