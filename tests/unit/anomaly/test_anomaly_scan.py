"""A scan on real files: sorted, explained, the same in memory as spilled, nothing of the table lost."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from DataFoundry.anomaly import scan as scanning
from DataFoundry.anomaly import sorting
from DataFoundry.anomaly.detector import Detector, fit_detector
from DataFoundry.anomaly.page import anomaly_page
from DataFoundry.anomaly.report import Layout
from DataFoundry.anomaly.scan import ScanResult, scan
from DataFoundry.anomaly.sorting import RowSorter
from DataFoundry.anomaly.threshold import ThresholdRule
from DataFoundry.errors import ColumnError, TableError
from DataFoundry.preprocessing.labels import LabelCodec
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.tables import write_table

KINDS = {"x": "number", "twice": "number", "kind<b>": "category"}


def table(rows: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    x = random.normal(size=rows).round(2)
    frame = pd.DataFrame({"x": x, "twice": 2 * x, "kind<b>": np.where(x > 0, "up", "down"), "extra": range(rows)})
    return frame.assign(label=np.where(x > 0, "yes", "no"))


TRAIN = table(600, 0)
LABELS = LabelCodec.fit(TRAIN["label"])


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.from_state(fit_detector(TRAIN, KINDS, LABELS.encode(TRAIN["label"]), 2, seed=0))


def scanned(
    root: Path, detector: Detector, frame: pd.DataFrame, name: str = "report.parquet", **rule: float
) -> tuple[pd.DataFrame, ScanResult, pd.DataFrame]:
    source, report, fixes = root / f"scanned{Path(name).suffix}", root / name, root / "fixes.csv"
    write_table(frame, source)
    result = scan(open_table(source), detector, LABELS, ThresholdRule(**rule), report, fixes, root / "findings.csv")
    return open_table(report).read(), result, open_table(fixes).read()


def with_errors() -> pd.DataFrame:
    frame = table(300, 1)
    frame.loc[7, "twice"] = -6.0
    frame.loc[8, "kind<b>"] = "sideways"
    frame.loc[9, "x"] = np.nan
    return frame


def test_wrong_cells_are_told_in_a_sentence_in_the_report_and_in_a_file(root: Path, detector: Detector) -> None:
    report, result, _ = scanned(root, detector, with_errors())
    found = open_table(root / "findings.csv").read()
    assert found[["row", "column", "found"]].to_numpy().tolist() == [[8, "kind<b>", "sideways"]]
    assert result.wrong == 1
    why = report.set_index("row_index")["why"]
    assert why[8] == found["why"][0] and "'sideways' stands in no row" in why[8]
    assert (why.drop(8).fillna("") == "").all()


@pytest.mark.parametrize("name", ["report.parquet", "report.csv"])
def test_the_report_holds_the_whole_table_sorted_by_score(root: Path, detector: Detector, name: str) -> None:
    frame = with_errors()

    report, result, _ = scanned(root, detector, frame, name, top_k=5)

    assert np.all(np.diff(report["anomaly_score"]) <= 0)
    assert report["rank"].tolist() == list(range(1, 301))
    assert sorted(report["row_index"]) == list(range(300))
    assert set(report["row_index"].head(2)) == {7, 8}
    assert {9} < set(report["row_index"].head(20))
    again = report.sort_values("row_index")[list(frame.columns)].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, frame)
    assert report["is_anomaly"].sum() == result.threshold.flagged == 5
    assert result.ignored == ["extra"]
    assert not report["anomaly_score"].isna().any()


def test_reasons_expectations_and_news_are_told(root: Path, detector: Detector) -> None:
    report, result, fixes = scanned(root, detector, with_errors(), top_k=20)
    rows = report.set_index("row_index")

    assert "twice" in rows.loc[7, "top_features"].split(", ")[:2]
    assert rows.loc[7, "expected__twice"] == pytest.approx(2 * rows.loc[7, "x"], abs=1.5)
    assert rows.loc[8, "novel_values"] == "kind<b>"
    assert rows.loc[8, "expected__kind<b>"] in ("up", "down")
    assert rows.loc[9, "n_missing"] == 1
    assert rows.loc[9, "novel_values"] == "x"
    assert rows.loc[~rows["is_anomaly"], "expected__x"].isna().all()
    sums = report.filter(like="contrib__").sum(axis=1)
    assert sums.to_numpy() == pytest.approx(report["anomaly_score"].to_numpy())
    assert dict(result.novel)["kind<b>"] == 1
    told = fixes.set_index(["row", "column"])
    assert told.loc[(7, "twice"), "confidence"] >= scanning.SURE
    assert told.loc[(8, "kind<b>"), "found"] == "sideways"
    assert len(fixes) == result.fixes


def test_wrong_labels_surprise_and_do_not_change_the_score(root: Path, detector: Detector) -> None:
    frame = table(300, 2)
    wrong = frame.assign(label=frame["label"].where(frame.index != 4, np.where(frame["x"] > 0, "no", "yes")))

    right_report, _, _ = scanned(root, detector, frame)
    report, _, _ = scanned(root, detector, wrong)
    bare, result, _ = scanned(root, detector, frame.drop(columns="label"))

    assert report.loc[report["label_surprise"].idxmax(), "row_index"] == 4
    assert report["anomaly_score"].tolist() == right_report["anomaly_score"].tolist() == bare["anomaly_score"].tolist()
    assert "label_surprise" not in bare
    unknown, _, _ = scanned(root, detector, frame.assign(label="perhaps"))
    assert unknown["label_surprise"].isna().all()


def test_a_spilled_scan_is_the_same(root: Path, detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = table(1000, 3)
    held, _, _ = scanned(root, detector, frame, "held.parquet")
    monkeypatch.setattr(sorting, "_ROWS_IN_MEMORY", 150)
    monkeypatch.setattr(sorting, "_ROWS_IN_BUCKET", 100)
    monkeypatch.setattr(sorting, "_ROWS_AT_ONCE", 30)
    monkeypatch.setattr(scanning, "_BLOCK_ROWS", 90)

    spilled, _, _ = scanned(root, detector, frame, "spilled.parquet")

    pd.testing.assert_frame_equal(spilled, held)
    assert sorted(path.name for path in root.iterdir()) == [
        "findings.csv",
        "fixes.csv",
        "held.parquet",
        "scanned.parquet",
        "spilled.parquet",
    ]


def test_the_sorter_keeps_ties_as_they_came_and_cleans_up_after_a_failure(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "_ROWS_IN_MEMORY", 2)
    monkeypatch.setattr(sorting, "_ROWS_IN_BUCKET", 2)
    with RowSorter(root) as sorter:
        for start in (0, 3):
            sorter.add(pd.DataFrame({"row": [start, start + 1, start + 2]}), np.array([1.0, 2.0, 1.0]))
        assert [row for block in sorter.ordered() for row in block["row"]] == [1, 4, 0, 2, 3, 5]
    with pytest.raises(RuntimeError), RowSorter(root) as sorter:
        sorter.add(pd.DataFrame({"row": [1, 2, 3]}), np.zeros(3))
        raise RuntimeError
    assert list(root.iterdir()) == []


def test_columns_of_our_names_are_kept_under_another(root: Path, detector: Detector) -> None:
    frame = table(50, 4).assign(rank="mine", anomaly_score=-1.0, rank_input="too")

    report, result, _ = scanned(root, detector, frame)

    assert result.layout.renamed == {"rank": "rank_input_input", "anomaly_score": "anomaly_score_input"}
    assert set(report["rank_input_input"]) == {"mine"}
    assert set(report["rank_input"]) == {"too"}
    assert report["rank"].tolist() == list(range(1, 51))


def test_layout_names_do_not_meet() -> None:
    layout = Layout.planned(["contrib__x", "contrib__x_input", "x"], ["x"], False)

    assert len({*layout.carried.values(), "contrib__x"}) == 4


def test_a_table_that_cannot_be_scanned_leaves_no_report(root: Path, detector: Detector) -> None:
    with pytest.raises(ColumnError, match="'twice'"):
        scanned(root, detector, table(20, 0).drop(columns="twice"))
    with pytest.raises(TableError, match="no rows"):
        scanned(root, detector, table(20, 0).head(0))
    assert [path.name for path in root.iterdir()] == ["scanned.parquet"]


def test_the_page_marks_odd_cells_and_escapes(root: Path, detector: Detector) -> None:
    frame = with_errors()
    frame.loc[8, "kind<b>"] = "<script>alert(1)</script>"
    _, result, _ = scanned(root, detector, frame, top_k=20)

    page = anomaly_page(result, "a<b>.csv", ["a warning"])

    assert page.count("<figure") == 2
    assert "<script>" not in page
    assert "kind&lt;b&gt;" in page
    assert 'class="mark"' in page
    assert "expected up" in page or "expected down" in page
    assert "a warning" in page
    assert page == anomaly_page(result, "a<b>.csv", ["a warning"])
