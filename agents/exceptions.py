"""
Errors of runs, agents and data that a client may see.

* NetraError (accounts.exceptions)
  x InvalidInput (accounts.exceptions)
    + UnreadableFile
    + FileTooLarge
    + UnreadableTraces
  x NotFound (accounts.exceptions)
    + AgentNotFound
    + RunNotFound
    + CallNotFound
    + ThreadNotFound
    + DatasetNotFound
    + ToolNotFound
    + VersionNotFound
    + Pruned
  x VersionConflict
  x ExtensionFailed
  x StagingFull
  x ThreadBusy
  x RunEnded
  x ApprovalNotAsked
  x ApprovalConflict
  x TooManyRuns
  x IdempotencyConflict
  x ModelNotAllowed
  x RunFailed: ends a run with its code
    + ModelNotConfigured
    + ModelFailed
    + LimitReached
    + DeadlinePassed
    + WorkerLost
  x ToolError: fails one tool call; the run goes on
"""

from datetime import timedelta

from accounts.exceptions import InvalidInput as InvalidInput
from accounts.exceptions import NetraError
from accounts.exceptions import NotFound as NotFound


class UnreadableFile(InvalidInput):
    """The file cannot be read as a usage log; the message says what to correct."""

    code = "unreadable_file"


class FileTooLarge(InvalidInput):
    """The file is larger than this server takes."""

    code = "too_large"
    http_status = 413


class UnreadableTraces(InvalidInput):
    """The body is no ExportTraceServiceRequest of OTLP."""

    code = "unreadable_traces"


class StagingFull(NetraError):
    """More spans wait to be stored than may wait."""

    code = "staging_full"
    http_status = 503
    retry_after = timedelta(seconds=30)


class AgentNotFound(NotFound):
    """There is no agent of this name that the caller may use."""

    code = "agent_not_found"


class RunNotFound(NotFound):
    """The caller has no run of this id."""

    code = "run_not_found"


class CallNotFound(NotFound):
    """The run has no tool call of this id."""

    code = "call_not_found"


class ThreadNotFound(NotFound):
    """The caller has no thread of this id."""

    code = "thread_not_found"


class DatasetNotFound(NotFound):
    """There is no data set of this id that the caller may see."""

    code = "dataset_not_found"


class ToolNotFound(NotFound):
    """There is no tool of this name."""

    code = "tool_not_found"


class VersionNotFound(NotFound):
    """The agent has no such version."""

    code = "version_not_found"


class Pruned(NotFound):
    """The run ended so long ago that its steps were removed; its result is still there."""

    code = "pruned"


class ExtensionFailed(NetraError):
    """The server is not installed as it is configured; nothing that a client can change."""

    code = "extension_failed"
    http_status = 503


class VersionConflict(NetraError):
    """Another version than the expected one is current."""

    code = "version_conflict"
    http_status = 409


class ThreadBusy(NetraError):
    """The thread has a live run."""

    code = "thread_busy"
    http_status = 409


class RunEnded(NetraError):
    """The run has ended: nothing in it waits for a decision."""

    code = "run_ended"
    http_status = 409


class ApprovalNotAsked(NetraError):
    """The call does not wait for a decision."""

    code = "approval_not_asked"
    http_status = 409


class ApprovalConflict(NetraError):
    """The call was decided on otherwise; `details` say how, and by whom."""

    code = "approval_conflict"
    http_status = 409


class TooManyRuns(NetraError):
    """The caller has as many live or waiting runs as one user may have."""

    code = "too_many_runs"
    http_status = 429


class IdempotencyConflict(NetraError):
    """The idempotency key was used for another request."""

    code = "idempotency_conflict"
    http_status = 409


class ModelNotAllowed(NetraError):
    """The caller may not choose this model."""

    code = "model_not_allowed"
    http_status = 403


class RunFailed(NetraError):
    """Ends a run; `retryable` says whether the same request may succeed later."""

    code = "agent_failure"
    http_status = 500
    retryable = False


class ModelNotConfigured(RunFailed):
    code = "model_not_configured"


class ModelFailed(RunFailed):
    code = "model_failed"
    retryable = True


class LimitReached(RunFailed):
    code = "limit_reached"


class DeadlinePassed(RunFailed):
    code = "agent_timeout"
    retryable = True


class WorkerLost(RunFailed):
    code = "worker_lost"
    retryable = True


class ToolError(NetraError):
    """What a tool says when it cannot do what it was asked; the model reads it and goes on."""

    code = "tool_failed"
