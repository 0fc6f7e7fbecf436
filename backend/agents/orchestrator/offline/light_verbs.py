"""The tool of a clause whose verb alone does not tell it: `find the weird rows`, `make me 500 rows`, `run a check`."""

from agents.orchestrator.offline import lexicon
from agents.orchestrator.offline.clause import Clause
from agents.orchestrator.offline.mention import Mention
from agents.orchestrator.offline.roles import plain_model
from agents.orchestrator.offline.scan import Token
from agents.orchestrator.offline.wording import words
from agents.orchestrator.paths import is_table

_CREATE = frozenset(
    words(
        "learn create make build produce write give get need want prepare develop construct draft craft derive "
        "provide compute print return put do have"
    )
)
_SEARCH = frozenset(
    words(
        "find flag spot search scan check locate identify hunt uncover examine report show tell display mark "
        "score reveal see look return run"
    )
)
_RUN = frozenset(words("run perform start begin apply do conduct execute launch kick"))
_MEASURE = frozenset(["check", "test", "measure", "score"])
TOOL_NOUNS = {
    "functions": "label",
    "labels": "label",
    "model": "train",
    "anomalies": "detect_anomalies",
    "describe": "describe",
    "evaluate": "evaluate",
}


def decide(clause: Clause, tokens: list[Token]) -> None:
    """Settle the tool of a clause whose verb alone does not tell it."""
    following = range(clause.head + 1, clause.last + 1)
    nouns = [
        lexicon.NOUNS[tokens[place].word]
        for place in following
        if tokens[place].word in lexicon.NOUNS
        and not (tokens[place].used and tokens[place].word not in lexicon.ROW_NOUNS)
    ]
    odd = any(tokens[place].word in lexicon.ANOMALY_ADJECTIVES for place in following)
    amounts = {mention.name for mention in clause.mentions if mention.kind == "amount"}
    if clause.kind == "tool" and clause.verb in ("generate", "draw") and "labels" in nouns and "rows" not in nouns:
        clause.tool = "label"
    elif clause.kind == "tool" and clause.verb in ("list",) and not {"model", "data"} & set(nouns):
        clause.tool = "describe" if "describe" in nouns else ""
    elif clause.kind == "light":
        clause.tool = _light_tool(clause, nouns, odd, amounts, tokens)


_BUILD = frozenset(words("learn create make build produce develop construct prepare"))


def _light_tool(clause: Clause, nouns: list[str], odd: bool, amounts: set[str], tokens: list[Token]) -> str:
    files = [mention for mention in clause.mentions if mention.kind == "file"]
    first = next((noun for noun in nouns if noun in TOOL_NOUNS), "")
    if clause.verb in _SEARCH | _RUN and ("anomalies" in nouns or odd or {"contamination", "top"} & amounts):
        return "detect_anomalies"
    if (
        clause.verb in ("find", "tell", "show", "see", "report", "display", "have", "get", "give", "want")
        and not files
        and any(
            tokens[place].word in ("models", "datasets", "files") and not tokens[place].used
            for place in range(clause.first, clause.last + 1)
        )
        and "num_rows" not in amounts
    ):
        return "list"
    if (
        clause.verb in ("show", "tell", "display", "report", "see", "check", "find", "get", "give", "need", "want")
        and first == "describe"
    ):
        return "describe"
    if clause.verb in _MEASURE and any(map(plain_model, files)) and any(is_table(mention.value) for mention in files):
        return "evaluate"
    if clause.verb in _MEASURE and (
        "evaluate" in nouns
        or "model" in nouns
        or any(mention.kind == "reference" and mention.value == "model" for mention in clause.mentions)
    ):
        return "evaluate"
    if clause.verb in _CREATE | _RUN:
        if first in ("functions", "labels", "anomalies", "describe", "evaluate"):
            return TOOL_NOUNS[first]
        if "num_rows" in amounts or "rows" in nouns and clause.verb in _CREATE or _synthetic_data(clause, tokens):
            return "generate"
        if first == "model" and clause.verb in _CREATE and (clause.verb in _BUILD or not _already_there(clause, files)):
            return "train"
    if clause.verb == "extract" and first == "anomalies":
        return "detect_anomalies"
    return ""


def _already_there(clause: Clause, files: list[Mention]) -> bool:
    """`get the model in models/a`: a model that exists."""
    return any("model" in mention.before or "model" in mention.after for mention in files)


def _synthetic_data(clause: Clause, tokens: list[Token]) -> bool:
    return any(
        tokens[place].is_word("synthetic", "fake", "artificial", "simulated", "mock", "dummy")
        and place + 1 <= clause.last
        and (lexicon.NOUNS.get(tokens[place + 1].word) in ("data", "rows") or tokens[place + 1].is_word("version"))
        for place in range(clause.head, clause.last + 1)
    )
