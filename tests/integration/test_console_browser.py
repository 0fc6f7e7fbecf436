"""The console in a real browser: the whole job by clicks alone, and every page readable for everybody."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright drives the browser: see requirements-dev.txt")
CHROMIUM = Path("/usr/bin/chromium")
AXE = (Path(__file__).parents[1] / "data" / "axe" / "axe.min.js").read_text()
PATIENCE = 280_000  # milliseconds for work that a page waits for
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="There is no /usr/bin/chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        sync_api.expect.set_options(timeout=PATIENCE)
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """A page of a new visitor; at the end, the browser must have had nothing to complain about."""
    opened, complaints = [], []

    def open_page(url: str, width: int = 1400, scheme: str = "light") -> Any:
        context = browser.new_context(
            base_url=url, viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", lambda told: complaints.append(told.text) if told.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        opened.append(context)
        return page

    yield open_page
    for each in opened:
        each.close()
    assert complaints == []


def accessible(page: Any) -> None:
    """No finding of axe-core that is serious or critical, and nothing wider than the window."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    grave = {
        each["id"]: [node["html"][:200] for node in each["nodes"]]
        for each in found
        if each["impact"] in ("serious", "critical")
    }
    assert not grave, f"{page.url}: {json.dumps(grave, indent=1)}"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is wider than the window"


def write(page: Any, card: Any, source: str) -> None:
    """Type a labeling function's source in its editor."""
    card.get_by_label("Source of the function").fill(source)


@pytest.mark.skipif(
    "DATAFOUNDRY_LONG_TESTS" not in os.environ, reason="it waits minutes for a training; set DATAFOUNDRY_LONG_TESTS=1"
)
def test_the_whole_job_by_clicks(server: Any, adult: pd.DataFrame, visit: Callable[..., Any], tmp_path: Path) -> None:
    rows = adult.sample(1_500, random_state=1).reset_index(drop=True)
    right, rows.loc[0, "education"] = rows.loc[0, "education"], "Bachelorss"
    rows.to_csv(tmp_path / "people.csv", index=False)
    page = visit(server.url)

    page.goto("/")
    accessible(page)
    page.get_by_role("link", name="Tables", exact=True).first.click()
    page.locator("#file").set_input_files(tmp_path / "people.csv")
    page.wait_for_url("**/tables/view**")
    sync_api.expect(page.get_by_text("of 1,500, 15 columns")).to_be_visible()
    page.get_by_role("link", name="age", exact=True).click()
    sync_api.expect(page.get_by_text("smallest first")).to_be_visible()
    page.get_by_role("link", name="Next page").click()
    sync_api.expect(page.locator("#rows")).to_contain_text("51–100")
    accessible(page)

    page.get_by_role("link", name="Profile").click()
    page.get_by_role("button", name="Profile this table").click()
    sync_api.expect(page.get_by_role("heading", name="Rules between columns")).to_be_visible()
    accessible(page)

    page.get_by_role("link", name="Label", exact=True).last.click()
    card = page.locator(".function").first
    write(page, card, "def lf_1(x):\n    return 1 if x['education-num'] >= 13 else -")
    sync_api.expect(card.get_by_role("alert")).to_contain_text("Line 2")
    write(page, card, "def lf_1(x):\n    return 1 if x['education-num'] >= 13 else -1")
    sync_api.expect(page.locator("#trial")).to_contain_text("Covered")
    page.get_by_role("button", name="Add a function").click()
    write(page, page.locator(".function").nth(1), "def lf_2(x):\n    return 0 if x['age'] < 60 else -1")
    page.get_by_role("button", name="Add a function").click()
    write(page, page.locator(".function").nth(2), "def lf_3(x):\n    return 1 if x['hours-per-week'] > 45 else 0")
    sync_api.expect(page.locator("#trial table tbody tr")).to_have_count(3)
    accessible(page)
    page.reload()
    sync_api.expect(page.locator(".function")).to_have_count(3)
    page.get_by_role("button", name="Label all rows").click()
    sync_api.expect(page.get_by_role("heading", name="rows are labeled")).to_be_visible()
    accessible(page)

    page.get_by_role("link", name="Train on these labels").click()
    sync_api.expect(page.get_by_label("Label: the column")).to_have_value("label")
    accessible(page)
    page.get_by_role("button", name="Go on to the settings").click()
    page.get_by_label("Epochs, at most").fill("2")
    for name in ("Encoder layers", "Decoder layers"):
        page.get_by_label(name).fill("16")
    accessible(page)
    page.get_by_role("button", name="Start training").click()
    sync_api.expect(page.get_by_role("heading", name="The model is trained")).to_be_visible()
    accessible(page)

    page.get_by_role("link", name="Generate rows").click()
    page.get_by_label("Rows").fill("200")
    page.get_by_label("Class (label)").select_option("1")
    page.get_by_label("Column", exact=True).select_option("age")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("age from").fill("30")
    page.get_by_role("button", name="Generate", exact=True).click()
    sync_api.expect(page.get_by_role("heading", name="200 rows are made")).to_be_visible()
    accessible(page)
    with page.expect_download() as downloaded:
        page.locator("#result").get_by_role("link", name="Download").click()
    made = pd.read_parquet(downloaded.value.path())
    assert len(made) == 200 and (made["label"] == 1).all() and (made["age"] >= 30).all()
    page.get_by_role("button", name="Measure the quality").click()
    sync_api.expect(page.get_by_role("heading", name="Column by column")).to_be_visible()
    accessible(page)

    page.get_by_role("link", name="Clean", exact=True).first.click()
    page.get_by_label("Table").first.select_option(label="uploads/people.csv")
    page.get_by_role("button", name="Check the table").click()
    fix = page.get_by_label(re.compile("Accept the fix of education in row 1"))
    sync_api.expect(fix).to_be_visible()
    page.get_by_label("Accept at once").select_option("0.99")
    fix.check()
    accessible(page)
    page.get_by_role("button", name="Apply what is accepted").click()
    sync_api.expect(page.locator("#done").get_by_role("heading")).to_contain_text("mended")
    with page.expect_download() as downloaded:
        page.locator("#done").get_by_role("link", name="Download the table").click()
    assert pd.read_csv(downloaded.value.path()).loc[0, "education"] == right

    page.get_by_role("link", name="Jobs").first.click()
    sync_api.expect(page.get_by_role("link", name="Train a model")).to_be_visible()
    accessible(page)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1400, "dark")])
def test_every_page_is_readable_in_every_size_and_light(
    server: Any, visit: Callable[..., Any], width: int, scheme: str
) -> None:
    page = visit(server.url, width, scheme)
    for place in ("/", "/console/tables", "/console/label", "/console/train", "/console/generate", "/console/clean"):
        page.goto(place)
        accessible(page)
    for place in ("/console/ask", "/console/jobs", "/console/login"):
        page.goto(place)
        accessible(page)


def test_rows_are_labeled_by_a_key_press_each(server: Any, visit: Callable[..., Any]) -> None:
    page = visit(server.url)
    page.goto("/console/label/rows?path=testing_data/adult_test.csv")
    for key in ("1", "0", "s", "1", "u", "0"):
        page.get_by_role("button", name="Class 0").wait_for()
        page.keyboard.press(key)
    sync_api.expect(page.locator("#count")).to_have_text("3")
    page.reload()
    sync_api.expect(page.locator("#count")).to_have_text("3")
    page.get_by_role("button", name="Save them").click()
    page.wait_for_url("**/console/label?path=**hand_labels**")
    saved = server.post("/api/dataset/rows", {"data_path": "output_data/adult_test_hand_labels.csv"}).json()
    assert [row[-1] for row in saved["rows"]] == [1, 0, 0]


def test_the_keyboard_alone_is_enough(server: Any, visit: Callable[..., Any]) -> None:
    page = visit(server.url)
    page.goto("/console/tables")
    page.keyboard.press("Tab")
    sync_api.expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "file"
