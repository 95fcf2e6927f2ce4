"""What callers may do with threads."""

import uuid

from django.db import transaction
from django.db.models import Case, F, When
from django.utils import timezone

from accounts.models import User
from accounts.statements import Find, Given, Update, column, given
from agents.exceptions import InvalidInput, ThreadBusy, ThreadNotFound
from agents.models import Agent, Run, Thread
from agents.models.thread import is_key

TITLE_LENGTH = 80

_BY_KEY = Thread.objects.filter(**given(Thread, "user", "key"))
_UNNAMED = When(title="", then=Given("name", column(Thread, "title")))
FIND = Find(_BY_KEY)
OWN = Update(_BY_KEY)
NEXT_TURN = {"last_turn": F("last_turn") + 1, "title": Case(_UNNAMED, default=F("title"))}


def open_thread(*, user: User, key: str | None) -> Thread:
    """The user's thread of this key, made if there is none; a key is made up if none is given."""
    thread, _ = Thread.objects.get_or_create(user=user, key=_checked(key))
    return thread


def _checked(key: str | None) -> str:
    if key is not None and not is_key(key):
        raise InvalidInput(
            f"{key[:140]!r} cannot name a thread: use 1 to 128 letters, digits and . _ : - in it."
        )
    return key or uuid.uuid4().hex


def find_thread(*, user: User, key: str) -> Thread:
    thread = Thread.objects.visible_to(user).filter(key=key).first()
    if thread is None:
        raise ThreadNotFound(f"You have no thread {key[:140]!r}.")
    return thread


def open_turn(*, user: User, key: str | None, agent: Agent, text: str) -> Thread:
    """
    The user's thread of this key, made if there is none; `last_turn` is the number of its next run.

    `text` begins it: a thread without a title is named after it. Holds the thread's row until the
    transaction ends, so that runs become visible in the order of their turns. A thread that is
    deleted meanwhile is made anew.
    """
    key, title = _checked(key), title_from(text)
    while True:
        turn = {**NEXT_TURN, "updated_at": timezone.now()}
        if OWN.run(turn, user=user.pk, key=key, name=title):
            return FIND.get(user=user.pk, key=key)
        Thread.objects.bulk_create([Thread(user=user, key=key, agent=agent)], ignore_conflicts=True)


def title_from(text: str) -> str:
    """A title made of the beginning of the first question."""
    line = " ".join(text.split())
    return line if len(line) <= TITLE_LENGTH else f"{line[: TITLE_LENGTH - 1].rstrip()}…"


def rename_thread(thread: Thread, title: str) -> Thread:
    """Raises ThreadNotFound if it has been deleted meanwhile."""
    Thread.objects.filter(pk=thread.pk).update(title=title, updated_at=timezone.now())
    return find_thread(user=thread.user, key=thread.key)


def delete_thread(thread: Thread) -> None:
    """Delete a thread and its runs; raises ThreadBusy while one of them is live."""
    with transaction.atomic():
        Thread.objects.select_for_update().filter(pk=thread.pk).first()
        if Run.objects.live().filter(thread=thread).exists():
            raise ThreadBusy(
                f"The thread {thread.key!r} has a live run. Cancel it, or wait for its end."
            )
        thread.delete()
