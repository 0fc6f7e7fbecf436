"""A regular expression means in the sandbox what it means in Python."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from DataFoundry.labeling.execution.sandbox import Sandbox
from DataFoundry.labeling.functions.reading import read_function
from DataFoundry.labeling.functions.regex_cost import may_never_end

TEXTS = [
    "",
    "a",
    "a\n",
    "\na",
    "b\nb",
    "a&b",
    "[a",
    "x]",
    "A-1",
    "foo bar",
    "Straße",
    "$12.50",
    "^a",
    "a\\Z",
    "é",
    " a~b",
]


def agree(pattern, call="re.search(PATTERN, x['t'])"):
    call = call.replace("PATTERN", repr(pattern))
    code = f"import re\ndef lf(x):\n    m = {call}\n    return -1 if m is None else m.end()"
    space = {}
    exec(code, space)
    expected = [space["lf"]({"t": text}) for text in TEXTS]
    with Sandbox() as sandbox, sandbox.opened(read_function("lf", code)) as session:
        assert session.call(["t"], [(text,) for text in TEXTS]) == expected


@pytest.mark.parametrize(
    "pattern",
    [
        r"a$",
        r"a\Z",
        r"^a$",
        r"[a[]",
        r"[a&&b]+",
        r"[]x]",
        r"[^]a]",
        r"[$]\d+",
        r"\$\d+$",
        r"[\]a]$",
        r"(?m)^b$",
        r"[~~a]",
    ],
)
def test_patterns_that_the_engines_read_differently(pattern):
    agree(pattern)


def test_a_flag_for_every_line_stays():
    agree("b$", "re.search(PATTERN, x['t'], re.M)")
    agree("b$", "re.compile(PATTERN, flags=re.MULTILINE).search(x['t'])")


def test_a_pattern_is_only_what_re_gets():
    code = "def lf(x):\n    return len(x['t'].split('$')) + len(x['t'].split('(a+)+'))"
    with Sandbox() as sandbox, sandbox.opened(read_function("lf", code)) as session:
        assert session.call(["t"], [("$12.50",), ("a",)]) == [3, 2]


def test_lines_stay_where_they_are():
    code = "import re\nP = re.compile('ä$'); Q = re.compile('a$')\ndef lf(x):\n    return 1 // 0"
    with Sandbox() as sandbox, sandbox.opened(read_function("lf", code)) as session, pytest.raises(Exception) as caught:
        session.call([], [()])
    assert caught.value.fault.line == 4


PARTS = st.sampled_from(
    ["a", "b", ".", "$", "^", r"\Z", r"\w", r"\s", r"\b", "[ab]", "[^a]", "[$&]", "[a-c[]", "(a|b)", "a?", "b*"]
)


@given(st.lists(PARTS, min_size=1, max_size=4).map("".join))
@settings(max_examples=100)
def test_generated_patterns(pattern):
    try:
        re.compile(pattern)
    except re.error:
        return
    if not may_never_end(pattern):
        agree(pattern)
