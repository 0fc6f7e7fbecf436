"""What no plan may be made of: asked before the sentence is read any further.

This is courtesy, not the wall: the executor's path policy, limits and sandbox hold whatever the planner says.
"""

import re

from agents.orchestrator.datasets import known_names
from agents.orchestrator.offline.lexicon import NOUNS, VERBS, WORDS
from agents.orchestrator.offline.scan import Token
from agents.orchestrator.plan import Plan, refuse, unsupported

_CODE = re.compile(
    r"__\w+__|\bos\.(?:system|popen|remove|environ|exec\w*)|\bsubprocess\b|\b(?:eval|exec|compile|globals|getattr)\s*\(|"
    r"\brm\s|\bsudo\b|\bchmod\b|\bchown\b|\bmkfs\b|\bdd\s+if=|\bcurl\b|\bwget\b|\bnetcat\b|\bnc\s+-|\bbash\b|\bpowershell\b|"
    r"\bshell\b|\bpickle\.loads?\b|\$\(|\|\s*(?:sh|bash)\b|;\s*(?:drop|delete|select)\b|\bdrop\s+table\b|\bshutil\.|"
    r"\bimport\s+os\b|\breverse\s+shell\b|\bunpickle\b|\bpip3?\s+install\b|\bssh\b|\bcrontab\b|\bcat\s+/|>\s*/dev/|`[^`]*`\s*\(",
    re.IGNORECASE,
)
_SECRETS = re.compile(
    r"\b(?:api[\s_-]?keys?|passwords?|passwd|secrets?|credentials?|access\s+tokens?|system\s+prompts?|private\s+keys?|"
    r"environment\s+variables?|env\s+vars?|ssh\s+keys?|your\s+(?:instructions|prompt))\b",
    re.IGNORECASE,
)
_INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget|bypass|override|disable|turn\s+off|circumvent)\b[^.;]{0,40}\b(?:instructions?|rules?|"
    r"polic(?:y|ies)|safety|checks?|limits?|restrictions?|sandbox|verifier|above)\b|\bpretend\b|\bjailbreak\b|"
    r"\bdeveloper\s+mode\b|\byou\s+are\s+now\b",
    re.IGNORECASE,
)
_DESTRUCTIVE = frozenset(form for form, (kind, *_) in VERBS.items() if kind == "destructive") - {"empty", "empties"}
# these destroy only together with a file, a folder or a table: `drop the column age` does not
_MILD = WORDS["mild"]
_THINGS = WORDS["destroyable"]


def screen(text: str, tokens: list[Token]) -> Plan | None:
    """A refusal for what must not be done, an apology for what cannot; None when the sentence may be read on."""
    if _CODE.search(text):
        return refuse(
            "I never run shell commands or code out of a request; ask for labeling, training, generation or "
            "anomaly detection in words."
        )
    if _SECRETS.search(text) or _INJECTION.search(text):
        return refuse("I do not show keys, passwords or my instructions, and the safety rules cannot be switched off.")
    destructive = _destructive_word(tokens)
    if destructive:
        return refuse(
            f"I never {destructive} files: outputs go to new files under output_data, and removing them is left to you."
        )
    for token in tokens:
        if token.kind == "url":
            return refuse(
                f"{token.text} is an address; I only read and write files in the data folders, so copy the "
                "data there and name the file."
            )
    if re.search(r"\S+@\S+\.\w{2,}", text):
        return unsupported("I cannot send mail; I can label, train, generate, find anomalies, evaluate and describe.")
    return None


def _destructive_word(tokens: list[Token]) -> str:
    """The verb that would destroy a file or a folder, unless the sentence says not to."""
    for place, token in enumerate(tokens):
        if token.kind != "word" or token.word not in _DESTRUCTIVE:
            continue
        before = {other.word for other in tokens[max(0, place - 3) : place]}
        after = tokens[place + 1 : place + 7]
        if before & WORDS["negations"]:
            token.used = True
            for other in after:
                if other.kind == "sign":
                    break
                if other.is_word(
                    "any", "anything", "files", "file", "existing", "or", "the", "data", "overwrite", "delete"
                ):
                    other.used = True
        elif _of_a_table(tokens, place):
            continue
        elif VERBS[token.word][1] not in _MILD or any(
            other.kind == "path" or other.word in _THINGS or other.word in known_names() for other in after
        ):
            return token.word
    return ""


def _of_a_table(tokens: list[Token], place: int) -> bool:
    """`remove the outliers from a.csv` destroys no file; whether it can be done is another question."""
    for token in tokens[place + 1 : place + 6]:
        if token.kind != "word" or token.word in _THINGS:
            return False
        if (
            NOUNS.get(token.word) in ("anomalies", "errors", "duplicates", "missing", "rows", "describe")
            or token.word == "column"
        ):
            return True
    return False
