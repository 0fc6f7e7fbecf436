"""What a file is in its act, told by the words around it: data, a model, hand labels, a holdout, an output."""

from agents.orchestrator.offline.lexicon import NOUNS, words
from agents.orchestrator.offline.mention import Mention
from agents.orchestrator.paths import is_table

HAND = frozenset(word for word, kind in NOUNS.items() if kind == "hand") | frozenset(
    words("truth against gold examples validate verified hand")
)
HOLDOUT = frozenset(word for word, kind in NOUNS.items() if kind == "holdout") | {"against", "utility", "real"}
_MODEL = frozenset(word for word, kind in NOUNS.items() if kind == "model")
_WRITTEN = ("label", "train", "generate", "detect_anomalies", "convert", "fill_missing", "check_table", "profile")


def says_model(mention: Mention) -> bool:
    """The model of `the model in PATH`, `models/a`, `the adult model`."""
    around = {*mention.before[:4], *mention.after[:2]}
    if mention.kind != "file" or {"data", "dataset", "holdout"} & {*mention.before[:2], *mention.after[:2]}:
        return False
    trained_on = {"train", "on", "a"} & around and mention.name == "name"
    return bool(_MODEL & around) and not is_table(mention.value) and not trained_on


def plain_model(mention: Mention) -> bool:
    return mention.kind == "file" and mention.name == "path" and not is_table(mention.value)


def says_data(mention: Mention) -> bool:
    return bool({"like", "dataset", "data", "table"} & {*mention.before[:3], *mention.after[:2]})


def says_hand(mention: Mention) -> bool:
    return mention.kind == "file" and bool(HAND & {*mention.before[:5], *mention.after[:4]})


def data_like(mention: Mention) -> bool:
    """A table that nothing makes anything else than the data of its act."""
    return mention.kind == "file" and not (says_model(mention) or plain_model(mention) or says_hand(mention))


def is_output(mention: Mention, others: int, tool: str) -> bool:
    """`into PATH`, and `to PATH` where something else is worked on."""
    if mention.kind != "file" or mention.name != "path" or not mention.before:
        return False
    if mention.before[0] in ("into", "output"):
        return True
    moved = tool in _WRITTEN and (bool(others) or tool == "generate") and "apply" not in mention.before
    return mention.before[0] in ("to", "as") and moved


def shown(mention: Mention) -> str:
    name = {"condition": "the condition", "columns": "the column"}.get(mention.kind, mention.name.replace("_", " "))
    value = (
        " and ".join(f"{k} {v}" for k, v in mention.value.items()) if isinstance(mention.value, dict) else mention.value
    )
    return f"{name} {' and '.join(value) if isinstance(value, list) else value}"
