"""Whatever a request names, the answer is a path inside a root or an error for people; whatever is written is read."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from DataFoundry.errors import DataFoundryError
from DataFoundry.roots import data_roots
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.paths import input_path, output_path
from DataFoundry.storage.tables import TableWriter, write_table

PARTS = st.sampled_from(
    ["..", ".", "", "testing_data", "adult.csv", "api", "~", "$HOME", "etc", "passwd", "x.csv", "a b"]
)
PATHS = st.one_of(
    st.text(max_size=40), st.lists(PARTS, max_size=8).map("/".join), st.lists(PARTS).map(lambda p: "/" + "/".join(p))
)


@given(PATHS)
@example("testing_data/../testing_data/adult.csv")
def test_an_input_is_inside_a_root_and_a_table(text: str) -> None:
    try:
        path = input_path(text, "data_path")
    except DataFoundryError as error:
        assert error.message.endswith(".")
        return
    assert any(root in path.parents for root in data_roots())
    assert path.suffix in (".csv", ".parquet") and path.resolve() == path


@given(PATHS)
def test_an_output_is_inside_a_root_and_no_code(text: str) -> None:
    try:
        path = output_path(text, "output_path")
    except DataFoundryError as error:
        assert error.message.endswith(".")
        return
    assert any(root in path.parents for root in data_roots())
    assert path.suffix.lower() in (".csv", ".parquet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One data root for all examples of the module."""
    root = tmp_path_factory.mktemp("root")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAFOUNDRY_DATA_ROOTS", str(root))
        yield root


COLUMNS = {
    "whole": st.integers(-(2**63), 2**63 - 1),
    "part": st.one_of(st.none(), st.floats(allow_nan=False)),
    "word": st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)),
    "flag": st.booleans(),
}


@given(st.lists(st.fixed_dictionaries(COLUMNS), min_size=1, max_size=20), st.integers(1, 7))
def test_parquet_gives_back_what_was_written_in_any_blocks(
    folder: Path, rows: list[dict[str, object]], size: int
) -> None:
    frame = pd.DataFrame(rows).astype({"part": "float64", "word": "object"})
    path = folder / "t.parquet"
    with TableWriter(path) as writer:
        for start in range(0, len(frame), size):
            writer.write(frame.iloc[start : start + size])
    read = pd.concat(open_table(path).blocks(rows=size))
    read["word"] = read["word"].where(read["word"].notna(), None)
    pd.testing.assert_frame_equal(read, frame, check_exact=True)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_csv_gives_back_the_very_numbers(folder: Path, values: list[float]) -> None:
    frame = pd.DataFrame({"part": values, "word": ["x"] * len(values)})
    write_table(frame, folder / "t.csv")
    read = open_table(folder / "t.csv").read()
    np.testing.assert_array_equal(read["part"].to_numpy(float), np.array(values))
