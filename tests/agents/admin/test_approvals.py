"""Calls that wait for approval in the admin: seen on the run's page, and decided on there."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import User
from agents.models import Run, ToolCall
from agents.services.approvals import resolve_approval
from tests.administration import page_of, root, signed_in, staff
from tests.agents.factories import let_expire, make_waiting

pytestmark = pytest.mark.database

HOSTILE = '{"entry":"<script>alert(1)</script>\u202e"}'


@pytest.fixture
def client(db: None) -> Client:
    return signed_in(root())


def press(client: Client, run: Run, name: str) -> str:
    return client.post(page_of(run, "press", name), follow=True).text


@pytest.mark.parametrize("decision", ["approve", "deny"])
def test_staff_decide_on_each_call_in_their_own_name(
    client: Client, alice: User, decision: str
) -> None:
    run = make_waiting(alice, calls=2)
    page = client.get(page_of(run)).text
    for position in range(2):
        assert page_of(run, "press", f"{decision}-call_0_{position}") in page
    told = press(client, run, f"{decision}-call_0_1")
    assert page_of(run, "press", f"{decision}-call_0_1") not in told
    assert page_of(run, "press", f"{decision}-call_0_0") in told
    call = ToolCall.objects.get(call_id="call_0_1")
    assert (call.decision, call.decided_by) == (decision, "root")
    assert ToolCall.objects.waiting().get().call_id == "call_0_0"
    entry = LogEntry.objects.get()
    assert entry.object_id == str(run.pk)
    assert entry.change_message == f"{decision.title()} pay_out call_0_1."


def test_who_comes_too_late_reads_who_was_first(client: Client, alice: User) -> None:
    run = make_waiting(alice)
    resolve_approval(user=alice, run_id=run.pk, call_id="call_0_0", decision="deny")
    assert "decided on already: deny, by alice" in press(client, run, "approve-call_0_0")
    assert not LogEntry.objects.exists()


def test_what_has_expired_is_not_approved_any_more(client: Client, alice: User) -> None:
    run = make_waiting(alice)
    let_expire(run)
    assert "counts as denied" in press(client, run, "approve-call_0_0")
    assert ToolCall.objects.get().decision is None


def test_parameters_are_shown_as_text(client: Client, alice: User) -> None:
    run = make_waiting(alice)
    ToolCall.objects.update(arguments=HOSTILE, approval_reason=HOSTILE)
    page = client.get(page_of(run)).text
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "\u202e" not in page


def test_there_are_no_buttons_for_what_nobody_asked(client: Client, alice: User) -> None:
    run = make_waiting(alice)
    ToolCall.objects.update(approval="", approval_expires_at=None)
    assert "Waiting for approval</h2>" not in client.get(page_of(run)).text
    for name in ("approve-call_0_0", "approve-call_7_7", "approve-", "deny"):
        assert client.post(page_of(run, "press", name)).status_code == 404


def test_who_may_only_look_decides_nothing(alice: User) -> None:
    run = make_waiting(alice)
    client = signed_in(staff("viewer", "view_run"))
    page = client.get(page_of(run)).text
    assert "Waiting for approval</h2>" in page
    assert "/press/" not in page
    assert client.post(page_of(run, "press", "approve-call_0_0")).status_code == 403
    assert client.get(page_of(run, "press", "approve-call_0_0")).status_code == 405
    assert ToolCall.objects.waiting().exists()
