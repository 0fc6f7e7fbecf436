"""Labeling functions run by Python itself, row by row: what every way of running them must give."""

from hypothesis import event

from DataFoundry.labeling.execution import distinct_values
from DataFoundry.labeling.execution.columnar import statements
from DataFoundry.labeling.execution.columnar.vector import NotColumnarError
from DataFoundry.labeling.execution.strategies import Block
from DataFoundry.labeling.functions.reading import read_function


class Row:
    """The row of API.md in plain Python."""

    def __init__(self, values):
        self._values = values
        for name, value in values.items():
            if name.isidentifier() and name != "get":
                setattr(self, name, value)

    def __getitem__(self, key):
        return self._values[key]

    def __contains__(self, key):
        return key in self._values

    def get(self, key, default=None):
        return self._values.get(key, default)


def plainly(code, frame):
    """(votes, nones, first faulty row) by running the source as it stands."""
    space = {}
    exec(code, space)
    votes, nones = [], 0
    cells = {name: [distinct_values.plain_value(cell) for cell in frame[name].astype(object)] for name in frame}
    for place in range(len(frame)):
        try:
            vote = space["lf"](Row({name: values[place] for name, values in cells.items()}))
        except Exception:
            return votes, nones, place
        if vote is None:
            nones, vote = nones + 1, -1
        if type(vote) not in (int, bool) or not -1 <= vote < 127:
            return votes, nones, place
        votes.append(int(vote))
    return votes, nones, None


def whole_columns_agree(code, frame):
    """Assert that a source run on whole columns, where it can be, gives what Python gives."""
    votes, nones, fault = plainly(code, frame)
    try:
        outcome = statements.run(read_function("lf", code), Block(frame, 0).vector, len(frame))
    except NotColumnarError as error:
        event(f"not columnar: {error}")
        return
    event("columnar, fault" if fault is not None else "columnar")
    assert outcome.fault == fault
    if fault is None:
        assert (outcome.votes.tolist(), outcome.nones) == (votes, nones)
