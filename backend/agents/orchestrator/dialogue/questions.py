"""The question for what a step lacks."""

_QUESTIONS = {
    (
        "generate",
        "model",
    ): "Which model shall generate the rows? Name a model folder or file, or a table to learn from.",
    ("evaluate", "model"): "Which model (or synthetic table) shall I evaluate?",
    ("evaluate", "data"): "Which real data shall I compare with? Best is a holdout that the model has not seen.",
    ("list", "what"): "Shall I list models, datasets or files?",
    ("train_agent", "holdout_test_path"): "Which file is the holdout that the model is measured on?",
    (
        "try_functions",
        "functions",
    ): "Which labeling functions shall I try? Name their JSON file, or let me suggest some first.",
    ("apply_fixes", "fixes"): "Which fixes shall I apply? Name the file that a check wrote.",
}
_PURPOSES = {
    "label": "label", "train": "train on", "detect_anomalies": "look for anomalies in", "describe": "describe",
    "profile": "profile", "check_table": "check", "apply_fixes": "fix", "fill_missing": "fill the gaps of",
    "convert": "convert", "suggest_functions": "suggest functions for", "suggest_rows": "pick rows of",
    "share_agent": "make a version to share of", "clean_agent": "clean",
    "try_functions": "try the functions on", "label_agent": "label", "train_agent": "train on",
}  # fmt: skip


def purpose(tool: str) -> str:
    """What a tool does with data, as a question says it: `look for anomalies in`."""
    return _PURPOSES.get(tool, "use")


def question_for(tool: str, argument: str) -> str:
    """`Which data shall I train on?`"""
    if argument == "hand_labeled_examples_path":
        return "Which file holds the hand-labeled examples?"
    known = _QUESTIONS.get((tool, argument))
    return known or f"Which data shall I {purpose(tool)}? Name a file, or a data set such as the adult dataset."
