"""Write the files of this folder and what is expected of each: `python tests/data/files/make.py`.

Beside `<name>` stands `<name>.expected.json`: either `columns, types, rows, first` (the first rows), with `options`
(what a request says), `reading` and `notes` (parts of what must be told) where they matter; or `error` (parts of the
sentence of the refusal), with `line` where a line is at fault. What is expected is written here by hand, not by the
reader. `people.xls`, `people.xlsx` and `people.ods` were there before, and stay as they are.
"""

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from cases import CASES  # noqa: E402

FOLDER = Path(__file__).parent


def main() -> None:
    names = [case["name"] for case in CASES]
    assert len(set(names)) == len(names), "two cases of one name"
    for case in CASES:
        write(case)
    print(f"{len(CASES)} files")


def write(case: dict[str, Any]) -> None:
    path = FOLDER / case["name"]
    content = case.pop("content")
    case.pop("name")
    if callable(content):
        content(path)
    elif content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    expected = path.with_name(path.name + ".expected.json")
    expected.write_text(json.dumps(case, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
