"""Texts that tell of people are seen as such; cities, jobs, brands and products are not."""

from pathlib import Path

import pandas as pd
import pytest
from faker import Faker

from DataFoundry.schema.personal_parts import masked, told_of_people, warning_of_people, without_people

ADULT = Path(__file__).parents[3] / "backend" / "testing_data" / "adult.csv"
PRODUCTS = "Dr. Oetker Pizza;Dr Pepper;Mr Clean;Mrs Dash;Jack Daniels;Office Chair;Rose Gold Ring;Earl Grey;Desk Lamp;"
PRODUCTS += "Wireless Mouse;Dr. Martens Boots;Granny Smith Apples;Calvin Klein Jeans;Green Tea;Ink Cartridge;Gift Card"
COMPANIES = (
    "Morgan Stanley;Wells Fargo;Thomas Cook;Mary Kay;Hugo Boss;Deutsche Bank;Carl Zeiss AG;Ford Motor;Eli Lilly;"
)
COMPANIES += (
    "Robert Bosch GmbH;General Motors;Walt Disney;Ernst & Young;Bank of America;Siemens AG;Dow Chemical;Tesla Inc"
)
PLACES = (
    "San Jose;Santa Maria;St. Paul;Saint Louis;Fort Wayne;Jackson Hole;Bad Homburg;Frankfurt am Main;Rio de Janeiro;"
)
PLACES += "Virginia Beach;Prince George;Carson City;Charlotte Amalie;Alice Springs;Victoria Falls;George Town"
STATUS = "Waiting for parts;call back after 18:00;Error 404 2024-01-02 12:30;Order 0012345678;between 1.000 and 2.000;"
STATUS += "0 - 10 000;1 000 000 - 2 000 000;0800 - 1200 hours;version 1.2.3.4567"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Herr Richter war zufrieden", "H*** war zufrieden"),
        ("Frau Dr. Müller hat angerufen", "F*** hat angerufen"),
        ("complaint of Mr. Smith about noise", "complaint of M*** about noise"),
        ("Mme Dupont a appelé", "M*** a appelé"),
        ("mail ann@example.org", "mail a***"),
        ("call +49 170 1234567 back", "call +*** back"),
        ("Tel. 030 1234567", "Tel. 0***"),
        ("transfer to DE89 3704 0044 0532 0130 00 please", "transfer to D*** please"),
        ("paid with 4111 1111 1111 1111", "paid with 4***"),
    ],
)
def test_what_tells_of_somebody_is_found_and_masked(text: str, told: str) -> None:
    found = told_of_people(["Lieferung kam spät", text, "Kunde zufrieden"])
    assert {each: masked(each, part) for each, part in found.items()} == {text: told}
    assert without_people(text, "_") == told.replace(told[told.index("***") - 1 :][:4], "_")


def test_full_names_count_in_sentences_and_where_they_are_many() -> None:
    sentences = ["Anna Schmidt war zufrieden", "Bitte Peter Meier zurückrufen lassen", "Kunde zufrieden"]
    assert list(told_of_people(sentences)) == sentences[:2]
    names = ["Anna Schmidt", "Peter Meier", "Team Nord"]
    assert list(told_of_people(names)) == names[:2]


@pytest.mark.parametrize(
    "texts", [PRODUCTS, COMPANIES, PLACES, STATUS], ids=["products", "companies", "places", "status"]
)
def test_things_are_no_people(texts: str) -> None:
    assert not told_of_people(texts.split(";"))


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "fr_FR"])
def test_cities_jobs_and_companies_are_no_people(locale: str) -> None:
    fake = Faker(locale)
    fake.seed_instance(1)
    for make in (fake.city, fake.job, fake.company):
        assert not told_of_people([make() for _ in range(200)])


def test_no_column_of_adult_tells_of_people() -> None:
    frame = pd.read_csv(ADULT)
    words = frame.select_dtypes(object)
    assert [name for name in words if warning_of_people(str(name), words[name].dropna().unique().tolist())] == []


def test_the_warning_names_the_column_an_example_and_the_cure() -> None:
    assert warning_of_people("note", ["Herr Richter war zufrieden", "Kunde zufrieden"]) == (
        "'note' holds the name of a person in 1 of its 2 values, such as 'H*** war zufrieden', and synthetic rows have "
        'them as they stand: give columns {"note": {"kind": "text", "personal": true}} to have them made anew, or '
        '{"note": {"personal": false}} if they are about nobody.'
    )
