"""Tokens and mentions -> clauses: one for each thing the sentence asks for, in the order of doing."""

from agents.orchestrator.offline import lexicon
from agents.orchestrator.offline.clause import Clause
from agents.orchestrator.offline.light_verbs import TOOL_NOUNS, decide
from agents.orchestrator.offline.mention import Mention
from agents.orchestrator.offline.scan import Token
from agents.orchestrator.offline.wording import words

_LEADING = frozenset(
    words(
        "please can could would will you i we us me and then next afterwards afterward finally lastly also "
        "first firstly second secondly third thirdly just now to but so let lets let's after before once have "
        "having you've has been is want too later subsequently beforehand only go want wants when i'd i'll the a"
    )
)


_PASSIVE = frozenset(words("it they that this is are was been gets the model data dataset file rows them"))


def find_clauses(tokens: list[Token], mentions: list[Mention]) -> list[Clause]:
    """Clauses in the order of the text; their heads and leading words are marked as used."""
    clauses = _heads(tokens, mentions)
    _boundaries(clauses, tokens)
    for clause in clauses:
        inside = range(clause.first, clause.last + 1)
        clause.mentions = [mention for mention in mentions if mention.first in inside]
        covered = {place for mention in clause.mentions for place in range(mention.first, mention.last + 1)}
        clause.nouns = [
            lexicon.NOUNS[tokens[place].word]
            for place in inside
            if place not in covered and tokens[place].word in lexicon.NOUNS
        ]
        clause.synthetic = any(
            tokens[place].is_word("synthetic", "fake", "artificial", "simulated", "mock", "dummy", "made-up", "new")
            for place in inside
        )
        decide(clause, tokens)
    return clauses


def _heads(tokens: list[Token], mentions: list[Mention]) -> list[Clause]:
    clauses: list[Clause] = []
    for place, token in enumerate(tokens):
        if token.kind != "word" or token.used:
            continue
        if (
            token.word == "how"
            and place + 1 < len(tokens)
            and tokens[place + 1].is_word("good", "well", "accurate", "realistic", "faithful", "close", "similar")
        ):
            token.used = tokens[place + 1].used = True
            clauses.append(Clause(place, "how good", "tool", "evaluate"))
            continue
        known = lexicon.VERBS.get(token.word)
        if token.word in lexicon.SAVE_VERBS and _saves(tokens, place):
            clauses.append(Clause(place, token.word, "save"))
        elif known and _is_verb(tokens, place, *known):
            kind, base, _ = known
            clauses.append(Clause(place, base, kind, lexicon.TOOL_VERBS.get(base, "") if kind == "tool" else ""))
        if clauses and clauses[-1].head == place:
            clauses[-1].negated = _negated(tokens, place)
            clauses[-1].order = _order(tokens, place)
            token.used = True
    if not any(clause.kind != "save" for clause in clauses):
        clauses = _noun_heads(tokens, mentions) + clauses
    return clauses


def _saves(tokens: list[Token], place: int) -> bool:
    """`save it to PATH`: a place to write to follows before the next verb."""
    for follow in range(place + 1, min(place + 9, len(tokens))):
        token = tokens[follow]
        if token.kind == "path":
            return bool(
                {"to", "in", "into", "as", "under", "at", "it", ":", "="}
                & {other.word for other in tokens[place + 1 : follow]}
            ) or tokens[place].is_word("output")
        if (
            token.kind == "sign"
            and token.word not in ":="
            or token.word in lexicon.VERBS
            and token.word not in ("model",)
            and lexicon.NOUNS.get(token.word) is None
            and not token.is_word("generated", "labeled", "trained", "report")
        ):
            return False
    return False


def _is_verb(tokens: list[Token], place: int, kind: str, base: str, mood: str) -> bool:
    before = tokens[place - 1].word if place else ""
    following = tokens[place + 1] if place + 1 < len(tokens) else None
    next_noun = lexicon.NOUNS.get(following.word, "") if following else ""
    if mood == "past":
        return _participle_is_request(tokens, place, next_noun)
    if (
        mood == "ing"
        and next_noun in ("data", "rows", "functions")
        and base in ("train", "label")
        and following
        and (following.word in ("data", "set", "file", "rows", "functions", "dataset"))
    ):
        return False
    word = tokens[place].word
    if word in (
        "train",
        "label",
        "sample",
        "profile",
        "list",
        "report",
        "score",
        "test",
        "mark",
        "plot",
        "chart",
        "graph",
        "order",
        "call",
        "copy",
        "sort",
        "update",
        "fix",
        "book",
        "share",
        "cluster",
        "summary",
        "story",
        "joke",
        "song",
        "poem",
        "weather",
        "need",
        "run",
        "scan",
        "check",
        "search",
        "find",
        "format",
        "drop",
        "fit",
        "draft",
        "hand",
        "work",
        "draw",
        "print",
        "benchmark",
        "tag",
    ):
        if before in ("a", "an", "the", "my", "our", "each", "every", "no", "this") and word not in (
            "weather",
            "poem",
            "story",
            "joke",
            "song",
        ):
            return kind == "unsupported"
        if (
            word in ("train", "test", "sample")
            and following
            and following.word in ("set", "split", "file", "data", "csv")
        ):
            return False
        if word == "sample" and (place and tokens[place - 1].kind == "number"):
            return False
    if (
        word == "have"
        and following
        and following.kind == "word"
        and lexicon.VERBS.get(following.word, ("", "", ""))[2] == "past"
    ):
        return False
    if word == "using" and place and tokens[place - 1].kind != "sign" and before != "and":
        return False  # `label a.csv using b.csv`
    if word == "have" and (following is None or following.kind == "sign"):
        return False
    if word == "do" and (
        following is None or following.is_word("i", "we", "you", "not", "the") or before in ("i", "you")
    ):
        return False
    if word == "get" and following and following.word in lexicon.UNITS:
        return False
    return not (
        word in ("have", "see", "get")
        and place > 0
        and tokens[place - 1].is_word("i", "we", "you")
        and following is None
    )


def _participle_is_request(tokens: list[Token], place: int, next_noun: str) -> bool:
    """`after you have trained`, `I want it labeled`: to be done. `the labeled data`, `I trained ... yesterday`: not."""
    before = [token.word for token in tokens[max(0, place - 5) : place]][::-1]
    if not before:
        return False
    if before[0] in ("the", "a", "that", "those", "these", "this", "my", "our", "newly", "freshly", "its"):
        return False
    if next_noun and before[0] not in ("have", "having", "you've", "has"):
        return False
    wished = {"after", "once", "when", "having"} & set(before[:4]) or {"want", "need", "like", "get"} & set(before)
    told = {"i", "we", "i've", "we've", "already"} & set(before[:3]) and not {
        "want",
        "need",
        "like",
        "after",
        "once",
    } & set(before)
    return bool(wished) and not told


def _noun_heads(tokens: list[Token], mentions: list[Mention]) -> list[Clause]:
    """`Anomalies in a.csv please`, `columns of a.csv?`, `500 rows from models/a`, `which models do I have`: no verb."""
    amounts = [mention for mention in mentions if mention.kind == "amount" and mention.name == "num_rows"]
    files = [mention for mention in mentions if mention.kind == "file"]
    words = [token.word for token in tokens if token.kind == "word"]
    if len(files) == 1 and (words[:1] == ["how-many"] or words[:1] == ["what's"] or words[:2] == ["what", "is"]):
        strange = next((token for token in tokens if token.word in lexicon.ANOMALY_ADJECTIVES), None)
        tokens[0].used = True
        if strange:
            strange.used = True
            return [Clause(0, "", "noun", "detect_anomalies")]
        if files[0].first == len(tokens) - 1 or words[0] == "how-many" or tokens[files[0].first + 1].kind == "sign":
            return [Clause(0, "", "noun", "describe")]
    for place, token in enumerate(tokens):
        noun = lexicon.NOUNS.get(token.word, "")
        odd = token.word in lexicon.ANOMALY_ADJECTIVES and bool(files)
        if token.used or token.kind != "word" or (noun not in ("anomalies", "labels", "describe") and not odd):
            continue
        if _negated(tokens, place):
            continue
        token.used = True
        return [Clause(place, "", "noun", "detect_anomalies" if odd else TOOL_NOUNS[noun])]
    if amounts and any(mention.kind == "file" for mention in mentions):
        return [Clause(amounts[0].first, "", "noun", "generate")]
    if any(token.is_word("which", "what") for token in tokens[:3]) and any(
        token.word in ("models", "datasets", "files", "data", "tables") for token in tokens
    ):
        return [Clause(0, "which", "noun", "list")]
    return []


def _negated(tokens: list[Token], place: int) -> bool:
    """Whether a negation reaches the verb at `place`; the negation is then used."""
    for back in range(place - 1, max(-1, place - 5), -1):
        token = tokens[back]
        if token.kind != "word":
            return False
        if token.word in lexicon.NEGATIONS:
            token.used = True
            if token.word == "not" and back and tokens[back - 1].is_word("do", "does", "should", "must", "will", "you"):
                tokens[back - 1].used = True
            return True
        if token.is_word("or", "nor") and back:
            reached = any(
                _negated(tokens, earlier)
                for earlier in range(back, max(-1, back - 6), -1)
                if tokens[earlier].word in lexicon.VERBS or earlier == back
            )
            token.used = reached
            return reached
        if (
            token.word in lexicon.VERBS
            and token.word not in ("do", "have", "want", "need")
            or token.is_word("and", "but")
        ):
            return False
    return False


def _order(tokens: list[Token], place: int) -> str:
    """`before training ...`, `once you have labeled ...`, `... it first`."""
    passive = lexicon.VERBS.get(tokens[place].word, ("", "", ""))[2] == "past"
    for back in range(place - 1, max(-1, place - 7), -1):
        token = tokens[back]
        known = token.word in _LEADING or token.word in ("have", "start") or (passive and token.word in _PASSIVE)
        if token.kind != "word" or token.is_word("and", "but") or not known:
            return ""
        if token.is_word("before"):
            return "before"
        if token.is_word("beforehand"):
            token.used = True
            return "beforehand"
        if token.is_word("after", "once", "when"):
            token.used = True
            return "after"
        if token.is_word("first", "firstly"):
            return "first"
    return ""


def _boundaries(clauses: list[Clause], tokens: list[Token]) -> None:
    for place, clause in enumerate(clauses):
        clause.first = 0 if place == 0 else clauses[place - 1].last + 1
        if place + 1 == len(clauses):
            clause.last = len(tokens) - 1
            break
        following = clauses[place + 1].head
        start = following
        while (
            start - 1 > clause.head
            and tokens[start - 1].kind == "word"
            and (tokens[start - 1].word in _LEADING or tokens[start - 1].word in lexicon.NEGATIONS)
        ):
            start -= 1
        split = _fronted(tokens, clause.head, start)
        clause.last = max(clause.head, (split if split else start) - 1)


def _fronted(tokens: list[Token], head: int, start: int) -> int:
    """Where a fronted phrase of the next clause begins: `. Using models/a, generate ...`; 0 when there is none."""
    for place in range(start - 1, head, -1):
        if tokens[place].kind == "sign" and tokens[place].word in ".;!?\n":
            return place + 1
        if tokens[place].word == "then" and place + 1 < start:
            return place
    return 0
