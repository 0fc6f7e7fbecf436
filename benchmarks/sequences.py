"""Measure synthetic sequences against known laws: `python benchmarks/sequences.py [--entities N] [--quick]`.

The table is that of `backend/examples/make_sequences.py`: entities of 5 to 200 rows, states with known transition
probabilities, days to the next row that hang on the state, and two numbers with an autocorrelation of .8. One line of
JSON:

- transitions: the largest difference of a synthetic share from the probability that is known; 0 is best;
- autocorrelation: of both numbers at a lag of one, synthetic, real ones in `real_autocorrelation`;
- lengths: Kolmogorov-Smirnov distance of the rows an entity; gaps: of the days to the next row, the worst by state;
- fit_s, fit_cpu_s, generate_s: seconds; peak_mb: memory of the process.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "backend"))
NUMBERS = ("pressure", "weight")


def courses(visits: pd.DataFrame) -> dict[str, Any]:
    """How the sequences of a table run; rows of one patient are in a row."""
    from examples.make_sequences import STATES

    follows = (visits["patient"] == visits["patient"].shift()).to_numpy()
    before = visits["state"].shift()
    shares = pd.crosstab(before[follows], visits["state"][follows], normalize="index")
    days = pd.to_datetime(visits["day"]).diff().dt.days.to_numpy()
    return {
        "transitions": shares.reindex(index=STATES, columns=STATES, fill_value=0.0).to_numpy(),
        "autocorrelation": [
            round(float(np.corrcoef(visits[name].shift()[follows], visits[name][follows])[0, 1]), 4) for name in NUMBERS
        ],
        "lengths": visits.groupby("patient").size().to_numpy(),
        "gaps": [days[follows & (before == state).to_numpy()] for state in STATES],
    }


def measure(entities: int, folder: Path, quick: bool) -> dict[str, Any]:
    """Train, generate and compare."""
    from DataFoundry import generator, trainer
    from examples.make_sequences import TRANSITIONS, sequences

    real = sequences(entities, longest=30 if quick else 200)
    real.to_csv(folder / "visits.csv", index=False)
    told = {"data_path": str(folder / "visits.csv"), "sequence_key": "patient", "sequence_index": "day"}
    settings = {"seed": 1} | ({"epochs": 1} if quick else {})
    made = trainer.create_config(tables={"visits": told}, output_dir=str(folder / "model"), training_params=settings)
    started, used = time.monotonic(), time.process_time()
    trained = trainer.train_model(made["config_path"])
    fitted, fit_used = time.monotonic(), time.process_time()
    answer = generator.generate_data(
        trained["model_path"], made["config_path"], output_path=str(folder / "made"), output_format="csv", seed=0
    )
    ended = time.monotonic()
    own, drawn = courses(real), courses(pd.read_csv(answer["output_paths"]["visits"]))
    return {
        "entities": entities,
        "rows": len(real),
        "transitions": round(float(np.abs(drawn["transitions"] - TRANSITIONS).max()), 4),
        "autocorrelation": drawn["autocorrelation"],
        "real_autocorrelation": own["autocorrelation"],
        "lengths": round(float(ks_2samp(own["lengths"], drawn["lengths"]).statistic), 4),
        "gaps": round(
            max(float(ks_2samp(*pair).statistic) for pair in zip(own["gaps"], drawn["gaps"], strict=True)), 4
        ),
        "fit_s": round(fitted - started, 1),
        "fit_cpu_s": round(fit_used - used, 1),
        "generate_s": round(ended - fitted, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    """Measure in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entities", type=int, default=2000)
    parser.add_argument("--quick", action="store_true", help="short sequences and one epoch: shows that all of it runs")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["DATAFOUNDRY_DATA_ROOTS"] = temporary
        print(json.dumps(measure(args.entities, Path(temporary), args.quick)))


if __name__ == "__main__":
    main()
