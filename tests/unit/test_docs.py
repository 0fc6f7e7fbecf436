"""The pages under docs/ tell of every kind, rule, option and file that there is."""

import re
from pathlib import Path

import pytest

from DataFoundry.checking.issues import OF_CELLS
from DataFoundry.config import ReadOptions
from DataFoundry.making.kinds import MAKERS
from DataFoundry.schema.kinds import KINDS
from DataFoundry.schema.rules import RULES
from DataFoundry.storage.paths import READ_SUFFIXES

ROOT = Path(__file__).parents[2]
PAGES = {path.stem: path.read_text() for path in (ROOT / "docs").glob("*.md")}


def rows(page: str, heading: str) -> dict[str, list[str]]:
    """The table under a heading: its first column to its cells."""
    part = PAGES[page].split(f"## {heading}\n")[1].split("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line[:1] == "|"]
    return {row[0].strip("`"): row for row in cells[2:]}


def test_every_kind_is_told_with_what_becomes_of_it():
    told = rows("schema", "Kinds of columns")
    assert set(told) == set(KINDS)
    assert {name for name, row in told.items() if row[2].startswith("made anew")} == set(MAKERS)


def test_every_rule_is_told_with_the_constants_that_it_needs():
    told = rows("schema", "Rules")
    assert set(told) == set(RULES)
    for name, row in told.items():
        assert all(f"`{detail}`" in row[2] for detail in RULES[name].DETAILS), name


def test_every_option_and_kind_of_file_is_told():
    assert set(rows("reading", "What is found out")) == set(ReadOptions.model_fields)
    assert set(re.findall(r"\.[a-z0-9]+", PAGES["reading"].split("##")[0])) >= set(READ_SUFFIXES)


def test_every_kind_of_issue_is_told_with_its_severity():
    told = rows("cleaning", "Check it")
    of_tables = {"duplicate", "near_duplicate", "missing", "imbalance", "drift"}
    assert set(told) == set(OF_CELLS) | of_tables
    assert all(told[kind][2] == severity for kind, severity in OF_CELLS.items())


@pytest.mark.parametrize("page", list(PAGES))
def test_the_readme_leads_to_every_page_and_links_lead_somewhere(page):
    assert f"docs/{page}.md" in (ROOT / "README.md").read_text()
    for link in re.findall(r"\]\(([^)#:]+)\)", PAGES[page]):
        assert (ROOT / "docs" / link).exists(), link
