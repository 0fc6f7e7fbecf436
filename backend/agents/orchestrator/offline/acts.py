"""Segments -> acts: each thing that a request asks for, with all that is said about it, in the order of doing."""

from dataclasses import dataclass, field

from agents.orchestrator.offline.lexicon import NOUNS, VERBS, words
from agents.orchestrator.offline.mention import Mention, Unclear
from agents.orchestrator.offline.roles import HAND, HOLDOUT, data_like
from agents.orchestrator.offline.scan import Token
from agents.orchestrator.offline.segments import SURE, Segment
from agents.orchestrator.tool_names import ARGUMENTS

_SAVING = frozenset(words("name save store export output dump write put persist"))
_TO_PLACE = frozenset(words("to in into as under at it"))
_FAMILIES = {"label": ("label", "label_agent"), "train": ("train", "train_agent"), "clean": ("detect_anomalies",)}
_SAME_AGAIN = ("detect_anomalies", "label", "describe", "evaluate", "check_table", "profile", "suggest_rows")


@dataclass
class Act:
    """One thing to do.

    `head` is the place of its first word that says so. Acts with the same `group` share what only one of them says.
    """

    tool: str
    head: int
    first: int
    last: int
    sentence: int
    verb: str = ""
    weight: float = SURE
    negated: bool = False
    order: str = ""
    opener: str = ""
    group: int = -1
    mentions: list[Mention] = field(default_factory=list)
    features: frozenset[str] = frozenset()
    rivals: tuple[str, ...] = ()

    def files(self) -> list[Mention]:
        return [mention for mention in self.mentions if mention.kind == "file"]


def find_acts(tokens: list[Token], segments: list[Segment]) -> list[Act]:
    """Acts in the order of the text; what no act could take is an act without a tool."""
    acts: list[Act] = []
    waiting: list[Segment] = []
    for place, segment in enumerate(segments):
        if segment.negated:
            acts.append(_act(tokens, segment))
        elif _saves(tokens, segment) and any(not act.negated for act in acts):
            acts.append(_act(tokens, segment, "save"))
        elif (clone := _unspoken_clone(acts, segment, tokens)) is not None:
            acts.append(clone)
        elif segment.tool and segment.weight >= SURE:
            act = _act(tokens, segment)
            for each in waiting:
                _give(act, each)
            waiting = []
            if acts and _only_looked(acts[-1], act, tokens):
                act.mentions = [*acts.pop().mentions, *act.mentions]
            if not (acts and _continues(acts[-1], act)):
                acts.append(act)
            else:
                _give(acts[-1], segment)
        elif segment.mentions or segment.tool:
            _place(acts, segment, waiting, segments[place + 1 :], tokens)
    for each in waiting:
        target = next((act for act in acts if not act.negated and act.tool not in ("", "save", "unsupported")), None)
        if target:
            _give(target, each)
        else:
            acts.append(_act(tokens, each))
    return acts


def _act(tokens: list[Token], segment: Segment, tool: str | None = None) -> Act:
    verb = VERBS[tokens[segment.verbs[0]].word][1] if segment.verbs else ""
    head = segment.verbs[0] if segment.verbs else segment.first
    tuned = "train_agent" if "v.tune" in segment.features and segment.tool == "train" else segment.tool
    return Act(
        tuned if tool is None else tool, head, segment.first, segment.last, segment.sentence, verb, segment.weight,
        segment.negated, segment.order, segment.opener, -1, list(segment.mentions), segment.features, segment.rivals,
    )  # fmt: skip


def _give(act: Act, segment: Segment) -> None:
    """All that a segment says is said of the act."""
    act.mentions = sorted([*act.mentions, *segment.mentions], key=lambda mention: mention.first)
    act.features |= segment.features - {"v.check", "v.measure"}
    if "against" in segment.features or {"v.check", "v.measure"} & segment.features and act.tool != "train":
        act.features |= {"checked"}
    act.order = act.order or segment.order
    act.first, act.last = min(act.first, segment.first), max(act.last, segment.last)


def _saves(tokens: list[Token], segment: Segment) -> bool:
    """`save it to PATH`: a place to write to behind the verb."""
    for place in segment.verbs:
        if VERBS[tokens[place].word][1] not in _SAVING:
            continue
        files = [mention for mention in segment.mentions if mention.kind == "file"]
        behind = [mention for mention in files if mention.first > place]
        between = {token.word for token in tokens[place + 1 : behind[0].first]} if behind else set()
        if len(files) == 1 and behind and between & _TO_PLACE and not (between & {"functions", "labeling-functions"}):
            for token in tokens[place + 1 : behind[0].first]:
                token.used = token.used or token.word in _TO_PLACE
            return True
    return False


def _place(
    acts: list[Act], segment: Segment, waiting: list[Segment], later: list[Segment], tokens: list[Token]
) -> None:
    """Where a segment without a sure tool of its own belongs."""
    live = [act for act in acts if not act.negated and act.tool not in ("save", "unsupported", "")]
    here = [act for act in live if act.sentence == segment.sentence]
    follows = any(each.sentence == segment.sentence and each.weight >= SURE and not each.negated for each in later)
    if here and (clone := _clone(here[-1], segment, tokens)):
        acts.append(clone)
    elif here and (target := _taker(here, segment)):
        _give(target, segment)
    elif not here and follows:
        waiting.append(segment)
    elif target := _taker(live, segment):
        _give(target, segment)
    elif segment.tool:
        limits = segment.tool == "generate" and live and ("v.use" in segment.features or segment.opener == "but")
        acts.append(_act(tokens, segment, "" if limits else None))  # `but use only 1000 rows`: of what is there
    elif any(each.weight >= SURE for each in later) or not live:
        waiting.append(segment)
    else:
        _give(live[-1], segment)


def _taker(acts: list[Act], segment: Segment) -> Act | None:
    """The last act that all mentions of the segment mean something for."""
    trained = any(act.tool in _FAMILIES["train"] for act in acts)
    fitting = (
        act for act in reversed(acts)
        if act.tool == "share_agent"  # which then says what means nothing for it
        or all(accepts(act.tool, each) or not trained and of_its_training(act, each) for each in segment.mentions)
    )  # fmt: skip
    return next(fitting, None)


def of_its_training(act: Act, mention: Mention) -> bool:
    """Whether something said of `generate 100 rows from a.csv` is said of the training that comes first: `1 epoch`."""
    from_table = act.tool == "generate" and any(data_like(each) for each in act.files())
    return from_table and accepts("train", mention) and not accepts("generate", mention)


def accepts(tool: str, mention: Mention) -> bool:
    """Whether what is mentioned means something for a tool."""
    if mention.kind in ("file", "reference", "goal", "aside"):
        return True
    names = {"condition": "where", "model_type": "model_type", "format": "output_format"}
    name = names.get(mention.kind, mention.name)
    return any(name in ARGUMENTS[each] for each in _FAMILIES.get(tool, (tool,)) if each in ARGUMENTS)


def _clone(act: Act, segment: Segment, tokens: list[Token]) -> Act | None:
    """`a ctgan and a tvae on a.csv`, `a.csv and b.csv`: the same act again, with what is said anew."""
    both = [{mention.kind for mention in each.mentions} for each in (act, segment)]
    twice = "model_type" in both[0] & both[1]
    files = [mention for mention in segment.mentions if data_like(mention)]
    counts = ["num_rows" in {mention.name for mention in each.mentions} for each in (act, segment)]
    own = [mention for mention in act.mentions if data_like(mention)]
    if act.tool == "generate":
        twice = twice or (all(counts) and len(segment.mentions) > 1)
    elif (
        act.tool not in ("label_agent", "train_agent", "evaluate")
        and files
        and own
        and len(segment.mentions) == len(files)
    ):
        twice = twice or not ({"n.hand", "n.holdout", "against"} & segment.features)
    if not twice:
        return None
    act.group = act.head if act.group < 0 else act.group
    found = _act(tokens, segment, act.tool)
    found.verb, found.group, found.weight = act.verb, act.group, act.weight
    return found


def _unspoken_clone(acts: list[Act], segment: Segment, tokens: list[Token]) -> Act | None:
    """`... and 200 rows of class 1 from models/m`: no verb, but all that a second act needs."""
    here = acts[-1:] if acts and acts[-1].sentence == segment.sentence and not acts[-1].negated else []
    return _clone(here[0], segment, tokens) if here and not segment.verbs and segment.tool == here[0].tool else None


def _only_looked(previous: Act, act: Act, tokens: list[Token]) -> bool:
    """`look at a.csv and tell me what is odd`: one thing, said in two parts."""
    looked = tokens[previous.head].text.lower().startswith(("look", "have a look", "take a look"))
    wanted = act.tool in ("detect_anomalies", "check_table", "profile") and not act.files()
    return previous.tool == "describe" and looked and wanted and not previous.negated


def _continues(previous: Act, act: Act) -> bool:
    """Whether `act` only says more about the work of `previous`: `... and flag the top 1%`, `Tune and train on`."""
    if previous.negated or act.order or "save" in (previous.tool, act.tool):
        return False
    named = [any(mention.kind in ("file", "reference") for mention in each.mentions) for each in (previous, act)]
    if act.tool == previous.tool and act.tool in _SAME_AGAIN:
        return not all(named)
    return {act.tool, previous.tool} == {"train", "train_agent"} and not all(named)


def share(acts: list[Act]) -> None:
    """Give each act of a group what only another of the group says: the file of `a ctgan and a tvae on a.csv`."""
    for act in acts:
        others = [other for other in acts if other.group == act.group >= 0 and other is not act]
        for other in sorted(others, key=lambda each: abs(each.head - act.head)):
            has = {(mention.kind, mention.name if mention.kind == "amount" else "") for mention in act.mentions}
            for mention in other.mentions:
                key = (mention.kind, mention.name if mention.kind == "amount" else "")
                if key not in has and mention.kind not in ("reference", "aside"):
                    act.mentions.append(Mention(mention.kind, mention.first, mention.last, mention.value, mention.name,
                                                mention.before, mention.after, mention.which))  # fmt: skip


def in_order(acts: list[Act], tokens: list[Token]) -> list[Act]:
    """Follow `before`, `after`, `once` and `first`."""
    ordered: list[Act] = []
    pending: list[Act] = []  # `Before training, ...`: waits for the act that comes first
    for act in acts:
        if act.order == "before" and act is acts[0]:
            pending.append(act)
            continue
        if act.order == "before" and ordered[-1:] and ordered[-1].order in ("before", "after"):
            raise Unclear("In which order shall I do this? Please say it step by step.")
        if act.order == "beforehand" and ordered:
            ordered.insert(len(ordered) - 1, act)
        elif act.order == "after" and ordered and not _opens_sentence(act, tokens):
            ordered.insert(len(ordered) - 1, act)  # `generate after you have trained`
        elif ordered and (act.order == "first" and act.opener != "." or _ends_with_first(act, tokens)):
            if len(ordered) > 1:
                raise Unclear("Which of these steps shall come first?")
            ordered.insert(0, act)
        else:
            ordered.append(act)
        ordered += pending
        pending = []
    if pending:
        raise Unclear("What shall I do before that?")
    return ordered


def _opens_sentence(act: Act, tokens: list[Token]) -> bool:
    """`Label it. After that is labeled, train`: an `after` at the head of a sentence speaks of what follows it."""
    return act.first == 0 or tokens[act.first - 1].word in (".", ";", "!")


def _ends_with_first(act: Act, tokens: list[Token]) -> bool:
    said = [token for token in tokens[act.head : act.last + 1] if token.kind == "word"]
    return bool(said) and said[-1].word == "first" and not said[-1].used and act.tool != "save"


def speaks_of_hand_labels(act: Act) -> bool:
    """Whether a label act is one for the pipeline that learns from hand labels."""
    around = [{*mention.before[:5], *mention.after[:4]} for mention in act.files()]
    return "checked" in act.features or "against" in act.features or any(HAND & each for each in around)


def names_holdout(mention: Mention) -> bool:
    return bool(HOLDOUT & {*mention.before[:4], *mention.after[:3]})


def nouns(act: Act) -> set[str]:
    return {each[2:] for each in act.features if each.startswith("n.")} & set(NOUNS.values())
