"""The tools that a plan may name, with their arguments: one list for planners, verifier and executor."""

# tool -> what its result is, as far as another step can use it
PRODUCES = {
    "label": "table",
    "label_agent": "table",
    "train": "model",
    "train_agent": "model",
    "generate": "table",
    "detect_anomalies": "report",
    "evaluate": "report",
    "describe": "",
    "list": "",
}
# tool -> argument -> (what it is, whether it must be there)
ARGUMENTS: dict[str, dict[str, tuple[str, bool]]] = {
    "label": {"data": ("table", True), "output": ("output", False), "seed": ("whole", False)},
    "label_agent": {
        "raw_data_path": ("table", True),
        "hand_labeled_examples_path": ("table", True),
        "user_goal": ("text", False),
        "target_auc_score": ("fraction", False),
        "max_attempts": ("attempts", False),
        "output": ("output", False),
        "seed": ("whole", False),
    },
    "train": {
        "data": ("table", True),
        "model_type": ("text", False),
        "epochs": ("positive", False),
        "batch_size": ("positive", False),
        "learning_rate": ("rate", False),
        "latent_dim": ("positive", False),
        "seed": ("whole", False),
        "output": ("output", False),
    },
    "train_agent": {
        "labeled_data_path": ("table", True),
        "holdout_test_path": ("table", True),
        "target_utility_pct": ("utility", False),
        "max_attempts": ("attempts", False),
        "seed": ("whole", False),
        "output": ("output", False),
    },
    "generate": {
        "model": ("model", True),
        "num_rows": ("rows", False),
        "where": ("condition", False),
        "seed": ("whole", False),
        "output": ("output", False),
        "output_format": ("text", False),
    },
    "detect_anomalies": {
        "data": ("table", True),
        "model": ("model", False),
        "contamination": ("share", False),
        "top": ("positive", False),
        "output": ("output", False),
        "seed": ("whole", False),
    },
    "evaluate": {
        "model": ("model", False),
        "synthetic": ("table", False),
        "data": ("table", True),
        "seed": ("whole", False),
    },
    "describe": {"data": ("table", True)},
    "list": {"what": ("text", True)},
}
