"""Uploads and downloads over real HTTP: whole or not at all, interrupted and resumed, never beyond what is allowed."""

import hashlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from processes import until

UPLOAD = "/api/files/upload"
CSV = b"a,b\n" + b"".join(b"%d,x\n" % number for number in range(100_000))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def folder(server: Any) -> Path:
    """Where uploads go by default."""
    path: Path = server.backend / "output_data" / "uploads"
    return path


def kept(place: Path) -> set[str]:
    """Every name in a folder but the ledger's."""
    return {path.name for path in place.iterdir()} - {".uploaded.json"} if place.exists() else set()


def put(server: Any, place: str, content: bytes, start: int, total: int) -> requests.Response:
    """Send one piece."""
    headers = {"Content-Range": f"bytes {start}-{start + len(content) - 1}/{total}"}
    return requests.put(server.url + place, data=content, headers=headers, timeout=60)


def send(server: Any, content: Any, headers: dict[str, str] | None = None, **query: str) -> requests.Response:
    """POST raw bytes."""
    return requests.post(server.url + UPLOAD, params=query, data=content, headers=headers, timeout=120)


def test_a_form_goes_to_the_upload_folder_and_can_be_used_and_fetched(server: Any) -> None:
    answer = requests.post(server.url + UPLOAD, files={"file": ("mine/form.csv", CSV)}, timeout=60)
    assert answer.status_code == 201, answer.text
    path = folder(server) / "form.csv"
    body = answer.json()
    assert body["success"] is True and body["path"] == str(path)
    assert (body["size"], body["sha256"]) == (len(CSV), sha256(CSV)) and path.read_bytes() == CSV
    assert server.post("/api/dataset/info", {"data_path": body["path"]}).json()["num_rows"] == 100_000
    assert server.get(answer.headers["Location"]).content == CSV
    assert any(each["path"] == str(path) for each in server.get("/api/files/list").json()["files"])


def test_raw_bytes_go_where_the_path_says_in_a_folder_to_be_made(server: Any) -> None:
    target = server.root / "new folder" / "ä.parquet"
    answer = send(server, CSV, path=str(target), sha256=sha256(CSV).upper())
    assert answer.status_code == 201 and target.read_bytes() == CSV and kept(target.parent) == {target.name}


@pytest.mark.parametrize("chunked", [False, True])
def test_an_upload_replaces_a_file_in_one_step_unless_it_may_not(server: Any, chunked: bool) -> None:
    target = server.root / f"replaced{chunked}.csv"
    new = (part for part in [CSV[:1000], CSV[1000:]]) if chunked else CSV
    target.write_bytes(b"old")
    refused = send(server, b"new", {"If-None-Match": "*"}, path=str(target))
    assert (refused.status_code, refused.json()["code"]) == (412, "already_there") and target.read_bytes() == b"old"
    assert send(server, new, path=str(target)).status_code == 201
    assert target.read_bytes() == CSV


def test_an_interrupted_upload_goes_on_where_it_ended(server: Any) -> None:
    target, half = server.root / "resumed.csv", len(CSV) // 2
    begun = send(server, b"", {"Content-Range": f"bytes */{len(CSV)}"}, path=str(target))
    assert begun.status_code == 202 and begun.headers["Upload-Offset"] == "0"
    place = begun.headers["Location"]
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port), timeout=60) as connection:
        head = f"PUT {place} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(CSV)}\r\n"
        head += f"Content-Range: bytes 0-{len(CSV) - 1}/{len(CSV)}\r\n\r\n"
        connection.sendall(head.encode() + CSV[:half])
    until(lambda: server.get(place).json()["received"] > 0)
    until(lambda: put(server, place, b"x", 1, len(CSV)).json()["code"] == "upload_offset")  # the first one ended
    assert not target.exists()
    received = int(requests.head(server.url + place, timeout=60).headers["Upload-Offset"])
    assert 0 < received <= half
    third = received + (len(CSV) - received) // 3
    assert put(server, place, CSV[received:third], received, len(CSV)).status_code == 202
    done = put(server, place, CSV[third:], third, len(CSV))
    assert done.status_code == 201 and done.json()["sha256"] == sha256(CSV)
    assert target.read_bytes() == CSV
    assert server.get(place).status_code == 404
    upload = place.rsplit("/", 1)[-1]
    assert not [name for name in [*kept(server.root), *kept(folder(server))] if upload in name]


def test_a_piece_that_does_not_fit_is_told_where_to_go_on(server: Any) -> None:
    target = server.root / "pieces.csv"
    begun = send(server, b"abc", {"Content-Range": "bytes 0-2/9"}, path=str(target))
    assert begun.status_code == 202 and begun.json()["received"] == 3
    place = begun.headers["Location"]
    wrong = put(server, place, b"xx", 5, 9)
    assert (wrong.status_code, wrong.json()["details"]["received"]) == (409, 3)
    for headers in ({}, {"Content-Range": "bytes 3-4/10"}, {"Content-Range": "bytes */9"}, {"Content-Range": "3-4/9"}):
        assert requests.put(server.url + place, data=b"xx", headers=headers, timeout=60).status_code == 400
    too_many = (part for part in [b"defghi", b"too many"])
    headers = {"Content-Range": "bytes 3-8/9"}
    assert requests.put(server.url + place, data=too_many, headers=headers, timeout=60).status_code == 409
    assert server.get(place).json()["received"] == 3
    assert requests.delete(server.url + place, timeout=60).status_code == 200
    assert server.get(place).status_code == 404 and not target.exists()


def test_a_finished_upload_in_pieces_does_not_replace_what_came_meanwhile(server: Any) -> None:
    target = server.root / "meanwhile.csv"
    headers = {"Content-Range": "bytes 0-2/6", "If-None-Match": "*"}
    place = send(server, b"abc", headers, path=str(target)).headers["Location"]
    target.write_bytes(b"of another")
    assert put(server, place, b"def", 3, 6).status_code == 412
    assert target.read_bytes() == b"of another"
    requests.delete(server.url + place, timeout=60)


@pytest.mark.parametrize("pieces", [False, True])
def test_bytes_that_are_not_the_promised_ones_are_not_kept(server: Any, pieces: bool) -> None:
    target = server.root / "checked.csv"
    target.write_bytes(b"old")
    headers = {"Content-Range": "bytes 0-2/3"} if pieces else {}
    answer = send(server, b"abc", headers, path=str(target), sha256=sha256(b"xyz"))
    assert (answer.status_code, answer.json()["code"]) == (422, "checksum_mismatch")
    assert target.read_bytes() == b"old"
    assert not [name for name in kept(server.root) if "checked" in name and name != "checked.csv"]


@pytest.mark.parametrize("form", [False, True])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_that_breaks_off_leaves_nothing(server: Any, form: bool, chunked: bool) -> None:
    place = server.root / f"broken{form}{chunked}"
    place.mkdir()
    target = place / "x.csv"
    target.write_bytes(b"old")
    kind = "multipart/form-data; boundary=b" if form else "text/csv"
    content = 4 * CSV  # more than one block
    if form:
        content = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n' + content
    framing = "Transfer-Encoding: chunked" if chunked else "Content-Length: 5000000"
    head = f"POST {UPLOAD}?path={target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n{framing}\r\n\r\n"
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port), timeout=60) as connection:
        connection.sendall(head.encode() + (b"%x\r\n" % 5_000_000 if chunked else b"") + content)
        until(lambda: len(kept(place)) == 2)  # it is being received
    until(lambda: kept(place) == {"x.csv"})
    assert target.read_bytes() == b"old"
    assert server.get("/health").status_code == 200


def test_two_uploads_of_one_file_do_not_mix(server: Any) -> None:
    target = server.root / "twice" / "x.csv"
    waiting, go = threading.Event(), threading.Event()

    def slow() -> Iterator[bytes]:
        yield b"first"
        waiting.set()
        go.wait(60)
        yield b" whole"

    answers: list[requests.Response] = []
    first = threading.Thread(target=lambda: answers.append(send(server, slow(), path=str(target))))
    first.start()
    waiting.wait(60)
    until(lambda: target.parent.exists() and kept(target.parent))
    second = send(server, b"second", path=str(target))
    assert (second.status_code, second.json()["code"]) == (409, "output_busy")
    go.set()
    first.join()
    assert answers[0].status_code == 201 and target.read_bytes() == b"first whole"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 422),
        ({"filename": "a.py"}, 403),
        ({"filename": ".hidden.csv"}, 403),
        ({"filename": ".."}, 403),
        ({"filename": "x/"}, 400),
        ({"filename": "a\0.csv"}, 400),
        ({"filename": "x" * 256}, 400),
        ({"filename": "é" * 200 + ".csv"}, 403),
        ({"path": "../../x.csv"}, 403),
        ({"path": "/etc/x.csv"}, 403),
        ({"path": "flask_api.py"}, 403),
        ({"path": "api/x.json"}, 403),
        ({"path": "serving/x.json"}, 403),
        ({"path": "http://h/x.csv"}, 400),
        ({"path": "output_data"}, 403),
        ({"filename": "a.csv", "sha256": "abc"}, 400),
        ({"filename": "a.csv", "nonsense": "1"}, 400),
    ],
)
def test_names_that_lead_elsewhere_are_refused(server: Any, query: dict[str, str], status: int) -> None:
    before = {path: path.stat().st_mtime_ns for path in server.backend.parent.rglob("*") if path.suffix != ".pyc"}
    answer = send(server, b"a\n1\n", **query)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"].endswith(".")
    after = {path: path.stat().st_mtime_ns for path in server.backend.parent.rglob("*") if path.suffix != ".pyc"}
    assert after == before


def test_a_link_is_not_written_through(server: Any) -> None:
    outside = server.root.parent / "outside.csv"
    outside.write_bytes(b"old")
    (server.root / "linked.csv").symlink_to(outside)
    assert send(server, b"new", path=str(server.root / "linked.csv")).status_code == 403
    assert outside.read_bytes() == b"old"


FORM = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
END = b"--b--\r\n"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", END),
        ("multipart/form-data; boundary=", END),
        ("multipart/form-data; boundary=" + "b" * 71, END),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", END),
        ("multipart/form-data; boundary=b", b"no boundary at all" * 1000),
        ("multipart/form-data; boundary=b", FORM % (b"file", b"", b"a field") + END),
        ("multipart/form-data; boundary=b", FORM % (b"other", b'; filename="h.csv"', b"x") + END),
        ("multipart/form-data; boundary=b", FORM % (b"file", b'; filename="h.csv"', b"cut off")),
        ("multipart/form-data; boundary=b", FORM % (b"file", b'; filename=""', b"x") + END),
        ("multipart/form-data; boundary=b", 2 * (FORM % (b"file", b'; filename="h.csv"', b"x")) + END),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END),
        ("multipart/form-data; boundary=b", b"--b\r\n\xff\xfe: \xff\r\n\r\nx\r\n" + END),
        ("multipart/form-data; boundary=b", 50 * (FORM % (b"field", b"", b"x")) + END),
    ],
)
def test_damaged_forms_are_refused(server: Any, kind: str, body: bytes) -> None:
    before = kept(folder(server))
    answer = send(server, body, {"Content-Type": kind})
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["error"].endswith(".") and kept(folder(server)) == before


def test_pages_of_other_sites_may_not_upload(server: Any) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = send(server, b"x", headers, filename="evil.csv")
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin")
    assert send(server, b"x", {"Origin": server.url}, filename="own.csv").status_code == 201


@pytest.fixture(scope="module")
def small(start_server: Callable[..., Any], service_code: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A service that takes little, from a copy of the code of its own, since what others uploaded would count."""
    import shutil

    code = tmp_path_factory.mktemp("small") / "backend"
    shutil.copytree(service_code, code, ignore=shutil.ignore_patterns("output_data", "__pycache__"))
    return start_server(backend=code, DATAFOUNDRY_MAX_UPLOAD_BYTES="3000000", DATAFOUNDRY_UPLOAD_QUOTA_BYTES="5000000")


def test_what_is_too_large_is_refused_before_and_while_it_comes(small: Any) -> None:
    too_large = b"x" * 3_000_001
    for content in (too_large, (part for part in [too_large[:2_000_000], too_large[2_000_000:]])):
        answer = send(small, content, filename="large.csv")
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large"), answer.text
    begun = send(small, b"", {"Content-Range": "bytes */3000001"}, filename="large.csv")
    assert begun.status_code == 413
    assert kept(folder(small)) == set()
    assert send(small, b"x" * 3_000_000, filename="just.csv").status_code == 201
    (folder(small) / "just.csv").unlink()


def test_the_quota_counts_what_is_there_and_what_is_begun(small: Any) -> None:
    assert send(small, b"x" * 3_000_000, filename="one.csv").status_code == 201
    full = send(small, b"x" * 3_000_000, filename="two.csv")
    assert (full.status_code, full.json()["code"]) == (507, "quota_exceeded")
    begun = send(small, b"", {"Content-Range": "bytes */1500000"}, filename="three.csv")
    assert begun.status_code == 202
    assert send(small, b"x" * 1_000_000, filename="four.csv").status_code == 507
    requests.delete(small.url + begun.headers["Location"], timeout=60)
    assert send(small, b"x" * 1_000_000, filename="four.csv").status_code == 201
    for name in ("one.csv", "four.csv"):
        (folder(small) / name).unlink()
    assert send(small, b"x" * 3_000_000, filename="two.csv").status_code == 201


def test_an_unfinished_upload_is_swept_after_its_hours(small: Any) -> None:
    begun = send(small, b"abc", {"Content-Range": "bytes 0-2/9"}, filename="old.csv")
    assert begun.status_code == 202
    long_ago = time.time() - 25 * 3600
    for name in kept(folder(small)):
        os.utime(folder(small) / name, (long_ago, long_ago))
    assert send(small, b"x", filename="next.csv").status_code == 201
    assert small.get(begun.headers["Location"]).status_code == 404
    assert not [name for name in kept(folder(small)) if name.startswith(".")]


def memory_of_the_worker(server: Any) -> int:
    """Bytes that the process that answers holds now."""
    text = server.get("/metrics").text
    return int(float(next(line.split()[1] for line in text.splitlines() if line.startswith("process_resident_memory"))))


@pytest.mark.parametrize("form", [False, True])
def test_a_large_upload_and_download_need_little_memory(server: Any, form: bool) -> None:
    block, times = os.urandom(2**20), 300
    send(server, block, filename="warm.csv")
    before = memory_of_the_worker(server)
    seen = 0

    def content() -> Iterator[bytes]:
        nonlocal seen
        if form:
            yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\n'
        for number in range(times):
            if number % 50 == 49:
                seen = max(seen, memory_of_the_worker(server))
            yield block
        if form:
            yield b"\r\n--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b"} if form else {}
    answer = send(server, content(), headers, filename="big.csv")
    assert answer.status_code == 201 and answer.json()["size"] == times * len(block)
    assert seen - before < 30 * 2**20
    with requests.get(server.url + answer.headers["Location"], stream=True, timeout=60) as fetched:
        digest = hashlib.sha256()
        for part in fetched.iter_content(2**20):
            digest.update(part)
    assert digest.hexdigest() == answer.json()["sha256"]
    assert memory_of_the_worker(server) - before < 30 * 2**20
    (folder(server) / "big.csv").unlink()


def test_downloads_answer_ranges_and_conditions(server: Any) -> None:
    path = send(server, CSV, filename="ranged.csv").json()["path"]

    def fetch(**headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return server.get("/api/files/download", params={"path": path}, headers=named)

    whole = fetch()
    tag = whole.headers["ETag"]
    assert whole.status_code == 200 and whole.content == CSV and whole.headers["Accept-Ranges"] == "bytes"
    part = fetch(Range="bytes=10-19")
    assert (part.status_code, part.content) == (206, CSV[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(CSV)}"
    assert fetch(Range="bytes=-5").content == CSV[-5:]
    assert fetch(Range=f"bytes={len(CSV)}-").status_code == 416
    assert fetch(If_None_Match=tag).status_code == 304
    assert fetch(Range="bytes=0-3", If_Range=tag).status_code == 206
    assert send(server, CSV + b"1,y\n", filename="ranged.csv").status_code == 201
    assert fetch(If_None_Match=tag).headers["ETag"] != tag
    assert fetch(Range="bytes=0-3", If_Range=tag).status_code == 200  # another file now: all of it
