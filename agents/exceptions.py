"""
Errors of runs, agents and data that a client may see.

* NetraError (accounts.exceptions)
  x InvalidInput (accounts.exceptions)
    + UnreadableFile
    + FileTooLarge
  x NotFound (accounts.exceptions)
    + AgentNotFound
    + RunNotFound
    + ThreadNotFound
    + DatasetNotFound
    + ToolNotFound
    + VersionNotFound
  x VersionConflict
  x ExtensionFailed
  x ThreadBusy
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

from accounts.exceptions import InvalidInput as InvalidInput
from accounts.exceptions import NetraError
from accounts.exceptions import NotFound as NotFound


class UnreadableFile(InvalidInput):
    code = "unreadable_file"


class FileTooLarge(InvalidInput):
    code = "too_large"
    http_status = 413


class AgentNotFound(NotFound):
    code = "agent_not_found"


class RunNotFound(NotFound):
    code = "run_not_found"


class ThreadNotFound(NotFound):
    code = "thread_not_found"


class DatasetNotFound(NotFound):
    code = "dataset_not_found"


class ToolNotFound(NotFound):
    code = "tool_not_found"


class VersionNotFound(NotFound):
    code = "version_not_found"


class ExtensionFailed(NetraError):
    """The server is not installed as it is configured; nothing that a client can change."""

    code = "extension_failed"
    http_status = 503


class VersionConflict(NetraError):
    code = "version_conflict"
    http_status = 409


class ThreadBusy(NetraError):
    code = "thread_busy"
    http_status = 409


class IdempotencyConflict(NetraError):
    code = "idempotency_conflict"
    http_status = 409


class ModelNotAllowed(NetraError):
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
