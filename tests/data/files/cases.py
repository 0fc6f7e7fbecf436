"""All cases of this folder; `make.py` writes them."""

import cases_binary
import cases_json
import cases_text

CASES = [*cases_text.CASES, *cases_json.CASES, *cases_binary.CASES]
