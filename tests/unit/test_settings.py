"""Data roots are added, and those of the environment stay."""

import os
from pathlib import Path

import pytest

from DataFoundry.roots import DATA_ROOTS_VARIABLE, add_data_roots, data_roots


def test_added_roots_stand_beside_each_root_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(DATA_ROOTS_VARIABLE, os.pathsep.join(["one", "two"]))
    add_data_roots(["three"])
    assert {tmp_path.resolve() / name for name in ("one", "two", "three")} <= set(data_roots())
