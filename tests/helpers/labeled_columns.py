"""Columns whose kind is known: made with Faker in ten locales, and hard ones made by hand."""

import uuid
from collections.abc import Iterator

import numpy as np
import pandas as pd
from faker import Faker

LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "pt_BR", "nl_NL", "pl_PL", "sv_SE")
ROWS = 200

Labeled = tuple[str, str, list[object]]  # kind, name of the column, values


def faker_columns() -> Iterator[Labeled]:
    """Personal columns and texts of ten countries, each with a name that helps and one that does not."""
    for locale in LOCALES:
        fake = Faker(locale)
        fake.seed_instance(7)
        made = {
            "person_name": (("name", "col_1"), fake.name),
            "email": (("email", "col_2"), fake.email),
            "phone": (("phone", "telefon"), fake.phone_number),
            "address": (("address", "col_4"), lambda fake=fake: fake.street_address().replace("\n", ", ")),
            "postcode": (("zip", "postal_code"), fake.postcode),
            "iban": (("iban", "col_5"), fake.iban),
            "url": (("url", "col_6"), fake.url),
            "user_name": (("user_name", "login"), fake.user_name),
            "ip_address": (("ip", "col_7"), fake.ipv4),
            "card_number": (("card", "col_8"), lambda fake=fake: fake.credit_card_number(card_type="visa")),
            "text": (("comment", "col_9"), lambda fake=fake: fake.sentence(nb_words=9)),
            "category": (("city", "col_10"), None),
        }
        cities = [fake.city() for _ in range(12)]
        made["category"] = (("city", "col_10"), lambda cities=cities, fake=fake: fake.random_element(cities))
        for kind, (names, make) in made.items():
            for name in names:
                yield kind, name, [make() for _ in range(ROWS)]


def hard_columns() -> Iterator[Labeled]:
    """What is easily mistaken."""
    r = np.random.default_rng(3)
    days = pd.Timestamp("2015-01-01") + pd.to_timedelta(r.integers(0, 3000, ROWS), "D")
    stamps = days + pd.to_timedelta(r.integers(0, 86_400, ROWS), "s")
    for form in (
        "%Y-%m-%d",
        "%d.%m.%Y",
        "%m/%d/%Y",
        "%d/%m/%Y",
        "%Y/%m/%d",
        "%d-%m-%Y",
        "%d %b %Y",
        "%B %d, %Y",
        "%d-%b-%y",
    ):
        for name in ("date", "col"):
            yield "moment", name, list(days.strftime(form))
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%H:%M:%S", "%H:%M"):
        yield "moment", "when", list(stamps.strftime(form))
    yield "moment", "created_date", [int(each) for each in days.strftime("%Y%m%d")]
    yield "moment", "stamp", list(stamps)
    amounts = np.round(r.lognormal(6, 1.2, ROWS), 2)
    euro = [f"{each:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".") for each in amounts]
    yield "formatted_number", "revenue", [f"${each:,.2f}" for each in amounts]
    yield "formatted_number", "umsatz", [f"{each} EUR" for each in euro]
    yield "formatted_number", "preis", euro
    yield "formatted_number", "share", [f"{each:.1f} %".replace(".", ",") for each in r.random(ROWS) * 100]
    yield "formatted_number", "rate", [f"{each:.0f}%" for each in r.random(ROWS) * 100]
    yield "formatted_number", "weight", [f"{each} kg" for each in r.integers(1, 90, ROWS)]
    yield "formatted_number", "population", [f"{each:,}" for each in r.integers(1000, 9_000_000, ROWS)]
    yield "formatted_number", "ounces", [f"{each:.1f} oz" for each in r.choice([12, 16, 8.4, 24], ROWS)]
    yield "number", "year", [int(each) for each in r.integers(1950, 2024, ROWS)]
    yield "number", "birth_year", [int(each) for each in r.integers(1950, 2004, ROWS)]
    yield "number", "rating", [int(each) for each in r.integers(1, 6, ROWS)]
    yield "number", "fnlwgt", [int(each) for each in r.integers(10_000, 900_000, ROWS)]
    yield "number", "salary", [int(each) * 50 for each in r.integers(400, 4000, ROWS)]
    yield "number", "height", [float(each) for each in np.round(r.normal(170, 9, ROWS), 2)]
    yield "number", "latitude", [float(each) for each in r.uniform(-90, 90, ROWS)]
    yield "number", "code_count", [int(each) for each in r.poisson(3, ROWS)]
    yield "number", "amount", [float(each) for each in amounts]
    yield "number", "balance", [float(each) if i % 7 else None for i, each in enumerate(amounts)]
    yield "key", "customer_id", [f"C{100_000 + i}" for i in range(ROWS)]
    yield "key", "order", [f"V-{2019 + i % 4}-{i:06d}" for i in range(ROWS)]
    yield "key", "row_no", list(range(1, ROWS + 1))
    yield "key", "id", [int(each) for each in r.permutation(10**6)[:ROWS]]
    yield "key", "patient_id", [int(each) for each in 10_000_000 + r.permutation(10**6)[:ROWS]]
    yield "key", "index", list(range(ROWS))
    yield "key", "x", [str(uuid.UUID(int=int(a) << 64 | int(b))) for a, b in r.integers(0, 2**62, (ROWS, 2))]
    yield "key", "serial", [f"SN{a:04X}-{b:04X}" for a, b in r.integers(0, 2**16, (ROWS, 2))]
    yield "key", "sku", [f"{i:08d}" for i in r.permutation(10**8 // 7)[:ROWS]]
    yield "postcode", "zip", [int(each) for each in r.integers(10_000, 99_999, ROWS)]
    yield "postcode", "plz", [f"{each:05d}" for each in r.integers(1000, 99_999, ROWS)]
    yield "boolean", "vip", [bool(each) for each in r.random(ROWS) < 0.1]
    yield "boolean", "active", list(r.choice(["yes", "no"], ROWS))
    yield "boolean", "churned", list(r.choice(["Y", "N"], ROWS))
    yield "boolean", "flag", [int(each) for each in r.integers(0, 2, ROWS)]
    yield "constant", "source", ["web"] * ROWS
    yield "constant", "version", [3] * ROWS
    yield "empty", "fax", [None] * ROWS
    yield "nested", "tags", [["a"], ["b", "c"]] * (ROWS // 2)
    yield "category", "status", list(r.choice(["open", "closed", "in progress"], ROWS))
    yield "category", "size", list(r.choice(["S", "M", "L", "XL"], ROWS))
    yield "category", "country", list(r.choice(["DE", "FR", "NA", "US"], ROWS))
    yield "category", "education", list(r.choice(["Bachelors", "HS-grad", "Some-college", "11th", "Doctorate"], ROWS))
    yield "category", "weekday", list(r.choice(["Mon", "Tue", "Wed", "Thu", "Fri"], ROWS))
    yield "category", "diagnosis", list(r.choice(["E11.9", "I10", "J45.909", "M54.5"], ROWS))
    yield "category", "product", list(r.choice(["Red shoes", "Blue shirt", "Green hat", "Black coat"], ROWS))
    yield "category", "income", list(r.choice(["<=50K", ">50K"], ROWS))
    yield "category", "version", list(r.choice(["1.2.0", "1.3.1", "2.0.0"], ROWS))
    yield "category", "age_group", list(r.choice(["18-25", "26-35", "36-50", "51+"], ROWS))
    yield "category", "month", list(r.choice(["Jan", "Feb", "Mar", "Apr", "May"], ROWS))
    words = [
        "great",
        "bad",
        "slow",
        "fast",
        "delivery",
        "price",
        "support",
        "never",
        "again",
        "love",
        "it",
        "broken",
        "refund",
        "ok",
        "quality",
    ]
    yield "text", "note", [" ".join(r.choice(words, r.integers(5, 12))) for _ in range(ROWS)]
    yield "text", "review", [" ".join(r.choice(words, r.integers(12, 30))) for _ in range(ROWS)]
    repeated = [" ".join(r.choice(words, 10)) for _ in range(80)]
    yield "text", "message", list(r.choice(repeated, ROWS))
    yield (
        "national_id",
        "ssn",
        [
            f"{a:03d}-{b:02d}-{c:04d}"
            for a, b, c in zip(
                r.integers(1, 665, ROWS), r.integers(1, 99, ROWS), r.integers(1, 9999, ROWS), strict=True
            )
        ],
    )
    for locale, method in (("pl_PL", "pesel"), ("pt_BR", "cpf"), ("it_IT", "ssn"), ("nl_NL", "ssn"), ("fi_FI", "ssn")):
        fake = Faker(locale)
        fake.seed_instance(1)
        yield "national_id", "id_number", [getattr(fake, method)() for _ in range(ROWS)]
    fake = Faker("en_US")
    fake.seed_instance(2)
    yield "person_name", "first_name", [fake.first_name() for _ in range(ROWS)]
    yield "person_name", "last_name", [fake.last_name() for _ in range(ROWS)]
    yield "person_name", "employee", [f"{fake.last_name()}, {fake.first_name()}" for _ in range(ROWS)]
    yield "ip_address", "host", [fake.ipv6() for _ in range(ROWS)]
    yield (
        "phone",
        "col",
        [f"+49 {a} {b}" for a, b in zip(r.integers(100, 999, ROWS), r.integers(10**6, 10**7, ROWS), strict=True)],
    )
    yield "phone", "mobile", [int(each) for each in r.integers(2_000_000_000, 9_999_999_999, ROWS)]
    yield "email", "contact", [fake.email() if i % 25 else "unknown" for i in range(ROWS)]
