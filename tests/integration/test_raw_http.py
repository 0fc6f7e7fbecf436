"""Requests that are smuggled, chunked wrongly or sent drop by drop, as bytes on the wire."""

import re
import socket
import threading
import time
from contextlib import ExitStack, suppress
from typing import Any

import pytest
import requests

from serving import slow_clients

BODY = b'{"data_path": "nowhere.csv"}'
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
SECOND = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


def statuses(server: Any, text: bytes, seconds: float = 20) -> list[int]:
    """The status of every answer that comes before the server closes the connection, or falls silent."""
    with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1])), timeout=seconds) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return [int(each) for each in re.findall(rb"HTTP/1\.[01] (\d{3})", answer)]


def post(headers: bytes, body: bytes, version: bytes = b"1.1") -> bytes:
    head = b"POST /api/dataset/info HTTP/" + version + b"\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return head + headers + b"\r\n" + body + SECOND


LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (CHUNKED + b"Content-Length: 5\r\n", b"0\r\n\r\n"),
        (b"Content-Length: 4\r\n" + CHUNKED, b"5c\r\n" + BODY),
        (LENGTH + b"Content-Length: 3\r\n", BODY),
        (b"Content-Length: 5, 5\r\n", b"12345"),
        (b"Content-Length: +5\r\n", b"12345"),
        (b"Content-Length: -1\r\n", b""),
        (b"Content-Length: 0x5\r\n", b"12345"),
        (b"Content-Length: 1_0\r\n", b"1234567890"),
        (b"Content-Length : 5\r\n", b"12345"),
        (b"Transfer-Encoding : chunked\r\n" + LENGTH, BODY),
        (b"Transfer-Encoding: xchunked\r\n", CHUNKS),
        (b"Transfer-Encoding: chunked, identity\r\n", CHUNKS),
        (CHUNKED + CHUNKED, CHUNKS),
        (CHUNKED + b"Transfer-Encoding: cow\r\n", CHUNKS),
        (b"Transfer-Encoding: \x0bchunked\r\n" + LENGTH, BODY),
        (b"Transfer-Encoding:\r\n chunked\r\n" + LENGTH, BODY),
        (b"X: y\nTransfer-Encoding: chunked\r\n" + LENGTH, BODY),
        (b"X: y\rTransfer-Encoding: chunked\r\n" + LENGTH, BODY),
        (b"X: y\x00\r\n" + LENGTH, BODY),
        (b"Host: evil.example\r\n" + LENGTH, BODY),
        (CHUNKED, b"-1\r\n\r\n0\r\n\r\n"),
        (CHUNKED, b"0x5\r\n12345\r\n0\r\n\r\n"),
        (CHUNKED, b"1_0\r\n" + b"1" * 16 + b"\r\n0\r\n\r\n"),
        (CHUNKED, b"+5\r\n12345\r\n0\r\n\r\n"),
        (CHUNKED, b"5\n12345\n0\n\n"),
        (CHUNKED, b"5\r\n12345XX0\r\n\r\n"),
        (CHUNKED, b"5;" + b"a" * 100_000 + b"\r\n12345\r\n0\r\n\r\n"),
        (CHUNKED, CHUNKS[:-2] + b"Bad Name: x\r\n\r\n"),
        (CHUNKED, b"zz\r\n"),
        (CHUNKED, CHUNKS[:10]),
    ],
)
def test_an_unclear_end_of_a_body_is_the_clients_fault_and_the_end_of_the_connection(
    server: Any, headers: bytes, body: bytes
) -> None:
    found = statuses(server, post(headers, body))
    assert len(found) == 1 and found[0] in (400, 501), "what follows must not be taken for a request"


def test_a_clear_body_is_followed_by_the_next_request(server: Any) -> None:
    assert statuses(server, post(CHUNKED, CHUNKS)) == [404, 404]
    assert statuses(server, post(LENGTH, BODY)) == [404, 404]


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO", "REMOTE_USER", "X_FORWARDED_HOST"])
def test_no_header_says_where_we_are(server: Any, name: str) -> None:
    answer = requests.get(f"{server.url}/api/limits", headers={name: "/api"}, timeout=60)
    assert answer.status_code == 200


def test_a_scheme_is_not_believed_without_a_trusted_proxy(server: Any) -> None:
    page = requests.get(f"{server.url}/docs", headers={"X-Forwarded-Proto": "https"}, timeout=60).text
    assert "https://127.0.0.1" not in page


def dripping(into: socket.socket) -> threading.Thread:
    """A client that sends a byte now and then until it is given up."""

    def drip() -> None:
        with suppress(OSError):
            while True:
                into.sendall(b"x")
                time.sleep(0.02)

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    return thread


def test_a_client_that_sends_drop_by_drop_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every byte comes in time, the head does not; one whose head has come may take as long as it needs."""
    monkeypatch.setattr(slow_clients, "_LOOK_EVERY", 0.05)
    clients = slow_clients.SlowClients()
    (ours, theirs), (good, other) = socket.socketpair(), socket.socketpair()
    with ours, theirs, good, other:
        thread = dripping(theirs)
        with clients.waited_for(good, seconds=0.01):
            clients.has_come(good)
            with clients.waited_for(ours, seconds=0.3):
                while ours.recv(1):  # ends only because the connection is closed under it
                    pass
        thread.join()
        other.sendall(b"x")
        assert good.recv(1) == b"x"


def test_where_too_many_are_waited_for_the_one_of_the_longest_wait_is_given_up() -> None:
    clients = slow_clients.SlowClients(most=2)
    pairs = [socket.socketpair() for _ in range(3)]
    with ExitStack() as block:
        for ours, theirs in pairs:
            block.enter_context(ours)
            block.enter_context(theirs)
        for ours, _ in pairs:
            block.enter_context(clients.waited_for(ours))
        assert pairs[0][1].recv(1) == b"", "closed"
        for _, theirs in pairs[1:]:
            theirs.sendall(b"x")


def test_slow_heads_keep_no_thread_from_others(start_server: Any) -> None:
    server = start_server(DATAFOUNDRY_SERVER_THREADS="8")
    address = ("127.0.0.1", int(server.url.rsplit(":", 1)[1]))
    with ExitStack() as block:
        for _ in range(40):
            slow = block.enter_context(socket.create_connection(address, timeout=60))
            slow.sendall(b"POST /api/dataset/info HTTP/1.1\r\nHost: localhost\r\nX: ")
        assert server.get("/health").status_code == 200
