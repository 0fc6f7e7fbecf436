"""`/guide` serves the built pages of docs/, and says how to build them."""

from pathlib import Path

import pytest

from api import create_app, docs


def test_the_guide_is_served_with_a_policy_of_its_own_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = create_app().test_client()
    monkeypatch.setattr(docs, "_SITE", tmp_path / "site")
    missing = client.get("/guide/tutorial.html")
    assert missing.status_code == 404 and "make docs" in missing.get_json()["error"]
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "tutorial.html").write_text("<h1>Tutorial</h1>")
    (tmp_path / "secret.txt").write_text("secret")
    page = client.get("/guide", follow_redirects=True)
    assert page.get_data(as_text=True) == "<h1>Tutorial</h1>"
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    for path in ("/guide/../secret.txt", "/guide/%2e%2e/secret.txt", "/guide/..%2fsecret.txt"):
        assert client.get(path).status_code == 404
