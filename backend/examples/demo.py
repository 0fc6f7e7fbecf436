"""`make demo`: the specification's complete workflow against a server of its own, and a look at what came out.

With `--open` (`make demo OPEN=1`) the console is then opened in a browser, until Ctrl+C.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import requests

BACKEND = Path(__file__).resolve().parents[1]
WORKFLOW = BACKEND / "examples" / "complete_workflow.py"
OUTPUT = BACKEND / "output_data"
START_SECONDS = 60


def main() -> None:
    """Run the workflow, then show labels, training, synthetic rows and the oddest rows."""
    began = time.time()
    with running_server() as url:
        print(f"DataFoundry listens on {url}\n")
        program = WORKFLOW.read_text().replace("http://localhost:5000", url)
        with progress_shown(url):
            subprocess.run([sys.executable, "-u", "-c", program], check=True, cwd=BACKEND.parent)
        show_results(began)
        if "--open" in sys.argv[1:]:
            open_console(url)


def open_console(url: str) -> None:
    """The console in the user's browser; serve on until Ctrl+C."""
    print(f"\nThe console is at {url}/ (Ctrl+C ends it)")
    webbrowser.open(f"{url}/")
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()


def show_results(began: float) -> None:
    """What came out, as text."""
    pd.set_option("display.width", 200, "display.max_columns", 20, "display.max_colwidth", 22)
    show_labels()
    show_training()
    show_synthetic_rows()
    show_oddest_rows()
    show_what_next(began)


def show_what_next(began: float) -> None:
    """The pages that were made since then, and three commands to go on with."""
    print(f"\nDone in {time.time() - began:.0f} s. Everything is in {OUTPUT}. Open these in a browser:")
    for page in sorted(OUTPUT.glob("*.html")):
        if page.stat().st_mtime >= began:
            print(f"  {page}")
    print(
        "\nWhat next:\n"
        "  make demo OPEN=1    the console in your browser, on these results\n"
        "  make serve          the service on port 5000, for the commands in docs/tutorial.md\n"
        "  make orchestrator   ask in plain words on port 8000"
    )


@contextmanager
def progress_shown(url: str) -> Iterator[None]:
    """While the block runs, tell how far the service's work is: on a terminal in one line, else every ten seconds."""
    over = threading.Event()
    teller = threading.Thread(target=_tell_progress, args=(url, over), daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def _tell_progress(url: str, over: threading.Event) -> None:
    terminal = sys.stdout.isatty()
    while not over.wait(1 if terminal else 10):
        try:
            running = requests.get(f"{url}/api/jobs?state=running", timeout=10).json()["jobs"]
        except (requests.RequestException, ValueError, KeyError):
            continue
        for report in (job["progress"] for job in running if job["progress"]):
            of = f" of {report['total']:,}" if report["total"] else ""
            left = "" if report["seconds_left"] is None else f", about {report['seconds_left']:.0f} s left"
            line = f"   {report['doing']}: {report['done']:,}{of} {report['unit']}{left}"
            print(f"\r{line:<90}" if terminal else line, end="" if terminal else "\n", flush=True)
    if terminal:
        print(f"\r{'':<90}\r", end="", flush=True)


@contextmanager
def running_server() -> Iterator[str]:
    """The API on a free port of this machine, stopped at the end; yields its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    OUTPUT.mkdir(exist_ok=True)
    with open(OUTPUT / "demo_server.log", "w") as log:
        command = [sys.executable, "flask_api.py", "--host", "127.0.0.1", "--port", str(port)]
        server = subprocess.Popen(command, cwd=BACKEND, stdout=log, stderr=log, env=os.environ)
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_healthy(url, server)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_until_healthy(url: str, server: subprocess.Popen[bytes]) -> None:
    """Return once `/health` answers; end the program if the server ended or stays silent."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit(f"The server ended at once; see {OUTPUT / 'demo_server.log'}")
        try:
            if requests.get(f"{url}/health", timeout=START_SECONDS).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.2)
    sys.exit(f"The server did not answer within {START_SECONDS} s; see {OUTPUT / 'demo_server.log'}")


def show_labels() -> None:
    """Shares of the labels, and how many rows got one."""
    labels = pd.read_parquet(OUTPUT / "adult_labeled.parquet", columns=["label"])["label"]
    print("\nLABELS")
    print(f"{labels.notna().mean():.1%} of {len(labels):,} rows are labeled")
    print(labels.value_counts(normalize=True).map("{:.1%}".format).to_string())


def show_training() -> None:
    """The training curve's figures."""
    history = pd.DataFrame(json.loads((OUTPUT / "models" / "history.json").read_text())["epochs"])
    print("\nTRAINING")
    print(history.iloc[:: max(1, len(history) // 8)].round(4).to_string(index=False))


def show_synthetic_rows() -> None:
    """Synthetic rows under real rows of the same label."""
    synthetic = pd.read_parquet(OUTPUT / "synthetic_data.parquet")
    real = pd.read_parquet(OUTPUT / "adult_labeled.parquet")[synthetic.columns]
    real = real[real["label"] == synthetic["label"].iloc[0]]
    print("\nREAL ROWS")
    print(real.sample(5, random_state=0).to_string(index=False))
    print("\nSYNTHETIC ROWS")
    print(synthetic.head(5).to_string(index=False))


def show_oddest_rows() -> None:
    """The ten rows with the highest anomaly score."""
    report = pd.read_parquet(OUTPUT / "anomalies.parquet")
    features = list(pd.read_csv(BACKEND / "testing_data" / "adult.csv", nrows=0))
    print("\nTHE TEN ODDEST ROWS")
    print(report[["anomaly_score", "top_features", *features]].head(10).to_string(index=False))


if __name__ == "__main__":
    main()
