"""What the texts of one column are: whole numbers, numbers, truth values or text, and which of them mean missing.

Nothing is changed silently: a column becomes numbers only if each number, written again, is the one that stood there.
Numbers with leading zeros or a plus, and whole numbers that neither int64 nor float64 holds exactly, stay text.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from DataFoundry.sources.kept import counts_of, with_values
from DataFoundry.sources.numerals import are_numbers, plain_numbers
from DataFoundry.sources.whole_numbers import are_written_plainly, cast_numbers

# Never a word of any language: missing in every column.
ALWAYS_MISSING = (
    "NULL",
    "null",
    "NaN",
    "nan",
    "N/A",
    "n/a",
    "#N/A",
    "<NA>",
    "#NA",
    "-nan",
    "-NaN",
    "1.#QNAN",
    "#NULL!",
    "\\N",  # MySQL, PostgreSQL and Hive
)
# Missing in a column that otherwise holds numbers, dates or truth values; in a column of text they may be values.
SOMETIMES_MISSING = ("NA", "na", "None", "none", "-", "--", "?", ".", "...", "missing", "unknown", "Unknown", "(null)")
_EXACT = 2**53  # float64 holds every whole number up to here
_KEPT = 1000
_TRUTH = {"true": True, "false": False, "True": True, "False": False, "TRUE": True, "FALSE": False}
_MOMENT = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*")
_CODE = re.compile(r"[A-Z]{2,3}")

INT, FLOAT, NULLABLE_INT, TRUTH, TEXT = "int64", "float64", "Int64", "bool", "text"
ARROW_TYPES = {INT: pa.int64(), FLOAT: pa.float64(), NULLABLE_INT: pa.int64(), TRUTH: pa.bool_(), TEXT: pa.string()}


@dataclass
class ColumnFacts:
    """What is known of a column's texts; blocks may be added in any number.

    Attributes
    ----------
    decimal
        "." or ",".
    missing_spellings
        Given by the user, or None: found.
    """

    decimal: str = "."
    missing_spellings: tuple[str, ...] | None = None
    rows: int = 0
    empty: int = 0
    spelled: Counter[str] = field(default_factory=Counter)
    whole: bool = True
    number: bool = True
    truth: bool = True
    greatest: int = 0
    exact: bool = True  # whether float64 holds each of the whole numbers that stood in blocks without others
    some: dict[str, None] = field(default_factory=dict)

    def add(self, texts: pa.Array) -> None:
        """Look at the texts of one block, coded or not, or kept as whole numbers; null is an empty cell."""
        self.rows += len(texts)
        self.empty += texts.null_count
        if pa.types.is_integer(texts.type):
            self._add_whole_numbers(texts.drop_null())
            return
        candidates = self.missing_spellings
        if candidates is None:
            candidates = (*ALWAYS_MISSING, *SOMETIMES_MISSING)
        spelled = counts_of(texts, candidates)
        self.spelled.update(spelled)
        texts = texts.dictionary if pa.types.is_dictionary(texts.type) else texts.drop_null()
        if spelled:
            texts = texts.filter(pc.invert(pc.is_in(texts, pa.array(list(spelled), pa.string()))))
        if not len(texts):
            return
        if len(self.some) < _KEPT:
            self.some.update(dict.fromkeys(texts.slice(0, _KEPT).to_pylist()))
        self.truth = self.truth and pc.all(pc.is_in(texts, pa.array(list(_TRUTH), pa.string()))).as_py()
        if self.number:
            self._look_at_numbers(texts)

    def _add_whole_numbers(self, values: pa.Array) -> None:
        """As `add`, of texts that are no spelling of missing."""
        if not len(values):
            return
        if len(self.some) < _KEPT:
            self.some.update(dict.fromkeys(pc.unique(values).slice(0, _KEPT).cast(pa.string()).to_pylist()))
        self.truth = False
        if self.whole:
            self._add_greatest(values)
        elif self.number:
            self.number = not _beyond_float(values)

    def _add_greatest(self, values: pa.Array) -> None:
        span = pc.min_max(values)
        greatest = max(abs(span["min"].as_py()), abs(span["max"].as_py()))
        self.greatest = max(self.greatest, greatest)
        self.exact = self.exact and (greatest <= _EXACT or not _beyond_float(values))

    def _look_at_numbers(self, texts: pa.Array) -> None:
        texts = plain_numbers(texts, self.decimal)
        if self.whole:
            values = cast_numbers(texts, pa.int64())
            if values is None:
                self.whole = False
            else:
                self.whole = are_written_plainly(texts, values)
                self._add_greatest(values)
        if not self.whole:
            self.number = are_numbers(texts)

    @property
    def present(self) -> bool:
        """Whether there is a value that is no spelling of missing."""
        return bool(self.some)

    @property
    def kind(self) -> str:
        """`int64, float64, Int64, bool` or `text`."""
        if not self.present:
            # Only "NA" all through: as missing as an empty column; only "?" too, but then text stays to be seen.
            return TEXT if self._spelled_text() else FLOAT
        if self.truth:
            return TRUTH
        if not self.number:
            return TEXT
        missing = self.empty or self.spelled
        if self.whole and not missing:
            return INT
        if self.whole:
            return FLOAT if self.greatest <= _EXACT else NULLABLE_INT
        return FLOAT if self.exact else TEXT

    @property
    def is_whole(self) -> bool:
        """Whether every value that is there is a whole number."""
        return self.whole and self.kind in (INT, FLOAT, NULLABLE_INT) and self.present

    def missing(self) -> list[str]:
        """The spellings of this column that mean missing, the empty cell left out."""
        if self.missing_spellings is not None:
            return sorted(self.spelled)
        if self.present and self.kind != TEXT:
            return sorted(self.spelled)
        if self.present and all(_MOMENT.fullmatch(each) for each in self.some):
            return sorted(self.spelled)
        doubtful = set(self._spelled_text())
        return sorted(each for each in self.spelled if each not in doubtful)

    def _spelled_text(self) -> list[str]:
        """Doubtful spellings that are kept as values of a column of text."""
        if self.missing_spellings is not None:
            return []
        return [
            each for each in self.spelled if each in SOMETIMES_MISSING and not (each == "NA" and self._na_missing())
        ]

    def _na_missing(self) -> bool:
        """`NA` is a value beside empty cells (then those are the file's missing ones), and among codes of its form."""
        codes = sum(bool(_CODE.fullmatch(each)) for each in self.some)
        return not self.empty and codes < 0.8 * max(len(self.some), 1)

    def doubtful(self) -> dict[str, int]:
        """Spellings that may mean missing but were kept as values, and how often they occur."""
        return {each: self.spelled[each] for each in self._spelled_text()} if self.kind == TEXT else {}


def _beyond_float(values: pa.Array) -> bool:
    """Whether float64 would change one of the whole numbers."""
    numbers = values.to_numpy()
    with np.errstate(invalid="ignore"):  # 2**63 - 1 becomes 2**63, which int64 does not hold
        return bool((numbers.astype(np.float64).astype(np.int64) != numbers).any())


def converted(texts: pa.Array, kind: str, missing: list[str], decimal: str) -> pa.Array:
    """The texts, or what they are kept as, as values of the kind that `ColumnFacts` found; null for missing ones."""
    if pa.types.is_integer(texts.type):
        return texts.cast(ARROW_TYPES[kind], safe=kind != FLOAT)  # 2**53 + 1 is rounded as its text would be
    return with_values(texts, lambda values: _converted(values, kind, missing, decimal))


def _converted(texts: pa.Array, kind: str, missing: list[str], decimal: str) -> pa.Array:
    if missing:
        texts = pc.if_else(pc.is_in(texts, pa.array(missing, pa.string())), pa.scalar(None, pa.string()), texts)
    if kind == TEXT:
        return texts
    if kind == TRUTH:
        spelled_true = pa.array([each for each, value in _TRUTH.items() if value], pa.string())
        return pc.if_else(pc.is_null(texts), pa.scalar(None, pa.bool_()), pc.is_in(texts, spelled_true))
    return pc.cast(plain_numbers(texts, decimal), ARROW_TYPES[kind])
