"""Texts as categories on the way through, and as texts again in the file."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from DataFoundry import labeler
from DataFoundry.labeling.execution.distinct_values import encode, encode_together, plain_value
from DataFoundry.sources.coded import coded_frames
from DataFoundry.sources.opening import open_table

FUNCTION = {"name": "lf", "code": "def lf(x):\n    return 1 if x['word'] == 'b' else 0"}


def every_kind(rows=6):
    return pa.table(
        {
            "whole": pa.array([1, None, 3, 4, 5, 6][:rows], pa.int64()),
            "small": pa.array([1, 2, 3, 4, 5, 6][:rows], pa.int8()),
            "real": pa.array([0.5, None, -0.0, 1.0, 2.0, 3.0][:rows], pa.float32()),
            "word": pa.array(["a", "b", None, "ü", "", "b"][:rows], pa.string()),
            "long": pa.array(["a", None, "c", "d", "e", "f"][:rows], pa.large_string()),
            "kind": pa.array(["x", "y", None, "x", "x", "y"][:rows], pa.string()).dictionary_encode(),
            "flag": pa.array([True, None, False, True, True, False][:rows]),
            "day": pa.array([datetime.date(2024, 1, 2)] * rows),
            "time": pa.array([datetime.datetime(2024, 1, 2, 3)] * rows, pa.timestamp("us")),
            "price": pa.array([decimal.Decimal("1.50")] * rows),
            "list": pa.array([[1, 2]] * rows),
            "nothing": pa.array([None] * rows, pa.string()),
        }
    )


def test_every_column_comes_out_with_its_type_and_values(root):
    pq.write_table(every_kind(), root / "in.parquet", row_group_size=4)
    labeler.create_labels(str(root / "in.parquet"), [FUNCTION], str(root / "out.parquet"))
    written = pq.read_table(root / "out.parquet")
    assert written["label"].to_pylist() == [0, 1, 0, 0, 0, 1]
    kept = written.drop_columns(["label", "label_probability"])
    assert kept.schema == every_kind().schema
    assert kept.to_pylist() == every_kind().to_pylist()


def test_a_text_table_is_labeled_with_its_texts_as_texts(root):
    (root / "in.csv").write_text("word,n,big\na,1,9007199254740993\nb,,\n,3,1\n")
    for name in ("out.parquet", "out.csv"):
        labeler.create_labels(str(root / "in.csv"), [FUNCTION], str(root / name))
    written = pq.read_table(root / "out.parquet")
    assert [str(each) for each in written.schema.types[:3]] == ["string", "double", "int64"]
    assert written["big"].to_pylist() == [9007199254740993, None, 1]
    assert (root / "out.csv").read_text().splitlines()[1].startswith("a,1.0,9007199254740993,0.0,")


def test_coded_blocks_hold_what_plain_blocks_hold(root):
    pq.write_table(every_kind(), root / "in.parquet", row_group_size=4)
    table = open_table(root / "in.parquet")
    coded = list(coded_frames(table, ["word", "whole"], rows=4))
    assert [str(block["word"].dtype) for block in coded] == ["category"] * len(coded)
    whole = pd.concat([block.astype({"word": object}) for block in coded])
    pd.testing.assert_frame_equal(whole, table.read(["word", "whole"]))


def test_a_folder_labels_as_its_parts_together(root):
    (root / "parts").mkdir()
    pq.write_table(every_kind(2), root / "parts" / "a.parquet")
    pq.write_table(every_kind().slice(2), root / "parts" / "b.parquet")
    labeler.create_labels(str(root / "parts"), [FUNCTION], str(root / "out.parquet"))
    assert pd.read_parquet(root / "out.parquet")["label"].tolist() == [0, 1, 0, 0, 0, 1]


def test_plain_values_of_every_kind():
    cells = [np.int8(3), np.float32(0.5), np.bool_(True), np.str_("a"), None, float("nan"), pd.NaT, pd.NA]
    assert [plain_value(cell) for cell in cells] == [3, 0.5, True, "a", None, None, None, None]
    assert plain_value(pd.Timestamp("2024-01-02 03:04")) == "2024-01-02T03:04:00"
    numbers = [plain_value(decimal.Decimal(text)) for text in ("1.50", "2.00", "7", "NaN")]
    assert (numbers, [type(each) for each in numbers[:3]]) == ([1.5, 2.0, 7, None], [float, float, int])
    for cell in (pd.Timedelta(days=3, hours=1), np.timedelta64(73, "h"), datetime.timedelta(3, 3600)):
        assert (type(plain_value(cell)), plain_value(cell)) == (datetime.timedelta, datetime.timedelta(3, 3600))


def test_values_that_are_equal_but_not_the_same_stay_apart():
    found = encode(pd.Series([1, True, 1.0, "1", None, 0.0, -0.0], dtype=object))
    assert [repr(found.values[code]) for code in found.codes] == ["1", "True", "1.0", "'1'", "None", "0.0", "-0.0"]
    floats = encode(pd.Series([0.0, -0.0, np.nan, np.nan]))
    assert [repr(floats.values[code]) for code in floats.codes] == ["0.0", "-0.0", "None", "None"]
    texts = encode(pd.Series([b"b", "b"], dtype=object))
    assert [texts.values[code] for code in texts.codes] == ["b'b'", "b"]


def test_tuples_come_in_the_order_of_their_first_row():
    columns = [encode(pd.Series([2, 1, 2, 1])), encode(pd.Series(["x", "y", "x", None]))]
    together = encode_together(columns, 4)
    assert together.values == [(2, "x"), (1, "y"), (1, None)]
    assert together.codes.tolist() == [0, 1, 0, 2]


def test_a_block_of_long_texts_has_a_dictionary_of_its_own(root):
    texts = [f"text {number}" for number in range(40)]
    pq.write_table(pa.table({"text": texts}), root / "texts.parquet")
    frames = list(coded_frames(open_table(root / "texts.parquet"), rows=10))
    assert [len(frame["text"].cat.categories) for frame in frames] == [10] * 4
    assert [text for frame in frames for text in frame["text"]] == texts
