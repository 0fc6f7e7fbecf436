"""Labeling beside Snorkel: `python benchmarks/labeling.py [--rows 10000000] [--folder-rows 50000000]`.

One table of rows a second and peak memory, all measured in one run, each in a process of its own:

- votes of ten functions (six on numbers, four on strings, one of them with `re`) on Adult, from a parquet file;
- fitting the default aggregator on those votes, and Snorkel's label model;
- votes, and the whole create-labels call, of the specification's two functions on ten million rows;
- the whole call of one function over the words of a million different sentences, beside plain Python's loop over them;
- with `--folder-rows`, the whole call on a folder of parquet files of that many rows.

`--quality` adds the area under ROC, Brier score and expected calibration error of the twelve functions on Adult without
its income, without hand labels and with 200 (the mean of ten draws).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "backend"))
ADULT = REPOSITORY / "backend" / "testing_data" / "adult.csv"
ROWS_OF_A_PART = 10_000_000

BODIES = {
    "gain": "return 1 if x['capital-gain'] > 5000 else -1",
    "loss": "return 1 if x['capital-loss'] > 1800 else -1",
    "young": "return 0 if x['age'] < 25 else -1",
    "hours": "return 0 if x['hours-per-week'] < 30 and x['age'] < 60 else -1",
    "educated": "return 1 if x.get('education-num', 0) >= 13 else 0",
    "balance": "net = x['capital-gain'] - x['capital-loss']\n    return 1 if net > 4000 else 0 if net < 0 else -1",
    "married": "return 1 if x['education-num'] > 12 and x['marital-status'].startswith('Married') else -1",
    "service": "return 0 if x['occupation'].lower() in ('other-service', 'handlers-cleaners') else -1",
    "own_child": "return 0 if 'own' in x['relationship'].lower() else -1",
    "managers": "return 1 if re.search(r'manag|prof', x['occupation'], re.I) else -1",
}
TEN = [{"name": name, "code": f"import re\ndef {name}(x):\n    {body}"} for name, body in BODIES.items()]
TWO = [
    {"name": "lf_gain", "code": "def lf_gain(x):\n    return 1 if x.get('capital-gain', 0) > 5000 else 0"},
    {"name": "lf_educated", "code": "def lf_educated(x):\n    return 1 if x.get('education-num', 0) >= 13 else 0"},
]
SENTENCES = {
    "name": "lf_words",
    "code": "KEYWORDS = ['prize', 'urgent', 'win', 'claim']\n"
    "def lf_words(x):\n    return 1 if any(w in x.comment.split() for w in KEYWORDS) else 0",
}
WORDS = (
    "free money prize the quick brown fox jumps over lazy dog please find attached invoice meeting tomorrow urgent "
    "click here to win claim your account now regards team hello again some other words never ending story"
)
TWELVE = {
    "capital_gain": "return 1 if x['capital-gain'] > 5000 else -1",
    "educated_married": "return 1 if x['education-num'] >= 13 and x['marital-status'].startswith('Married') else -1",
    "young": "return 0 if x['age'] < 25 else -1",
    "never_married": "return 0 if x['marital-status'] == 'Never-married' else -1",
    "few_hours": "return 0 if x['hours-per-week'] < 30 else -1",
    "professional": "return 1 if x['occupation'] in ('Exec-managerial', 'Prof-specialty') and "
    "x['marital-status'].startswith('Married') else -1",
    "low_education": "return 0 if x['education-num'] <= 8 else -1",
    "own_child": "return 0 if x['relationship'] == 'Own-child' else -1",
    "capital_loss": "return 1 if x['capital-loss'] > 1800 else -1",
    "service_work": "return 0 if x['occupation'] in ('Other-service', 'Handlers-cleaners', 'Farming-fishing', "
    "'Priv-house-serv') else -1",
    "long_hours": "return 1 if x['hours-per-week'] >= 50 and x['education-num'] >= 13 else -1",
    "single_no_gain": "return 0 if x['relationship'] in ('Not-in-family', 'Unmarried') and x['capital-gain'] == 0 "
    "else -1",
}


def timed(work: Callable[[], object], repeats: int) -> float:
    """The least seconds of `repeats` runs: other work on the machine only ever adds."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def snorkel_votes(folder: Path) -> dict[str, float]:
    """Snorkel's applier on the ten functions, the file read beforehand."""
    import pandas as pd
    from snorkel.labeling import LabelingFunction, PandasLFApplier

    frame = pd.read_parquet(folder / "adult.parquet")
    functions = []
    for item in TEN:
        space: dict[str, object] = {}
        exec(item["code"], space)
        functions.append(LabelingFunction(item["name"], space[item["name"]]))
    seconds = timed(lambda: PandasLFApplier(functions).apply(frame, progress_bar=False), 2)
    return {"seconds": seconds, "rows": len(frame)}


def our_votes(folder: Path) -> dict[str, float]:
    """Our applier on the ten functions, from the file."""
    from DataFoundry.labeling.execution.apply import votes
    from DataFoundry.labeling.functions.reading import read_functions
    from DataFoundry.sources.opening import open_table

    def work() -> None:
        votes(read_functions(TEN), open_table(folder / "adult.parquet")).raise_fault()

    work()  # the first call imports
    return {"seconds": timed(work, 7), "rows": open_table(folder / "adult.parquet").num_rows or 0}


def _ten_votes(folder: Path):  # type: ignore[no-untyped-def]
    from DataFoundry.labeling.execution.apply import votes
    from DataFoundry.labeling.functions.reading import read_functions
    from DataFoundry.sources.opening import open_table

    return votes(read_functions(TEN), open_table(folder / "adult.parquet")).matrix


def snorkel_model(folder: Path) -> dict[str, float]:
    """Snorkel's label model: fit and predict."""
    from snorkel.labeling.model import LabelModel

    matrix = _ten_votes(folder).astype(int)

    def work() -> None:
        model = LabelModel(cardinality=2, verbose=False)
        model.fit(matrix, seed=0, progress_bar=False)
        model.predict_proba(matrix)

    work()
    return {"seconds": timed(work, 3), "rows": len(matrix)}


def our_model(folder: Path) -> dict[str, float]:
    """The default aggregator from the summary, with one prediction for each distinct row of votes."""
    from DataFoundry.labeling.aggregation import vote_model
    from DataFoundry.labeling.aggregation.vote_summary import VoteSummary, patterns_of

    matrix = _ten_votes(folder)

    def work() -> None:
        found = patterns_of(matrix)
        vote_model.fit(VoteSummary.of(found, 2)).model.predict_proba(found.votes)[found.places]

    work()
    return {"seconds": timed(work, 3), "rows": len(matrix)}


def big_votes(folder: Path) -> dict[str, float]:
    """Votes of the two functions on the large file."""
    from DataFoundry.labeling.execution.apply import votes
    from DataFoundry.labeling.functions.reading import read_functions
    from DataFoundry.sources.opening import open_table

    rows = open_table(folder / "big.parquet").num_rows or 0
    return {"seconds": timed(lambda: votes(read_functions(TWO), open_table(folder / "big.parquet")), 2), "rows": rows}


def big_labels(folder: Path) -> dict[str, float]:
    """The whole create-labels call on the large file."""
    return _whole_call(folder, "big.parquet")


def sentence_labels(folder: Path) -> dict[str, float]:
    """The whole create-labels call of the function over words."""
    return _whole_call(folder, "sentences.parquet", [SENTENCES])


def sentence_loop(folder: Path) -> dict[str, float]:
    """The same function in a loop of plain Python, the file read beforehand."""
    from types import SimpleNamespace

    import pyarrow.parquet as pq

    space: dict[str, object] = {}
    exec(SENTENCES["code"], space)
    function: Callable[[object], int] = space["lf_words"]  # type: ignore[assignment]
    rows = [
        SimpleNamespace(comment=text) for text in pq.read_table(folder / "sentences.parquet")["comment"].to_pylist()
    ]
    return {"seconds": timed(lambda: [function(row) for row in rows], 2), "rows": len(rows)}


def folder_labels(folder: Path) -> dict[str, float]:
    """The whole create-labels call on the folder of files."""
    return _whole_call(folder, "parts")


def _whole_call(folder: Path, name: str, functions: list[dict[str, str]] = TWO) -> dict[str, float]:
    from DataFoundry import labeler

    started = time.perf_counter()
    response = labeler.create_labels(str(folder / name), functions, str(folder / "labeled.parquet"))
    (folder / "labeled.parquet").unlink()
    return {"seconds": time.perf_counter() - started, "rows": float(str(response["num_rows"]))}


def quality(folder: Path) -> dict[str, float]:
    """How well label_probability tells the income of rows without a hand label, and whether it means what it says."""
    import numpy as np
    import pandas as pd
    from sklearn.metrics import roc_auc_score

    from DataFoundry import labeler

    frame = pd.read_csv(ADULT)
    truth = (frame.pop("income") == ">50K").to_numpy()
    frame.to_parquet(folder / "unlabeled.parquet")
    functions = [{"name": name, "code": f"def {name}(x):\n    {body}"} for name, body in TWELVE.items()]

    def judged(hand: np.ndarray | None, seed: int, aggregator: str = "auto") -> np.ndarray:
        """Area under ROC, Brier score and expected calibration error (ten bins of the probability of class 1)."""
        given = None
        if hand is not None:
            given = str(folder / "hand.parquet")
            frame.iloc[hand].assign(label=truth[hand].astype(int)).to_parquet(given)
        labeler.create_labels(
            *(str(folder / "unlabeled.parquet"), functions, str(folder / "labeled.parquet")),
            hand_labeled_examples_path=given,
            aggregator=aggregator,
            seed=seed,
        )
        others = np.ones(len(frame), dtype=bool)
        others[[] if hand is None else hand] = False
        said = pd.read_parquet(folder / "labeled.parquet")["label_probability"].to_numpy()[others]
        bins = np.minimum((said * 10).astype(int), 9)
        error = np.abs(np.bincount(bins, said - truth[others])).sum() / others.sum()
        return np.array([roc_auc_score(truth[others], said), ((said - truth[others]) ** 2).mean(), error])

    draws = [np.random.default_rng(seed).permutation(len(frame))[:200] for seed in range(10)]
    found = {
        **{f"{name}, no hand labels": judged(None, 0, name) for name in ("majority_vote", "label_model", "auto")},
        "auto, 200 hand labels": np.mean([judged(draw, seed) for seed, draw in enumerate(draws)], axis=0),
    }
    titles = ("area under ROC", "Brier score", "calibration error")
    return {
        f"{name}: {title}": float(figure) for name in found for title, figure in zip(titles, found[name], strict=True)
    }


MEASUREMENTS: dict[str, Callable[[Path], dict[str, float]]] = {
    each.__name__: each
    for each in (
        snorkel_votes,
        our_votes,
        snorkel_model,
        our_model,
        big_votes,
        big_labels,
        sentence_loop,
        sentence_labels,
        folder_labels,
        quality,
    )
}


def make_file(path: Path, rows: int) -> None:
    """Adult over and over, until there are `rows` rows."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    adult = pa.Table.from_pandas(pd.read_csv(ADULT), preserve_index=False)
    piece = pa.concat_tables([adult] * 16)
    with pq.ParquetWriter(path, piece.schema) as writer:
        while rows > 0:
            writer.write_table(piece.slice(0, rows))
            rows -= len(piece)


def make_sentences(path: Path, rows: int) -> None:
    """Sentences of nine words and a number, no two the same."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    words = np.array(WORDS.split(), dtype=object)
    drawn = words[np.random.default_rng(0).integers(0, len(words), (rows, 9))]
    pq.write_table(pa.table({"comment": [f"{' '.join(row)} {place}" for place, row in enumerate(drawn)]}), path)


def measured(name: str, folder: Path) -> dict[str, float]:
    """One measurement in a process of its own, with that process's peak memory in bytes."""
    command = [sys.executable, __file__, "--only", name, "--folder", str(folder)]
    environment = {**os.environ, "DATAFOUNDRY_DATA_ROOTS": str(folder)}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def show(title: str, name: str, folder: Path) -> float:
    """Print one line of the table; gives the rows a second."""
    found = measured(name, folder)
    rate = found["rows"] / found["seconds"]
    peak = found["peak"] / 2**20
    print(f"{title:58} {found['rows']:>12,.0f} {found['seconds']:>9.3f} {rate:>14,.0f} {peak:>9,.0f}", flush=True)
    return rate


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="of the large file")
    parser.add_argument("--folder-rows", type=int, default=0, help="of the folder of files; 0 leaves it out")
    parser.add_argument("--quality", action="store_true", help="area under ROC on Adult, too")
    parser.add_argument("--only", choices=list(MEASUREMENTS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        import resource

        found = MEASUREMENTS[asked.only](asked.folder)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts in KiB
        print(json.dumps({**found, "peak": peak}))
        return
    with tempfile.TemporaryDirectory() as name:
        _table(Path(name), asked)


def _table(folder: Path, asked: argparse.Namespace) -> None:
    make_file(folder / "adult.parquet", 32_561)
    print(f"{'':58} {'rows':>12} {'seconds':>9} {'rows/s':>14} {'peak MiB':>9}")
    theirs = show("Snorkel PandasLFApplier, 10 functions, file already read", "snorkel_votes", folder)
    ours = show("DataFoundry votes, 10 functions, from the parquet file", "our_votes", folder)
    print(f"    {ours / theirs:,.0f} times Snorkel's applier")
    show("Snorkel LabelModel, fit and predict", "snorkel_model", folder)
    show("DataFoundry latent class model, fit and predict", "our_model", folder)
    make_file(folder / "big.parquet", asked.rows)
    show("DataFoundry votes, the specification's 2 functions", "big_votes", folder)
    show("DataFoundry create_labels, the same", "big_labels", folder)
    make_sentences(folder / "sentences.parquet", 1_000_000)
    show("plain Python, any(word in sentence.split())", "sentence_loop", folder)
    show("DataFoundry create_labels, the same", "sentence_labels", folder)
    if asked.folder_rows:
        (folder / "parts").mkdir()
        for number, start in enumerate(range(0, asked.folder_rows, ROWS_OF_A_PART)):
            make_file(folder / "parts" / f"part-{number:03}.parquet", min(ROWS_OF_A_PART, asked.folder_rows - start))
        show("DataFoundry create_labels, a folder of files", "folder_labels", folder)
    if asked.quality:
        for title, figure in measured("quality", folder).items():
            if title != "peak":
                print(f"{title:58} {figure:.4f}")


if __name__ == "__main__":
    main()
