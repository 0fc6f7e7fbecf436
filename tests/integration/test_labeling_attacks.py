"""Every snippet of lf_attacks.py ends as that file says, and the next request succeeds."""

import ast
import importlib.util
import math
import socket
import time
from pathlib import Path

import pandas as pd
import pytest

from DataFoundry import labeler
from DataFoundry.errors import DataFoundryError

_SPEC = importlib.util.spec_from_file_location("lf_attacks", Path(__file__).parents[1] / "data" / "lf_attacks.py")
attacks = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(attacks)

_SECONDS = 1
_BENIGN = {"name": "lf", "code": attacks.ATTACKS[0][1]}


@pytest.fixture(scope="module")
def listener():
    """Sees every connection to the canary port, by TCP or UDP."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        for each in (tcp, udp):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            each.bind(("127.0.0.1", attacks.CANARY_PORT))
            each.setblocking(False)
        tcp.listen()
        yield tcp, udp


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A data root with the snippets' three rows, a secret beside the canary, and a short time limit."""
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path))
    monkeypatch.setenv("DATAFOUNDRY_FUNCTION_SECONDS", str(_SECONDS))
    monkeypatch.setenv(attacks.ENV_SECRET, attacks.SECRET)
    secret = Path(attacks.SECRET_FILE)
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.write_text(attacks.SECRET)
    pd.DataFrame(attacks.ROWS).to_parquet(tmp_path / "rows.parquet")
    yield tmp_path
    secret.unlink()


def label(place, function):
    path = place / "labeled.parquet"
    response = labeler.create_labels(str(place / "rows.parquet"), [function], str(path), seed=0)
    return response, pd.read_parquet(path)


@pytest.mark.parametrize(("name", "code", "outcome"), attacks.ATTACKS, ids=[name for name, _, _ in attacks.ATTACKS])
def test_ends_as_the_file_says(name, code, outcome, place, listener):
    word = outcome.split()[0]
    started = time.monotonic()
    text = ""
    try:
        response, table = label(place, {"name": "lf", "code": code})
    except DataFoundryError as error:
        text = f"{error.message} {error.details}"
        assert word != "ALLOW", error.message
        assert error.details["function"] == "lf"
        assert len(text) < 4096
        assert sorted(path.name for path in place.iterdir()) == ["rows.parquet"]
        if word == "LIMIT" and "not available" not in text:
            assert "limit" in text
    else:
        assert word in ("ALLOW", "INERT") or "INERT" in outcome, "it ran to its end"
        text = f"{response} {table}"
        if word == "ALLOW":
            expected = [
                float(label) if label >= 0 else math.nan for label in ast.literal_eval(outcome.removeprefix("ALLOW "))
            ]
            assert table["label"].tolist() == pytest.approx(expected, nan_ok=True)
    assert time.monotonic() - started < _SECONDS + 2
    assert attacks.SECRET not in text
    assert not Path(attacks.CANARY).exists()
    assert not Path("/tmp/datafoundry-canary/link").exists()
    assert not Path("/dev/shm/df_leak").exists()
    for each in listener:
        with pytest.raises(BlockingIOError):
            each.accept() if each.type == socket.SOCK_STREAM else each.recv(1)
    _, table = label(place, _BENIGN)
    assert table["label"].tolist() == pytest.approx([1.0, math.nan, math.nan], nan_ok=True)
    assert table["text"].tolist() == [row["text"] for row in attacks.ROWS]
