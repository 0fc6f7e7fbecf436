"""However a labeling function is run, it gives what plain Python gives row by row."""

import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from tests.helpers.plain_labeling import plainly, whole_columns_agree

from DataFoundry.labeling.execution.columnar import statements
from DataFoundry.labeling.execution.columnar.vector import NotColumnarError
from DataFoundry.labeling.execution.sandbox import FaultError, Sandbox
from DataFoundry.labeling.execution.strategies import Block, Runner
from DataFoundry.labeling.functions.reading import read_function
from DataFoundry.labeling.functions.regex_cost import worst_steps

SETTINGS = settings(suppress_health_check=list(HealthCheck))


class Maker:
    """Makes a random labeling function and a random table for it; Hypothesis draws only the seed, which is fast."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self._one = self._random.choice

    def frame(self):
        rows = self._random.randint(1, 6)
        whole = [*range(-3, 7)]
        if self._random.random() < 0.2:  # such values send most arithmetic to the sandbox
            whole += [2**53, 2**53 + 1, -(2**62), 2**63 - 1]
        real = [0.0, -0.0, 0.5, 1.0, 5.0, -2.5, float("inf"), 1e300, float(2**53), float("nan")]
        word = ["", "a", "A", "ab", " aB ", "Straße", "12", "é"] + [None] * (self._random.random() < 0.5)
        mixed = [1, 1.0, True, "1", None, 0, False, 2.5]

        def column(values):
            return [self._one(values) for _ in range(rows)]

        return pd.DataFrame(
            {
                "i": np.array(column(whole), dtype=np.int64),
                "j": np.array(column(range(4)), dtype=np.int8),
                "f": np.array(column(real), dtype=np.float64),
                "g": np.array(column([0.5, 1.0, 2.0, 7.0]), dtype=np.float64),
                "b": np.array(column([True, False])),
                "s": pd.Series(column(word), dtype=object),
                "c": pd.Series(column(word), dtype="category"),
                "m": pd.Series(column(mixed), dtype=object),
            }
        )

    def source(self):
        head = ["import re", "LIMIT = 2", "PREFIX = 'a'", "WORDS = ['a', 'ab', 3]", "FOUND = re.compile('b+$', re.I)"]
        head += ["def lf(x):", '    """A generated function."""']
        if self._random.random() < 0.8:
            head.append(f"    v = {self._one(['0', '1', '0.5'])}")
        return "\n".join([*head, *self._block("    ", 2)])

    def _read(self, names):
        name = self._one(names)
        forms = [
            f"x[{name!r}]",
            f"x.get({name!r})",
            f"x.get({name!r}, 0)",
            f"x.get({name!r}, default='a')",
            f"x.{name}",
        ]
        return self._one(forms)

    def _number(self, depth=2):
        kind = self._random.randint(0, 11)
        if depth == 0 or kind <= 5:
            constants = ["0", "1", "2", "-1", "0.5", "5", "True", "LIMIT", "3.0", "2**3", "9007199254740993", "v"]
            return self._one([self._read("ijgb"), self._read("ijgb"), self._one(constants), self._read("fm")])
        if kind <= 8:
            operator = self._one(["+", "-", "*", "/", "//", "%", "**"])
            if operator == "**":  # a large exponent would keep plain Python busy for ever
                return f"({self._number(0)} ** {self._one('0123')})"
            return f"({self._number(depth - 1)} {operator} {self._number(depth - 1)})"
        if kind == 9:
            return f"({self._one(['abs', 'int', 'float', 'bool', '-', 'not '])}({self._number(depth - 1)}))"
        if kind == 10:
            return f"{self._one(['min', 'max'])}({self._number(depth - 1)}, {self._number(depth - 1)})"
        return self._one(["len({})", "{}.count('a')", "{}.find('b')"]).format(self._word())

    def _word(self):
        text = self._one([self._read("sc"), self._read("sc"), self._constant_word(), self._read(["m", "absent"])])
        return text + self._one(["", "", ".lower()", ".upper()", ".strip()", ".strip('a').title()"])

    def _constant_word(self):
        return self._one(["''", "'a'", "'A'", "'ab'", "'12'", "PREFIX"])

    def _condition(self, depth=2):
        kind = self._random.randint(0, 12)
        order = self._one(["<", "<=", ">", ">=", "==", "!="])
        if kind <= 2:
            return f"{self._number()} {order} {self._number(1)}"
        if kind == 3:
            return f"{self._number(0)} < {self._number(1)} {order} {self._number(1)}"
        if kind == 4:
            return f"{self._word()} {order} {self._one([self._word(), self._constant_word(), self._number(0)])}"
        if kind == 5:
            held = self._one(["(1, 2, 'a')", "[0, 5.0, True]", "{'ab', 'A'}", "(None, 1)", "WORDS", "'abc'"])
            return f"{self._one([self._word(), self._number(1)])} {self._one(['in', 'not in'])} {held}"
        if kind == 6:
            return f"{self._constant_word()} {self._one(['in', 'not in'])} {self._word()}"
        if kind == 7:
            test = self._one(["is None", "is not None", "== None", "!= None"])
            return f"{self._read(['i', 'f', 's', 'c', 'm', 'absent'])} {test}"
        if kind == 8:
            test = self._one(["startswith('a')", "endswith(('b', 'B'))", "isdigit()", "startswith(PREFIX)"])
            return f"{self._word()}.{test}"
        if kind == 12:
            pattern, flags = (
                self._one(["'a'", "'^a.?$'", "'b|1*'", "'[a-cß][a-c]'"]),
                self._one(["", ", re.I", ", flags=re.S"]),
            )
            how = self._one([f"re.search({pattern}, {{}}{flags})", f"re.match({pattern}, {{}})", "FOUND.search({})"])
            test = self._one(["{}", "{} is None", "{} != None", "bool({})"])
            return test.format(how.format(self._one([self._word(), self._read("sc"), self._number(0)])))
        if kind == 9 or depth == 0:
            return self._one(["'i' in x", "'absent' not in x", "True", "x.b", "x['s']", "v"])
        joined = self._one([" and ", " or "]).join(f"({self._condition(depth - 1)})" for _ in range(2))
        return self._one(["", "not "]) + f"({joined})"

    def _answer(self):
        kind = self._random.randint(0, 5)
        if kind <= 2:
            return self._one(["1", "0", "-1", "2", "None", "1", "0", "v", "'a'", "200"])
        if kind == 3:
            return f"{self._one('10')} if {self._condition()} else {self._one(['-1', '2'])}"
        return self._condition(1) if kind == 4 else self._number(1)

    def _block(self, indent, depth):
        lines = []
        for _ in range(self._random.randint(1, 2)):
            kind = self._random.randint(0, 4)
            if kind <= 1 and depth:
                words = ["if", *["elif"] * self._random.randint(0, 1)]
                for word in words:
                    lines += [f"{indent}{word} {self._condition()}:", *self._block(indent + "    ", depth - 1)]
                if self._random.random() < 0.5:
                    lines += [f"{indent}else:", *self._block(indent + "    ", depth - 1)]
            elif kind == 2:
                lines.append(f"{indent}v {self._one(['=', '=', '+=', '-='])} {self._number(1)}")
            else:
                lines.append(f"{indent}return {self._answer()}")
        return lines


def made(seed):
    maker = Maker(seed)
    return maker.source(), maker.frame()


SEEDS = st.integers(0, 2**64)


@given(SEEDS)
@settings(SETTINGS, max_examples=600)
def test_whole_columns_give_what_python_gives(seed):
    code, frame = made(seed)
    note(code)
    note(str(frame.to_dict("list")))
    whole_columns_agree(code, frame)


@given(SEEDS)
@settings(SETTINGS, max_examples=100)
def test_every_way_gives_what_python_gives(seed):
    code, frame = made(seed)
    note(code)
    note(str(frame.to_dict("list")))
    votes, nones, fault = plainly(code, frame)
    function = read_function("lf", code)
    names = [name for name in function.reads.columns if name in frame]
    half = (len(frame) + 1) // 2
    with Sandbox() as sandbox:
        for way in (Runner.votes, Runner._distinct, Runner._every_row):
            runner = Runner(function, names, sandbox)
            try:
                parts = [
                    way(runner, Block(frame.iloc[start : start + half], start)) for start in range(0, len(frame), half)
                ]
            except FaultError as error:
                assert error.fault.row == fault
            else:
                assert fault is None
                assert (np.concatenate(parts).tolist(), runner.nones) == (votes, nones)


@pytest.mark.parametrize(
    "body",
    [
        "return 1 if x.get('i', 0) > 2 else 0",
        "return 1 if x['i'] >= 2 and x['s'] is not None and x['s'].startswith('a') else -1",
        "if 1 < x['i'] <= 5 and x['f'] is not None:\n        return 1\n    return 0",
        "gain = x['i'] - x['j']\n    if gain > 3:\n        return 1\n    return 0 if gain < 0 else -1",
        "return 1 if x.s in ('a', 'ab') or not x['b'] else 0",
        "return x['j'] in (1, 2)",
        "text = x['s']\n    return -1 if text is None else len(text.strip())",
        "return 1 if x['f'] is not None and x['f'] * 2 + 1 > 1.5 else 0",
        "return 1 if x['s'] and re.search(r'^A.*', x['s'], flags=re.I | re.S) else -1",
        "found = FOUND.fullmatch(x['s'] or '')\n    return -1 if found is None else 1",
        "return 1 if seek('b', x['s'] or '') is not None else 0",
    ],
)
def test_ordinary_functions_run_on_whole_columns(body):
    frame = pd.DataFrame(
        {
            "i": [1, 2, 5, 7],
            "j": [0, 1, 2, 3],
            "f": [0.5, None, 2.0, -1.0],
            "b": [True, False, True, False],
            "s": ["a", None, "ab ", "b"],
        }
    )
    code = f"import re\nfrom re import search as seek\nFOUND = re.compile('[ab]+')\ndef lf(x):\n    {body}"
    outcome = statements.run(read_function("lf", code), Block(frame, 0).vector, len(frame))
    votes, nones, fault = plainly(code, frame)
    assert fault is None
    assert (outcome.votes.tolist(), outcome.nones, outcome.fault) == (votes, nones, None)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("re.search('(?=a)b', x['s'])", "may take long"),
        ("re.search('.*.*.*x', x['s'])", "may take long"),
        (r"re.search(r'(a)\1', x['s'])", "may take long"),
        ("re.search('(', x['s'])", "may take long"),
        ("re.search(x['s'], 'a')", "no text of the source"),
        ("re.search('a', x['s'], 2)", "flags"),
        ("re.findall('a', x['s'])", "findall"),
        ("re.search('a', x['s']) == re.search('b', x['s'])", "two matches"),
    ],
)
def test_other_patterns_are_for_the_sandbox(body, why):
    frame = pd.DataFrame({"s": ["ab" * 300, "b"]})
    function = read_function("lf", f"import re\ndef lf(x):\n    return 1 if {body} else 0")
    with pytest.raises(NotColumnarError, match=why):
        statements.run(function, Block(frame, 0).vector, len(frame))


@pytest.mark.parametrize("head", ["import re\nimport math as re", "import re\nre = 1", "from math import search", ""])
def test_a_name_that_is_not_re_is_not_taken_for_it(head):
    frame = pd.DataFrame({"s": ["a"]})
    function = read_function("lf", f"{head}\ndef lf(x):\n    return 1 if re.search('a', x['s']) else 0")
    with pytest.raises(NotColumnarError):
        statements.run(function, Block(frame, 0).vector, len(frame))


@given(st.integers(0, 60))
def test_no_search_takes_more_steps_than_is_told(length):
    # One character a step at least: what the engine could not do in fewer is no bound.
    assert worst_steps("a|b", 0, length) >= length
    assert worst_steps("a*b*c", 0, length) >= length**3
    assert worst_steps("(a|b)(a|c)(d|e)", 0, length) >= 8 * length
