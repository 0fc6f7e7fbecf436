"""What is told from the bytes of many texts at once is what a look at each of them tells."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from DataFoundry.sources.kept import counts_of
from DataFoundry.sources.numerals import are_numbers, plain_numbers
from DataFoundry.sources.quote_bits import QuoteBits
from DataFoundry.sources.text_bytes import TextBytes

NUMBERS = ["0", "-0", "0.5", "-0.25", "00", "-07", "007.5", "+1", "1e3", "12345.678901234567", "-0.12345678901234567"]
NUMBERS += ["9007199254740992", "9007199254740993", "-9007199254740993", "123456789012345678.5", "1" * 15, "1" * 30]


def is_number(text: str) -> bool:
    """Whether it is a number for which no sign is lost: one by one, as the words of `are_numbers` have it."""
    if re.match(r"\+|-?0\d", text):
        return False
    return not re.fullmatch(r"-?\d{16,}", text) or int(text) == int(float(text))


@given(st.lists(st.sampled_from([*NUMBERS, "3.25", "-8"]), min_size=1, max_size=6), st.integers(0, 2))
def test_numbers_are_those_of_which_no_sign_is_lost(texts: list[str], before: int) -> None:
    part = pa.array(["+" * 20] * before + texts, pa.string()).slice(before)
    assert are_numbers(part) == all(map(is_number, texts))


@pytest.mark.parametrize("text", NUMBERS)
def test_one_number_among_many_is_seen(text: str) -> None:
    usual = ["1.5", "-2.75", "0.1234567890123456", "1234.5678901234567", "10"] * 20
    assert are_numbers(pa.array([*usual, text, *usual])) == is_number(text)


@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0", "\u2003", "\x1f"])
def test_blanks_around_numbers_are_left_out(blank: str) -> None:
    texts = ["1"] * 5 + [f"{blank}2{blank}", None]
    assert plain_numbers(pa.array(texts), ".").to_pylist() == [each and each.strip() for each in texts]


@given(st.lists(st.one_of(st.none(), st.sampled_from(["", "NA", "N/A", "na", "ab", "é", "éé", "longer", "-"]))))
def test_spellings_are_counted(texts: list[str | None]) -> None:
    wanted = ["NA", "N/A", "é", "-", ""]
    expected = {each: texts.count(each) for each in wanted if each in texts}
    array = pa.array(["NA", *texts], pa.string()).slice(1)
    assert counts_of(array, wanted) == counts_of(array.dictionary_encode(), wanted) == expected
    found = TextBytes(pa.array([each for each in texts if each is not None], pa.string())).may_be(["NA", "-"])
    assert len(found) >= texts.count("NA") + texts.count("-")


CELLS = ["1", "ab", '"a"', '""', '"a,b"', '"a""b"', '""""', '"a\nb"', '"a\r\nb"', ""]


@given(st.lists(st.lists(st.sampled_from(CELLS), min_size=2, max_size=2), max_size=40), st.sampled_from(["\n", "\r\n"]))
def test_quotes_are_seen_as_a_parser_sees_them(rows: list[list[str]], end: str) -> None:
    text = "".join(",".join(row) + end for row in rows)
    places = np.frombuffer((text + '"open,\n').encode(), np.uint8)
    found = QuoteBits(places, ord(","), ord('"'), whole=False, returns=True)
    cells = [cell[1:-1].replace('""', '"') if cell[:1] == '"' else cell for row in rows for cell in row]
    assert found.end == len(text) and found.are_around_cells
    assert found.overhead == len(text) - len(rows) - sum(map(len, cells))
    assert found.broken == any("\n" in cell for cell in cells)


@pytest.mark.parametrize("text", ['a"b"\n', '"a"b\n', '"a" ,b\n', 'a, "b"\n', '"a"b"c"\n', 'a"\n', "a" * 63 + '""\n'])
@pytest.mark.parametrize("before", ["", '"x","y"\n' * 7, "x,y\n" * 100])
def test_quotes_inside_cells_are_seen(text: str, before: str) -> None:
    places = np.frombuffer((before + text).encode(), np.uint8)
    found = QuoteBits(places, ord(","), ord('"'), whole=False, returns=False)
    assert not found.are_around_cells or found.end == len(before)
