"""Labeling functions from a Python file, which is read and never run."""

import ast
import json
from pathlib import Path

from datafoundry_client import ServiceError


def read_functions_file(path: Path) -> list[dict[str, str]]:
    """Each function that a `.py` file defines at its top, or the list of a `.json` file, as `{"name", "code"}`.

    Raises
    ------
    ServiceError
        If the file cannot be read or holds no function.
    """
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix == ".json" else _defined(text)
    except OSError as error:
        raise ServiceError(f"{path} cannot be read ({error.strerror}); name a file of labeling functions.") from None
    except UnicodeDecodeError:
        raise ServiceError(f"{path} is not a text in UTF-8; save it as one.") from None
    except json.JSONDecodeError as error:
        raise ServiceError(f"{path}, line {error.lineno}: {error.msg}; it must be a list of names and codes.") from None
    except SyntaxError as error:
        raise ServiceError(f"{path}, line {error.lineno}: {error.msg}; correct the Python there.") from None
    if not isinstance(found, list) or not found:
        raise ServiceError(f"{path} defines no labeling function; write `def lf_name(x): ...` in it.")
    return found


def _defined(text: str) -> list[dict[str, str]]:
    """Constants at the top of the file are put before each function that names them, as the service asks for."""
    tree = ast.parse(text)
    constants = {
        target.id: ast.get_source_segment(text, node) or ""
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    functions = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            named = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            before = [source for name, source in constants.items() if name in named]
            code = "\n".join([*before, ast.get_source_segment(text, node) or ""])
            functions.append({"name": node.name, "code": code})
    return functions
