"""What an agent remembers of its thread: the last runs, within a budget of tokens."""

from collections.abc import Iterable

from django.conf import settings
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelResponse,
    TextPart,
    UserPromptPart,
)

from agents.models import ModelMessage as StoredMessage
from agents.models import Run
from agents.states import RunState

BYTES_PER_TOKEN = 4  # the usual rule of thumb for English and JSON
RUNS = 20  # looked at, newest first


def messages_of(run: Run) -> list[ModelMessage]:
    """The model messages that were stored of a run, in order."""
    return _parse(StoredMessage.objects.filter(run=run).values_list("body", flat=True))


def conversation_before(run: Run) -> list[ModelMessage]:
    """
    The model messages of the thread's completed runs before `run`, oldest first.

    Whole runs only, as many of the last ones as the budget holds. A run too large for what is left
    of it, or so old that its messages were removed, is remembered by its question and its answer;
    if these are too large, memory ends there.
    """
    budget = settings.CONVERSATION_MEMORY_TOKENS * BYTES_PER_TOKEN
    remembered: list[list[ModelMessage]] = []
    earlier = Run.objects.filter(
        thread=run.thread_id, parent=None, state=RunState.COMPLETED, turn__lt=run.turn
    ).order_by("-turn")
    for past in earlier.only("pk", "input", "result")[:RUNS]:
        stored = StoredMessage.objects.filter(run=past).values_list("index", "body")
        bodies = [body for _, body in stored]
        size = sum(map(len, bodies))
        is_whole = bool(stored) and stored[0][0] == 0  # the oldest are the first to be removed
        if size > budget or not is_whole:
            size = len(past.input) + len(past.result)
            if size > budget:
                break
            remembered.append(_in_short(past))
        else:
            remembered.append(_parse(bodies))
        budget -= size
    return [message for messages in reversed(remembered) for message in messages]


def _in_short(run: Run) -> list[ModelMessage]:
    return [
        ModelRequest(parts=[UserPromptPart(run.input)]),
        ModelResponse(parts=[TextPart(run.result)]),
    ]


def _parse(bodies: Iterable[str]) -> list[ModelMessage]:
    return ModelMessagesTypeAdapter.validate_json(f"[{','.join(bodies)}]")
