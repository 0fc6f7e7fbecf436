"""Functions over texts, dates, decimals and missing values give what plain Python gives, whichever way they run."""

import datetime
import decimal
import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from tests.helpers.plain_labeling import plainly, whole_columns_agree

from DataFoundry.labeling.execution.columnar import statements
from DataFoundry.labeling.execution.columnar.bounds import Meter, TooLongError
from DataFoundry.labeling.execution.columnar.vector import NotColumnarError
from DataFoundry.labeling.execution.sandbox import FaultError, Sandbox
from DataFoundry.labeling.execution.strategies import Block, Runner
from DataFoundry.labeling.functions.reading import read_function

SETTINGS = settings(suppress_health_check=list(HealthCheck))
HEAD = """KEYS = ['win', 'free', 'café']
MORE = ('a', '', 'Win')
NONE = []
w = 'free'
def lf(x):
"""


class Maker:
    """Makes a random function over words and a random table for it."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self._one = self._random.choice

    def frame(self):
        rows = self._random.randint(1, 6)
        missing = [None] * (self._random.random() < 0.4)
        texts = ["", "win", "Win a free café", "free  free\tnow", "a b\nc", "\x1fÜber win\u2003a", "12", *missing]
        days = [datetime.date(2024, 1, 31), datetime.date(2024, 2, 1), datetime.date(999, 1, 1), *missing]
        stamps = [pd.Timestamp("2024-01-31"), pd.Timestamp("2024-01-31 10:00:00.5"), *(pd.NaT for _ in missing)]
        prices = [decimal.Decimal("1.50"), decimal.Decimal("2.675"), decimal.Decimal("-0.00"), *missing]
        waits = [pd.Timedelta(days=3, hours=2), pd.Timedelta(days=-1), *(pd.NaT for _ in missing)]

        def column(values):
            return [self._one(values) for _ in range(rows)]

        return pd.DataFrame(
            {
                "t": pd.Series(column(texts), dtype=object),
                "u": pd.Series(column(texts), dtype="category"),
                "day": pd.Series(column(days), dtype=object),
                "at": pd.Series(column(stamps), dtype="datetime64[ns]"),
                "price": pd.Series(column(prices), dtype=object),
                "wait": pd.Series(column(waits), dtype="timedelta64[ns]"),
                "i": np.array(column([0, 1, 2, -1]), dtype=np.int64),
                "f": np.array(column([0.0, -0.0, 1.5, float("nan")]), dtype=np.float64),
            }
        )

    def source(self):
        lines = [f"    words = {self._words(1)}"] if self._random.random() < 0.5 else []
        self._names = ["words"] * len(lines)
        if self._random.random() < 0.5:
            lines.append(f"    if {self._test(2)}:\n        return {self._one(['1', '-1', self._count(1)])}")
        answer = self._one([f"1 if {self._test(2)} else {self._one(['0', '-1'])}", self._test(1), self._count(2)])
        return HEAD + "\n".join([*lines, f"    return {answer}"])

    _names: list = []

    def _text(self, depth=1):
        if depth and self._random.random() < 0.3:
            return self._one(
                [
                    f'f"{{{self._text(0)}}}!"',
                    f'f"{{x.i}}{{{self._text(0)}:>5}}"',
                    f"' '.join({self._words(0)})",
                    f"{self._words(0)}[0]",
                    f"{self._text(0)}[1:]",
                    f"({self._text(0)} + {self._text(0)})",
                    f"{self._text(0)}.replace('win', {self._text(0)})",
                    f"({self._text(0)} or 'win')",
                    "f'{x.price}{x.f}'",
                ]
            )
        read = self._one(["x.t", "x['t']", "x.get('u')", "x.u", "x.t", "w", "'Win'", "x.day", "x.at"])
        return read + self._one(["", "", ".lower()", ".upper()", ".strip()", ".removeprefix('win')"])

    def _words(self, depth=1):
        if depth and self._random.random() < 0.4:
            return self._one(
                [
                    f"[w for w in {self._words(0)} if {self._of_word()}]",
                    f"[w.lower() for w in {self._words(0)}]",
                    f"[{self._text(0)}, 'win']",
                    f"sorted(set({self._words(0)}))",
                    f"{self._words(0)}[:2]",
                ]
            )
        listed = ["KEYS", "MORE", "NONE", "['win', 'now']", *self._names, *self._names]
        return self._one([f"{self._text(0)}.split()", f"{self._text(0)}.split(' ')", self._one(listed)])

    def _of_word(self):
        return self._one(
            [
                "w in KEYS",
                "w in x.t",
                "w in x.u.split()",
                "w not in x.t.lower().split()",
                "len(w) > 3",
                "w.startswith(('w', 'f'))",
                "w.endswith('e')",
                "w == x.t",
                "w",
                "w in x.t and len(w) > x.i",
                "any(v == w for v in KEYS)",
            ]
        )

    def _count(self, depth):
        return self._one(
            [
                f"len({self._words(depth)})",
                f"len({self._text(depth)})",
                f"sum(1 for w in {self._words(0)} if {self._of_word()})",
                f"sum({self._of_word()} for w in {self._words(0)})",
                f"{self._text(0)}.count('w')",
                f"max([len(w) for w in {self._words(0)}])",
                "x.wait.days",
                "round(x.price, 2)",
                "x.price",
            ]
        )

    def _test(self, depth):
        kind = self._random.randint(0, 8)
        if kind <= 2:
            return f"{self._one(['any', 'all'])}({self._of_word()} for w in {self._words(depth)})"
        if kind == 3:
            return f"{self._count(depth - 1)} {self._one(['<', '>=', '==', '!='])} {self._count(0)}"
        if kind == 4:
            return f"{self._text(depth - 1)} {self._one(['in', 'not in'])} {self._words(depth - 1)}"
        if kind == 5:
            iso = self._one(["'2024-01-31'", "'2024-02'", "x.at", "x.day"])
            return f"{self._one(['x.day', 'x.at'])} {self._one(['<', '<=', '>', '>=', '=='])} {iso}"
        if kind == 6:
            return f"{self._text()} {self._one(['==', '!=', '<', 'in'])} {self._text()}"
        if kind == 7 or depth == 0:
            read = self._one(["x.t", "x.day", "x.at", "x.price", "x.wait"])
            return f"{read} is {self._one(['', 'not '])}None"
        joined = self._one([" and ", " or "])
        return f"({self._test(depth - 1)}{joined}{self._test(depth - 1)})"


def made(seed):
    maker = Maker(seed)
    code, frame = maker.source(), maker.frame()
    note(code)
    note(str(frame.to_dict("list")))
    return code, frame


SEEDS = st.integers(0, 2**64)


@given(SEEDS)
@settings(SETTINGS, max_examples=600)
def test_whole_columns_give_what_python_gives(seed):
    code, frame = made(seed)
    whole_columns_agree(code, frame)


@given(SEEDS)
@settings(SETTINGS, max_examples=100)
def test_every_way_gives_what_python_gives(seed):
    code, frame = made(seed)
    votes, nones, fault = plainly(code, frame)
    function = read_function("lf", code)
    names = [name for name in function.reads.columns if name in frame]
    with Sandbox() as sandbox:
        for way in (Runner.votes, Runner._distinct):
            runner = Runner(function, names, sandbox)
            try:
                found = way(runner, Block(frame, 0))
            except FaultError as error:
                assert error.fault.row == fault
            else:
                assert fault is None
                assert (found.tolist(), runner.nones) == (votes, nones)


@pytest.mark.parametrize(
    "body",
    [
        "return 1 if any(w in x.comment.split() for w in KEYWORDS) else 0",
        "return 1 if any(w in x.comment.lower().split() for w in KEYWORDS) else 0",
        "return 1 if any(w in x.comment.split() for w in ['free', 'win']) else 0",
        "return 1 if all(w in x['comment'] for w in ('f', 'e')) else 0",
        "return 1 if any([w.startswith('fr') for w in x.comment.split()]) else 0",
        "words = x.comment.lower().split()\n    return 1 if len(words) > 1 and words[0] == 'free' else 0",
        "hits = [w for w in x.comment.split() if w in KEYWORDS]\n    return len(hits)",
        "return 1 if f'{x.comment} {x.i}'.endswith('y 2') else 0",
        "return 1 if any(w in x.gap.split() for w in []) or x.i == 1 else 0",
        "return sum(len(w) == 4 for w in x.comment.split())",
        "return 1 if x.price * 2 > 2.5 and x.day > '2024-01-31' else 0",
    ],
)
def test_functions_over_words_run_on_whole_columns(body):
    frame = pd.DataFrame(
        {
            "comment": ["Free money", "win free", "", "buy"],
            "i": [1, 2, 1, 2],
            "gap": [None, "a", None, "b"],
            "price": [decimal.Decimal(each) for each in ("1.25", "1.26", "2.00", "0.10")],
            "day": [datetime.date(2024, 1, day) for day in (30, 31, 31, 30)],
        }
    )
    frame.loc[2, "day"] = datetime.date(2024, 2, 1)
    code = f"KEYWORDS = ['free', 'win']\ndef lf(x):\n    {body}"
    outcome = statements.run(read_function("lf", code), Block(frame, 0).vector, len(frame))
    votes, nones, fault = plainly(code, frame)
    assert fault is None
    assert (outcome.votes.tolist(), outcome.nones, outcome.fault) == (votes, nones, None)
    assert len(set(votes)) > 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("return len([a for a in x.t if any(b == '' for b in x.t)])", "turns"),
        ("t = x.t\n" + "    t = t + t\n" * 30 + "    return 1", "long"),
        ("return len(x.t.replace('a', x.t))", "long"),
        ("return len(x.t.join(x.t.split('a')))", "long"),
        ("return len(x.t * 1000000000)", "numbers"),
        ("return len(f'{x.t:>1000000000}')", "format"),
        ("return len(','.join(set(x.t)))", "order"),
        ("return len(f'{set(x.t)}')", "order"),
    ],
)
def test_what_could_take_long_is_for_the_sandbox(body, why):
    frame = pd.DataFrame({"t": ["a" * 100_000]})
    with pytest.raises(NotColumnarError, match=why):
        statements.run(read_function("lf", f"def lf(x):\n    {body}"), Block(frame, 0).vector, 1)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("return 1 if all(w in words for w in words) else 0", "turns"),
        ("return 1 if any(w in words for w in [[a] for a in words]) else 0", "turns"),
        ("return sum([words.count(w) for w in words])", "turns"),
        ("return sum([len(sorted(words + [w])) for w in words if len(w) < 9])", "turns"),
        ("return len([words == words[:1] for w in words if words != w])", "turns"),
        ("return len([words + [w] for w in words])", "turns"),
        ("return 1 if all('q' not in a for a in [words for w in words]) else 0", "turns"),
    ],
)
def test_what_looks_through_a_long_list_in_every_turn_is_for_the_sandbox(body, why):
    frame = pd.DataFrame({"t": ["ab " * 5_000]})
    code = f"def lf(x):\n    words = x.t.split()\n    {body}"
    with pytest.raises(NotColumnarError, match=why):
        statements.run(read_function("lf", code), Block(frame, 0).vector, 1)


def test_what_the_loops_of_one_row_make_is_bounded():
    meter = Meter()
    meter.allow(10**9)
    with pytest.raises(TooLongError, match="memory"):
        for _ in range(20):
            meter.make([0] * 1_000_000)
    meter.begin_row(0)
    meter.make([0] * 1_000_000)


@pytest.mark.parametrize(
    "body",
    [
        "return 1 if str([set(x.t.split())]) < '[' else 0",
        "return 1 if f'{(1, [set(x.t.split())])}' < '[' else 0",
        "return 1 if any(w[2] == 'a' for w in set(x.t.split())) else 0",
        "return 1 if all(w in x.t for w in {'zz', 1, 'ab'}) else 0",
        "return 1 if sum(len(w) / 3 for w in set(x.t.split())) > 3 else 0",
        "return 1 if max({len(w) / 7 for w in x.t.split()}) > 3 else 0",
    ],
)
def test_what_hangs_on_the_order_of_a_set_is_for_the_sandbox(body):
    frame = pd.DataFrame({"t": ["zz abzzea abazzz kk"]})
    with pytest.raises(NotColumnarError, match="order"):
        statements.run(read_function("lf", f"def lf(x):\n    {body}"), Block(frame, 0).vector, 1)
