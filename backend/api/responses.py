"""What each route promises to answer; more fields may come with it."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Reply(BaseModel):
    """Every success."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    success: bool
    message: str


class Problem(BaseModel):
    """Every failure."""

    model_config = ConfigDict(extra="allow")

    error: str
    code: str
    details: dict[str, Any] | None = None


class Features(BaseModel):
    """What this installation can do: each is true only if its parts import and work."""

    data_labeling: bool
    model_training: bool
    data_generation: bool
    anomaly_detection: bool
    agent_pipelines: bool


class Health(BaseModel):
    """The service answers."""

    status: str
    version: str
    features: Features


class Ready(BaseModel):
    """Every check passed."""

    status: str
    checks: dict[str, bool]


class DatasetDescribed(Reply):
    """What a table holds."""

    num_rows: int
    num_columns: int
    columns: list[str]
    dtypes: dict[str, str]
    missing_values: dict[str, int]
    sample_data: list[dict[str, Any]]
    warnings: list[str]
    reading: dict[str, Any]


class RowsViewed(Reply):
    """Some rows of a table."""

    columns: list[str]
    dtypes: dict[str, str]
    rows: list[list[Any]]
    row_numbers: list[int]
    offset: int
    num_rows: int | None


class Profiled(Reply):
    """What a table's columns are, and a page about it."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    warnings: list[str]
    rules_broken: list[dict[str, Any]]
    duplicates: dict[str, Any]
    missing_patterns: list[dict[str, Any]]
    associations: list[dict[str, Any]]
    drift: list[dict[str, Any]] | None
    reading: dict[str, Any]
    report_path: str
    schema_path: str


class Converted(Reply):
    """A table was written in another format."""

    output_path: str
    num_rows: int
    reading: dict[str, Any]
    warnings: list[str]


class Labeled(Reply):
    """A labeled table was written."""

    output_path: str
    num_rows: int
    num_labeled: int
    label_distribution: dict[str, int]
    warnings: list[str]


class FunctionsTried(Reply):
    """What functions do on the first rows."""

    num_rows_tried: int
    num_rows: int | None
    num_covered: int
    num_conflicted: int
    num_failed: int
    lf_analysis: list[dict[str, Any]]
    conflicts: list[dict[str, Any]]
    examples: list[dict[str, Any]]
    warnings: list[str]
    explain: list[dict[str, Any]]


class RowsSuggested(Reply):
    """Rows to label by hand next, the most telling first."""

    rows: list[dict[str, Any]]
    num_rows: int
    num_candidates: int
    features: list[str]
    no_features: dict[str, str]
    warnings: list[str]


class SuggestedFunction(BaseModel):
    """A labeling function; `accuracy` and `interval` are of `measured_on` votes in rows that it was not found on."""

    name: str
    code: str
    sentence: str
    label: int
    coverage: float
    accuracy: float | None
    interval: list[float] | None
    measured_on: int


class FunctionsSuggested(Reply):
    """Labeling functions, the most telling of each class first."""

    labeling_functions: list[SuggestedFunction]
    classes: dict[str, str]
    num_hand_labels: int
    not_looked_at: dict[str, str]
    warnings: list[str]


class LabelingPipelineDone(Reply):
    """The best attempt's labels were written."""

    output_path: str
    auc: float | None
    auc_interval: list[float] | None
    target_reached: bool
    attempts: list[dict[str, Any]]


class ConfigCreated(Reply):
    """A training configuration was written."""

    config_path: str
    config: dict[str, Any]
    warnings: list[str]


class Trained(Reply):
    """A model was trained."""

    config_path: str
    model_path: str
    preprocessor_path: str
    metrics: dict[str, Any]


class TrainingPipelineDone(Reply):
    """The best attempt's model was kept."""

    config_path: str
    model_path: str
    preprocessor_path: str
    utility_pct: float
    target_reached: bool
    attempts: list[dict[str, Any]]


class RuleKept(BaseModel):
    """A rule of the training table that no synthetic row breaks."""

    kind: str
    columns: list[str]
    sentence: str


class Generated(Reply):
    """Synthetic rows were written."""

    output_path: str
    num_generated: int
    label: Any
    replaced: dict[str, str]
    rules_kept: list[RuleKept]


class Evaluated(Reply):
    """Synthetic rows were compared with real ones."""

    report_path: str


class SharingVerdict(BaseModel):
    """Whether a synthetic table may be shared, and each check behind it."""

    safe_to_share: bool
    sentence: str
    checks: list[dict[str, Any]]
    note: str


class SharingPipelineDone(Reply):
    """The best attempt's synthetic rows were written."""

    output_path: str
    report_path: str
    config_path: str
    model_path: str
    preprocessor_path: str
    utility_pct: float | None
    verdict: SharingVerdict
    target_reached: bool
    outcome: str
    attempts: list[dict[str, Any]]
    summary: str
    warnings: list[str]


class LimitEntry(BaseModel):
    """One limit."""

    value: int
    default: int
    meaning: str
    setting: str


class LimitsListed(Reply):
    """Every limit by its name."""

    limits: dict[str, LimitEntry]


class FileEntry(BaseModel):
    """One file."""

    name: str
    path: str
    size: int
    modified: str


class FilesListed(Reply):
    """Data files under the output and testing folders."""

    files: list[FileEntry]


class Uploaded(Reply):
    """A file was uploaded."""

    path: str
    size: int
    sha256: str


class UploadState(Reply):
    """How far an upload in pieces came."""

    upload_id: str
    path: str
    received: int
    total: int


class JobState(BaseModel):
    """A job: heavy work that runs, ran or will run in a process of its own."""

    id: str
    url: str
    operation: str
    state: str
    created: str
    started: str | None
    finished: str | None
    seconds: float | None
    attempts: int
    progress: dict[str, Any] | None
    error: dict[str, Any] | None


class JobInFull(JobState):
    """A job with what was asked for, and the answer once there is one."""

    request: dict[str, Any]
    result: dict[str, Any] | None


class JobFound(Reply):
    """One job."""

    job: JobInFull


class LogLine(BaseModel):
    """One line of a job's log; `at` is a moment in ISO 8601, `level` is debug, info, warning or error."""

    at: str
    level: str
    text: str


class JobLogged(Reply):
    """What happened to a job: when it was begun, its steps, warnings, its end. The last 300 lines."""

    lines: list[LogLine]


class JobsListed(Reply):
    """Jobs, newest first, and how many there are to do."""

    jobs: list[JobState]
    running: int
    queued: int
    next_before: int | None
