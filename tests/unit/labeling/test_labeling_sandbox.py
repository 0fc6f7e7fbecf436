"""Labeling functions in the sandbox: parsed, called, and told apart from what must not run."""

import datetime

import pytest

from DataFoundry.errors import LabelingFunctionError, RequestError
from DataFoundry.labeling.execution.sandbox import FaultError, Sandbox
from DataFoundry.labeling.functions.reading import read_function, read_functions
from DataFoundry.labeling.functions.regex_cost import may_never_end


def called(code, names=("a", "b"), rows=((1, "x"), (7, "y"), (None, "z"))):
    function = read_function("lf", code)
    with Sandbox() as sandbox, sandbox.opened(function) as session:
        return session.call(names, rows)


def failed(code, **more):
    with pytest.raises(FaultError) as caught:
        called(code, **more)
    return caught.value


@pytest.mark.parametrize(
    "body",
    [
        "return 1 if x['a'] == 7 else -1",
        "return 1 if x.get('a', 0) == 7 else -1",
        "return 1 if x.get('a', default=0) == 7 else -1",
        "return 1 if x.a == 7 else -1",
        "return 1 if 'a' in x and x['a'] == 7 else -1",
        "return 1 if 'c' not in x and x.get('c', 7) == 7 and x.b == 'y' else -1",
    ],
)
def test_row_answers_the_four_forms(body):
    assert called(f"def lf(x):\n    {body}") == [-1, 1, -1]


def test_bools_are_class_numbers_and_none_is_told_apart_from_abstain():
    assert called("def lf(x):\n    return x['a'] == 7") == [0, 1, 0]
    assert called("def lf(x):\n    if x['a'] == 7:\n        return -1") == [None, -1, None]


def test_missing_value_is_none():
    assert called("def lf(x):\n    return 1 if x['a'] is None else 0") == [0, 0, 1]


@pytest.mark.parametrize("digits", [None, 2, 0, 15, -1, -2, -320, 330])
def test_round_gives_what_python_gives(digits):
    numbers = [2.675, 0.5, 2.5, -2.5, -4.0, 15.0, 25.0, 250.0, 1.2354741735175092e16, -0.0, 1e300, 5e-324, 37, True]
    expected = [repr(round(number, digits)) for number in numbers]
    code = f"def lf(x):\n    return x['a'] if repr(round(x['b'], {digits})) == x['c'] else -1"
    rows = [(place, *pair) for place, pair in enumerate(zip(numbers, expected, strict=True))]
    assert called(code, ("a", "b", "c"), rows) == list(range(len(numbers)))


def test_a_faulty_round_names_the_functions_own_line():
    error = failed("def lf(x):\n    y = 1\n    return round(x['b'], 2)")
    assert error.fault.line == 3
    assert "TypeError" in error.fault.reason


def test_a_duration_has_days():
    rows = [(datetime.timedelta(days=4, hours=5),), (datetime.timedelta(days=2),), (None,)]
    assert called("def lf(x):\n    return 1 if x.a and x.a.days > 3 else 0", ("a",), rows) == [1, 0, 0]


def test_the_function_called_name_else_the_last_one():
    code = "def lf(x):\n    return helper(x)\ndef helper(x):\n    return 1"
    assert read_function("lf", code).target.name == "lf"
    assert read_function("other", code).target.name == "helper"


def test_fault_names_line_call_and_reason():
    error = failed("def lf(x):\n    y = 1\n    return 1 if x['a'] > 5 else 0")
    assert error.call == 2
    assert error.fault.line == 3
    assert error.fault.reason.startswith("TypeError: '>' not supported between instances of 'NoneType' and 'int'")
    assert "test for it first" in error.fault.reason


def test_fault_inside_a_helper_names_the_helpers_line():
    error = failed("def deep(v):\n    return 10 / (v - 7)\ndef lf(x):\n    deep(x['a'])\n    return 1")
    assert (error.call, error.fault.line) == (1, 2)
    assert "ZeroDivisionError" in error.fault.reason


def test_fault_far_into_many_rows_names_its_call():
    rows = [(number,) for number in range(50_000)]
    error = failed("def lf(x):\n    return 1 // (x['a'] - 41234) and 1", names=("a",), rows=rows)
    assert error.call == 41_234


@pytest.mark.parametrize(
    ("answer", "told"),
    [("1.0", "float 1.0"), ("'yes'", "str 'yes'"), ("[1]", "list"), ("-2", "the number -2"), ("127", "the number 127")],
)
def test_anything_but_a_class_number_is_refused(answer, told):
    error = failed(f"def lf(x):\n    if x['a'] == 7:\n        return {answer}\n    return 0")
    assert error.call == 1
    assert f"it returned {told}" in error.fault.reason


def test_a_definition_that_fails_has_no_call():
    error = failed("LIMIT = 1 / 0\ndef lf(x):\n    return 1")
    assert (error.call, error.fault.line) == (None, 1)


def test_time_limit_names_line_and_row_and_the_next_session_works(monkeypatch):
    monkeypatch.setenv("DATAFOUNDRY_FUNCTION_SECONDS", "1")
    loop = read_function("lf", "def lf(x):\n    while x['a'] == 7:\n        pass\n    return 1")
    fine = read_function("lf", "def lf(x):\n    return 0")
    with Sandbox() as sandbox:
        with sandbox.opened(loop) as session, pytest.raises(FaultError) as caught:
            session.call(("a",), [(1,), (7,)])
        assert caught.value.fault.kind == "limit"
        assert "time limit" in caught.value.fault.reason
        assert (caught.value.call, caught.value.fault.line) == (1, 1)  # the line of the function: more is not known
        with sandbox.opened(fine) as session:
            assert session.call(("a",), [(1,)]) == [0]


def test_slow_calls_add_up_to_the_limit(monkeypatch):
    monkeypatch.setenv("DATAFOUNDRY_FUNCTION_SECONDS", "1")
    code = "def lf(x):\n    return 1 if sum(range(60000)) else 0"
    error = failed(code, names=(), rows=[()] * 100_000)
    assert error.fault.kind == "limit"


def test_prints_are_dropped(capfd):
    assert called("def lf(x):\n    print('hello')\n    return 1") == [1, 1, 1]
    assert capfd.readouterr() == ("", "")


def test_error_text_is_cut():
    error = failed("def lf(x):\n    raise ValueError('x' * 5_000_000)")
    assert len(error.fault.reason) <= 501


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("x = 1", "defines no function"),
        ("def lf(x)\n    return 1", "not valid Python"),
        ("def lf():\n    return 1", "exactly one argument"),
        ("def lf(x, y):\n    return 1", "exactly one argument"),
        ("@cached\ndef lf(x):\n    return 1", "decorators"),
        ("async def lf(x):\n    return 1", "async"),
        ("def lf(x):\n    return 1\0", "NUL"),
        ("def lf(x):\n    return '\ud800'", "not valid Unicode"),
        ("def lf(x):\n    return " + "(" * 300 + "1" + ")" * 300, "deep"),
        ("def lf(x):\n    return " + "-" * 5000 + "1", "deep"),
        ("def lf(x):\n    return 1 #" + "x" * 70_000, "more than the limit"),
    ],
)
def test_sources_that_are_no_function_of_one_row_are_refused(code, reason):
    with pytest.raises(LabelingFunctionError, match=reason) as caught:
        read_function("lf", code)
    assert caught.value.details["function"] == "lf"


def test_no_functions_and_equal_names_are_refused():
    one = {"name": "lf", "code": "def lf(x):\n    return 1"}
    with pytest.raises(RequestError, match="at least one"):
        read_functions([])
    with pytest.raises(RequestError, match="rename"):
        read_functions([one, one])


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a*)*", r"(?:\w+\s*)+", r"((x+)|y)+", r"(a+b?)+"])
def test_repeated_repeats_may_never_end(pattern):
    assert may_never_end(pattern)


@pytest.mark.parametrize(
    "pattern", [r"a+b+", r"(\w+,)+", r"\b(free|prize)\b", r"(ab)+", r"(a+){2}", r"(((", r"(\d+-)*x"]
)
def test_ordinary_patterns_end(pattern):
    assert not may_never_end(pattern)
