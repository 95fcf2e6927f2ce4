"""The writer keeps order, tells who was lost, and blames the right run."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from pydantic_core import from_json

from accounts.models import User
from agents.events import Event
from agents.models import ModelMessage, Run, RunEvent
from agents.publishing.leases import seen
from agents.publishing.push import Push, PushThread
from agents.publishing.store import commit
from agents.publishing.units import Delta, NumberedMessage, RunLost, Unit, UnitRefused
from agents.publishing.writer import Claim, Writer
from agents.states import RunState
from tests.agents.factories import make_held, make_run, reload
from tests.agents.publishing.test_store import end, started, thinking

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

made = sync_to_async(make_held, thread_sensitive=False)


class Pushes:
    """Takes what would be published."""

    def __init__(self) -> None:
        self.messages: list[Push] = []

    def __call__(self, messages: Sequence[Push]) -> None:
        self.messages += messages

    def kinds(self) -> list[tuple[str, int]]:
        """Kind, and the seq or the seq it comes after."""
        return [
            (message["kind"], message["seq"] if "seq" in message else message["after"])
            for _, message in self.messages
        ]

    def seqs(self) -> list[tuple[str, int]]:
        return [(group, message["seq"]) for group, message in self.messages]


@pytest.fixture
def pushes() -> Pushes:
    return Pushes()


@pytest.fixture
async def writer(pushes: Pushes) -> AsyncIterator[Writer]:
    running = Writer(asyncio.get_running_loop(), pushes)
    running.start()
    yield running
    await asyncio.to_thread(running.stop)


async def test_events_and_text_are_pushed_in_the_order_they_were_said(
    writer: Writer, pushes: Pushes, alice: User
) -> None:
    run = await made(alice)
    writer.submit(Unit(run=run, events=[started()]))
    writer.submit(Delta(run, "message_delta", {"text": "a"}))
    writer.submit(Unit(run=run, events=[thinking()]))
    writer.submit(Delta(run, "message_delta", {"text": "b"}))
    await writer.write(end(run))
    assert pushes.kinds() == [("event", 1), ("delta", 1), ("event", 2), ("delta", 2), ("event", 3)]
    assert {group for group, _ in pushes.messages} == {f"user.{alice.pk}"}


async def test_what_was_committed_together_reads_as_if_it_was_not(
    writer: Writer, pushes: Pushes, alice: User, bob: User
) -> None:
    runs = [await made(user) for user in (alice, bob)]
    await asyncio.gather(
        *(writer.write(Unit(run=run, events=[thinking()])) for _ in range(20) for run in runs)
    )
    for run in runs:
        seqs = [m["seq"] for _, m in pushes.messages if m["run"] == run.id.hex]
        assert seqs == list(range(1, 21))


# F14
async def test_who_lost_the_run_is_told_and_nothing_of_it_is_pushed(
    writer: Writer, pushes: Pushes, alice: User
) -> None:
    run = await made(alice)
    await sync_to_async(Run.objects.filter(pk=run.id).update)(fence=9)
    writer.submit(Delta(run, "message_delta", {"text": "late"}))
    with pytest.raises(RunLost):
        await writer.write(Unit(run=run, events=[started()]))
    assert [kind for kind, _ in pushes.kinds()].count("event") == 0


# F22
async def test_a_unit_that_cannot_be_stored_fails_only_its_own_run(
    writer: Writer, alice: User, bob: User
) -> None:
    guilty, innocent = await made(alice), await made(bob)
    twice = [NumberedMessage(0, "{}")] * 2
    results = await asyncio.gather(
        writer.write(Unit(run=guilty, events=[started()], messages=twice)),
        writer.write(Unit(run=innocent, events=[started()])),
        return_exceptions=True,
    )
    assert isinstance(results[0], UnitRefused)
    assert results[1] is None
    assert (guilty.last_seq, innocent.last_seq) == (0, 1)


# F22
async def test_after_a_refused_unit_only_the_end_of_the_run_is_written(
    writer: Writer, alice: User
) -> None:
    run = await made(alice)
    writer.submit(Unit(run=run, messages=[NumberedMessage(0, "{}")] * 2))
    with pytest.raises(UnitRefused):
        await writer.write(Unit(run=run, events=[started()]))
    await writer.write(end(run))
    row = await sync_to_async(reload)(run.id)
    assert row.state == "completed"


async def test_claims_go_through_the_writer(writer: Writer, alice: User) -> None:
    run = await sync_to_async(make_run)(alice)
    held = await writer.claim(Claim(run.pk, "a"))
    assert held is not None
    assert await writer.claim(Claim(run.pk, "b")) is None
    await writer.write(Unit(run=held, events=[started()]))


# F20
async def test_a_locked_database_is_waited_for(writer: Writer, alice: User) -> None:
    run = await made(alice)
    locked, release = threading.Event(), threading.Event()

    def hold_the_row() -> None:
        with transaction.atomic():
            Run.objects.filter(pk=run.id).update(cancel_reason="held")
            locked.set()
            release.wait(10)
        connection.close()

    holder = threading.Thread(target=hold_the_row)
    holder.start()
    await asyncio.to_thread(locked.wait)
    writing = asyncio.create_task(writer.write(Unit(run=run, events=[started()])))
    done, _ = await asyncio.wait([writing], timeout=0.2)
    assert not done
    release.set()
    await writing
    await asyncio.to_thread(holder.join)
    assert run.last_seq == 1


async def test_frames_are_stored_as_they_are_pushed(
    writer: Writer, pushes: Pushes, alice: User
) -> None:
    run = await made(alice)
    await writer.write(Unit(run=run, events=[started(), thinking("naïve ✓")]))
    frames = [event.frame async for event in RunEvent.objects.filter(run=run.id)]
    assert frames == [message["text"] for _, message in pushes.messages]
    assert from_json(frames[1])["data"]["thought"] == "naïve ✓"


class Flaky:
    """A write that fails as often as it is told, as a database that goes away does."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    def __call__(self) -> str:
        if self.failures:
            self.failures -= 1
            raise OperationalError("gone")
        return "written"


# F20
def test_a_write_is_repeated_until_the_database_is_back(pushes: Pushes) -> None:
    loop = asyncio.new_event_loop()
    assert Writer(loop, pushes)._persistently(Flaky(2)) == "written"
    loop.close()


class Unanswered(list[Event]):
    """Events that are committed, and whose writer is not told: the connection breaks just then."""

    is_answered = True

    def __len__(self) -> int:
        if self.is_answered:
            self.is_answered = False
            transaction.on_commit(self._break)
        return super().__len__()

    def _break(self) -> None:
        raise OperationalError("server closed the connection unexpectedly")


# F21
async def test_a_commit_whose_answer_is_lost_is_neither_repeated_nor_taken_for_a_failure(
    writer: Writer, pushes: Pushes, alice: User, bob: User
) -> None:
    run, other = await made(alice), await made(bob)
    lost = Unit(run=run, events=Unanswered([started()]), messages=[NumberedMessage(0, "{}")])
    await asyncio.gather(writer.write(lost), writer.write(Unit(run=other, events=[started()])))
    assert (run.last_seq, run.is_refused) == (1, False)
    last = end(run)
    await writer.write(replace(last, events=Unanswered(last.events)))
    assert [event.seq async for event in RunEvent.objects.filter(run=run.id)] == [1, 2]
    assert [seq for group, seq in pushes.seqs() if group == f"user.{alice.pk}"] == [1, 2]
    assert (await sync_to_async(reload)(run.id)).state == "completed"


# F21
async def test_a_run_that_was_parked_without_an_answer_is_not_lost(
    writer: Writer, alice: User
) -> None:
    run = await made(alice, deadline_at=timezone.now())
    await writer.write(Unit(run=run, events=Unanswered(), move=RunState.WAITING_FOR_APPROVAL))
    assert run.state == RunState.WAITING_FOR_APPROVAL


# F21
async def test_a_response_without_a_thought_whose_answer_is_lost_is_stored_once(
    writer: Writer, alice: User
) -> None:
    run = await made(alice)
    await writer.write(
        Unit(run=run, events=Unanswered(), messages=[NumberedMessage(0, "{}")]),
    )
    await writer.write(end(run))
    assert await ModelMessage.objects.filter(run=run.id).acount() == 1


# F21
async def test_a_commit_that_is_still_under_way_when_it_is_repeated_counts_once(
    alice: User,
) -> None:
    run = await made(alice)
    unit = Unit(run=run, events=[started()])
    begun, release = threading.Event(), threading.Event()

    def commit_slowly() -> None:
        with transaction.atomic():
            commit([replace(unit, run=seen(run.id))])
            begun.set()
            release.wait(10)
        connection.close()

    first = threading.Thread(target=commit_slowly)
    first.start()
    await asyncio.to_thread(begun.wait)
    repeated = asyncio.create_task(
        sync_to_async(commit, thread_sensitive=False)([unit], is_repeated=True)
    )
    done, _ = await asyncio.wait([repeated], timeout=0.2)
    assert not done
    release.set()
    assert [event.seq for event in (await repeated).events[0]] == [1]
    await asyncio.to_thread(first.join)
    assert await RunEvent.objects.filter(run=run.id).acount() == 1


# F30
async def test_a_delta_that_cannot_be_sent_costs_nothing_but_itself(
    writer: Writer, pushes: Pushes, alice: User
) -> None:
    run = await made(alice)
    for bad in ("half \ud800", object()):
        writer.submit(Delta(run, "message_delta", {"text": bad}))
    writer.submit(Delta(run, "message_delta", {"text": "whole"}))
    await writer.write(end(run))
    assert pushes.kinds() == [("delta", 0), ("event", 1)]
    assert writer.is_alive()


class Broken:
    """A channel layer that fails as nobody expected."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, messages: Sequence[Push]) -> None:
        self.calls += 1
        raise ValueError("This cannot be packed.")


# F30
async def test_who_waits_is_answered_although_pushing_fails(alice: User) -> None:
    run, broken = await made(alice), Broken()
    running = Writer(asyncio.get_running_loop(), broken)
    running.start()
    await running.write(Unit(run=run, events=[started()]))
    await running.write(end(run))
    await asyncio.to_thread(running.stop)
    assert broken.calls == 2


# F30
def test_the_push_thread_outlives_what_it_cannot_publish() -> None:
    broken = Broken()
    thread = PushThread(broken)
    thread.start()
    for _ in range(2):
        thread.submit([])
    thread.stop()
    assert broken.calls == 2
