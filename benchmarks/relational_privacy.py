"""Whether entities are copied: `python benchmarks/relational_privacy.py [--only NAME] [--quick]`.

A database is split in halves by entity, each with all rows that hang on it; one half is trained on at the defaults. Of
the synthetic entities the share is told that lie nearer to one trained on than to one held out, by their columns and
what the rows below them are like (`relational.entities`). Databases: the shop of `make_shop.py` (4,000 customers) and
the visits of `make_sequences.py` (2,000 patients). One line of JSON each:

- share: .5 is no copying; fresh: the same of entities that are drawn anew from the law by which the database was made,
  in place of synthetic ones: what chance alone does; copied: of those trained on, with numbers changed by a hundredth
  of their range: what the measure makes of copies;
- rows: as share, of single rows of the table below, with their parents' columns;
- membership: area under ROC with which attacks tell the entities trained on; .5 is best;
- whole: share of synthetic entities whose rows' categories, all of them in order, are those of one trained on;
  whole_holdout: of one held out.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "backend"))
Frames = dict[str, pd.DataFrame]
SEQUENCE = {"visits": {"sequence_key": "patient", "sequence_index": "day"}}


def made_shop(customers: int, seed: int) -> Frames:
    """A shop's tables."""
    from examples.make_shop import shop

    return shop(customers, seed)


def made_visits(patients: int, seed: int) -> Frames:
    """Visits of patients."""
    from examples.make_sequences import sequences

    return {"visits": sequences(patients, seed=seed)}


DATABASES = {
    "shop": (made_shop, 4000, "customers", {}, "customers.orders.customer_id"),
    "visits": (made_visits, 2000, "visits (entities)", SEQUENCE, "visits (entities).visits.patient"),
}


def halves(name: str, frames: Frames) -> tuple[Frames, Frames]:
    """Half of the entities at random, with all their rows, and the others."""
    table, key = ("visits", "patient") if name == "visits" else ("customers", "customer_id")
    keys = np.random.default_rng(0).permutation(frames[table][key].unique())
    told = []
    for half in np.array_split(keys, 2):
        if name == "visits":
            told.append({"visits": frames["visits"][frames["visits"]["patient"].isin(half)]})
            continue
        people = frames["customers"][frames["customers"]["customer_id"].isin(half)]
        orders = frames["orders"][frames["orders"]["customer_id"].isin(people["customer_id"])]
        items = frames["items"][frames["items"]["order_id"].isin(orders["order_id"])]
        told.append({**frames, "customers": people, "orders": orders, "items": items})
    return told[0], told[1]


def written(frames: Frames, folder: Path) -> Path:
    """The folder, with the tables in it."""
    folder.mkdir(parents=True)
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def read(folder: Path) -> Frames:
    """The tables of a folder."""
    return {path.stem: pd.read_csv(path) for path in sorted(folder.glob("*.csv"))}


def measure(name: str, folder: Path, quick: bool) -> dict[str, Any]:
    """Train on one half, and compare."""
    from DataFoundry import generator, trainer
    from DataFoundry.metrics.privacy import privacy
    from DataFoundry.relational.config import parse_related
    from DataFoundry.relational.entities import Shape, entities
    from DataFoundry.relational.judging import as_typed, joined
    from DataFoundry.relational.sequences import frames_of

    make, many, of, said, link = DATABASES[name]
    many = 200 if quick else many
    trained_on, held_out = halves(name, make(many, 0))
    real = written(trained_on, folder / "real")
    tables = {path.stem: {"data_path": str(path), **said.get(path.stem, {})} for path in sorted(real.glob("*.csv"))}
    settings = {"seed": 1} | ({"epochs": 1} if quick else {})
    made = trainer.create_config(tables=tables, output_dir=str(folder / "model"), training_params=settings)
    trained = trainer.train_model(made["config_path"])
    options = {"output_path": str(folder / "made"), "output_format": "csv", "seed": 0, "scale": 2.0}
    answer = generator.generate_data(trained["model_path"], made["config_path"], **options)
    config = parse_related(made["config"])
    others = {"holdout": held_out, "synthetic": read(Path(answer["output_path"])), "fresh": make(many, 1)}
    every = {"real": trained_on, **others}
    typed = {key: as_typed(frames_of(frames, config.sequences), config) for key, frames in every.items()}
    rows = {key: entities(frames, of, Shape.of(config), typed["real"]) for key, frames in typed.items()}
    judged = {"synthetic": rows["synthetic"], "fresh": rows["fresh"], "copied": jittered(rows["real"])}
    told = {key: privacy(rows["real"], rows["holdout"], each, list(each)) for key, each in judged.items()}
    relation = next(each for each in config.links() if each.name == link)
    single = [joined(typed[key], relation, config) for key in ("real", "holdout", "synthetic")]
    of_rows = privacy(*single, list(single[0]))
    whole = [sequences_of(typed[key], relation, config) for key in ("real", "holdout", "synthetic")]
    return {
        "database": name,
        "entities": {key: len(each) for key, each in rows.items()},
        "share": round(told["synthetic"].dcr_share, 4),
        "fresh": round(told["fresh"].dcr_share, 4),
        "copied": round(told["copied"].dcr_share, 4),
        "rows": round(of_rows.dcr_share, 4),
        "membership": round(told["synthetic"].membership_auroc or 0.0, 4),
        "whole": round(float(np.isin(whole[2], whole[0]).mean()), 4),
        "whole_holdout": round(float(np.isin(whole[2], whole[1]).mean()), 4),
    }


def jittered(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with each number changed by a hundredth of its range."""
    r, changed = np.random.default_rng(0), rows.copy()
    for column in rows.select_dtypes("number"):
        spread = float(rows[column].max() - rows[column].min())
        changed[column] = rows[column] + r.normal(0, 0.01 * spread, len(rows))
    return changed


def sequences_of(frames: Frames, relation: Any, config: Any) -> np.ndarray:
    """Of each entity that has three rows or more one text: the categories of its rows in order."""
    rows = frames[relation.child]
    columns = list(config.tables[relation.child].feature_cols.categorical_cols)
    index = config.tables[relation.child].sequence_index
    rows = rows.sort_values([*relation.child_key, index], kind="stable")
    texts = rows[columns].astype(str).agg("|".join, axis=1)
    joined = texts.groupby(rows[relation.child_key[0]]).agg(list)
    return np.array(["\n".join(each) for each in joined if len(each) > 2])


def main() -> None:
    """Measure each database in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=DATABASES, action="append")
    parser.add_argument("--quick", action="store_true", help="few entities and one epoch: shows that all of it runs")
    args = parser.parse_args()
    for name in args.only or DATABASES:
        with tempfile.TemporaryDirectory() as temporary:
            os.environ["DATAFOUNDRY_DATA_ROOTS"] = temporary
            print(json.dumps(measure(name, Path(temporary), args.quick)), flush=True)


if __name__ == "__main__":
    main()
