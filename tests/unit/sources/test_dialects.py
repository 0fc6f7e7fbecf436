"""Tables written in random dialects are read back to the letter."""

from pathlib import Path

import numpy as np
import pytest

from DataFoundry.sources.opening import open_table

WORDS = ["Ann", "O'Hara", "x, y", "a;b", "p|q", 'say "hi"', "Ünal", "rock 'n' roll", "it's", "the end.", "1-2", "#tag"]
STYLES = ("doubled", "escaped", "spaced")


def cell(text: str, delimiter: str, quote: str, style: str, always: bool) -> str:
    if not always and not any(sign in text for sign in (delimiter, quote)):
        return text
    inside = text.replace(quote, f"\\{quote}" if style == "escaped" else quote * 2)
    return f"{quote}{inside}{quote}"


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("seed", range(5))
def test_a_table_in_any_dialect_is_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, delimiter: str, style: str, quote: str, seed: int
) -> None:
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path))
    generator = np.random.default_rng(seed)
    always = bool(seed % 2) or style == "spaced"  # a blank before a cell without quotes belongs to it
    rows = [[str(generator.integers(100)), *generator.choice(WORDS, 2).tolist()] for _ in range(12)]
    lines = [
        (delimiter + " " * (style == "spaced")).join(cell(each, delimiter, quote, style, always) for each in row)
        for row in [["number", "first", "second"], *rows]
    ]
    (tmp_path / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    frame = open_table(tmp_path / "t.csv").read()
    assert list(frame.columns) == ["number", "first", "second"]
    assert frame.astype(str).to_numpy().tolist() == [[str(int(row[0])), *row[1:]] for row in rows]
