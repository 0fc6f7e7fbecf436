"""A database of many shapes, and what a person would see in it: `python benchmarks/relational_clinics.py [--quick]`.

Drawn from chance alone: clinics (kept as they are), their staff (most with a boss of the same clinic), patients, visits
(a patient, a member of staff of the patient's clinic, mostly the usual one, and after an operation who referred them),
prescriptions (a visit and a drug together are the key), trainings (a member of staff and a course together). Dates are
written as in Germany, amounts as `1.234,50 €`, nearly no visit is on a weekend, a control soon follows an operation,
and keys of visits rise with their dates.

One line of JSON for the scores of the report (`relational.judging`), one for relations and tables, and one for what a
person would look at, in the real and in the synthetic tables; `--folder DIR` leaves the tables in DIR, as parquet files
in `bench_real` and `bench_made`, in which optional whole-numbered keys stay whole, with `relations.json` beside them.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "backend"))
FIRST = "Anna Ben Clara David Emma Felix Greta Hans Ida Jan Karin Lukas Mia Noah Olga Paul Rosa Sven Tina Ute".split()  # noqa: SIM905
FAMILY = "Adler Bauer Conrad Dorn Ebert Fuchs Graf Huber Iller Jung Kern Lang Maier Noll Otto Pohl Roth Sommer".split()  # noqa: SIM905
CITIES = "Aachen Bonn Celle Dresden Essen Fulda Gera Hamm Ilmenau Jena Kiel Lindau".split()  # noqa: SIM905
REASONS = np.array(["control", "acute", "operation", "vaccination"])
NEXT = np.array([[0.5, 0.3, 0.05, 0.15], [0.5, 0.3, 0.15, 0.05], [0.9, 0.08, 0.02, 0.0], [0.4, 0.4, 0.1, 0.1]])
DAYS = np.array([90, 30, 10, 180])
FEES = np.array([45.0, 80.0, 1200.0, 25.0])
_ENDS = ("lin", "rol", "san", "tan", "vir", "zol", "mid", "pam")
_KINDS = ("tablets", "drops", "ointment", "syrup")
Frames = dict[str, pd.DataFrame]


def german(days: np.ndarray) -> np.ndarray:
    """Dates as `31.12.2021`."""
    return pd.Series(days.astype("datetime64[ns]")).dt.strftime("%d.%m.%Y").to_numpy()


def money(amounts: np.ndarray) -> list[str]:
    """Amounts as `1.234,50 €`."""
    return [f"{each:,.2f} €".translate(str.maketrans(",.", ".,")) for each in amounts]


def people(r: np.random.Generator, many: int) -> list[str]:
    """Names of people; a few are the same."""
    return [f"{a} {b}" for a, b in zip(r.choice(FIRST, many), r.choice(FAMILY, many), strict=True)]


def clinics(patients: int = 3000, seed: int = 0) -> Frames:
    """The tables."""
    r = np.random.default_rng(seed)
    houses = pd.DataFrame({"clinic_id": [f"K-{10 + each}" for each in range(12)], "city": CITIES})
    houses["beds"] = r.integers(4, 60, 12) * 10
    staff = _staff(r, max(patients // 12, 60), houses)
    home = r.choice(12, patients, p=np.arange(1, 13) / 78)
    insured = np.where(r.random(patients) < 0.2 + 0.04 * (home % 4), "private", "public")
    age = r.integers(1, 95, patients)
    treated = pd.DataFrame({"patient_id": [f"P{each:06d}" for each in 1000 + r.permutation(9 * patients)[:patients]]})
    treated["name"] = people(r, patients)
    treated["born"] = german(np.datetime64("2020-01-01") - (age * 365 + r.integers(0, 365, patients)))
    treated["insurance"] = insured
    treated["clinic_id"] = houses["clinic_id"].to_numpy()[home]
    visits = _visits(r, treated, staff, age)
    drugs = pd.DataFrame({"drug_code": [f"D{each:03d}" for each in range(40)]})
    drugs["substance"] = [f"{a}{b}" for a in ("Amo", "Ben", "Cor", "Dex", "Epi") for b in _ENDS]
    drugs["kind"] = r.choice(_KINDS, 40)
    courses = pd.DataFrame({"course_id": np.arange(1, 11), "title": [f"Course {each}" for each in "ABCDEFGHIJ"]})
    pairs = [(s, c) for s in staff["staff_id"] for c in r.choice(10, r.integers(0, 5), replace=False)]
    trainings = pd.DataFrame(pairs, columns=["staff_id", "course_id"])
    trainings["course_id"] += 1
    trainings["passed"] = r.choice(["yes", "no"], len(trainings), p=[0.9, 0.1])
    told = {"clinics": houses, "staff": staff, "patients": treated, "visits": visits, "drugs": drugs}
    return told | {"prescriptions": _prescriptions(r, visits, drugs), "courses": courses, "trainings": trainings}


def _staff(r: np.random.Generator, many: int, houses: pd.DataFrame) -> pd.DataFrame:
    """Each clinic's first is its head, who has no boss; the next three are the bosses of the others."""
    home = np.concatenate([np.arange(12), r.choice(12, many - 12, p=np.arange(1, 13) / 78)])
    staff = pd.DataFrame({"staff_id": 100 + np.arange(many), "name": people(r, many)})
    staff["clinic_id"] = houses["clinic_id"].to_numpy()[home]
    boss, role = np.full(many, np.nan), np.full(many, "nurse", dtype=object)
    for house in range(12):
        own = np.flatnonzero(home == house)
        role[own[0]] = "head"
        boss[own[1:4]], role[own[1:4]] = 100 + own[0], "senior"
        boss[own[4:]] = 100 + r.choice(own[1:4] if len(own) > 1 else own[:1], len(own[4:]))
        role[own[4:]] = r.choice(["doctor", "nurse"], len(own[4:]), p=[0.4, 0.6])
    staff["role"] = role
    staff["hired"] = german(np.datetime64("2005-01-01") + np.sort(r.integers(0, 5000, many)))
    return staff.assign(boss_id=pd.array(boss, dtype="Int64"))


def _visits(r: np.random.Generator, patients: pd.DataFrame, staff: pd.DataFrame, age: np.ndarray) -> pd.DataFrame:
    """In the order of time; the doctor is one of the patient's clinic."""
    doctors = staff[staff["role"] != "nurse"].groupby("clinic_id")["staff_id"].agg(list)
    rows = []
    for patient, clinic, old, insured in zip(
        patients["patient_id"], patients["clinic_id"], age, patients["insurance"], strict=True
    ):
        at, reason = np.datetime64("2019-01-01") + int(r.integers(0, 900)), int(r.choice(4, p=[0.4, 0.4, 0.1, 0.1]))
        usual = r.choice(doctors[clinic])
        for _ in range(r.poisson(1 + old / 20)):
            while (at.astype(int) + 3) % 7 >= 5 and r.random() < 0.98:  # a weekend
                at += 1
            doctor = usual if r.random() < 0.7 else r.choice(doctors[clinic])
            referred = r.choice(doctors[clinic]) if reason == 2 and r.random() < 0.8 else pd.NA
            fee = FEES[reason] * (1.5 if insured == "private" else 1) * (1 + 0.2 * r.integers(0, 5))
            rows.append((patient, doctor, referred, at, REASONS[reason], fee))
            at += 1 + int(r.exponential(DAYS[reason]))
            reason = int(r.choice(4, p=NEXT[reason]))
    visits = pd.DataFrame(rows, columns=["patient_id", "staff_id", "referring_staff_id", "visited", "reason", "fee"])
    visits = visits.sort_values("visited", kind="stable", ignore_index=True)
    visits.insert(0, "visit_id", 70_000 + np.arange(len(visits)) * 3)
    visits["referring_staff_id"] = visits["referring_staff_id"].astype("Int64")
    return visits.assign(visited=german(visits["visited"].to_numpy()), fee=money(visits["fee"].to_numpy()))


def _prescriptions(r: np.random.Generator, visits: pd.DataFrame, drugs: pd.DataFrame) -> pd.DataFrame:
    """At most four drugs a visit, none twice, issued within days."""
    at = pd.to_datetime(visits["visited"], format="%d.%m.%Y").to_numpy()
    rows = []
    for visit, reason, day in zip(visits["visit_id"], visits["reason"], at, strict=True):
        liked = np.arange(40) // 10 == list(REASONS).index(reason)
        weights = np.where(liked, 6.0, 1.0)
        chosen = r.choice(40, min(int(r.poisson(0.8)), 4), replace=False, p=weights / weights.sum())
        for drug in chosen:
            rows.append((visit, drug, day + np.timedelta64(int(r.geometric(0.5)) - 1, "D"), r.integers(1, 4)))
    told = pd.DataFrame(rows, columns=["visit_id", "drug", "issued", "packs"])
    told.insert(1, "drug_code", drugs["drug_code"].to_numpy()[told.pop("drug")])
    return told.assign(issued=german(told["issued"].to_numpy()))


def dates(column: pd.Series) -> pd.Series:
    """What German dates say."""
    return pd.to_datetime(column, format="%d.%m.%Y")


def looked_at(tables: Frames) -> dict[str, float]:
    """Shares and numbers that a person would look at."""
    return {**_of_visits(tables), **_of_staff(tables), **_of_prescriptions(tables)}


def _of_visits(tables: Frames) -> dict[str, float]:
    visits, people = tables["visits"], tables["patients"].set_index("patient_id")
    staff, operation = tables["staff"].set_index("staff_id"), tables["visits"]["reason"] == "operation"
    rows = visits.assign(at=dates(visits["visited"])).sort_values(["patient_id", "visit_id"], kind="stable")
    follows = (rows["patient_id"] == rows["patient_id"].shift()).to_numpy()
    many = visits["patient_id"].map(visits["patient_id"].value_counts()) >= 4
    usual = visits[many].groupby("patient_id")["staff_id"].agg(lambda each: each.value_counts(normalize=True).iloc[0])
    home = visits["patient_id"].map(people["clinic_id"]).to_numpy()
    return {
        "visits in the order of their keys": (rows["at"].diff().dt.days.to_numpy()[follows] >= 0).mean(),
        "visits on weekends": (rows["at"].dt.dayofweek >= 5).mean(),
        "visits on mondays": (rows["at"].dt.dayofweek == 0).mean(),
        "born after a visit": (visits["patient_id"].map(dates(people["born"])) > dates(visits["visited"])).mean(),
        "doctor of the patient's clinic": (home == visits["staff_id"].map(staff["clinic_id"]).to_numpy()).mean(),
        "doctor is a nurse": (visits["staff_id"].map(staff["role"]) == "nurse").mean(),
        "visits with the usual doctor": usual.mean(),
        "referred operations": visits.loc[operation, "referring_staff_id"].notna().mean(),
        "referred others": visits.loc[~operation, "referring_staff_id"].notna().mean(),
        "names of patients that differ": people["name"].nunique() / len(people),
    }


def _of_staff(tables: Frames) -> dict[str, float]:
    staff = tables["staff"].set_index("staff_id")
    bosses = staff["boss_id"].dropna().astype(int)
    led, leading = staff.loc[bosses.index], staff.reindex(bosses)
    hired = pd.Series(dates(staff["hired"]).astype("int64").to_numpy())
    return {
        "boss is there": bosses.isin(staff.index).mean(),
        "boss of the same clinic": (led["clinic_id"].to_numpy() == leading["clinic_id"].to_numpy()).mean(),
        "own boss": (bosses.to_numpy() == bosses.index.to_numpy()).mean(),
        "boss is a nurse": (leading["role"] == "nurse").mean(),
        "without a boss": staff["boss_id"].isna().mean(),
        "keys of staff rise with hiring": pd.Series(staff.index).corr(hired, method="spearman"),
        "names of staff that differ": staff["name"].nunique() / len(staff),
        "training twice": tables["trainings"].duplicated(["staff_id", "course_id"]).mean(),
    }


def _of_prescriptions(tables: Frames) -> dict[str, float]:
    visits, given = tables["visits"].set_index("visit_id"), tables["prescriptions"]
    waited = (dates(given["issued"]) - given["visit_id"].map(dates(visits["visited"]))).dt.days
    places = {each: place for place, each in enumerate(REASONS)}
    liked = given["drug_code"].str[1:].astype(int) // 10 == given["visit_id"].map(visits["reason"]).map(places)
    return {
        "prescribed before the visit": (waited < 0).mean(),
        "days until prescribed": waited.mean(),
        "drug twice in a visit": given.duplicated(["visit_id", "drug_code"]).mean(),
        "drug fits the reason": liked.mean(),
    }


def read(folder: Path) -> Frames:
    """The csv files of a folder."""
    whole = {"boss_id": "Int64", "referring_staff_id": "Int64"}
    return {path.stem: pd.read_csv(path, dtype=whole) for path in sorted(folder.glob("*.csv"))}


def measure(folder: Path, quick: bool) -> None:
    """Make, train, generate, and print."""
    from DataFoundry import evaluator, generator, trainer

    (folder / "real").mkdir(parents=True, exist_ok=True)
    for name, table in clinics(300 if quick else 3000).items():
        table.to_csv(folder / "real" / f"{name}.csv", index=False)
    tables = {path.stem: {"data_path": str(path)} for path in sorted((folder / "real").glob("*.csv"))}
    settings = {"seed": 1} | ({"epochs": 1} if quick else {})
    made = trainer.create_config(tables=tables, output_dir=str(folder / "model"), training_params=settings)
    (folder / "relations.json").write_text(json.dumps(made["config"]["relations"]))
    started = time.process_time()
    trained = trainer.train_model(made["config_path"])
    fitted = time.process_time()
    options = {"output_path": str(folder / "made"), "output_format": "csv", "seed": 0}
    answer = generator.generate_data(trained["model_path"], made["config_path"], **options)
    told = {"fit_cpu_s": round(fitted - started, 1), "generate_cpu_s": round(time.process_time() - fitted, 1)}
    report: Any = evaluator.evaluate_synthetic(
        str(folder / "real"), answer["output_path"], output_path=str(folder / "q.json"), config_path=made["config_path"]
    )
    print(json.dumps({**report["scores"], **told}))
    scores = ("integrity", "keys", "children", "missing", "c2st_child")
    links = {key: {what: each[what] for what in scores} for key, each in report["relations"].items()}
    shapes = {key: each["shapes"] for key, each in report["tables"].items()}
    print(json.dumps({"relations": links, "parents": report["parents"], "shapes": shapes}))
    seen = {each: read(folder / each) for each in ("real", "made")}
    for each, frames in seen.items():
        (folder / f"bench_{each}").mkdir(exist_ok=True)
        for name, table in frames.items():
            table.to_parquet(folder / f"bench_{each}" / f"{name}.parquet", index=False)
    looked = [looked_at(each) for each in seen.values()]
    print(json.dumps({key: [round(float(each[key]), 4) for each in looked] for key in looked[0]}, indent=1))


def main() -> None:
    """Measure in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few patients and one epoch: shows that all of it runs")
    parser.add_argument("--folder", type=Path, help="where the tables are left")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        os.environ["DATAFOUNDRY_DATA_ROOTS"] = str(folder.resolve())
        measure(folder.resolve(), args.quick)


if __name__ == "__main__":
    main()
