"""Every error that the library raises on purpose.

DataFoundryError
├── RequestError                 a value that no data could make right
│   ├── ConfigError              config.json: an edit that cannot be used
│   └── PathTextError            a path that is empty, a URL, or holds control characters
├── ForbiddenPathError
│   ├── OutsideDataRootsError    the path leads out of every data root
│   └── NotDataError             inside a root, but code, hidden, or not a data file
├── MissingFileError
├── ConflictError
│   ├── OutputBusyError          another request is writing this output
│   ├── OutputIsInputError       the output would replace the input
│   ├── UploadOffsetError        a piece of an upload that does not begin where the last one ended
│   ├── RequestRunningError      the request with this Idempotency-Key is not finished
│   ├── JobCancelledError        somebody cancelled the job
│   └── JobFinishedError         the job is over, so that it cannot be cancelled
├── AlreadyThereError            the file is there, and the request forbids to replace it
├── TooLargeError                over a limit of `settings.Limits`
├── ImpossibleError              well-formed, but this data cannot do it
│   ├── TableError               not a readable table
│   ├── ColumnError              a column is missing, or one is there that must not be
│   ├── LabelingFunctionError    a labeling function failed, or answered no class number
│   ├── ArtifactError            a model or preprocessor file that is damaged
│   │   ├── UntrustedArtifactError   it holds more than plain data and arrays
│   │   └── IncompatibleArtifactError  it does not fit its config or its twin
│   ├── UnknownLabelError        the model never saw this label
│   ├── TrainingError            training cannot start, or diverged
│   ├── UnsupportedModelError    this model type cannot do it
│   ├── ChecksumError            uploaded bytes that are not those which were promised
│   └── ReusedKeyError           the Idempotency-Key belongs to another request
├── DiskFullError
│   └── QuotaError               the disk has room, but uploads may not take more of it
├── SourceError                  a database or an object store failed, or would not let us in
├── ClusterError                 the workers that blocks are spread over cannot be used
├── MissingJobError
├── BusyError                    the queue or another bound of the service is full for now
├── JobKilledError               the process that did the work died
└── JobTimeoutError              the work took longer than a job may

Each class has a stable `code` for programs; each message is one sentence for people that says what was wrong and
what to do about it. `details` is JSON-able and names the column, function, row and so on.
"""


def first_line(error: Exception, most: int = 200) -> str:
    """What an error of a library says, in one line of at most so many characters; its name where it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0][:most]


class DataFoundryError(Exception):
    """Base of all; raised itself only for a defect of ours."""

    code = "internal_error"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def __reduce__(self) -> tuple[object, ...]:  # details survive a process boundary
        return _rebuild, (type(self), self.message, self.details)


def _rebuild(kind: type[DataFoundryError], message: str, details: dict[str, object]) -> DataFoundryError:
    return kind(message, **details)


class RequestError(DataFoundryError):
    code = "invalid_request"


class ConfigError(RequestError):
    code = "invalid_config"


class PathTextError(RequestError):
    code = "invalid_path"


class ForbiddenPathError(DataFoundryError):
    code = "forbidden_path"


class OutsideDataRootsError(ForbiddenPathError):
    code = "outside_data_roots"


class NotDataError(ForbiddenPathError):
    code = "not_a_data_file"


class MissingFileError(DataFoundryError):
    code = "file_not_found"


class ConflictError(DataFoundryError):
    code = "conflict"


class OutputBusyError(ConflictError):
    code = "output_busy"


class OutputIsInputError(ConflictError):
    code = "output_is_input"


class UploadOffsetError(ConflictError):
    code = "upload_offset"


class RequestRunningError(ConflictError):
    code = "request_running"


class JobCancelledError(ConflictError):
    code = "job_cancelled"


class JobFinishedError(ConflictError):
    code = "job_finished"


class AlreadyThereError(DataFoundryError):
    code = "already_there"


class TooLargeError(DataFoundryError):
    code = "too_large"


class ImpossibleError(DataFoundryError):
    code = "impossible"


class TableError(ImpossibleError):
    code = "unreadable_table"


class ColumnError(ImpossibleError):
    code = "column_mismatch"


class LabelingFunctionError(ImpossibleError):
    code = "labeling_function_failed"


class ArtifactError(ImpossibleError):
    code = "corrupt_model"


class UntrustedArtifactError(ArtifactError):
    code = "untrusted_model"


class IncompatibleArtifactError(ArtifactError):
    code = "incompatible_model"


class UnknownLabelError(ImpossibleError):
    code = "unknown_label"


class TrainingError(ImpossibleError):
    code = "training_failed"


class UnsupportedModelError(ImpossibleError):
    code = "unsupported_model"


class ChecksumError(ImpossibleError):
    code = "checksum_mismatch"


class DiskFullError(DataFoundryError):
    code = "disk_full"


class QuotaError(DiskFullError):
    code = "quota_exceeded"


class ReusedKeyError(ImpossibleError):
    code = "idempotency_key_reused"


class SourceError(DataFoundryError):
    code = "source_failed"


class ClusterError(DataFoundryError):
    code = "cluster_failed"


class MissingJobError(DataFoundryError):
    code = "unknown_job"


class BusyError(DataFoundryError):
    code = "busy"


class JobKilledError(DataFoundryError):
    code = "job_killed"


class JobTimeoutError(DataFoundryError):
    code = "job_timeout"
