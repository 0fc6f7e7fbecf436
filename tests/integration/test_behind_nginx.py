"""The configuration of the page 'Run it behind nginx', run in a real nginx with TLS in front of a real service."""

import json
import re
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import websocket

from databases import program
from live_service import Service
from processes import free_port, until

PAGE = (Path(__file__).parents[2] / "docs" / "behind_nginx.md").read_text()
CONFIGURATION = re.findall(r"```nginx\n(.*?)```", PAGE, re.DOTALL)[0]
NAME = "data.example.org"
NGINX, OPENSSL = program("nginx"), program("openssl")

pytestmark = pytest.mark.skipif(
    not (NGINX and OPENSSL), reason="nginx or openssl is not installed (apt-get install nginx)"
)


@dataclass
class Behind:
    """A service behind nginx."""

    service: Service
    port: int
    certificate: Path

    @property
    def host(self) -> str:
        return f"{NAME}:{self.port}"

    def ask(self, method: str, path: str, **more: object) -> requests.Response:
        """A request to nginx by the public name, wherever that lies."""
        headers = {"Host": self.host, **more.pop("headers", {})}  # type: ignore[dict-item]
        url = f"https://127.0.0.1:{self.port}{path}"
        return requests.request(method, url, headers=headers, verify=False, timeout=120, **more)  # type: ignore[arg-type]


def settings(folder: Path, port: int, service: int) -> str:
    """The page's configuration with ports and a certificate of our own, and what nginx needs to run as anybody."""
    written = CONFIGURATION.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    written = written.replace("127.0.0.1:5000", f"127.0.0.1:{service}")
    written = re.sub(r"/etc/ssl/\w+/data.example.org", str(folder / "tls"), written)
    folders = "".join(
        f"{each}_temp_path {folder}/{each};\n" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off;\npid {folder}/pid;\nerror_log {folder}/log;\nworker_processes 1;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{folders}{written}\n}}\n"
    )


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("nginx")
    pem, key = folder / "tls.pem", folder / "tls.key"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", pem, "-days", "2", "-subj"]
    subprocess.run([str(OPENSSL), *map(str, made), f"/CN={NAME}"], check=True, capture_output=True)
    bounds = {
        "DATAFOUNDRY_TRUSTED_PROXIES": "1",
        "DATAFOUNDRY_ALLOWED_HOSTS": NAME,
        "DATAFOUNDRY_REQUESTS_PER_MINUTE": "60",
    }
    (folder / "data").mkdir()
    service, port = Service(folder / "data", free_port(), bounds), free_port()
    (folder / "nginx.conf").write_text(settings(folder, port, service.port))
    service.start()
    nginx = subprocess.Popen([str(NGINX), "-c", str(folder / "nginx.conf"), "-p", str(folder)])
    found = Behind(service, port, pem)
    try:
        until(lambda: nginx.poll() is None and _answers(found))
        yield found
    finally:
        nginx.terminate()
        nginx.wait()
        assert service.process is not None
        service.process.terminate()
        service.process.wait()


def _answers(found: Behind) -> bool:
    try:
        return found.ask("GET", "/health").ok
    except requests.ConnectionError:
        return False


@pytest.mark.filterwarnings("ignore:Unverified HTTPS")
def test_large_uploads_events_and_sockets_pass(behind: Behind) -> None:
    rows = b"a,b\n" + b"1,some text\n" * 1_700_000  # 20 MB, where nginx takes 1 MB unless told otherwise
    target = behind.service.root / "big.csv"
    sent = behind.ask("POST", "/api/files/upload", params={"path": str(target)}, data=rows)
    assert sent.status_code == 201, sent.text
    assert target.read_bytes() == rows
    small = behind.service.root / "small.csv"
    small.write_bytes(rows[:2_004])
    asked = behind.ask("POST", "/api/dataset/info", json={"data_path": str(small)}, headers={"Prefer": "respond-async"})
    address = asked.headers["Location"]
    assert asked.status_code == 202 and "127.0.0.1" not in address
    path = re.sub(r"^https?://[^/]+", "", address)
    client = websocket.create_connection(
        f"wss://127.0.0.1:{behind.port}{path}/ws",
        host=behind.host,
        origin=f"https://{behind.host}",
        sslopt={"cert_reqs": ssl.CERT_NONE},
        timeout=120,
    )
    state = ""
    while state not in ("succeeded", "failed"):
        state = json.loads(client.recv())["state"]
    client.close()
    assert state == "succeeded"
    events = behind.ask("GET", f"{path}/events", stream=True)
    assert events.headers["Content-Type"].startswith("text/event-stream")
    assert any(b"succeeded" in line for line in events.iter_lines())
    events.close()


@pytest.mark.filterwarnings("ignore:Unverified HTTPS")
def test_what_nginx_says_is_believed_and_what_clients_say_is_not(behind: Behind) -> None:
    assert behind.ask("GET", "/health", headers={"Host": "evil.example"}).status_code == 421
    # A client that claims another address each time is one address all the same: nginx adds the one that it sees.
    statuses = [
        behind.ask("GET", "/api/limits", headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code
        for number in range(70)
    ]
    assert statuses[0] == 200 and statuses[-1] == 429
    # Another proxy's word, for another client: counted for itself.
    other = {"Host": behind.host, "X-Forwarded-Host": behind.host, "X-Forwarded-For": "198.51.100.7"}
    assert requests.get(f"{behind.service.url}/api/limits", headers=other, timeout=60).status_code == 200


def test_each_line_of_the_table_is_a_line_of_the_configuration() -> None:
    told = re.findall(r"^\| (`.*?) \|", PAGE.split("| left out |")[1], re.MULTILINE)
    assert len(told) == 7
    for names in told:
        for name in re.findall(r"`([^`]+)`", names):
            assert name in CONFIGURATION, name
