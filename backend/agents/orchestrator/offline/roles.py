"""What a file is in its clause, told by the words around it: data, a model, hand labels, an output."""

from agents.orchestrator.offline import lexicon
from agents.orchestrator.offline.clause import Clause
from agents.orchestrator.offline.mention import Mention
from agents.orchestrator.paths import is_table

HAND = frozenset(lexicon.HAND_NOUNS) | {"truth", "against", "gold", "examples", "validate", "verified"}
HOLDOUT = frozenset(lexicon.HOLDOUT_NOUNS) | {"against", "utility", "real"}
_MODEL = frozenset(lexicon.MODEL_NOUNS) | {"checkpoint"}


def says_model(mention: Mention) -> bool:
    around = {*mention.before[:4], *mention.after[:2]}
    if mention.kind != "file" or {"data", "dataset", "holdout"} & {*mention.before[:2], *mention.after[:2]}:
        return False
    return (
        bool(_MODEL & around)
        and not is_table(mention.value)
        and not ({"train", "on", "a"} & around and mention.name == "name")
    )


def plain_model(mention: Mention) -> bool:
    return mention.kind == "file" and mention.name == "path" and not is_table(mention.value)


def says_data(mention: Mention) -> bool:
    return bool({"like", "dataset", "data", "table"} & {*mention.before[:3], *mention.after[:2]})


def says_hand(mention: Mention) -> bool:
    return mention.kind == "file" and bool(HAND & {*mention.before[:5], *mention.after[:4]})


def is_output(mention: Mention, clause: Clause) -> bool:
    """`into PATH`, and `to PATH` where something else is worked on."""
    if mention.kind != "file" or mention.name != "path" or not mention.before:
        return False
    if mention.before[0] in ("into", "output"):
        return True
    others = [other for other in clause.mentions if other.kind in ("file", "reference") and other is not mention]
    return (
        mention.before[0] in ("to", "as")
        and clause.tool in ("label", "train", "generate", "detect_anomalies")
        and (bool(others) or clause.tool == "generate")
        and "apply" not in mention.before
    )


def shown(mention: Mention) -> str:
    name = mention.name.replace("_", " ") or "the condition"
    return f"{name} {mention.value}"


def spoken(tool: str) -> str:
    return {
        "detect_anomalies": "looking for anomalies",
        "label": "labeling",
        "train": "training",
        "label_agent": "the labeling pipeline",
        "train_agent": "the training pipeline",
        "generate": "generating",
        "describe": "describing",
        "evaluate": "evaluating",
        "list": "listing",
    }[tool]
