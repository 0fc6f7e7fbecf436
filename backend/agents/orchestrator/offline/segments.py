"""Tokens -> segments: the parts of a request between commas, `and`, `then`, each with its evidence for a tool."""

from dataclasses import dataclass, field

from agents.orchestrator.offline.lexicon import EVIDENCE, NOUNS, VERBS, WORDS, words
from agents.orchestrator.offline.mention import Mention, word_at
from agents.orchestrator.offline.scan import Token
from agents.orchestrator.offline.verbs import asks, negated
from agents.orchestrator.paths import is_table

SURE = 3.0  # the weight from which evidence needs no confirmation
_CONNECTORS = frozenset(words("and then but plus afterwards afterward finally next also later subsequently"))
_ORDERS = frozenset(words("before after once when until beforehand"))
_BEARING = WORDS["bearing"]  # classes of verbs
_LEADING = WORDS["lead_in"]
_MODEL_WORDS = frozenset(word for word, kind in NOUNS.items() if kind == "model")


@dataclass
class Segment:
    """Tokens `first..last`, and what they are evidence of.

    `tool` is empty where nothing speaks for one; `weight` is how much does. `verbs` are the places of verbs that ask.
    """

    first: int
    last: int
    sentence: int
    verbs: list[int] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    features: frozenset[str] = frozenset()
    tool: str = ""
    weight: float = 0.0
    rivals: tuple[str, ...] = ()
    negated: bool = False
    order: str = ""
    opener: str = ""  # the word that joins it to what stands before: `and`, `then`, `,`, `.`


def find_segments(tokens: list[Token], mentions: list[Mention]) -> list[Segment]:
    """Segments in the order of the text; verbs that ask, negations before them and order words are marked as used."""
    covered = {place for each in mentions for place in range(each.first, each.last + 1)}
    segments = [part for each in _parts(tokens, covered) for part in _split(tokens, each)]
    for segment in segments:
        inside = range(segment.first, segment.last + 1)
        segment.mentions = [mention for mention in mentions if mention.first in inside]
        segment.order = _order(tokens, segment)
        reached = [negated(tokens, place) for place in segment.verbs]
        segment.negated = bool(reached) and reached[-1] or not reached and _negated_noun(tokens, segment, covered)
        segment.features = _features(tokens, segment, covered)
        _weigh(segment)
        for place in segment.verbs:
            tokens[place].used = True
    return segments


def _parts(tokens: list[Token], covered: set[int]) -> list[Segment]:
    parts: list[Segment] = []
    first, sentence, opener = 0, 0, ""
    for place, token in enumerate([*tokens, Token("sign", ".", 0, 0, ".")]):
        if token.kind == "word" and token.word in _CONNECTORS and place == first and opener in ("", ","):
            opener = token.word
        end = token.kind == "sign" and token.word in ".;!?:," and place not in covered
        begins = token.kind == "word" and token.word in _CONNECTORS | _ORDERS and place not in covered and place > first
        if not end and not begins:
            continue
        if place > first:
            parts.append(Segment(first, place - 1, sentence, opener=opener))
        if end:
            first, opener = place + 1, token.word
            sentence += token.word in ".;!?"
        else:
            first, opener = place, token.word
    return parts


def _split(tokens: list[Token], part: Segment) -> list[Segment]:
    """A part with two verbs that each bear a tool is two: `train a model generate 5 rows`."""
    heads = [place for place in range(part.first, part.last + 1) if asks(tokens, place)]
    bearing = [place for place in heads if VERBS[tokens[place].word][0] in _BEARING]
    cuts = []
    for place in bearing[1:]:
        while tokens[place - 1].kind == "word" and tokens[place - 1].word in _LEADING and place - 1 > bearing[0]:
            place -= 1
        cuts.append(place)
    pieces = []
    for first, behind in zip([part.first, *cuts], [*cuts, part.last + 1], strict=True):
        inside = [place for place in heads if first <= place < behind]
        opener = part.opener if first == part.first else ""
        pieces.append(Segment(first, behind - 1, part.sentence, inside, opener=opener))
    return pieces


def _order(tokens: list[Token], segment: Segment) -> str:
    """`before training ...`, `once you have labeled ...`, `first label ...`."""
    limit = segment.verbs[0] if segment.verbs else segment.first + 1
    for place in range(segment.first, min(limit, segment.first + 6)):
        token = tokens[place]
        if token.is_word("before"):
            return "before"
        if token.is_word("after", "once", "when", "beforehand") and segment.verbs:
            token.used = True
            return "beforehand" if token.word == "beforehand" else "after"
        if token.is_word("first", "firstly") and not token.used:
            return "first"
    return ""


def _negated_noun(tokens: list[Token], segment: Segment, covered: set[int]) -> bool:
    """`no labeling please`, `not on b.csv`, `but no anomalies`: a part without a verb that begins with a negation."""
    for place in range(segment.first, min(segment.last + 1, segment.first + 3)):
        if tokens[place].kind == "word" and tokens[place].word in WORDS["negations"] and place not in covered:
            tokens[place].used = True
            return True
    return False


def _features(tokens: list[Token], segment: Segment, covered: set[int]) -> frozenset[str]:
    found: set[str] = {f"v.{VERBS[tokens[place].word][0]}" for place in segment.verbs}
    for place in range(segment.first, segment.last + 1):
        token = tokens[place]
        if token.kind != "word":
            continue
        kind = NOUNS.get(token.word, "")
        if place in covered:
            found |= {"synthetic"} if token.word in WORDS["synthetic"] else set()
            found |= {"more"} if token.word in ("more", "additional", "another", "further", "extra") else set()
            continue
        if kind and place not in segment.verbs and not (kind == "model" and _introduces(tokens, segment, place)):
            found.add(f"n.{kind}")
        for name in ("odd", "synthetic", "safe", "near"):
            found |= {name} if token.word in WORDS[name] else set()
        if (
            token.word in WORDS["things"]
            and word_at(tokens, place - 1) != "how-many"
            and not _named_thing(tokens, place)
        ):
            found |= {"things", f"what.{token.word}"}
        if token.word in ("more", "additional", "another", "further", "extra"):
            found.add("more")
        if token.word == "like" and place == segment.last and tokens[segment.first].word in ("what", "how"):
            found.add("n.describe")
        after = word_at(tokens, place + 1)
        if token.word == "what" and (NOUNS.get(after) == "rows" or after in WORDS["things"]):
            found.add("which")
        if token.word in ("against", "each", "which", "how-good", "how-many", "any-good", "hand-next", "try-out"):
            found.add(token.word)
        if token.is_word("data", "copy", "version", "dataset", "twin", "table", "set") and _made_up(tokens, place):
            found.add("fresh")
    for mention in segment.mentions:
        found |= _of_mention(mention)
    return frozenset(found)


def _named_thing(tokens: list[Token], place: int) -> bool:
    """`the tables a.csv and b.csv` lists nothing."""
    return place + 1 < len(tokens) and tokens[place + 1].kind == "path"


def _made_up(tokens: list[Token], place: int) -> bool:
    return bool({word_at(tokens, place - 1), word_at(tokens, place - 2)} & WORDS["synthetic"])


def _introduces(tokens: list[Token], segment: Segment, place: int) -> bool:
    """`the model in PATH` names a file; it asks for no new model."""
    near = [mention for mention in segment.mentions if mention.kind == "file" and 0 < mention.first - place <= 4]
    return any(not is_table(str(mention.value)) and mention.name == "path" for mention in near)


def _of_mention(mention: Mention) -> set[str]:
    if mention.kind == "file":
        around = {*mention.before[:4], *mention.after[:2]}
        plain = mention.name == "path" and not is_table(str(mention.value))
        named = mention.name == "name" and bool(_MODEL_WORDS & {*mention.after[:1]})
        return {"model" if plain or named or (_MODEL_WORDS & around and plain) else "table"}
    if mention.kind == "reference":
        return {"n.model"} if mention.value == "model" else {"it"}
    if mention.kind == "amount":
        return {"same-size", "num_rows"} if mention.value == "same" else {mention.name}
    return {mention.kind}


def _weigh(segment: Segment) -> None:
    """The tool that the evidence speaks for, and the others that it speaks for as well."""
    weights: dict[str, float] = {}
    for tool, needed, excluded, weight in EVIDENCE:
        if needed <= segment.features and not excluded & segment.features:
            weights[tool] = max(weights.get(tool, 0.0), weight)
    ranked = sorted(weights, key=lambda tool: -weights[tool])
    destroys = "v.destructive" in segment.features and "n.duplicates" not in segment.features
    if "v.unsupported" in segment.features or destroys:
        segment.tool, segment.weight = "unsupported", 4.0
    elif ranked:
        segment.tool, segment.weight = ranked[0], weights[ranked[0]]
        segment.rivals = tuple(tool for tool in ranked[1:] if weights[tool] >= segment.weight)
