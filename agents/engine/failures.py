"""From what went wrong in a run to what its clients read."""

import logging
from uuid import uuid4

from pydantic_ai.exceptions import (
    AgentRunError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelNotFoundError,
    UsageLimitExceeded,
    UserError,
)

from accounts.exceptions import NetraError
from agents.engine.endings import Failure
from agents.exceptions import LimitReached, ModelFailed, ModelNotConfigured

logger = logging.getLogger(__name__)


def failure_of(error: Exception, *, run_id: str) -> Failure:
    """The failure that `error` is to a client; one that nobody expected is logged here."""
    expected = _expected(error)
    if expected is not None:
        retryable = bool(getattr(expected, "retryable", False))
        return Failure(expected.code, expected.message, retryable)
    incident = uuid4().hex[:12]
    logger.error("Run failed", exc_info=error, extra={"run_id": run_id, "incident": incident})
    message = f"The agent failed unexpectedly (incident {incident})."
    return Failure("internal", message, is_retryable=True)


def _expected(error: Exception) -> NetraError | None:
    match error:
        case NetraError():
            return error
        case UsageLimitExceeded():
            return LimitReached(f"The agent reached one of its limits: {error}")
        case ModelAuthenticationError() | ModelNotFoundError():
            return ModelNotConfigured(
                f"The model's provider refused the request: {error}. Check the model and its key."
            )
        case ModelAPIError():
            return ModelFailed(f"The model's provider did not answer as it should: {error}")
        case UserError():
            return ModelNotConfigured(f"The model cannot be used as configured: {error}")
        case AgentRunError():
            return ModelFailed(f"The model did not come to an answer: {error}")
        case _:
            return None
