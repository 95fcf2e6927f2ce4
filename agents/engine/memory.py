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

from accounts.statements import Given, Select, column, given
from agents.models import ModelMessage as StoredMessage
from agents.models import Run
from agents.states import RunState

BYTES_PER_TOKEN = 4  # the usual rule of thumb for English and JSON
RUNS = 20  # looked at, newest first

BODIES = Select(
    StoredMessage.objects.filter(**given(StoredMessage, "run")).values_list("index", "body")
)
EARLIER = Select(
    Run.objects.filter(
        **given(Run, "thread"),
        turn__lt=Given("turn", column(Run, "turn")),
        parent=None,
        state=RunState.COMPLETED,
    )
    .order_by("-turn")
    .values_list("pk", "input", "result")[:RUNS]
)


def messages_of(run: Run) -> list[ModelMessage]:
    """The model messages that were stored of a run, in order."""
    return _parse(body for _, body in BODIES.rows(run=run.pk))


def conversation_before(run: Run) -> list[ModelMessage]:
    """
    The model messages of the thread's completed runs before `run`, oldest first.

    Whole runs only, as many of the last ones as the budget holds. A run too large for what is left
    of it, or so old that its messages were removed, is remembered by its question and its answer;
    if these are too large, memory ends there.
    """
    budget = settings.CONVERSATION_MEMORY_TOKENS * BYTES_PER_TOKEN
    remembered: list[list[ModelMessage]] = []
    earlier = EARLIER.rows(thread=run.thread_id, turn=run.turn) if run.turn > 1 else []
    for run_id, question, answer in earlier:
        stored = BODIES.rows(run=run_id)
        bodies = [body for _, body in stored]
        size = sum(map(len, bodies))
        is_whole = bool(stored) and stored[0][0] == 0  # the oldest are the first to be removed
        if size > budget or not is_whole:
            size = len(question) + len(answer)
            if size > budget:
                break
            remembered.append(_in_short(question, answer))
        else:
            remembered.append(_parse(bodies))
        budget -= size
    return [message for messages in reversed(remembered) for message in messages]


def _in_short(question: str, answer: str) -> list[ModelMessage]:
    return [
        ModelRequest(parts=[UserPromptPart(question)]),
        ModelResponse(parts=[TextPart(answer)]),
    ]


def _parse(bodies: Iterable[str]) -> list[ModelMessage]:
    return ModelMessagesTypeAdapter.validate_json(f"[{','.join(bodies)}]")
