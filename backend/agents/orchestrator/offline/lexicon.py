"""The words that the offline planner knows, each with the one part it plays.

A word that stands in no table here is a word that the planner did not understand; a sentence with such a word is never
run, the planner asks. So a table grows only by words whose meaning is certain.
"""

from collections.abc import Iterable

from agents.orchestrator.offline.wording import words

# verb -> the tool it always means
TOOL_VERBS = {
    "label": "label",
    "annotate": "label",
    "tag": "label",
    "train": "train",
    "fit": "train",
    "generate": "generate",
    "synthesize": "generate",
    "synthesise": "generate",
    "simulate": "generate",
    "fabricate": "generate",
    "sample": "generate",
    "draw": "generate",
    "describe": "describe",
    "summarize": "describe",
    "summarise": "describe",
    "profile": "describe",
    "inspect": "describe",
    "preview": "describe",
    "evaluate": "evaluate",
    "assess": "evaluate",
    "compare": "evaluate",
    "benchmark": "evaluate",
    "judge": "evaluate",
    "detect": "detect_anomalies",
    "tune": "train_agent",
    "optimize": "train_agent",
    "optimise": "train_agent",
    "list": "list",
}
# verbs whose tool is told by the noun beside them
LIGHT_VERBS = words(
    "learn "
    "create make build produce write give get need want run perform start begin apply use take prepare "
    "develop construct conduct find flag spot search scan check locate identify look hunt uncover show "
    "tell report display do have measure test work go see mark score examine grab load put draft craft "
    "execute launch kick pick derive assign provide compute hand feed print return reveal extract"
)
SAVE_VERBS = ["save", "store", "export", "output", "dump", "write", "put", "persist"]
TARGET_VERBS = words(
    "stop reach reaches hit hits exceed exceeds keep keeps preserve preserves retain retains achieve "
    "achieves attain attains get gets aim target"
)
DESTRUCTIVE_VERBS = words(
    "delete remove erase wipe overwrite destroy truncate unlink format purge kill shred nuke clobber clear drop "
    "empty replace"
)
UNSUPPORTED_VERBS = words(
    "email mail send upload download fetch scrape crawl plot chart graph visualize visualise translate "
    "deploy publish schedule merge join rename copy move convert clean impute filter deduplicate dedupe "
    "anonymize anonymise encrypt push commit install uninstall order buy play sing cluster predict "
    "forecast classify regress rewrite compose post tweet call book remind notify share sell browse "
    "google ping zip unzip compress split shuffle sort normalize normalise explain teach debug compile "
    "restart shutdown reboot pay transfer concatenate append insert update fix repair transform encode "
    "decode hack import cancel pause undo rollback revert subscribe print weather poem joke story song"
)

ROW_NOUNS = words(
    "row rows record records sample samples example examples instance instances entry entries observation "
    "observations datapoint datapoints line lines people person persons customer customers user users "
    "patient patients client clients transaction transactions case cases individual individuals applicant "
    "applicants household households employee employees citizen citizens student students passenger "
    "passengers tuple tuples"
)
DATA_NOUNS = words("data dataset datasets table tables file files csv parquet set sheet spreadsheet")
MODEL_NOUNS = ["model", "models", "generator", "generators", "network", "checkpoint"]
LABEL_NOUNS = ["labels", "annotations"]
ANOMALY_NOUNS = words(
    "anomaly anomalies outlier outliers oddity oddities abnormality abnormalities irregularity "
    "irregularities weirdos oddballs novelties"
)
ANOMALY_ADJECTIVES = words(
    "weird weirdest odd oddest strange strangest unusual anomalous abnormal outlying suspicious bizarre "
    "peculiar atypical odd-looking weird-looking suspicious-looking strange-looking"
)
DESCRIBE_NOUNS = words(
    "column columns schema dtypes types dtype overview summary info information statistics stats shape "
    "structure fields description profile columnnames"
)
EVALUATE_NOUNS = ["quality", "evaluation", "comparison", "fidelity"]
HAND_NOUNS = [
    "hand-labels",
    "gold",
    "ground-truth",
    "truth",
    "reference",
    "hand-labeled",
    "hand-labelled",
    "handlabels",
]
HOLDOUT_NOUNS = ["holdout", "hold-out", "held-out", "test-set", "test", "validation"]
FUNCTION_NOUNS = ["labeling-functions", "lfs"]
MODEL_TYPES = words("tvae ctgan cvae vae-gmm vae_gmm gmm tabular_cvae mixed_data_cvae tabular_vae_gmm tabular_ctgan")
CONDITION_WORDS = words(
    "male female married divorced widowed young old elderly rich poor wealthy positive negative "
    "fraudulent high-income low-income middle-income unmarried"
)
CONDITION_LEVELS = ["high", "low", "medium", "middle", "upper", "lower"]

UNITS = {
    "epoch": "epochs",
    "epochs": "epochs",
    "batch-size": "batch_size",
    "batchsize": "batch_size",
    "batch_size": "batch_size",
    "seed": "seed",
    "random-seed": "seed",
    "learning-rate": "learning_rate",
    "lr": "learning_rate",
    "learning_rate": "learning_rate",
    "latent-dim": "latent_dim",
    "latent_dim": "latent_dim",
    "attempt": "max_attempts",
    "attempts": "max_attempts",
    "tries": "max_attempts",
    "try": "max_attempts",
    "rounds": "max_attempts",
    "round": "max_attempts",
    "iterations": "max_attempts",
    "iteration": "max_attempts",
    "trials": "max_attempts",
    "trial": "max_attempts",
    "max_attempts": "max_attempts",
    "retries": "max_attempts",
    "auc": "target_auc_score",
    "auroc": "target_auc_score",
    "roc-auc": "target_auc_score",
    "auc-score": "target_auc_score",
    "utility": "target_utility_pct",
    "contamination": "contamination",
    "num_rows": "num_rows",
}


FILLERS = frozenset(
    words(
        "a an the please pls plz kindly could can would will you u your yours i i'd i'll we us me my mine our got "
        "available report reports aim aiming "
        "ours some any of is are be been being was were am does did there here now today just only already "
        "also too and & so that which hey hi hello ok okay thanks thank cheers quickly straight away right "
        "directly simply me's let lets let's gimme brand new newly fresh fully freshly whole entire complete "
        "full generative synthetic fake artificial random realistic simulated tabular mock dummy made-up "
        "anything something stuff one's raw unlabeled unlabelled existing given named called located stored "
        "sitting living found real original own with on in from to for by at as into onto under over against "
        "using via within through inside about until till it its them they their this that these those result "
        "results output outputs outcome then next afterwards afterward finally lastly subsequently first "
        "firstly second secondly third thirdly last later before after once at-most at-least max maximum "
        "minimum around roughly approximately approx nearly exactly precisely more additional extra another "
        "further such what whats what's where whose having like respective like what it's that's good well "
        "compared comparison size number count total amount value score scores level reaches reach reached "
        "hits hit exceeds least labeled labelled trained generated synthesized synthesised sampled annotated "
        "tuned fitted step steps task pipeline workflow agent process job too thing's you've you'd i've we've "
        "having had has have done finished ready folder directory path column's named all's name version "
        "copy's stop stops keep keeps top worst most best's percent pct train's census everyone's want wanna "
        "wants need needs needed required do doing does target targets"
    )
)
NEGATIONS = frozenset(
    words(
        "not don't dont do-not never no without skip avoid nor doesn't won't shouldn't can't cannot omit "
        "skipping avoiding omitting"
    )
)
ALTERNATIVES = frozenset(words("or either whichever and/or alternatively otherwise else perhaps maybe possibly"))
CONDITIONALS = frozenset(words("if unless when whenever while except depending whether provided assuming in-case"))
# words that narrow a request: a language model's plan for a sentence with one of them is not believed, or only where
# the plan has a condition
RESTRICTIONS = frozenset(
    words(
        "ignoring ignore excluding exclude exclusively instead each every both neither nor between minus per apart "
        "besides again twice half double same respectively other others remaining rest unlike opposite hypothetically"
    )
)
LIMITS = frozenset(words("where whose who which under below above over older younger only just female male first last"))
ORDER_WORDS = frozenset(["then", "next", "afterwards", "afterward", "finally", "lastly", "subsequently", "later"])
# a sentence that begins so asks for an answer, not for work
QUESTION_STARTS = (
    "how do",
    "how to",
    "how can",
    "how should",
    "how does",
    "how would",
    "how long",
    "why",
    "when ",
    "who ",
    "should ",
    "shall ",
    "is ",
    "are ",
    "was ",
    "were ",
    "did ",
    "does ",
    "has ",
    "have you",
    "do you",
    "do i",
    "do we",
    "what if",
    "what happens",
    "what would",
    "what does",
    "what do you",
    "what is a",
    "what are",
    "where ",
    "am i",
    "explain ",
)


def verb_forms(base: str) -> dict[str, str]:
    """Each form of a regular English verb -> `base`, `past` or `ing` (`labelled` beside `labeled`)."""
    stem = base.removesuffix("e")
    doubled = (
        base + base[-1]
        if base
        in {
            "fit",
            "tag",
            "label",
            "model",
            "get",
            "run",
            "stop",
            "plot",
            "put",
            "flag",
            "spot",
            "scan",
            "drop",
            "zip",
            "hit",
        }
        else stem
    )
    plural = base + "es" if base.endswith(("s", "x", "ch", "sh")) else base + "s"
    forms = {
        base: "base",
        plural: "base",
        stem + "ed": "past",
        stem + "ing": "ing",
        doubled + "ed": "past",
        doubled + "ing": "ing",
    }
    return IRREGULAR_FORMS.get(base, forms)


IRREGULAR_FORMS = {
    "make": {"make": "base", "makes": "base", "made": "past", "making": "ing"},
    "build": {"build": "base", "builds": "base", "built": "past", "building": "ing"},
    "write": {"write": "base", "writes": "base", "wrote": "past", "written": "past", "writing": "ing"},
    "give": {"give": "base", "gives": "base", "gave": "past", "giving": "ing"},
    "find": {"find": "base", "finds": "base", "finding": "ing"},
    "do": {"do": "base"},
    "have": {"have": "base"},
    "see": {"see": "base", "seeing": "ing"},
    "draw": {"draw": "base", "draws": "base", "drawn": "past", "drawing": "ing"},
    "take": {"take": "base", "taking": "ing"},
    "go": {"go": "base"},
    "sample": {"sample": "base", "sampling": "ing"},
    "tell": {"tell": "base"},
    "show": {"show": "base", "shows": "base", "showing": "ing"},
}


def _table(verbs: Iterable[str], kind: str) -> dict[str, tuple[str, str, str]]:
    return {form: (kind, base, mood) for base in verbs for form, mood in verb_forms(base).items()}


# word -> (kind of verb, base form, mood)
VERBS: dict[str, tuple[str, str, str]] = {
    **_table(UNSUPPORTED_VERBS, "unsupported"),
    **_table(DESTRUCTIVE_VERBS, "destructive"),
    **_table(LIGHT_VERBS, "light"),
    **_table(TOOL_VERBS, "tool"),
}
NOUNS: dict[str, str] = {
    **dict.fromkeys(ROW_NOUNS, "rows"),
    **dict.fromkeys(DATA_NOUNS, "data"),
    **dict.fromkeys(MODEL_NOUNS, "model"),
    **dict.fromkeys(LABEL_NOUNS, "labels"),
    **dict.fromkeys(ANOMALY_NOUNS, "anomalies"),
    **dict.fromkeys(DESCRIBE_NOUNS, "describe"),
    **dict.fromkeys(EVALUATE_NOUNS, "evaluate"),
    **dict.fromkeys(HAND_NOUNS, "hand"),
    **dict.fromkeys(HOLDOUT_NOUNS, "holdout"),
    **dict.fromkeys(FUNCTION_NOUNS, "functions"),
}
