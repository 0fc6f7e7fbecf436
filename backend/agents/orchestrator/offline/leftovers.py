"""What no rule has made something of: with a word of risk left nothing is run, a strange word is confirmed."""

from agents.orchestrator.offline.acts import Act
from agents.orchestrator.offline.lexicon import NOUNS, VALUES, VERBS, WORDS, words
from agents.orchestrator.offline.mention import word_at
from agents.orchestrator.offline.mentions import FORMATS
from agents.orchestrator.offline.scan import Token

_HARMLESS_SIGNS = frozenset(",.;:!?()'\"`-¿¡")
_RISKS = (
    WORDS["negations"] | WORDS["alternatives"] | WORDS["conditionals"] | WORDS["restrictions"] | WORDS["row_kinds"]
    | WORDS["levels"] | frozenset(VALUES) | frozenset(words("only over under above below older younger instead aged"))
)  # fmt: skip
_NEEDS_NUMBER = frozenset(
    words(
        "top worst most best percent max maximum minimum roughly approximately approx nearly exactly "
        "at-most at-least half level target targets"
    )
)
# a noun that means work may only stand where that work is done
_WORK = {
    "anomalies": ("detect_anomalies", "clean"),
    "labels": ("label", "label_agent", "suggest_functions", "suggest_rows"),
    "functions": ("label", "label_agent", "suggest_functions", "try_functions"),
    "hand": ("label", "label_agent", "suggest_functions", "suggest_rows"),
    "holdout": ("train", "train_agent", "evaluate", "check_table", "profile"),
    "describe": ("describe", "profile"),
    "evaluate": ("evaluate",),
    "errors": ("check_table", "apply_fixes", "clean", "detect_anomalies"),
    "fixes": ("apply_fixes", "check_table"),
    "missing": ("fill_missing", "check_table"),
    "mislabeled": ("detect_anomalies", "check_table"),
}


def unread(tokens: list[Token], acts: list[Act]) -> tuple[str, list[str]]:
    """The first thing of risk that was not understood (empty when there is none), and the strange words."""
    strange: list[str] = []
    for place, token in enumerate(tokens):
        if token.used or token.kind == "sign" and token.word in _HARMLESS_SIGNS:
            continue
        if token.kind != "word" or _risky(tokens, place):
            return token.text, strange
        if _strange(tokens, place, acts):
            strange.append(token.text)
    return "", list(dict.fromkeys(strange))


def _risky(tokens: list[Token], place: int) -> bool:
    word, after = tokens[place].word, word_at(tokens, place + 1)
    if word == "only":
        return not (
            after in VERBS
            or tokens[place + 1 : place + 2]
            and tokens[place + 1].kind == "number"
            or after in ("on", "the", "it", "this")
        )
    if word in FORMATS:
        return after not in ("file", "files", "data", "table", "dataset") and not (
            tokens[place + 1 : place + 2] and tokens[place + 1].kind == "path"
        )
    if word == "instead":
        return after == "of"
    if word == "all":
        return bool({after, word_at(tokens, place + 2)} & {"files", "types", "columns", "tables"})
    if word in _NEEDS_NUMBER:
        return not any(0 <= near < len(tokens) and tokens[near].used for near in (place - 1, place + 1))
    return word in _RISKS


def _strange(tokens: list[Token], place: int, acts: list[Act]) -> bool:
    word = tokens[place].word
    kind = NOUNS.get(word, "anomalies" if word in WORDS["odd"] else "")
    if kind in _WORK:
        return not any(act.tool in _WORK[kind] for act in acts)
    if word == "any-good":
        return not any(act.tool == "evaluate" for act in acts)
    if word in ("how-good", "how-many", "hand-next", "try-out", "same-size", "each"):
        return False
    if word in WORDS["quantities"] and word != "some":
        return True
    return not (
        kind or word in WORDS["fillers"] or word in VERBS or word in ("but", "instead", "again", "more", "end-to-end")
    )
