"""A table told to people."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from DataFoundry import evaluator
from DataFoundry.errors import ColumnError, RequestError
from DataFoundry.profiling.masking import masked


@pytest.fixture
def customers(root: Path) -> str:
    r = np.random.default_rng(0)
    names = r.choice(["Anna Smith", "Bruno Garcia", "Carla Rossi", "David Novak"], 300)
    pd.DataFrame(
        {
            "customer_id": [f"C{1000 + i}" for i in range(300)],
            "name": names,
            "email": [
                f"{name.split()[0].lower()}{i}@mail.example" if i % 30 else "none" for i, name in enumerate(names)
            ],
            "joined": pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(r.integers(0, 900, 300), "D")).dt.strftime(
                "%d.%m.%Y"
            ),
            "paid": [f"€{each:,.2f}" for each in r.lognormal(5, 1, 300)],
            "left": [None] * 200 + ["2021-01-01"] * 50 + ["2022-01-01"] * 50,
            "note": "",
            "churned": ["yes"] * 9 + ["no"] * 291,
        }
    ).to_csv(root / "customers.csv", index=False)
    return str(root / "customers.csv")


def test_a_profile_tells_kinds_warnings_and_where_its_page_is(customers: str, root: Path) -> None:
    told = evaluator.profile_dataset(customers, "churned", output_path=str(root / "p.html"))
    columns = told["schema"]["columns"]
    assert {name: column["kind"] for name, column in columns.items()} == {
        "customer_id": "key",
        "name": "person_name",
        "email": "email",
        "joined": "moment",
        "paid": "formatted_number",
        "left": "moment",
        "note": "empty",
        "churned": "boolean",
    }
    assert columns["joined"]["format"] == {"pattern": "%d.%m.%Y"}
    warnings = told["warnings"]
    assert warnings[0].startswith("Personal data stands in 'name', 'email'")
    assert any("Only 9 of 300 rows have the label 'yes'" in each for each in warnings)
    assert any("'note' has no value" in each for each in warnings)
    assert any("67% of the rows have no value in 'left'" in each for each in warnings)
    assert any("'email': 96.7% of the values are an e-mail address" in each for each in warnings)
    assert json.loads(Path(str(told["schema_path"])).read_text()) == told["schema"]


def test_the_page_shows_no_personal_value_and_needs_no_network(customers: str, root: Path) -> None:
    told = evaluator.profile_dataset(customers, output_path=str(root / "p.html"))
    page = Path(str(told["report_path"])).read_text()
    assert "Anna Smith" not in page and "@mail.example" not in page
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)
    assert page.count("<svg") >= 3 and "what to look at first" in page
    assert "C1000" in page and "%d.%m.%Y" in page


def test_what_is_known_better_is_taken(customers: str, root: Path) -> None:
    told = evaluator.profile_dataset(
        customers, columns={"name": {"kind": "category"}}, output_path=str(root / "p.html")
    )
    assert told["schema"]["columns"]["name"]["kind"] == "category"
    assert "Anna Smith" in Path(str(told["report_path"])).read_text()
    with pytest.raises(ColumnError, match="'nope'"):
        evaluator.profile_dataset(customers, "nope")


def test_a_table_without_faults_has_no_warnings(adult: pd.DataFrame, root: Path) -> None:
    adult.head(2000).to_csv(root / "a.csv", index=False)
    assert evaluator.profile_dataset(str(root / "a.csv"), "income", output_path=str(root / "p.html"))["warnings"] == []


def test_masks_keep_the_form() -> None:
    assert masked("anna@mail.example") == "an··@····.·······"
    assert masked("+49 123 45") == "+4· ··· ··"


@pytest.mark.parametrize(
    ("column", "said", "words"),
    [
        ("name", {"kind": "formatted_number"}, "cannot be read as formatted_number"),
        ("paid", {"kind": "formatted_number", "format": {"prefix": 5}}, "cannot be read as formatted_number with"),
        ("joined", {"kind": "moment", "format": {"pattern": "%Q"}}, "cannot be read as moment with"),
        ("joined", {"format": "x"}, "'format' of 'joined' is an object"),
        ("name", {"kind": "number"}, "cannot be read as number; it holds"),
        ("name", {"kind": ["a"]}, "the kinds are"),
        ("name", {"personal": "yes"}, "true or false"),
        ("name", {"personal": 0}, "true or false"),
        ("joined", {"format": []}, "'format' of 'joined' is an object"),
    ],
)
def test_what_cannot_be_known_better_is_refused(
    customers: str, root: Path, column: str, said: dict[str, object], words: str
) -> None:
    with pytest.raises(RequestError, match=words):
        evaluator.profile_dataset(customers, columns={column: said}, output_path=str(root / "p.html"))
    assert not (root / "p.html").exists()


def test_a_kind_that_is_said_takes_the_format_that_its_values_have(customers: str, root: Path) -> None:
    told = evaluator.profile_dataset(
        customers, columns={"paid": {"kind": "formatted_number", "format": None}}, output_path=str(root / "p.html")
    )
    assert told["schema"]["columns"]["paid"]["format"]["prefix"] == "€"
