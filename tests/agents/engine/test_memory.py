from typing import Any

import pytest
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelResponse,
    TextPart,
    UserPromptPart,
)

from accounts.models import User
from agents.engine.memory import conversation_before, messages_of
from agents.models import ModelMessage as StoredMessage
from agents.models import Run
from tests.agents.factories import make_run

pytestmark = pytest.mark.database


def remember(user: User, number: int, *, padding: int = 0, **fields: Any) -> Run:
    run = make_run(
        user, state="completed", input=f"Question {number}", result=f"Answer {number}", **fields
    )
    messages: list[ModelMessage] = [
        ModelRequest(parts=[UserPromptPart(f"Question {number}")]),
        ModelResponse(parts=[TextPart(f"Answer {number} in full{'.' * padding}")]),
    ]
    for index, message in enumerate(messages):
        body = ModelMessagesTypeAdapter.dump_json([message])[1:-1].decode()
        StoredMessage.objects.create(run=run, index=index, body=body)
    return run


def answers(messages: list[ModelMessage]) -> list[str]:
    texts = [message.text or "" for message in messages if isinstance(message, ModelResponse)]
    return [text.rstrip(".") for text in texts]


def test_the_thread_is_remembered_in_order(alice: User, bob: User) -> None:
    for number in (1, 2, 3):
        remember(alice, number)
    remember(alice, 4, thread="other")
    remember(bob, 5)
    now = make_run(alice)
    assert answers(conversation_before(now)) == [f"Answer {n} in full" for n in (1, 2, 3)]


def test_only_completed_runs_before_this_one_count(alice: User) -> None:
    remember(alice, 1)
    failed = remember(alice, 2)
    Run.objects.filter(pk=failed.pk).update(state="failed")
    now = make_run(alice)
    remember(alice, 3)
    assert answers(conversation_before(now)) == ["Answer 1 in full"]


def test_a_long_run_is_remembered_by_question_and_answer(alice: User, settings: Any) -> None:
    settings.CONVERSATION_MEMORY_TOKENS = 500
    remember(alice, 1, padding=5000)
    remember(alice, 2)
    now = make_run(alice)
    assert answers(conversation_before(now)) == ["Answer 1", "Answer 2 in full"]


def test_memory_ends_where_the_budget_does(alice: User, settings: Any) -> None:
    settings.CONVERSATION_MEMORY_TOKENS = 0
    remember(alice, 1)
    assert conversation_before(make_run(alice)) == []


def test_a_runs_own_messages_are_read_back(alice: User) -> None:
    assert len(messages_of(remember(alice, 1))) == 2
    assert messages_of(make_run(alice)) == []
