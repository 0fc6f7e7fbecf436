"""Values made anew: of their kind and form, nobody's, the same for the same entity."""

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from faker import Faker
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from DataFoundry.making.columns import Made
from DataFoundry.making.kinds import MAKERS
from DataFoundry.schema.discovery import recognised
from DataFoundry.schema.evidence import Evidence
from DataFoundry.schema.kinds import KINDS
from DataFoundry.schema.table_schema import Column, Rule

ROWS = 600
SHARED = "hello i have a problem with the and it is not good thanks".split()  # noqa: SIM905
WORDS = {
    "billing": "invoice charged twice refund card payment wrong amount please correct my last bill".split(),  # noqa: SIM905
    "network": "router drops connection slow wifi signal modem restart again every evening since".split(),  # noqa: SIM905
}


def faked(kind: str, rows: int = ROWS) -> list[str]:
    """Values that people have, each row's its own."""
    fake = Faker("de_DE" if kind in ("phone", "address", "iban") else "en_US")
    fake.seed_instance(3)
    rng = np.random.default_rng(3)
    makers: dict[str, Any] = {
        "key": lambda place: f"V-{place % 3 + 2020}-{rng.integers(10**6):06d}",
        "person_name": lambda place: fake.name_female(),
        "email": lambda place: f"{fake.first_name()}.{fake.last_name()}{place}@mail.example".lower(),
        "phone": lambda place: f"+49 {rng.integers(100, 999)} {rng.integers(10**6, 10**7)}",
        "user_name": lambda place: f"{fake.last_name().lower()}{place}",
        "url": lambda place: f"https://shop.example/item/{rng.integers(10**6)}",
        "ip_address": lambda place: f"10.{rng.integers(4)}.{rng.integers(256)}.{rng.integers(256)}",
        "iban": lambda place: fake.iban(),
        "card_number": lambda place: fake.credit_card_number("visa16"),
        "national_id": lambda place: fake.ssn(),
        "address": lambda place: fake.street_address(),
        "postcode": lambda place: f"{rng.integers(10**5):05d}",
        "text": lambda place: " ".join(rng.choice(SHARED[:10], 9)),
    }
    return [makers[kind](place) for place in range(rows)]


@pytest.fixture(params=list(MAKERS))
def column(request: pytest.FixtureRequest) -> tuple[str, pd.Series]:
    return request.param, pd.Series(faked(request.param), dtype=object)


def learnt(kind: str, values: pd.Series, salt: int = 1, **others: Any) -> dict[str, Any]:
    return MAKERS[kind].learn(values, pd.DataFrame(others, index=values.index), salt)


def made(kind: str, state: dict[str, Any], numbers: np.ndarray, salt: int = 9) -> np.ndarray:
    return MAKERS[kind].make(state, numbers, pd.DataFrame(index=range(len(numbers))), salt)


def strings(value: Any) -> Iterator[str]:
    """All texts of a state."""
    if isinstance(value, dict):
        yield from (text for each in value.items() for part in each for text in strings(part))
    elif isinstance(value, (list, tuple)):
        yield from (text for each in value for text in strings(each))
    elif isinstance(value, str):
        yield value


def test_new_values_are_of_the_kind_and_none_is_a_training_value(column: tuple[str, pd.Series]) -> None:
    kind, values = column
    new = made(kind, learnt(kind, values), np.arange(2000))
    found = recognised(Evidence("name" if kind != "postcode" else "zip", values, ROWS, 0, values.nunique()))
    format = found.format if found.kind == kind else {}
    assert KINDS[kind].check(pd.Series(new, dtype=object), format).mean() > 0.99
    if kind != "postcode":  # of a hundred thousand codes some come again
        assert not set(new) & set(values)


def test_new_values_are_as_distinct_as_those_of_training(column: tuple[str, pd.Series]) -> None:
    kind, values = column
    new = pd.Series(made(kind, learnt(kind, values), np.arange(ROWS)), dtype=object)
    assert new.notna().all()
    assert new.nunique() >= 0.93 * values.nunique()
    if kind in ("key", "email", "iban", "card_number", "national_id"):
        assert made(kind, learnt(kind, values), np.arange(20_000)).tolist() == [
            *dict.fromkeys(made(kind, learnt(kind, values), np.arange(20_000)))
        ]


def test_a_value_is_a_function_of_its_entity_and_the_salt(column: tuple[str, pd.Series]) -> None:
    kind, values = column
    state = learnt(kind, values)
    whole = made(kind, state, np.arange(300))
    assert whole[100:200].tolist() == made(kind, state, np.arange(100, 200)).tolist()
    other = made(kind, state, np.arange(300), salt=10)
    assert (whole != other).mean() > 0.9 or state.get("counting")


def test_no_training_value_can_be_read_from_what_was_learnt(column: tuple[str, pd.Series]) -> None:
    kind, values = column
    known = set(strings(learnt(kind, values)))
    assert not known & set(values)


def test_keys_that_count_go_on_after_the_last_one() -> None:
    texts = pd.Series([f"C{number}" for number in range(100_000, 100_400)], dtype=object)
    assert made("key", learnt("key", texts), np.arange(3)).tolist() == ["C100400", "C100401", "C100402"]
    padded = pd.Series([f"F-2022-{number:04d}" for number in range(50)], dtype=object)
    assert made("key", learnt("key", padded), np.arange(2)).tolist() == ["F-2022-0050", "F-2022-0051"]
    assert made("key", learnt("key", pd.Series(range(1, 301))), np.arange(2)).tolist() == ["301", "302"]


def test_one_key_far_away_does_not_stop_keys_from_counting() -> None:
    texts = pd.Series([*(f"H25-{number:05d}" for number in range(900)), "H25-90000"], dtype=object)
    assert made("key", learnt("key", texts), np.arange(2)).tolist() == ["H25-00900", "H25-00901"]


def test_keys_count_around_one_that_lies_far_away() -> None:
    texts = pd.Series([*(f"R-{number:03d}" for number in range(1, 901)), "R-999"], dtype=object)
    keys = made("key", learnt("key", texts), np.arange(200)).tolist()
    assert keys[0] == "R-901" and keys[97:99] == ["R-998", "R-1000"]
    assert len(set(keys)) == 200 and not set(keys) & set(texts)


def test_a_few_keys_that_are_slips_do_not_stop_keys_from_counting() -> None:
    texts = pd.Series(
        [*(f"K-{number}" for number in range(10001, 10601)), "K10045", "K-1O023", "k-10007"], dtype=object
    )
    assert made("key", learnt("key", texts), np.arange(2)).tolist() == ["K-10601", "K-10602"]


def test_keys_by_year_keep_their_length() -> None:
    rng = np.random.default_rng(0)
    texts = pd.Series([f"WV-{rng.integers(2014, 2024)}-{number:05d}" for number in range(2500)], dtype=object)
    keys = pd.Series(made("key", learnt("key", texts), np.arange(3000)))
    assert keys.str.fullmatch(r"WV-20\d\d-\d{5}").all() and keys.is_unique and not set(keys) & set(texts)


def test_keys_keep_what_several_share_and_the_signs_of_each_place() -> None:
    rng = np.random.default_rng(0)
    texts = [f"{'AB'[place % 2]}X-{rng.integers(16**8):08x}" for place in range(500)]
    new = made("key", learnt("key", pd.Series(texts, dtype=object)), np.arange(2000))
    assert all(re.fullmatch(r"[AB]X-[0-9a-f]{8}", each) for each in new)
    assert 0.4 < np.mean([each.startswith("A") for each in new]) < 0.6


def test_a_form_goes_with_the_category_that_tells_it() -> None:
    rng = np.random.default_rng(0)
    country = rng.choice(["DE", "FR"], 500)
    codes = {"DE": "+49 30", "FR": "+33 1"}
    phones = pd.Series([f"{codes[each]} {rng.integers(10**6, 10**7)}" for each in country], dtype=object)
    state = MAKERS["phone"].learn(phones, pd.DataFrame({"country": country}), 1)
    rows = pd.DataFrame({"country": ["DE", "FR"] * 50})
    new = MAKERS["phone"].make(state, np.arange(100), rows, 2)
    assert all(text.startswith(codes[each]) for text, each in zip(new, rows["country"], strict=True))


def people(rows: int = 2000) -> pd.DataFrame:
    """Orders of 150 customers, each with a name, an e-mail address made of it, and a city."""
    fake, rng = Faker("de_DE"), np.random.default_rng(0)
    fake.seed_instance(0)
    who = rng.integers(0, 150, rows)
    names = [(fake.first_name(), fake.last_name()) for _ in range(150)]
    cities = rng.choice(["Bonn", "Ulm", "Jena"], 150)
    absent = rng.random(rows) < 0.2
    return pd.DataFrame(
        {
            "customer_id": [f"K{1000 + each * 7}" for each in who],
            "name": [" ".join(names[each]) for each in who],
            "email": [f"{names[each][1]}_{each}@post.example".lower() for each in who],
            "city": cities[who],
            "phone": np.where(absent, None, [f"0{30 + each} {each:05d}" for each in who]),
            "fax": np.where(absent, None, [f"0{30 + each} {each:05d}-9" for each in who]),
            "status": rng.choice(["new", "old"], rows),
        }
    )


KINDS_OF_PEOPLE = {"customer_id": "key", "name": "person_name", "email": "email", "phone": "phone", "fax": "phone"}


def remade(frame: pd.DataFrame, rows: int = 1500, seed: int = 4) -> pd.DataFrame:
    columns = {name: Column(name, KINDS_OF_PEOPLE.get(name, "category")) for name in frame.columns}
    rules = [Rule("determines", ("customer_id", right), "", 100) for right in ("name", "email", "city")] + [
        Rule("missing_together", ("phone", "fax"), "", 100)
    ]
    learnt_ = Made.learn(frame, columns, list(KINDS_OF_PEOPLE), ["city", "status"], None, rules)
    known = frame[["city", "status"]].sample(rows, random_state=1, replace=True).reset_index(drop=True)
    blocks = [learnt_.make(known.iloc[at : at + 500].reset_index(drop=True), at, seed) for at in range(0, rows, 500)]
    return pd.concat(blocks, ignore_index=True)


def test_a_customer_of_several_rows_stays_one_customer() -> None:
    frame = people()
    new = remade(frame)
    by_customer = new.groupby("customer_id")[["name", "email", "city"]].nunique()
    assert by_customer.to_numpy().max() == 1
    assert 100 <= new["customer_id"].nunique() <= 200
    for name in ("customer_id", "name", "email"):
        assert not set(new[name]) & set(frame[name])


def test_an_address_fits_the_name_as_the_table_s_do() -> None:
    new = remade(people())
    fits = [
        re.sub("[^a-z]", "", last.lower()) in re.sub("[^a-z]", "", mail)
        for last, mail in zip(new["name"].str.split().str[-1], new["email"], strict=True)
        if last.isascii()
    ]
    assert np.mean(fits) > 0.95 and new["email"].str.fullmatch(r"[a-z]+_\d+@post\.example").mean() > 0.95


def test_what_is_missing_together_stays_so() -> None:
    new = remade(people())
    assert (new["phone"].isna() == new["fax"].isna()).all() and 0.15 < new["phone"].isna().mean() < 0.25


def test_the_same_seed_gives_the_same_and_another_another() -> None:
    frame = people()
    pd.testing.assert_frame_equal(remade(frame), remade(frame))
    assert (remade(frame)["name"] != remade(frame, seed=5)["name"]).mean() > 0.9


def test_what_follows_from_a_drawn_column_is_one_value_each() -> None:
    rng = np.random.default_rng(0)
    ward = rng.integers(1, 9, 500)
    frame = pd.DataFrame({"ward": ward, "doctor": np.array([f"Anna Muster{each}" for each in range(9)])[ward]})
    columns = {"ward": Column("ward", "number"), "doctor": Column("doctor", "person_name")}
    rule = Rule("determines", ("ward", "doctor"), "", 100)
    new = Made.learn(frame, columns, ["doctor"], ["ward"], None, [rule]).make(frame[["ward"]], 0, 1)
    assert (new.groupby("ward")["doctor"].nunique() == 1).all() and new["doctor"].nunique() == 8


def tickets(rows: int = 1500) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    label = rng.choice(list(WORDS), rows)

    def written(place: int) -> str:
        own = [rng.choice(WORDS[label[place]]) if rng.random() < 0.3 else rng.choice(SHARED) for _ in range(14)]
        return " ".join([*own, f"customer{place}"]).capitalize() + "."

    return pd.DataFrame({"text": [written(place) for place in range(rows)], "label": label})


def told(texts: pd.Series, labels: pd.Series, real: pd.DataFrame) -> float:
    """AUC on real texts of a classifier that learnt from these."""
    counter = CountVectorizer(min_df=3)
    model = LogisticRegression(max_iter=500).fit(counter.fit_transform(texts), labels == "billing")
    return float(roc_auc_score(real["label"] == "billing", model.predict_proba(counter.transform(real["text"]))[:, 1]))


def test_new_texts_tell_the_label_and_repeat_no_one() -> None:
    real, held = tickets().iloc[:1000].reset_index(drop=True), tickets().iloc[1000:]
    columns = {"text": Column("text", "text"), "label": Column("label", "category")}
    new = Made.learn(real, columns, ["text"], ["label"], "label").make(real[["label"]], 0, 1)
    assert told(new["text"], new["label"], held) >= 0.9 * told(real["text"], real["label"], held)
    assert not new["text"].str.contains("customer").any()  # a word of one row
    assert new["text"].str.endswith(".").all()

    def runs(texts: pd.Series) -> pd.Series:
        words = texts.str.lower().str.rstrip(".").str.split()
        return pd.Series([" ".join(each[at : at + 6]) for each in words for at in range(len(each) - 5)])

    counted = runs(real["text"]).value_counts()
    assert not runs(new["text"]).isin(counted.index[counted < 5]).any()
    lengths = [texts.str.split().str.len().mean() for texts in (real["text"], new["text"])]
    assert abs(lengths[0] - lengths[1]) < 3


def test_texts_without_spaces_between_words_are_written_too() -> None:
    rng = np.random.default_rng(0)
    texts = pd.Series(
        ["".join(rng.choice(list("本日商品到着大変良好満足感謝"), 15)) + "。" for _ in range(200)], dtype=object
    )
    new = made("text", learnt("text", texts), np.arange(50))
    assert all(len(each) > 3 for each in new) and not set(new) & set(texts)


def test_numbers_stay_numbers_and_missing_ones_missing() -> None:
    frame = pd.DataFrame({"id": [float(each) if each % 10 else np.nan for each in range(500)], "n": 1})
    columns = {"id": Column("id", "key"), "n": Column("n", "number")}
    new = Made.learn(frame, columns, ["id"], ["n"], None).make(frame[["n"]], 0, 1)
    assert new["id"].dtype == np.float64 and 0.05 < new["id"].isna().mean() < 0.16
    assert (new["id"].dropna() >= 500).all() and new["id"].dropna().is_unique


def test_an_order_has_each_line_once() -> None:
    rng = np.random.default_rng(0)
    order = np.sort(rng.integers(0, 300, 900))
    frame = pd.DataFrame({"order": [f"2024-{each:05d}" for each in order], "line": 0})
    frame["line"] = frame.groupby("order").cumcount() + 1
    columns = {"order": Column("order", "key"), "line": Column("line", "number")}
    rules = [Rule("unique", ("order", "line"), "", 900)]
    learnt_ = Made.learn(frame, columns, ["order"], ["line"], None, rules)
    known = frame[["line"]].sample(1000, random_state=0, replace=True).reset_index(drop=True)
    new = pd.concat([learnt_.make(known.iloc[at : at + 500].reset_index(drop=True), at, 1) for at in (0, 500)])
    assert not new.duplicated(["order", "line"]).any() and not set(new["order"]) & set(frame["order"])
    assert 1.5 < len(new) / new["order"].nunique() < 4
    assert (new.groupby("order")["line"].min() == 1).mean() > 0.9


@pytest.mark.parametrize("length", [15, 16, 25, 32])
def test_keys_of_more_forms_than_int64_has_are_made_too(length: int) -> None:
    rng = np.random.default_rng(0)
    texts = pd.Series(["".join(rng.choice(list("0123456789abcdef"), length)) for _ in range(600)], dtype=object)
    new = made("key", learnt("key", texts), np.arange(3000))
    assert len(set(new)) == 3000 and all(re.fullmatch(f"[0-9a-f]{{{length}}}", each) for each in new)
    assert len({each[:4] for each in new}) > 500


def test_uuids_stay_uuids() -> None:
    rng = np.random.default_rng(0)
    texts = pd.Series([str(uuid.UUID(bytes=rng.bytes(16), version=4)) for _ in range(600)], dtype=object)
    new = made("key", learnt("key", texts), np.arange(2000))
    assert len(set(new)) == 2000 and {uuid.UUID(each).version for each in new} == {4}


def test_a_language_of_few_names_has_no_missing_ones() -> None:
    fake = Faker("ja_JP")
    fake.seed_instance(0)
    names = pd.Series([fake.name() for _ in range(3000)], dtype=object)
    assert all(each is not None for each in made("person_name", learnt("person_name", names), np.arange(3000)))


_IN_ANOTHER_PROCESS = """
import sys
sys.path[:0] = sys.argv[1:]
import numpy as np
import test_making as tests
for kind in tests.MAKERS:
    values = tests.pd.Series(tests.faked(kind, 200), dtype=object)
    print(kind, tests.made(kind, tests.learnt(kind, values), np.arange(50)).tolist())
words = tests.SHARED  # each in every text, so that all are as frequent
texts = [" ".join(np.random.default_rng(seed).permutation(words)) for seed in range(200)]
print("words", tests.learnt("text", tests.pd.Series(texts, dtype=object))["words"])
"""


def test_every_process_makes_the_same() -> None:
    here = Path(__file__).resolve()
    folders = [str(here.parent), str(here.parents[3] / "backend"), str(here.parents[2] / "helpers")]
    outputs = [
        subprocess.run(
            [sys.executable, "-c", _IN_ANOTHER_PROCESS, *folders],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1] and outputs[0].count("\n") == len(MAKERS) + 1


def test_what_follows_by_way_of_another_column_follows_too() -> None:
    frame = people()[["customer_id", "name", "email", "city"]]
    columns = {name: Column(name, KINDS_OF_PEOPLE.get(name, "category")) for name in frame.columns}
    chain = [("customer_id", "email"), ("email", "name"), ("name", "city")]
    rules = [Rule("determines", each, "", 100) for each in chain]
    drawn = frame[["city", "customer_id"]].sample(800, random_state=1, replace=True).reset_index(drop=True)
    learnt_ = Made.learn(frame, columns, ["name", "email"], ["city", "customer_id"], None, rules)
    new = learnt_.make(drawn, 0, 1)
    assert new.groupby("customer_id")[["name", "email"]].nunique().to_numpy().max() == 1
    assert new.groupby("email")["name"].nunique().max() == 1


def test_a_name_that_many_rows_have_is_missing_in_some_of_them_not_in_all() -> None:
    rng = np.random.default_rng(0)
    names = pd.Series(rng.choice(["M. Schulz", "A. Nowak", "K. Demir"], 600), dtype=object).mask(rng.random(600) < 0.1)
    frame = pd.DataFrame({"technician": names, "device": rng.choice(["a", "b"], 600)})
    columns = {"technician": Column("technician", "person_name", personal=True), "device": Column("device", "category")}
    learnt_of = Made.learn(frame, columns, ["technician"], ["device"], None, ())
    made_rows = [learnt_of.make(frame[["device"]], 0, seed)["technician"] for seed in range(5)]
    for each in made_rows:
        assert 0.05 < each.isna().mean() < 0.15 and not set(each.dropna()) & set(names)
        assert each.dropna().str.match(r"\w\. \w").all() and (each.value_counts() > 100).sum() == 3


def test_abbreviations_of_companies_are_neither_cut_nor_glued() -> None:
    rng = np.random.default_rng(0)
    names = [f"{begin}{end}" for begin in ("Beck", "Ross", "Nov", "Grub", "Dup") for end in "aeiouyr"]
    trades, forms = ["Logistik", "Handel", "Optik", "Textil"], ["GmbH", "S.r.l.", "e.K.", "Sp. z o.o.", "B.V."]
    texts = pd.Series([" ".join(map(rng.choice, (names, trades, forms))) for _ in range(300)], dtype=object)
    new = pd.Series(made("text", learnt("text", texts), np.arange(300)))
    assert new.str.endswith(tuple(forms)).mean() > 0.8 and (new.str.count(" ") < 6).mean() > 0.9
    assert new.isin(texts).mean() < 0.01
