"""Small databases with every kind of key, and the relations that are right for each."""

import numpy as np
import pandas as pd

Database = dict[str, pd.DataFrame]
Links = set[tuple[str, str, str, str]]  # parent, its key, child, its key


def staff(rows: int = 200, seed: int = 0) -> tuple[Database, Links]:
    """A table that names its own rows: managers, none for the first five."""
    r = np.random.default_rng(seed)
    manager = np.array([np.nan] * 5 + [r.integers(0, max(1, place // 4) + 1) + 1 for place in range(5, rows)])
    people = pd.DataFrame(
        {
            "employee_id": np.arange(1, rows + 1),
            "manager_id": manager,
            "grade": np.where(np.isnan(manager), "head", r.choice(["junior", "senior"], rows)),
            "age": r.integers(20, 65, rows),
            "salary": np.round(r.lognormal(10, 0.3, rows), 2),
        }
    )
    return {"employees": people}, {("employees", "employee_id", "employees", "manager_id")}


def school(students: int = 400, seed: int = 0) -> tuple[Database, Links]:
    """Many to many: what students take, and with which mark."""
    r = np.random.default_rng(seed)
    pupils = pd.DataFrame({"id": np.arange(1, students + 1), "year": r.integers(1, 5, students)})
    courses = pd.DataFrame({"id": np.arange(1, 31), "hours": r.integers(2, 9, 30), "level": r.choice(["a", "b"], 30)})
    taken = [(s, c) for s in pupils["id"] for c in r.choice(30, r.integers(1, 6), replace=False) + 1]
    taken = pd.DataFrame(taken, columns=["student_id", "course_id"])
    taken["mark"] = r.integers(1, 7, len(taken))
    links = {("students", "id", "enrolments", "student_id"), ("courses", "id", "enrolments", "course_id")}
    return {"students": pupils, "courses": courses, "enrolments": taken}, links


def parcels(orders: int = 300, seed: int = 0) -> tuple[Database, Links]:
    """A key of two columns, named as a whole."""
    r = np.random.default_rng(seed)
    order = pd.DataFrame({"order_id": 700 + np.arange(orders), "channel": r.choice(["web", "shop"], orders)})
    lines = [(o, line) for o in order["order_id"] for line in range(1, r.integers(1, 5) + 1)]
    lines = pd.DataFrame(lines, columns=["order_id", "line_no"])
    lines["quantity"] = r.integers(1, 10, len(lines))
    sent = lines[["order_id", "line_no"]].sample(frac=1.4, replace=True, random_state=seed).reset_index(drop=True)
    sent.insert(0, "parcel_id", [f"X{place:06d}" for place in r.permutation(len(sent))])
    sent["weight"] = np.round(r.gamma(2, 1, len(sent)), 1)
    links = {
        ("orders", "order_id", "lines", "order_id"),
        ("lines", "order_id+line_no", "parcels", "order_id+line_no"),
    }
    return {"orders": order, "lines": lines, "parcels": sent}, links


def bank(accounts: int = 300, seed: int = 0) -> tuple[Database, Links]:
    """Two keys that name the same parent."""
    r = np.random.default_rng(seed)
    account = pd.DataFrame(
        {"account_no": r.permutation(accounts) + 10_000, "kind": r.choice(["saver", "giro"], accounts)}
    )
    rows = 1500
    transfers = pd.DataFrame(
        {
            "transfer_id": np.arange(rows) + 1,
            "from_account": r.choice(account["account_no"], rows),
            "to_account": r.choice(account["account_no"], rows),
            "amount": np.round(r.lognormal(4, 1, rows), 2),
            "days": r.integers(1, 300, rows),
        }
    )
    links = {
        ("accounts", "account_no", "transfers", "from_account"),
        ("accounts", "account_no", "transfers", "to_account"),
    }
    return {"accounts": account, "transfers": transfers}, links


def visits(patients: int = 300, seed: int = 0) -> tuple[Database, Links]:
    """Keys that are missing in some rows; one has the form of its parent's and not its name."""
    r = np.random.default_rng(seed)
    patient = pd.DataFrame(
        {"patient_id": [f"PT{place:05d}" for place in r.permutation(patients)], "age": r.integers(1, 95, patients)}
    )
    ward = pd.DataFrame({"ward_id": np.arange(1, 13), "beds": r.integers(5, 40, 12), "floor": r.integers(0, 6, 12)})
    rows = 900
    visit = pd.DataFrame(
        {
            "visit_id": np.arange(rows) + 1,
            "seen": r.choice(patient["patient_id"], rows),
            "ward_id": np.where(r.random(rows) < 0.3, np.nan, r.choice(ward["ward_id"], rows)),
            "nights": r.integers(0, 12, rows),
        }
    )
    visit.loc[r.random(rows) < 0.1, "seen"] = None
    links = {("patients", "patient_id", "visits", "seen"), ("wards", "ward_id", "visits", "ward_id")}
    return {"patients": patient, "wards": ward, "visits": visit}, links


DATABASES = {each.__name__: each for each in (staff, school, parcels, bank, visits)}
