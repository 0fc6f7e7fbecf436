"""Two keys with data roots of their own see nothing of each other, on any route, event stream or socket."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket

from api import create_app
from api.openapi import EXAMPLES
from serving.keys import new_key

ALL = "read,write,execute"
ROWS = b"a,label\n" + b"".join(b"%d,%d\n" % (number, number % 2) for number in range(200))
POSTS = sorted(
    {rule.rule for rule in create_app().url_map.iter_rules() if "POST" in (rule.methods or ())} & set(EXAMPLES)
)


@dataclass
class Team:
    """A key of one service, and its folder."""

    server: Any
    key: str
    root: Path

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        return requests.request(method, self.server.url + path, headers=headers, timeout=300, **options)

    def info(self, path: object, **headers: str) -> requests.Response:
        return self.ask("POST", "/api/dataset/info", json={"data_path": str(path)}, headers=headers)

    def job(self, **headers: str) -> str:
        """The address of a job that this team began and that is over."""
        answer = self.info(
            self.root / "table.csv", Prefer="respond-async, wait=60", **{"Idempotency-Key": "k", **headers}
        )
        assert answer.status_code == 200, answer.text
        return f"/api/jobs/{self.ask('GET', '/api/jobs').json()['jobs'][0]['id']}"


@pytest.fixture(scope="module")
def teams(start_server: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Team]:
    """Two teams with roots of their own, an administrator, and a key of the service's roots."""
    roots = {name: tmp_path_factory.mktemp(name) for name in ("red", "blue")}
    made = {name: new_key(name, ALL, [str(root)]) for name, root in roots.items()}
    made |= {"boss": new_key("boss", f"{ALL},admin"), "plain": new_key("plain", ALL)}
    server = start_server(DATAFOUNDRY_API_KEYS=";".join(line for _, line in made.values()))
    for root in roots.values():
        (root / "table.csv").write_bytes(ROWS)
    return {name: Team(server, key, roots.get(name, server.root)) for name, (key, _) in made.items()}


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("name", ["table.csv", "nothing.csv"])
def test_no_field_of_any_route_reaches_into_the_others_folder(teams: dict[str, Team], path: str, name: str) -> None:
    """Also not to learn whether there is such a file."""
    foreign = str(teams["red"].root / name)
    body = dict(EXAMPLES[path])
    for field in [field for field in body if field.endswith(("_path", "_dir"))]:
        sent = {**body, field: foreign.replace(".csv", Path(str(body[field])).suffix or "/")}
        for other in [key for key in body if key.endswith("_path") and key != field and "output" not in key]:
            sent[other] = str(teams["blue"].root / "table.csv")  # there, so that it is not what stops the request
        answer = teams["blue"].ask("POST", path, json=sent)
        assert answer.status_code in (403, 404, 422), answer.text
        assert str(teams["red"].root) not in json.dumps(answer.json().get("details", {}))
        if answer.status_code == 403:
            assert answer.json()["code"] in ("outside_data_roots", "not_a_data_file")


@pytest.mark.parametrize("name", ["table.csv", "nothing.csv"])
def test_reading_and_writing_the_others_files_is_refused_alike(teams: dict[str, Team], name: str) -> None:
    foreign = teams["red"].root / name
    told = [
        teams["blue"].info(foreign),
        teams["blue"].ask("GET", f"/api/files/download?path={foreign}"),
        teams["blue"].ask("POST", f"/api/files/upload?path={foreign}", data=b"x"),
        teams["plain"].info(foreign),
    ]
    assert [(each.status_code, each.json()["code"]) for each in told] == [(403, "outside_data_roots")] * 4
    assert (teams["red"].root / "table.csv").read_bytes() == ROWS


def test_paths_without_a_folder_mean_the_teams_own(teams: dict[str, Team]) -> None:
    for name in ("red", "blue"):
        team = teams[name]
        assert team.info("table.csv").json()["num_rows"] == 200
        assert team.info("backend/testing_data/adult.csv").status_code == 200
        sent = team.ask("POST", "/api/files/upload?filename=same.csv", data=ROWS)
        assert sent.json()["path"] == str(team.root / "output_data" / "uploads" / "same.csv")
        wanted = {"data_path": "output_data/uploads/same.csv", "output_path": "backend/output_data/out.jsonl"}
        written = team.ask("POST", "/api/dataset/convert", json=wanted).json()
        assert written["output_path"] == str(team.root / "output_data" / "out.jsonl")
        default = team.ask("POST", "/api/dataset/convert", json={"data_path": "table.csv"}).json()["output_path"]
        assert default.startswith(str(team.root / "output_data"))
        listed = {each["path"] for each in team.ask("GET", "/api/files/list").json()["files"]}
        assert {str(team.root / "table.csv"), written["output_path"]} <= listed
        others = {other.root for other in teams.values()} - {team.root} | {team.server.backend / "output_data"}
        assert not [path for path in listed for other in others if path.startswith(f"{other}/")]


def test_a_job_is_its_keys_own_and_the_administrators(teams: dict[str, Team]) -> None:
    address = teams["red"].job()
    for other in ("blue", "plain"):
        team = teams[other]
        nowhere = team.ask("GET", "/api/jobs/nowhere").json()
        for method, path in (
            ("GET", ""),
            ("DELETE", ""),
            ("GET", "/events"),
            ("GET", "/log"),
            ("HEAD", "/events"),
            ("GET", "/ws"),
        ):
            answer = team.ask(method, address + path)
            assert answer.status_code == 404, (method, path, answer.text)
            if method != "HEAD":
                assert answer.json()["error"].replace(address.rsplit("/", 1)[1], "nowhere") == nowhere["error"]
        with pytest.raises(websocket.WebSocketBadStatusException, match="404"):
            url = team.server.url.replace("http", "ws") + f"{address}/ws"
            websocket.create_connection(url, header=[f"Authorization: Bearer {team.key}"], timeout=30)
        listed = team.ask("GET", "/api/jobs?limit=1000").json()
        assert address not in [job["url"] for job in listed["jobs"]] and listed["running"] == listed["queued"] == 0
    for mine in ("red", "boss"):
        team = teams[mine]
        assert team.ask("GET", address).json()["job"]["result"]["num_rows"] == 200
        assert "event: succeeded" in team.ask("GET", f"{address}/events").text
        assert address in [job["url"] for job in team.ask("GET", "/api/jobs?limit=1000").json()["jobs"]]


def test_an_idempotency_key_of_another_says_nothing(teams: dict[str, Team]) -> None:
    headers = {"Idempotency-Key": "shared"}
    body = {"data_path": "table.csv"}
    (teams["blue"].root / "table.csv").write_bytes(ROWS + b"1,1\n")
    found = [teams[name].ask("POST", "/api/dataset/info", json=body, headers=headers) for name in ("red", "blue")]
    assert [each.json()["num_rows"] for each in found] == [200, 201]
    other = teams["blue"].ask(
        "POST", "/api/dataset/info", json={"data_path": "x.csv"}, headers={"Idempotency-Key": "k"}
    )
    assert other.status_code == 404, "not: used for another request"


def test_an_unfinished_upload_is_its_keys_own(teams: dict[str, Team]) -> None:
    begun = teams["red"].ask("POST", "/api/files/upload?filename=part.csv", headers={"Content-Range": "bytes */400"})
    place = begun.headers["Location"]
    piece = {"Content-Range": "bytes 0-1/400"}
    for other in ("blue", "plain"):
        team = teams[other]
        tried = [team.ask(method, place) for method in ("GET", "HEAD", "DELETE")]
        tried.append(team.ask("PUT", place, data=b"xx", headers=piece))
        assert [each.status_code for each in tried] == [404] * 4
    assert teams["boss"].ask("GET", place).json()["received"] == 0
    assert teams["red"].ask("PUT", place, data=b"a,", headers=piece).headers["Upload-Offset"] == "2"
    assert teams["red"].ask("DELETE", place).status_code == 200


def test_what_tells_of_all_needs_an_administrator(teams: dict[str, Team]) -> None:
    assert [teams[name].ask("GET", "/metrics").status_code for name in ("red", "blue", "plain", "boss")] == [
        403,
        403,
        200,
        200,
    ]


def test_a_link_in_ones_own_folder_leads_nowhere_else(teams: dict[str, Team]) -> None:
    link = teams["blue"].root / "link.csv"
    link.symlink_to(teams["red"].root / "table.csv")
    (teams["blue"].root / "folder").symlink_to(teams["red"].root)
    for path in ("link.csv", "folder/table.csv", str(link)):
        assert teams["blue"].info(path).status_code == 403
    sent = teams["blue"].ask("POST", f"/api/files/upload?path={teams['blue'].root}/folder/new.csv", data=b"x")
    assert sent.status_code == 403 and not (teams["red"].root / "new.csv").exists()
    assert not [each for each in teams["blue"].ask("GET", "/api/files/list").json()["files"] if "link" in each["name"]]
