"""What the generated OpenAPI document lacks: required bodies, error bodies, the specification's examples."""

from typing import Any

from apiflask import APIFlask

from api.errors import MEANINGS
from api.preferences import KEY_PATTERN
from api.responses import JobFound, Problem
from api.security.access import OPEN
from serving.keys import configured_keys

_ANY = {401, 403, 421, 429, 500}
_FILES = {400, 403, 404, 409, 413, 415, 422, 502, 507} | _ANY
_READS = {400, 403, 404, 422} | _ANY
_MORE: dict[str, set[int]] = {
    "/ready": {503} | _ANY,
    "/api/files/upload": (_FILES | {412, 414}) - {415},
    "/api/files/upload/{upload_id}": (_FILES | {412}) - {415},
}
_BYTES: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_FORM = {"schema": {"type": "object", "properties": {"file": _BYTES["schema"]}, "required": ["file"]}}
# Bodies that are no JSON, by path and method.
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("/api/files/upload", "post"): {"multipart/form-data": _FORM, "application/octet-stream": _BYTES},
    ("/api/files/upload/{upload_id}", "put"): {"application/octet-stream": _BYTES},
}
_AWAITING = {
    "description": "Further pieces are awaited.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/UploadState"}}},
}
_HEADERS = [
    {
        "name": "Prefer",
        "in": "header",
        "description": "`respond-async` answers 202 at once; with `wait=N` only after N seconds (RFC 7240).",
        "schema": {"type": "string"},
        "example": "respond-async, wait=10",
    },
    {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same request under the same key is done once and answered as often as it is sent (24 h).",
        "schema": {"type": "string", "pattern": KEY_PATTERN},
    },
]

_FUNCTIONS = [
    {
        "name": "lf_high_income",
        "code": "def lf_high_income(x):\n    return 1 if x['capital-gain'] > 5000 else 0",
    },
    {
        "name": "lf_educated",
        "code": "def lf_educated(x):\n    return 1 if x['education-num'] >= 13 else 0",
    },
]
_MODELS = "backend/output_data/models"

# The specification's requests, on the data that comes with the project. They run in this order.
EXAMPLES: dict[str, dict[str, Any]] = {
    "/api/dataset/info": {"data_path": "backend/testing_data/adult.csv"},
    "/api/dataset/rows": {
        "data_path": "backend/testing_data/adult.csv",
        "offset": 0,
        "limit": 20,
        "sort_by": "age",
        "descending": True,
    },
    "/api/dataset/profile": {
        "data_path": "backend/testing_data/adult.csv",
        "label_column": "income",
        "output_path": "backend/output_data/adult_profile.html",
    },
    "/api/dataset/convert": {
        "data_path": "backend/testing_data/adult.csv",
        "output_path": "backend/output_data/adult.jsonl",
        "columns": ["age", "education", "income"],
        "where": {"age": {"min": 60}},
    },
    "/api/labeling/create-labels": {
        "data_path": "backend/testing_data/adult.csv",
        "output_path": "backend/output_data/adult_labeled.parquet",
        "labeling_functions": _FUNCTIONS,
    },
    "/api/labeling/try-functions": {
        "data_path": "backend/testing_data/adult.csv",
        "labeling_functions": _FUNCTIONS,
        "max_rows": 10_000,
    },
    "/api/labeling/suggest-rows": {
        "data_path": "backend/testing_data/adult.csv",
        "labeling_functions": _FUNCTIONS,
        "num_rows": 5,
    },
    "/api/labeling/suggest-functions": {
        "data_path": "backend/testing_data/adult.csv",
        "hand_labeled_examples_path": "path/to/ground_truth.parquet",
        "max_functions": 10,
        "user_goal": "Find people with a high income by education and hours per week",
    },
    "/api/labeling/run-pipeline": {
        "user_goal": "Label whether income is >50K based on census features",
        "raw_data_path": "path/to/unlabeled.parquet",
        "hand_labeled_examples_path": "path/to/ground_truth.parquet",
        "target_auc_score": 0.85,
        "max_attempts": 3,
    },
    "/api/training/create-config": {
        "data_path": "backend/output_data/adult_labeled.parquet",
        "output_dir": f"{_MODELS}/",
        "model_type": "tabular_cvae",
        "model_params": {"latent_dim": 64, "encoder_hidden_layers": [128, 64], "decoder_hidden_layers": [64, 128]},
        "training_params": {"batch_size": 128, "learning_rate": 0.001, "epochs": 50},
    },
    "/api/training/train-model": {"config_path": f"{_MODELS}/config.json"},
    "/api/training/run-pipeline": {
        "labeled_data_path": "path/to/labeled_data.parquet",
        "holdout_test_path": "path/to/test_data.parquet",
        "target_utility_pct": 0.85,
        "max_attempts": 3,
    },
    "/api/generation/generate-data": {
        "model_path": f"{_MODELS}/model.pth",
        "config_path": f"{_MODELS}/config.json",
        "label": 1.0,
        "num_to_generate": 1000,
        "output_path": "backend/output_data/synthetic_high_income.parquet",
        "output_format": "parquet",
    },
    "/api/generation/evaluate": {
        "real_path": "backend/output_data/adult_labeled.parquet",
        "synthetic_path": "backend/output_data/synthetic_high_income.parquet",
    },
    "/api/cleaning/detect-anomalies": {
        "config_path": f"{_MODELS}/config.json",
        "model_path": f"{_MODELS}/model.pth",
        "preprocessor_path": f"{_MODELS}/preprocessor.joblib",
        "data_to_scan_path": "backend/testing_data/adult.csv",
        "output_path": "backend/output_data/anomalies.parquet",
    },
    "/api/cleaning/check-table": {
        "data_path": "backend/testing_data/adult.csv",
        "label_column": "income",
        "output_path": "backend/output_data/adult_check.html",
    },
    "/api/cleaning/apply-fixes": {
        "data_path": "backend/testing_data/adult.csv",
        "fixes_path": "backend/output_data/adult_check_fixes.csv",
        "output_path": "backend/output_data/adult_cleaned.csv",
    },
    "/api/cleaning/fill-missing": {
        "data_path": "backend/testing_data/adult.csv",
        "columns": ["workclass", "occupation"],
        "output_path": "backend/output_data/adult_filled.csv",
    },
    "/api/cleaning/run-pipeline": {
        "data_path": "path/to/table.csv",
        "label_column": "income",
        "target_errors_removed": 0.9,
        "max_attempts": 3,
        "output_path": "backend/output_data/table_clean.csv",
    },
    "/api/generation/run-pipeline": {
        "data_path": "path/to/table.csv",
        "label_column": "income",
        "target_utility_pct": 0.85,
        "max_attempts": 3,
        "output_path": "backend/output_data/table_shared.csv",
    },
}


def register(app: APIFlask) -> None:
    """Complete the document of `app`."""
    app.spec_processor(_complete)  # type: ignore[arg-type]  # the document is a dictionary here


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
    if configured_keys():
        _describe_keys(document)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if (path, method) in BODIES:
                operation["requestBody"] = {"required": True, "content": BODIES[path, method]}
                operation["responses"]["202"] = _AWAITING
            elif body := operation.get("requestBody"):
                body["required"] = True
                body["content"]["application/json"]["example"] = EXAMPLES[path]
                operation["parameters"] = [*operation.get("parameters", []), *_HEADERS]
                operation["responses"]["202"] = _accepted()
            for status in _statuses(path, operation):
                operation["responses"].setdefault(str(status), _problem(status))
    return document


def _describe_keys(document: dict[str, Any]) -> None:
    document["components"]["securitySchemes"] = {
        "Bearer": {"type": "http", "scheme": "bearer"},
        "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    document["security"] = [{"Bearer": []}, {"ApiKey": []}]
    for path in OPEN:
        for operation in document["paths"][path].values():
            operation["security"] = []


def _statuses(path: str, operation: dict[str, Any]) -> list[int]:
    if path in _MORE:
        return sorted(_MORE[path])
    if operation.get("requestBody"):
        return sorted(_FILES | {503})
    return sorted(_READS | {414} if operation.get("parameters") else _ANY)


def _accepted() -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{JobFound.__name__}"}
    return {
        "description": MEANINGS[202],
        "headers": {"Location": {"description": "The job.", "schema": {"type": "string"}}},
        "content": {"application/json": {"schema": schema}},
    }


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": MEANINGS[status], "content": {"application/json": {"schema": schema}}}
