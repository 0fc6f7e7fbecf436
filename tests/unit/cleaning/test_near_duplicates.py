"""The same person written twice is found; people who are alike, and orders of one customer, are not."""

import numpy as np
import pandas as pd
import pytest
from faker import Faker

from DataFoundry.cleaning.near_duplicates import near_duplicates
from DataFoundry.schema.discovery import discover_in

ROWS = 600


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    fake = Faker("de_DE")
    fake.seed_instance(4)
    return pd.DataFrame(
        [
            {
                "id": f"C-{number:05d}",
                "first_name": fake.first_name(),
                "last_name": fake.last_name(),
                "email": f"{fake.user_name()}{number}@{fake.free_email_domain()}",
                "phone": fake.phone_number(),
                "born": fake.date_of_birth(minimum_age=18, maximum_age=80).isoformat(),
            }
            for number in range(ROWS)
        ]
    )


def groups(frame: pd.DataFrame) -> list[tuple[int, ...]]:
    return [group.rows for group in near_duplicates(frame, discover_in(frame).columns)]


CHANGES = {
    "a typing error": lambda row: {"last_name": row["last_name"][:-2] + row["last_name"][-1]},
    "swapped names": lambda row: {"first_name": row["last_name"], "last_name": row["first_name"]},
    "another format of the date": lambda row: {"born": ".".join(reversed(row["born"].split("-")))},
    "case and a missing phone": lambda row: {"email": row["email"].upper(), "phone": None},
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_the_same_person_is_found(people: pd.DataFrame, change: str) -> None:
    again = {**people.iloc[17], "id": "C-99999", **CHANGES[change](people.iloc[17])}
    frame = pd.concat([people, pd.DataFrame([again])], ignore_index=True)
    assert groups(frame) == [(17, ROWS)]


def test_why_names_columns_and_no_values(people: pd.DataFrame) -> None:
    again = {**people.iloc[17], "id": "C-99999", "phone": "+49 30 999 99 99"}
    frame = pd.concat([people, pd.DataFrame([again])], ignore_index=True)
    (group,) = near_duplicates(frame, discover_in(frame).columns)
    assert group.why == (
        "Rows 17 and 600 are probably the same: first_name, last_name, email, born equal; phone different."
    )
    assert group.confidence >= 0.9


def test_different_people_are_not(people: pd.DataFrame) -> None:
    assert groups(people) == []


def test_twins_are_not(people: pd.DataFrame) -> None:
    twin = {**people.iloc[3], "id": "C-99999", "first_name": "Zacharias", "last_name": "Quabeck", "email": "zz@x.de"}
    assert groups(pd.concat([people, pd.DataFrame([twin])], ignore_index=True)) == []


def test_swapped_names_are_one_name(people: pd.DataFrame) -> None:
    few = people[["id", "first_name", "last_name", "born"]]
    row = few.iloc[17]
    again = {**row, "id": "C-99999", "first_name": row["last_name"], "last_name": row["first_name"]}
    assert groups(pd.concat([few, pd.DataFrame([again])], ignore_index=True)) == [(17, ROWS)]


def test_orders_of_the_same_customers_are_not(people: pd.DataFrame) -> None:
    draw = np.random.default_rng(1)
    orders = people.iloc[draw.integers(0, 300, ROWS)].reset_index(drop=True)
    orders["id"] = [f"O-{number:05d}" for number in range(ROWS)]
    orders["total"] = draw.lognormal(3, 1, ROWS).round(2)
    assert groups(orders) == []


def rentals(people: pd.DataFrame) -> pd.DataFrame:
    """Each of 300 people rents twice in the mean: bikes, for some days."""
    draw = np.random.default_rng(1)
    rented = people.iloc[draw.integers(0, 300, ROWS)].reset_index(drop=True)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 300, ROWS), unit="D")
    bike = draw.choice(["city", "cargo", "race", "kids"], ROWS)
    return rented.assign(
        id=[f"R-{number:05d}" for number in range(ROWS)],
        day=day.strftime("%d.%m.%Y"),
        bike=bike,
        price=pd.Series(bike).map({"city": 12, "cargo": 30, "race": 25, "kids": 9}),
        days=draw.integers(1, 15, ROWS),
        shop=draw.choice(["Nord", "Hafen", "Markt"], ROWS),
    )


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"day": "03.12.2024"}, False),  # rented again
        ({"bike": "tandem"}, False),  # for another one
        ({"price": 31}, False),
    ],
)
def test_of_events_of_the_same_people_those_that_agree_in_all_but_who_is_written_how(
    people: pd.DataFrame, change: dict[str, object], same: bool
) -> None:
    frame = rentals(people)
    row = frame.iloc[17]
    written = {"id": "R-99999", "last_name": row["last_name"].upper() + "-", "phone": row["phone"].replace(" ", "")}
    again = {**row, **written, "first_name": row["first_name"][0] + ".", **change}
    assert groups(pd.concat([frame, pd.DataFrame([again])], ignore_index=True)) == ([(17, ROWS)] if same else [])


def test_rows_of_numbers_and_categories_are_not() -> None:
    draw = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"x": draw.integers(0, 50, ROWS), "y": draw.integers(0, 50, ROWS), "z": draw.choice(list("ab"), ROWS)}
    )
    assert groups(frame) == []
