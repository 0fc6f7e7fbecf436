"""Values that are made anew fit what stands beside them and the language of the table."""

import re

import numpy as np
import pandas as pd
import pytest
from faker import Faker

from DataFoundry.making.columns import Made
from DataFoundry.making.names import sex_of_name
from DataFoundry.schema.table_schema import Column

ROWS = 600


def remade(frame: pd.DataFrame, kinds: dict[str, str], known: list[str]) -> pd.DataFrame:
    columns = {name: Column(name, kinds.get(name, "category")) for name in frame.columns}
    learnt = Made.from_dict(Made.learn(frame, columns, list(kinds), known, None).as_dict())
    return learnt.make(frame[known].sample(ROWS, random_state=1).reset_index(drop=True), 0, 5)


def people(locale: str, titles: tuple[str, str]) -> pd.DataFrame:
    fake, rng = Faker(locale), np.random.default_rng(0)
    fake.seed_instance(0)
    male = rng.random(ROWS) < 0.5
    first = [fake.first_name_male() if each else fake.first_name_female() for each in male]
    last = [fake.last_name() for _ in range(ROWS)]
    return pd.DataFrame(
        {
            "title": np.where(rng.random(ROWS) < 0.05, "", np.where(male, *titles)),
            "first": first,
            "last": last,
            "full": [f"{a} {b}" for a, b in zip(first, last, strict=True)],
            "addressed": [f"{titles[int(not m)]} {a} {b}" for m, a, b in zip(male, first, last, strict=True)],
        }
    )


@pytest.mark.parametrize(
    ("locale", "titles"),
    [("de_DE", ("Herr", "Frau")), ("en_US", ("Mr", "Mrs")), ("fr_FR", ("M.", "Mme")), ("de_DE", ("m", "w"))],
)
def test_the_first_name_fits_the_salutation(locale: str, titles: tuple[str, str]) -> None:
    frame = people(locale, titles)
    new = remade(frame, {"first": "person_name", "full": "person_name"}, ["title"])
    for name in ("first", "full"):
        sexes = new[name].str.split().str[0].map(lambda word: sex_of_name(word, locale))
        for title, sex in zip(titles, ("male", "female"), strict=True):
            told = sexes[new["title"] == title].dropna()
            assert len(told) > 0.9 * (new["title"] == title).sum() and (told == sex).all()
    assert not set(new["full"]) & set(frame["full"])


def test_a_title_within_the_name_fits_it() -> None:
    new = remade(people("de_DE", ("Herr", "Frau")), {"addressed": "person_name"}, ["title"])["addressed"]
    assert new.str.match("(Herr|Frau) ").all() and new.str.startswith("Frau").mean() > 0.3
    sexes = [sex_of_name(text.split()[1], "de_DE") for text in new]
    assert all(
        sex in (None, {"Herr": "male", "Frau": "female"}[text.split()[0]]) for sex, text in zip(sexes, new, strict=True)
    )


def test_names_without_a_telling_column_are_of_both_sexes() -> None:
    frame = people("de_DE", ("Herr", "Frau"))
    frame["title"] = np.random.default_rng(1).permutation(frame["title"])
    new = remade(frame, {"first": "person_name"}, ["title"])
    female = new["first"].map(lambda word: sex_of_name(word, "de_DE")) == "female"
    assert 0.3 < female[new["title"] == "Herr"].mean() < 0.7


@pytest.mark.parametrize(
    ("streets", "form"),
    [
        (["Hauptstr.", "Bahnhofstr.", "Goethestr.", "Schillerstr."], r"[A-Z][a-zäöü]+str\. \d+"),
        (["Hauptstr.", "Am Markt", "Im Winkel", "Lange Reihe", "Unter den Eichen"], r"[A-Z][a-zäöü]+str\. \d+"),
        (["Am Markt", "Im Winkel", "Lange Reihe", "Unter den Eichen"], r"[A-Z][a-zäöü]+(straße|weg) \d+"),
    ],
)
def test_german_addresses_are_german(streets: list[str], form: str) -> None:
    frame = people("de_DE", ("Herr", "Frau"))
    frame["address"] = [f"{streets[row % len(streets)]} {row % 90 + 1}" for row in range(ROWS)]
    new = remade(frame, {"full": "person_name", "address": "address"}, ["title"])["address"]
    assert all(re.fullmatch(form, text) for text in new), new.head().tolist()


def test_french_streets_are_called_after_something_french() -> None:
    fake = Faker("fr_FR")
    fake.seed_instance(0)
    frame = pd.DataFrame(
        {"city": ["Lyon", "Lille"] * 300, "address": [f"{n % 90 + 1} rue {fake.last_name()}" for n in range(600)]}
    )
    new = remade(frame, {"address": "address"}, ["city"])["address"]
    assert new.str.fullmatch(r"\d+ rue .+").all() and not new.str.contains("Oak|Lake|Hill|Street").any()
