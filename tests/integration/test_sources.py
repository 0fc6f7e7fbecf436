"""A running service with sources: tables of a real PostgreSQL through the routes, and no secret in what it leaves."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

import databases

SECRET = quote(databases.PASSWORD, safe="")
FUNCTIONS = [{"name": "old", "code": "def old(x):\n    return 1 if x.age > 40 else 0"}]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    if databases.program("initdb") is None or databases.program("postgres") is None:
        pytest.skip("PostgreSQL is not installed")
    with databases.postgresql() as found:
        yield found


def test_the_routes_read_and_write_sources_and_keep_their_secrets(port, start_server, service_code, small_model, adult):
    good = f"shop=postgresql://keeper:${{SHOP_PASSWORD}}@127.0.0.1:{port}/shop?write=yes"
    bad = f"locked=postgresql://keeper:wr0ng-s3cr3t@127.0.0.1:{port}/shop"
    roots = ["--data-root", str(small_model.table.parent)]
    server = start_server("--source", bad, *roots, DATAFOUNDRY_SOURCES=good, SHOP_PASSWORD=databases.PASSWORD)
    adult.head(500).to_csv(server.root / "adult.csv", index=False)
    answers = [
        server.post(
            "/api/dataset/convert", {"data_path": str(server.root / "adult.csv"), "output_path": "source://shop/adult"}
        ),
        server.post(
            "/api/labeling/create-labels",
            {
                "data_path": "source://shop/adult",
                "output_path": "source://shop/labeled",
                "labeling_functions": FUNCTIONS,
            },
        ),
        server.post("/api/dataset/info", {"data_path": "source://shop/labeled"}),
        server.post(
            "/api/training/create-config", {"data_path": "source://shop/labeled", "output_dir": str(server.root)}
        ),
    ]
    made = "source://shop/made"
    answers += [
        server.post("/api/generation/generate-data", small_model.generation(label=1.0, output_path=made)),
        server.post(
            "/api/cleaning/detect-anomalies", small_model.scan(data_to_scan_path=made, output_path="source://shop/odd")
        ),
    ]
    assert [each.status_code for each in answers] == [200] * 6, answers[-1].text
    assert answers[3].json()["config"]["data_path"] == "source://shop/labeled"
    assert (answers[4].json()["output_path"], answers[5].json()["num_samples_scanned"]) == (made, 50)
    answers.append(
        server.post("/api/generation/generate-data", small_model.generation(output_path=made, output_format="csv"))
    )
    assert answers[-1].status_code == 400
    assert answers[2].json()["num_rows"] == 500 and "label_probability" in answers[2].json()["columns"]
    for name, status, code in (
        ("locked/adult", 502, "source_failed"),
        ("shop/nothing", 404, "file_not_found"),
        ("other/adult", 403, "forbidden_path"),
        ("shop/../adult", 400, "invalid_path"),
    ):
        answers.append(server.post("/api/dataset/info", {"data_path": f"source://{name}"}))
        assert (answers[-1].status_code, answers[-1].json()["code"]) == (status, code)
    answers.append(
        server.post("/api/dataset/info", {"data_path": f"postgresql://keeper@127.0.0.1:{port}/shop?table=adult"})
    )
    assert answers[-1].status_code == 400
    told = b"".join(each.content for each in answers[:-1]) + server.log.read_bytes()
    for path in [*Path(server.root).rglob("*"), *(service_code / "output_data").rglob("*")]:
        if path.is_file():
            told += path.read_bytes()
        assert not path.name.startswith(".source")
    for secret in (databases.PASSWORD, SECRET, "wr0ng-s3cr3t", "keeper"):
        assert secret.encode() not in told
